"""Weights to files and back: exact, strict, whole, and never from a pickle."""

import argparse
import json
import os
import pickle
from dataclasses import dataclass

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.model_examples import images, live_model

from spikedim._core import InputError, WeakResultWarning
from spikedim.models import (
    BuildRequest,
    PickleConversion,
    WeightsRecord,
    build,
    card,
    convert_pickle,
    fuse,
    import_state_dict,
    load_weights,
    names,
    open_model,
    save_weights,
)
from spikedim.models.families import FAMILIES
from spikedim.neurons import AbstractSurrogate, ATanSurrogate, LIFParameters, Reset

SMALL = "spikformer-2-64/digits"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_model_comes_back_bit_by_bit(file, dtype):
    model = live_model(SMALL, dtype=torch.float64).to(dtype)
    again = open_model(save_weights(model, file))
    assert not again.training
    assert again.head.weight.dtype is dtype
    for key, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[key], value), key
    x = images(model, 2)
    assert torch.equal(again(x), model(x))


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        (SMALL, {"depth": 1, "width": 32, "heads": 4, "classes": 3, "side": 16, "channels": 2}),
        (SMALL, {"pool_first": True, "product_bias": False, "legacy_dead_parameters": True}),
        (SMALL, {"drop_path": 0.2, "surrogate": ATanSurrogate(3.0)}),
        (SMALL, {"neuron": LIFParameters(leak=0.7, reset=Reset.SOFT_CARRIED, threshold=0.8)}),
        (f"{SMALL}:softmax", {}),
        (f"{SMALL}:ann", {"depth": 1, "pool_first": True}),
        ("spikingresformer-xs/digits", {}),
        ("sdt-v2-xs/digits", {}),
        ("qkformer-4-64/cifar10", {"legacy_batch_leak": True}),
    ],
)
def test_shape_switches_and_neuron_come_back(file, name, overrides):
    model = build(name, steps=3 if ":" not in name else None, **overrides)
    again = open_model(save_weights(model, file))
    assert again.built_from == model.built_from
    assert again.steps == model.steps
    assert repr(again.eval()) == repr(model.eval())
    assert again.state_dict().keys() == model.state_dict().keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_comes_back(file, family):
    of_family = [name for name in names() if card(name).family == family]
    model = build(min(of_family, key=lambda name: card(name).macs))
    again = open_model(save_weights(model, file))
    assert again.built_from == model.built_from
    for key, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[key], value), key


def test_what_is_asked_for_when_opening_wins(file):
    again = open_model(save_weights(build(SMALL), file), steps=7, dtype=torch.float64)
    assert again.steps == 7
    assert again.head.weight.dtype is torch.float64


def test_the_metadata_say_how_the_model_was_built(file):
    save_weights(build(SMALL, depth=1, steps=2), file)
    with safe_open(str(file), framework="pt") as opened:
        record = WeightsRecord.from_json(opened.metadata()["spikedim"])
    assert record.request == BuildRequest(SMALL, shape={"depth": 1})
    assert record.steps == 2
    assert record.fingerprint.startswith("sha256:")


def test_saving_is_deterministic_and_leaves_one_file(tmp_path, file):
    first = save_weights(build(SMALL), file).read_bytes()
    assert save_weights(build(SMALL), file).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_twins_take_each_others_weights(file):
    model, twin = live_model(SMALL, dtype=torch.float32), build(f"{SMALL}:softmax")
    load_weights(twin, save_weights(model, file))
    assert torch.equal(twin.block[0].attn.q.weight, model.block[0].attn.q.weight)


def test_other_switches_are_not_passed_over_in_silence(file):
    save_weights(build(SMALL, pool_first=True), file)
    with pytest.warns(WeakResultWarning, match=r"a model with pool_first=True in the place of N"):
        load_weights(build(SMALL), file)


def test_keys_that_do_not_fit_are_all_listed(file):
    save_weights(build(SMALL), file)
    model = build(SMALL, depth=3, classes=5)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError) as refused:
        load_weights(model, file)
    message = str(refused.value)
    assert "got 42 missing: block.2.attn.q.weight, block.2.attn.q.bias" in message
    assert "and 37 more; 2 mis-shaped: head.weight [10, 64] for [5, 64], head.bias" in message
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    save_weights(model, file)
    with pytest.raises(InputError, match=r"got 42 unexpected: block\.2\.attn"):
        load_weights(build(SMALL, classes=5), file)


def test_a_changed_file_is_refused(file):
    save_weights(build(SMALL), file)
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"must hold the tensors it was saved with"):
        open_model(file)


