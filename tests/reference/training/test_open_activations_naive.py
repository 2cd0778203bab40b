"""Activations against hooks set by hand, one input at a time."""

import numpy as np
import pytest
import torch
from tests.training_examples import (
    TEXT,
    TINY,
    drawn_model,
    image_examples,
    read_all,
    record_of,
    sentence_examples,
)

from spikedim._core import SilentProgress
from spikedim.dimension import covariance_spectrum, participation_ratio
from spikedim.training import Recipe, TrainedRun, activation_dimensions, open_activations
from spikedim.training.activations._held_activations import HeldActivations, hold_activations
from spikedim.training.activations._open_activations import activations_of, open_layers

CASES = {
    "images": ("spikformer-2-64/digits", image_examples, TINY),
    "twin": ("spikformer-2-64/digits:softmax", image_examples, TINY),
    "sentences": ("spikformer-text-2-64/movie-reviews", sentence_examples, TEXT),
}


def opened(case, **neurons):
    name, make, shape = CASES[case]
    examples = make(10)
    model = drawn_model(name, examples, **shape)
    recipe = Recipe(updates=2, neurons=neurons)
    return TrainedRun(model, record_of(model, examples, recipe=recipe), recipe), examples


def naive(model, x, layer, *, steps):
    """Return what enters a layer, [S, T or 1, n, d]."""
    seen = []
    hook = model.get_submodule(layer).register_forward_pre_hook(
        lambda _, given: seen.append(given[0][:, 0].reshape(len(given[0]), -1, given[0].shape[-1]))
    )
    with torch.no_grad():
        for k in range(len(x)):
            model.run(x[k : k + 1], steps=steps)
    hook.remove()
    return torch.stack(seen)


@pytest.mark.parametrize("layer", ["block.0.attn", "block.0.mlp", "block.0.attn.q", "stem.conv1"])
def test_rows_are_the_tokens_that_enter(layer):
    run, examples = opened("images")
    entered = naive(run.model, read_all(examples)[0], layer, steps=4)
    for step in (None, 1, 4):
        found = open_activations(run, examples, layer, step=step, batch_size=3)
        want = entered.mean(dim=1) if step is None else entered[:, step - 1]
        rows = np.concatenate(list(found.batches(7)))
        np.testing.assert_allclose(rows, want.flatten(0, 1), rtol=1e-6)
        assert (found.group_size, found.shape) == (want.shape[1], rows.shape)
        flat = np.concatenate(list(found.flat().batches()))
        np.testing.assert_allclose(flat, want.flatten(1), rtol=1e-6)


def test_warm_up_steps_are_left_out():
    run, examples = opened("images", warm_up_steps=2)
    entered = naive(run.model, read_all(examples)[0], "block.0.attn", steps=6)
    found = open_activations(run, examples, "block.0.attn", step=1)
    rows = np.concatenate(list(found.batches()))
    np.testing.assert_allclose(rows, entered[:, 2].flatten(0, 1), rtol=1e-6)


def test_padding_is_no_row():
    run, examples = opened("sentences")
    x, _ = read_all(examples)
    entered = naive(run.model, x, "block.0.attn", steps=4).mean(dim=1)
    found = open_activations(run, examples, "block.0.attn")
    rows = np.concatenate(list(found.batches()))
    np.testing.assert_allclose(rows, entered[x != 0], rtol=1e-6)
    assert (found.shape, found.group_size) == (rows.shape, 1)
    assert found.notes[-1].startswith(f"Padding is left out: {len(rows)} of 60 tokens are rows.")
    whole = found.flat()
    np.testing.assert_allclose(np.concatenate(list(whole.batches())), entered.flatten(1), rtol=1e-6)
    assert whole.notes == found.notes[:-1]


def test_a_twin_is_read_with_exact_rates():
    run, examples = opened("twin")
    entered = naive(run.model, read_all(examples)[0], "block.0.attn", steps=1)
    rows = np.concatenate(list(open_activations(run, examples, "block.0.attn").batches()))
    np.testing.assert_allclose(rows, entered[:, 0].flatten(0, 1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("budget", [0, 25_000, 1 << 30])
def test_memory_decides_how_often_the_network_runs_and_nothing_else(budget):
    run, examples = opened("images")
    layers = ("block.0.attn", "block.0.mlp")
    how = {"steps": 2, "split": "test", "count": None, "batch_size": 4, "memory_budget": "1GB"}
    found = open_layers(run, examples, layers, **how, progress=SilentProgress(), caller="test")
    wanted = [activations_of(found, layer, step) for layer in layers for step in (1, 2, None)]
    held = list(hold_activations(found, wanted, budget))
    assert [each.layer for each in held] == [each.layer for each in wanted]
    assert [isinstance(each, HeldActivations) for each in held] == [budget > 0] * 6
    for each, plain in zip(held, wanted, strict=True):
        assert (each.shape, each.fingerprint) == (plain.shape, plain.fingerprint)
        np.testing.assert_array_equal(
            np.concatenate(list(each.batches(30))), np.concatenate(list(plain.batches()))
        )


def test_dimensions_are_those_of_each_layer_and_step():
    run, examples = opened("images")
    found = activation_dimensions(
        run,
        examples,
        layers=("block.0.attn", "block.0.mlp"),
        estimators=("participation_ratio",),
        steps=3,
        replicates=0,
    )
    x = read_all(examples)[0]
    want = [(layer, step) for layer in ("block.0.attn", "block.0.mlp") for step in (1, 2, 3, None)]
    assert [(row.layer, row.step) for row in found.rows] == want
    for row in found.rows:
        entered = naive(run.model, x, row.layer, steps=3)
        values = entered.mean(dim=1) if row.step is None else entered[:, row.step - 1]
        rows = values.flatten(0, 1).double().numpy()
        (estimate,) = row.estimates
        assert estimate.value == pytest.approx(participation_ratio(rows).value, rel=1e-4)
        assert (row.samples, row.features, row.tokens) == (160, 32, 16)


def test_intervals_keep_the_tokens_of_an_image_together():
    run, examples = opened("images")
    entered = open_activations(run, examples, "block.0.attn")
    alone = covariance_spectrum(np.concatenate(list(entered.batches())))
    together = covariance_spectrum(entered)
    np.testing.assert_allclose(alone.eigenvalues, together.eigenvalues, rtol=1e-6, atol=1e-9)
    one, other = participation_ratio(alone), participation_ratio(together)
    assert other.high - other.low != pytest.approx(one.high - one.low, rel=1e-3)
