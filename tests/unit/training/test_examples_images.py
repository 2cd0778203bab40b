"""Images as examples: exact values, parts, statistics, the mapped file, and doors."""

import dataclasses
import fcntl
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from spikedim._core import InputError
from spikedim.models import build, input_statistics
from spikedim.training import IGNORED, ExampleKind, open_examples
from spikedim.training.examples import _image_examples, _pixels

CLASSES, EACH, SIDE = 3, 20, 6


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEDIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "examples"


def images(count=CLASSES * EACH, shape=(SIDE, SIDE, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def labels(count=CLASSES * EACH):
    return np.arange(count) % CLASSES


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        path = tmp_path / "own.npz"
        np.savez(path, **arrays)
        return str(path)

    return save


def test_digits_are_exact_sixteenths_with_their_own_labels():
    splits = open_examples("digits")
    digits = load_digits()
    known = {
        image.tobytes(): target for image, target in zip(digits.images, digits.target, strict=True)
    }
    assert [len(part) for part in splits] == [1295, 143, 359]
    for part in splits:
        assert part.kind is ExampleKind.IMAGES
        assert part.inputs.dtype == np.float32
        assert part.inputs.shape[1:] == (1, 8, 8)
        for image, target in zip(part.inputs[:, 0], part.targets, strict=True):
            assert known[(image.astype(np.float64) * 16).tobytes()] == target


def test_own_test_part_stays_whole_and_what_it_shares_leaves_training(save):
    x, test = images(), images(12, seed=1)
    x[[3, 7]] = test[[0, 5]]
    splits = open_examples(
        save(x_train=x, y_train=labels(), x_test=test, y_test=labels(12)), validation=0.0
    )
    assert splits.validation is None
    assert np.array_equal(splits.test.inputs, test.transpose(0, 3, 1, 2))
    kept = np.delete(np.arange(len(x)), [3, 7])
    assert np.array_equal(splits.train.inputs, x[kept].transpose(0, 3, 1, 2))
    assert np.array_equal(splits.train.targets, labels()[kept])
    assert any("has the same: 2." in note for note in splits.train.notes)


def test_copies_follow_the_first_of_their_kind(save):
    x = images()
    x[20:40] = x[0]
    splits = open_examples(save(x=x, y=labels()))
    holders = [
        part.split
        for part in splits
        if (part.inputs == x[0].transpose(2, 0, 1)).all((1, 2, 3)).any()
    ]
    assert len(holders) == 1
    assert sum(len(part) for part in splits) == len(x)


def test_parts_do_not_depend_on_the_order_of_samples(save):
    x, y = images(), labels()
    order = np.random.default_rng(3).permutation(len(x))
    first = open_examples(save(x=x, y=y))
    second = open_examples(save(x=x[order], y=y[order]))
    for one, other in zip(first, second, strict=True):
        assert {i.tobytes() for i in one.inputs} == {i.tobytes() for i in other.inputs}


def test_a_class_of_five_gives_one_to_test(save):
    x, y = images(10), np.repeat([0, 1], 5)
    splits = open_examples(save(x=x, y=y), validation=0.25)
    assert [sorted(part.targets) for part in splits] == [[0, 0, 0, 1, 1, 1], [0, 1], [0, 1]]


def test_statistics_are_those_of_the_training_part(save):
    splits = open_examples(save(x=images(), y=labels()))
    values = splits.train.inputs.astype(np.float64) / 255
    np.testing.assert_allclose(splits.train.mean, values.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(splits.train.deviation, values.std((0, 2, 3)), rtol=1e-12)
    assert splits.test.mean == splits.train.mean
    assert splits.validation.deviation == splits.train.deviation


def test_float_images_keep_their_values(save):
    x = (images() / 255).astype(np.float32)
    splits = open_examples(save(x=x, y=labels()))
    assert splits.train.inputs.dtype == np.float32
    stored = {i.tobytes() for i in np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
    assert {i.tobytes() for i in splits.train.inputs} < stored
    values = splits.train.inputs.astype(np.float64)
    np.testing.assert_allclose(splits.train.deviation, values.std((0, 2, 3)), rtol=1e-12)


def test_a_constant_channel_has_deviation_one(save):
    x = images()
    x[..., 1] = 51
    train = open_examples(save(x=x, y=labels())).train
    assert (train.mean[1], train.deviation[1]) == (0.2, 1.0)


def test_taken_images_are_floats_from_0_to_1_and_normalised_apart(save):
    train = open_examples(save(x=images(), y=labels())).train
    taken, targets = train.take(np.array([4, 1]))
    assert torch.equal(taken, torch.from_numpy(train.inputs[[4, 1]]).float() / 255)
    assert targets.tolist() == train.targets[[4, 1]].tolist()
    whole, _ = train.take(np.arange(len(train)))
    seen = train.normalise(whole)
    assert seen.mean((0, 2, 3)).abs().max() < 1e-5
    assert (seen.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_images_are_resized_to_a_side(save):
    x = np.repeat(np.repeat(images(shape=(3, 3, 3)), 2, axis=1), 2, axis=2)
    splits = open_examples(save(x=x, y=labels()), side=3)
    assert splits.train.inputs.shape[1:] == (3, 3, 3)
    assert splits.train.inputs.dtype == np.uint8
    assert any("resized to 3 x 3" in note for note in splits.train.notes)
    constant = (
        np.full((60, 6, 6, 3), 7, np.uint8) + np.arange(60, dtype=np.uint8)[:, None, None, None]
    )
    flat = open_examples(save(x=constant, y=labels()), side=4).train
    assert (flat.inputs == flat.inputs[:, :1, :1, :1]).all()


def test_images_of_cifar_take_the_statistics_of_released_models(save, monkeypatch):
    path = save(x=images(), y=labels())
    real = _image_examples.open_samples
    monkeypatch.setattr(
        _image_examples,
        "open_samples",
        lambda spec, **rest: dataclasses.replace(real(path, **rest), spec=spec),
    )
    train = open_examples("cifar10:DIR").train
    assert train.mean == input_statistics("cifar10").means


# --- larger than the budget


def same(one, other):
    for a, b in zip(one, other, strict=True):
        numbers = np.arange(len(a))
        assert all(map(torch.equal, a.take(numbers), b.take(numbers)))
        assert (a.fingerprint, a.mean, a.deviation) == (b.fingerprint, b.mean, b.deviation)


def test_a_mapped_set_is_the_same_set(save, cache):
    path = save(x=images(), y=labels())
    whole = open_examples(path)
    assert not cache.exists()
    mapped = open_examples(path, memory_budget=8000)
    assert isinstance(mapped.train.inputs.base, np.memmap) or isinstance(
        mapped.train.inputs, np.memmap
    )
    assert len(mapped.train.inputs) == 60
    same(whole, mapped)


def test_the_mapped_file_is_made_once(save, cache, monkeypatch):
    path = save(x=images(), y=labels())
    first = open_examples(path, memory_budget=8000)
    monkeypatch.setattr(_pixels, "_write", None)
    same(first, open_examples(path, memory_budget=8000))


def test_an_interrupted_decoding_starts_anew(save, cache, monkeypatch):
    path = save(x=images(), y=labels())
    whole = open_examples(path)
    real = _pixels._decoded

    def interrupted(*args):
        for number, batch in enumerate(real(*args)):
            if number == 1:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(_pixels, "_decoded", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_examples(path, memory_budget=8000)
    assert [p.name for p in cache.iterdir() if p.suffix != ".lock"] == []
    next(cache.iterdir()).with_suffix(".partial").write_bytes(b"what a killed process left" * 999)
    same(whole, open_examples(path, memory_budget=8000))
    assert {p.suffix for p in cache.iterdir()} == {".npy", ".lock"}


def test_the_lock_of_the_mapped_file_is_held_while_it_is_written(save, cache, monkeypatch):
    path = save(x=images(), y=labels())
    held = []
    real = _pixels._check_space

    def check(folder, needed):
        with next(folder.glob("*.lock")).open("rb") as stream, pytest.raises(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.append(True)
        real(folder, needed)

    monkeypatch.setattr(_pixels, "_check_space", check)
    open_examples(path, memory_budget=8000)
    assert held == [True]


def test_a_full_disk_is_one_sentence(save, cache, monkeypatch):
    path = save(x=images(), y=labels())
    with monkeypatch.context() as patch:
        patch.setattr(_pixels.shutil, "disk_usage", lambda _: SimpleNamespace(free=5))
        with pytest.raises(
            InputError, match=r"room for their copy of 0\.00 GiB; got 0\.00 GiB free"
        ):
            open_examples(path, memory_budget=8000)

    def full(stream):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_pixels, "_sync", full)
    with pytest.raises(InputError, match=r"\(No space left on device\)\. Free space"):
        open_examples(path, memory_budget=8000)
    assert [p.name for p in cache.iterdir() if p.suffix != ".lock"] == []


@pytest.mark.parametrize("kind", ["images", "digests"])
@pytest.mark.parametrize("size", [0, 50, 400])
def test_a_damaged_copy_is_one_sentence_and_can_be_made_again(save, cache, kind, size):
    path = save(x=images(), y=labels())
    whole = open_examples(path, memory_budget=8000)
    (file,) = cache.glob(f"{kind}-*.npy")
    content = file.read_bytes()
    file.unlink()  # what is mapped must not change under the first examples
    file.write_bytes(content[:size])
    with pytest.raises(InputError, match=r"got the damaged .*\. Delete that file\."):
        open_examples(path, memory_budget=8000)
    file.unlink()
    same(whole, open_examples(path, memory_budget=8000))


def test_a_folder_of_png_files_with_its_own_parts(tmp_path):
    made = images(24)
    for number, pixels in enumerate(made):
        part = "train" if number < 18 else "test"
        place = tmp_path / "set" / part / "abc"[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number:02}.png")
    splits = open_examples(tmp_path / "set", validation=0.2)
    assert [len(part) for part in splits] == [15, 3, 6]
    assert splits.train.class_names == ("a", "b", "c")
    assert open_examples(f"images:{tmp_path / 'set'}@4").train.inputs.shape[1:] == (3, 4, 4)


# --- doors


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": images()}, r"must have a label for every sample of its train part; got none in"),
        (
            {"x": images(), "y": labels() / 2},
            r"must have whole class numbers as labels.*; got float64 of shape \(60,\)",
        ),
        (
            {"x": images(), "y": labels() - 1},
            r"must have labels of at least 0; got -1 in the train",
        ),
        (
            {"x": images(), "y": labels(), "class_names": np.array(["a", "b"])},
            r"must have labels below 2, the number of its class names; got 2 in",
        ),
        (
            {"x": images(), "y": labels() * 0 + 1},
            r"must have at least two classes.*; got 1, class 1",
        ),
        ({"x": images(), "y": labels() * 900}, r"without large gaps; got numbers up to 1800 for 3"),
        (
            {"x": images(), "y": labels() << 40},
            r"must number its classes from 0 on; got 2199023255",
        ),
        (
            {"x": images(), "y": np.r_[3, labels()[1:]]},
            r"at least 2 samples of every class to keep a test part aside; got 1 of class 3\.",
        ),
        (
            {"x": images(6), "y": labels(6)},
            r"keep a validation part aside; got 1 of class 0\. .*or set `validation` to 0",
        ),
        (
            {
                "x": np.where(labels()[:, None, None, None] == 1, np.uint8(9), images()),
                "y": labels(),
            },
            r"at least 2 different samples of every class.*; got copies only in class 1",
        ),
        (
            {"x": images(shape=(6, 4, 3)), "y": labels()},
            r"must hold square images; got 6 x 4 in .*images:DIR@4",
        ),
        (
            {"x": images(shape=(5, 8, 8)), "y": labels()},
            r"must hold images of 1 to 4 channels; got items of shape \(5, 8, 8\).*video series",
        ),
        ({"x": images(shape=(4,)), "y": labels()}, r"got '.*own.npz', which holds no images"),
        (
            {"x": images() / 100, "y": labels()},
            r"must hold 8-bit images or values from 0 to 1; got 0 to 2\.55 in",
        ),
        (
            {
                "x_train": images(),
                "y_train": labels(),
                "x_test": images(9, (5, 5, 3)),
                "y_test": labels(9),
            },
            r"images of one shape in its training and its test part; got \(3, 6, 6\) and \(3, 5",
        ),
        (
            {
                "x_train": images(),
                "y_train": labels(),
                "x_test": images(9),
                "y_test": labels(9) + 1,
            },
            r"every class of its test part in its training part as well; got class 3",
        ),
        (
            {
                "x_train": images(),
                "y_train": labels(),
                "x_test": images()[2::3],
                "y_test": [2] * 20,
            },
            r"training images of every class that are not in its test part.*; got none of class 2",
        ),
    ],
    ids=[
        "no-labels",
        "float-labels",
        "negative",
        "beyond-names",
        "one-class",
        "gaps",
        "huge",
        "class-of-one",
        "no-room-for-validation",
        "copies-only",
        "not-square",
        "series-of-images",
        "table",
        "not-in-unit-range",
        "two-shapes",
        "unknown-class",
        "class-lost-to-test",
    ],
)
def test_what_cannot_be_learnt_is_one_sentence(save, arrays, message):
    with pytest.raises(InputError, match=f"^open_examples: `spec` .*{message}") as caught:
        open_examples(save(**arrays))
    assert "\n" not in str(caught.value)


def test_video_series_of_five_axes_are_refused(save):
    with pytest.raises(InputError, match=r"hold an array with axes.*shape \(9, 2, 6, 6, 3\)"):
        open_examples(save(x=images(9, (2, 6, 6, 3)), y=labels(9)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": 0.7}, r"`validation` must be in \[0, 0.5\]; got 0.7"),
        ({"side": 0}, r"`side` must be an integer >= 1; got 0"),
        ({"tokens": 0}, r"`tokens` must be an integer >= 1; got 0"),
        ({"vocabulary": -1}, r"`vocabulary` must be an integer >= 1; got -1"),
        ({"memory_budget": "much"}, r"`memory_budget` must be a positive size; got 'much'"),
    ],
)
def test_numbers_out_of_range_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        open_examples("digits", **changes)


def test_unknown_specifications_get_the_hint_of_the_data_room():
    with pytest.raises(InputError, match=re.escape("Did you mean 'digits'?")):
        open_examples("digit")


def test_a_damaged_test_part_is_not_taken_for_an_undivided_set(tmp_path):
    for part in ("train", "test"):
        for name in "ab":
            place = tmp_path / "set" / part / name
            place.mkdir(parents=True)
            for number, pixels in enumerate(images(4, seed=ord(name) + len(part))):
                Image.fromarray(pixels).save(place / f"{number}.png")
    (tmp_path / "set" / "test" / "a" / "0.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"0\.png"):
        open_examples(tmp_path / "set")


def test_a_model_of_digits_reads_them(generator):
    train = open_examples("digits").train
    x, _ = train.take(np.arange(2))
    model = build("spikformer-2-64/digits", generator=generator)
    assert model(train.normalise(x)).shape == (2, train.classes)
    assert IGNORED not in train.targets