@pytest.mark.parametrize("content", [b"", b"abc", b"\x80\x02", b"\xff" * 64, b"PK\x03\x04"])
def test_what_is_no_safetensors_file_is_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"must be a (whole )?safetensors file; got"):
        open_model(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"request": {"name": "../../secret"}}, r"say how a model is built; .*`name` must be the"),
        ({"request": {"name": SMALL, "shape": {"depth": 10**7}}}, r"built; got depth 10000000 in"),
        ({"request": {"name": SMALL, "shape": {"width": 10**9}}}, r"built; got width 1000000000"),
        ({"request": {"name": SMALL, "shape": {"device": 1}}}, r"built; got device 1 in"),
        ({"request": {"name": SMALL, "shape": {"generator": 1}}}, r"built; got generator 1 in"),
        ({"request": {"name": SMALL, "switches": {"dtype": True}}}, r"built; got dtype in"),
        ({"request": {"name": SMALL, "switches": {"drop_path": 2.0}}}, r"`drop_path` must be in"),
        ({"request": {"name": SMALL, "switches": {"no": True}}}, r"`overrides` must be among"),
        ({"request": {"name": SMALL, "shape": {"depth": 3}}}, r"got 42 missing: block\.2"),
        ({"request": {"name": SMALL, "surrogate": ["System", 1.0]}}, r"`surrogate` must be one of"),
        ({"request": {"name": SMALL, "shape": [3]}}, r"metadata of save_weights; got"),
        ({"steps": 0}, r"say how a model .*`steps` must be an integer >= 1; got 0"),
        ({"steps": 1.5}, r"metadata of save_weights; got .*`steps`"),
        ({"schema": "spikedim.weights/9"}, r"metadata of save_weights; .*weights/9"),
    ],
)
def test_metadata_of_an_enemy_are_refused_before_they_cost_anything(file, change, message):
    save_weights(build(SMALL), file)
    rewrite(file, lambda record: {**record, **change})
    with pytest.raises(InputError, match=rf"open_model: `path` must .*{message}"):
        open_model(file)


def rewrite(file, change):
    """Change the record of a file and leave its tensors."""
    with safe_open(str(file), framework="pt") as opened:
        record = json.loads(opened.metadata()["spikedim"])
    save_file(load_file(file), file, metadata={"spikedim": json.dumps(change(record))})


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 50_000, "null", '{"steps": NaN}'])
def test_metadata_that_are_no_record_are_refused(file, text, untyped):
    save_file(dict(build(SMALL).state_dict()), file, metadata={"spikedim": text})
    with pytest.raises(InputError, match=r"load_weights: `path` must have metadata of save_weigh"):
        load_weights(build(SMALL), file)


def test_a_key_of_an_enemy_stays_on_one_line(file):
    save_file({"a\nb\x1b[31m" + "z" * 10_000: torch.zeros(1)}, file)
    with pytest.raises(InputError, match=r"1 unexpected: 'a\\nb\\x1b\[31mz+\.\.\.") as refused:
        load_weights(build(SMALL), file)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 600


def test_half_a_file_is_refused(file):
    save_weights(build(SMALL), file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"must be a whole safetensors file"):
        open_model(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"which is not there"):
        open_model(tmp_path / "no.safetensors")
    with pytest.raises(InputError, match=r"which is a folder"):
        load_weights(build(SMALL), tmp_path)


def test_a_file_of_others_has_to_be_loaded_into_a_model(file):
    model = live_model(SMALL, dtype=torch.float32)
    save_file(dict(model.state_dict()), file)
    with pytest.raises(InputError, match=r"which does not say how to build the model"):
        open_model(file)
    other = build(SMALL)
    load_weights(other, file)
    assert torch.equal(other.head.weight, model.head.weight)


