"""Fusing must not change what a model of any family computes."""

import copy
from functools import cache

import pytest
import torch
from tests.model_examples import inputs, live_model

from spikedim._core import InputError
from spikedim.models import FusionReport, accelerate, build, card, fuse, fuse_convolutions, names
from spikedim.models.cards import recipe
from spikedim.models.families import FAMILIES

BUILDABLE = [n for n in names() if recipe(n, caller="test").family in FAMILIES]
SMALL = {  # the smallest model of each family
    family: min((n for n in BUILDABLE if card(n).family == family), key=lambda n: card(n).macs)
    for family in FAMILIES
}
SPIKING = [*SMALL.values(), "sdt-v2-xs-fused/digits"]
FORMS = [*SPIKING, "sdt-v2-xs/digits:softmax"]
live_model = cache(live_model)  # fusing leaves a model as it was, which one test here shows


@pytest.fixture(params=FORMS)
def name(request):
    return request.param


def test_every_spike_is_the_same_in_float64(name):
    model = live_model(name)
    fused, report = fuse(model, inputs(model, 4, seed=5), steps=3)
    assert report.differing_spikes == 0
    assert (report.spikes > 0) is (":" not in name)
    assert report.current_difference_relative <= 1e-12
    assert report.output_difference_relative <= 1e-9
    assert report.after.norms == 0
    assert not any(isinstance(m, torch.nn.BatchNorm1d) for m in fused.modules())
    assert list(fused.populations) == list(model.populations)
    assert [p.name for p in fused.populations.values()] == list(fused.populations)


def test_every_current_is_near_in_float32(name):
    model = live_model(name, dtype=torch.float32)
    _, report = fuse(model, inputs(model, 4, seed=5), steps=3)
    assert report.dtype == "float32"
    assert report.current_difference_relative <= 1e-5
    assert report.products > 0 or report.before.norms == 0


@pytest.mark.parametrize("name", SPIKING)
def test_runs_at_any_number_of_steps_and_continues(name):
    model = live_model(name)
    x = inputs(model, 2)
    fused, _ = fuse(model, x, steps=1)
    whole = fused.forward_with_states(x, steps=4)
    first = fused.run(x, steps=1)
    second = fused.run(x, steps=3, states=first.states)
    got = torch.cat([first.outputs, second.outputs])
    torch.testing.assert_close(got, whole.outputs[: len(got)], rtol=1e-9, atol=1e-12)


def test_the_card_counts_the_fused_layers(name):
    model = live_model(name)
    fused, report = fuse(model, inputs(model, 2), steps=1)
    rows = {row.name: row.parameters for row in fused.card.layers}
    assert sum(rows.values()) == report.after.total == sum(p.numel() for p in fused.parameters())
    left = sum(row.norm_parameters for row in fused.card.layers)
    assert left == model.card.norm_parameters - report.before.norms  # layer norms stay
    assert fused.card.populations == model.card.populations
    assert report.before.total == model.card.parameters
    for path, module in fused.named_modules():
        if path in rows and path not in fused.populations:
            own = sum(p.numel() for p in module.parameters())
            leak = sum(p.numel() for p in _population_behind(fused, path))
            assert rows[path] == own + leak, path


def _population_behind(model, path):
    """Parameters of the population that the row of a product has."""
    row = next(row for row in model.card.layers if row.name == path)
    if row.population is None or row.population.name.startswith(f"{path}."):
        return ()
    return model.get_submodule(row.population.name).parameters()


def test_leaves_the_model_as_it_was(name):
    model = live_model(name).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    fused, report = fuse(model, inputs(model, 2), steps=1)
    assert model.training
    model.eval()
    assert not fused.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert FusionReport.from_dict(report.to_dict()) == report
    hooks = [m for m in (*model.modules(), *fused.modules()) if m._forward_hooks]
    assert hooks == []


def test_published_size_of_spike_driven_transformer_2_after_its_convolutions_are_fused():
    """Norms behind the dense convolutions stay in that count; folded too, they are biases."""
    model = build("sdt-v2-15m/imagenet", side=16)
    _, report = fuse_convolutions(model, torch.zeros(1, 3, 16, 16), steps=1)
    assert (report.before.total, report.after.total) == (15_112_208, 33_271_568)
    assert report.after.total == card("sdt-v2-15m-fused/imagenet").parameters
    assert report.products == 32
    assert card("sdt-v2-55m-fused/imagenet").parameters == 122_119_144


def test_dense_convolutions_fit_the_model_built_fused():
    name = "sdt-v2-xs/digits"
    model = live_model(name)
    x = inputs(model, 4, seed=5)
    fused, report = fuse_convolutions(model, x, steps=3)
    assert report.differing_spikes == 0
    assert report.current_difference_relative <= 1e-12
    other = build("sdt-v2-xs-fused/digits", dtype=torch.float64).eval()
    other.load_state_dict(fused.state_dict())
    assert torch.equal(other(x), fused(x))
    assert fused.card.layers == other.card.layers
    both, _ = fuse(fused, x)
    torch.testing.assert_close(both(x), fused(x), rtol=1e-9, atol=1e-11)


def test_a_model_without_such_convolutions_comes_back_as_it_is():
    model = live_model("spikformer-2-64/digits")
    x = inputs(model, 2)
    same, report = fuse_convolutions(model, x)
    assert same is not model
    assert report.products == 0
    assert report.before == report.after
    assert report.output_difference == 0.0


def test_a_wrong_fold_shows(monkeypatch):
    """The report is measured, not assumed."""
    model = live_model("spikformer-2-64/digits")
    wrong = "spikedim.models.layers._product.fold"
    monkeypatch.setattr(wrong, lambda weight, _, norm: (weight.detach(), norm.bias.detach()))
    _, report = fuse(model, inputs(model, 4))
    assert report.current_difference_relative > 0.1
    assert report.differing_spikes > 0


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("door", [fuse, fuse_convolutions])
def test_refuses_what_is_no_model(door):
    with pytest.raises(InputError, match=r"^fuse: `model` must be a spiking .*; got Linear\. Make"):
        door(torch.nn.Linear(2, 2), torch.zeros(1, 2))


def test_refuses_a_probe_that_does_not_fit():
    model = build("spikformer-2-64/digits")
    with pytest.raises(InputError, match=r"^forward: `x` must be images"):
        fuse(model, torch.zeros(1, 3, 8, 8))


def test_an_accelerated_model_is_fused_as_a_plain_one():
    name = "sdt-v2-xs/digits"
    model = accelerate(copy.deepcopy(live_model(name)))
    x = inputs(model, 4, seed=5)
    fused, report = fuse(model, x, steps=2)
    assert report.differing_spikes == 0
    assert report.current_difference_relative <= 1e-12
    with torch.no_grad():
        torch.testing.assert_close(
            fused(x, steps=2), live_model(name)(x, steps=2), rtol=1e-9, atol=1e-11
        )