@pytest.mark.parametrize("name", ["model.pt", "model.safetensors"])
@pytest.mark.parametrize("legacy", [False, True])
def test_pickles_are_refused_by_content_and_never_read(tmp_path, name, legacy):
    path = tmp_path / name
    torch.save({"a": _Bomb()}, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(InputError, match=r"a pickle, which may run code .* convert_pickle"):
        open_model(path)
    with pytest.raises(InputError, match=r"a pickle, which may run code"):
        import_state_dict(build(SMALL), path)


class _Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was read",))


def test_a_length_that_looks_like_a_pickle_is_no_pickle(file):
    # A header of 640 bytes starts with the two bytes of pickle protocol 2.
    for padding in range(600):
        save_file({"x": torch.zeros(1)}, file, metadata={"pad": "-" * padding})
        if file.read_bytes()[:2] == b"\x80\x02":
            break
    assert file.read_bytes()[:2] == b"\x80\x02"
    with pytest.raises(InputError, match=r"1 unexpected: x"):
        load_weights(build(SMALL), file)


def test_what_could_not_be_read_back_is_not_saved(file):
    model = build(SMALL)
    model.head.weight.data[0, 0] = torch.nan
    with pytest.raises(InputError, match=r"must have finite weights; got NaN .* 'head\.weight'"):
        save_weights(model, file)
    with pytest.raises(InputError, match=r"got one on the device meta"):
        save_weights(build(SMALL, device="meta"), file)
    model = build(SMALL)
    model.head = torch.nn.Linear(64, 4)
    with pytest.raises(InputError, match=r"2 mis-shaped: head\.weight \[4, 64\] for \[10, 64\]"):
        save_weights(model, file)
    model = build(SMALL)
    model.built_from = None
    with pytest.raises(InputError, match=r"must be as `build` made it"):
        save_weights(model, file)
    assert not file.exists()


def test_only_what_build_makes_has_weights_to_save_or_load(file, untyped):
    save_weights(build(SMALL), file)
    other = torch.nn.DataParallel(build(SMALL))
    for call in (save_weights, load_weights, import_state_dict):
        with pytest.raises(InputError, match=r"`model` must be one that `build` made; got DataPa"):
            call(other, file)
    with pytest.raises(InputError, match=r"load_weights: `model` must have weights; got one on t"):
        load_weights(build(SMALL, device="meta"), file)
    with pytest.raises(InputError, match=r"open_model: `path` must be a path; got NoneType"):
        open_model(None)


def test_a_model_of_two_types_or_of_no_steps_is_not_saved(file):
    model = build(SMALL)
    model.head.double()
    with pytest.raises(
        InputError, match=r"weights of one type; got torch\.float32, torch\.float64"
    ):
        save_weights(model, file)
    model = build(SMALL)
    model.steps = 0
    with pytest.raises(InputError, match=r"`model\.steps` must be an integer >= 1; got 0"):
        save_weights(model, file)


def test_a_full_disk_leaves_the_old_file(tmp_path, file, monkeypatch):
    before = save_weights(build(SMALL), file).read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_weights(build(SMALL, depth=1), file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_weights_that_mean_nothing_are_refused(file):
    model = build(SMALL)
    state = {**model.state_dict()}
    save_file({**state, "head.bias": torch.full((10,), torch.nan)}, file)
    with pytest.raises(InputError, match=r"got NaN or infinity for 'head\.bias'"):
        load_weights(model, file)
    save_file({**state, "stem.rpe.norm.running_var": torch.full((64,), -1.0)}, file)
    with pytest.raises(InputError, match=r"not negative; got -1 in 'stem\.rpe\.norm\.running_var'"):
        load_weights(model, file)


def test_another_number_of_heads_is_not_passed_over_in_silence(file):
    save_weights(build(SMALL, heads=4), file)
    with pytest.warns(WeakResultWarning, match=r"a model with heads=4 in the place of 2"):
        load_weights(build(SMALL, heads=2), file)


def test_an_accelerated_model_comes_back_plain(file):
    model = live_model(SMALL, dtype=torch.float32)
    x = images(model, 2)
    expected = model(x)
    model.compute_dtype = torch.bfloat16
    again = open_model(save_weights(model, file))
    assert again.compute_dtype is None
    assert torch.equal(again(x), expected)


def test_a_fused_model_is_not_saved(file):
    model = live_model(SMALL, dtype=torch.float32)
    fused = fuse(model, images(model, 2)).model
    with pytest.raises(InputError, match=r"Save a model before fusing it"):
        save_weights(fused, file)


@dataclass(frozen=True)
class OwnSurrogate(AbstractSurrogate):
    slope: float = 1.0

    def derivative(self, distance):
        return distance


def test_a_surrogate_of_ones_own_cannot_be_built_again(file):
    with pytest.raises(InputError, match=r"BuildRequest: `surrogate` must be one of ATanSurrog"):
        save_weights(build(SMALL, surrogate=OwnSurrogate()), file)


def test_weights_too_large_for_the_type_of_the_model_are_refused(file):
    model = build(SMALL, dtype=torch.float64)
    model.head.bias.data[0] = 1e300
    with pytest.raises(InputError, match=r"must be finite in torch\.float32; got NaN or infinity"):
        open_model(save_weights(model, file), dtype=torch.float32)


# ---------------------------------------------------------------------------------- pickles


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("wrap", "unwrapped"),
    [
        (lambda s: s, ()),
        (lambda s: {"state_dict": s, "epoch": 3}, ("state_dict, leaving epoch",)),
        (lambda s: {"model": {f"module.{k}": v for k, v in s.items()}}, ("model", "module.")),
        (lambda s: {f"_orig_mod.module.{k}": v for k, v in s.items()}, ("_orig_mod.", "module.")),
        (
            lambda s: {"model": s, "args": argparse.Namespace(lr=0.1), "best": [1.0]},
            ("model, leaving args, best",),
        ),
    ],
)
def test_a_pickle_becomes_a_file_that_can_be_loaded(tmp_path, file, wrap, unwrapped, legacy):
    model, path = live_model(SMALL, dtype=torch.float32), tmp_path / "a.pth"
    torch.save(wrap(dict(model.state_dict())), path, _use_new_zipfile_serialization=not legacy)
    report = convert_pickle(path, file)
    assert set(report.unwrapped) == set(unwrapped)
    assert report.tensors == len(model.state_dict())
    assert PickleConversion.from_json(report.to_json()) == report
    other = build(SMALL)
    load_weights(other, file)
    assert torch.equal(other.head.weight, model.head.weight)


def test_shared_memory_is_copied(tmp_path, file):
    x = torch.arange(6.0)
    torch.save({"a": x, "b": x[::2], "c": x.reshape(2, 3).T}, tmp_path / "a.pt")
    convert_pickle(tmp_path / "a.pt", file)
    found = load_file(file)
    assert found["b"].tolist() == [0, 2, 4]
    assert found["c"].shape == (3, 2)


class _Command:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("save", ["zip", "legacy", "pickle"])
def test_a_command_in_a_pickle_is_not_executed(tmp_path, file, save):
    path, mark = tmp_path / "a.pth", tmp_path / "executed"
    if save == "pickle":
        path.write_bytes(pickle.dumps(_Command(mark), protocol=2))
    else:
        torch.save({"a": _Command(mark)}, path, _use_new_zipfile_serialization=save == "zip")
    with pytest.raises(InputError, match=r"convert_pickle: `path` must"):
        convert_pickle(path, file)
    assert not mark.exists()
    assert not file.exists()
    pickle.loads(pickle.dumps(_Command(mark)))  # the command does work
    assert mark.exists()


def test_eight_bit_floats_are_converted(tmp_path, file):
    torch.save({"a": torch.ones(3).to(torch.float8_e4m3fn)}, tmp_path / "a.pt")
    report = convert_pickle(tmp_path / "a.pt", file)
    assert report.fingerprint.startswith("sha256:")
    assert load_file(file)["a"].dtype is torch.float8_e4m3fn


def test_code_in_a_pickle_is_not_run(tmp_path, file):
    torch.save({"model": {"a": torch.zeros(1)}, "x": _Bomb()}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"tensors and plain values only; .* which asks for _pyt"):
        convert_pickle(tmp_path / "a.pth", file)
    (tmp_path / "b.pth").write_bytes(pickle.dumps(_Bomb(), protocol=2))
    with pytest.raises(InputError, match=r"convert_pickle: `path` must"):
        convert_pickle(tmp_path / "b.pth", file)
    assert not file.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], r"must hold a dictionary; got list"),
        ({"epoch": 1}, r"got the keys epoch"),
        ({"a": torch.zeros(1), "lr": 0.1}, r"must hold tensors only; got float under 'lr'"),
        ({"a": torch.zeros(2).to_sparse()}, r"must hold dense real tensors"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, r"must hold dense real tensors"),
    ],
)
def test_pickles_without_plain_tensors_are_refused(tmp_path, file, content, message):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(InputError, match=message):
        convert_pickle(tmp_path / "a.pt", file)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 and no more", b"\x80\x02"])
def test_broken_pickles_are_refused(tmp_path, file, content):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"convert_pickle: `path` must (be a whole|hold)"):
        convert_pickle(tmp_path / "a.pt", file)


def test_where_to_write_is_checked_first(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"`out` must end in \.safetensors"):
        convert_pickle(tmp_path / "a.pt", tmp_path / "b.pt")
    with pytest.raises(InputError, match=r"`out` must lie in an existing folder"):
        convert_pickle(tmp_path / "a.pt", tmp_path / "no" / "b.safetensors")
    with pytest.raises(InputError, match=r"`path` must be a file"):
        convert_pickle(tmp_path / "no.pt", tmp_path / "b.safetensors")
