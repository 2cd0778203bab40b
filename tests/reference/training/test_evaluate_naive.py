"""An evaluation, sample by sample and T by T."""

import copy

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
    sequence_examples,
)

from spikedim.models import AbstractPopulation, recalibrate_norms
from spikedim.training import IGNORED, ExampleSplits, Recipe, TrainedRun, evaluate
from spikedim.training.opened import _examples_of_run

CASES = {
    "images": ("spikformer-2-64/digits", image_examples, TINY),
    "twin": ("spikformer-2-64/digits:softmax", image_examples, TINY),
    "sentences": ("spikformer-text-2-64/movie-reviews", sentence_examples, TEXT),
    "sequences": ("spikformer-lm-2-64/movie-reviews", sequence_examples, TEXT),
}


def opened(case, *, recipe=None):
    name, make, shape = CASES[case]
    examples = make(9)
    model = drawn_model(name, examples, **shape)
    recipe = Recipe(updates=2) if recipe is None else recipe
    return TrainedRun(model, record_of(model, examples, recipe=recipe), recipe), examples


def naive_spikes(model, x, **how):
    """Run one sample with hooks on every population; return logits and spikes [T, n, D]."""
    spikes = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, out, name=name: spikes.__setitem__(
                name, out[:, 0].reshape(len(out), -1, out.shape[-1])
            )
        )
        for name, module in model.named_modules()
        if isinstance(module, AbstractPopulation)
    ]
    with torch.no_grad():
        outputs = model.run(x, **how).outputs
    for hook in hooks:
        hook.remove()
    return outputs[:, 0], spikes


def naive_answers(model, x, targets, *, steps, warm_up=0):
    """Return accuracy, loss, logits and spikes of every sample at one T."""
    right, losses, logits, spikes = [], [], [], []
    for k in range(len(x)):
        outputs, fired = naive_spikes(model, x[k : k + 1], steps=warm_up + steps)
        mean = outputs[warm_up:].mean(dim=0).double()
        spikes.append(sum(float(each[warm_up:].sum()) for each in fired.values()))
        for row, target in zip(mean.reshape(-1, mean.shape[-1]), targets[k].flatten(), strict=True):
            if target != IGNORED:
                right.append(float(row.argmax() == target))
                losses.append(float(-torch.log_softmax(row, dim=0)[target]))
                logits.append(row)
    return np.mean(right), np.mean(losses), torch.stack(logits), spikes


@pytest.mark.parametrize(
    ("case", "warm_up"), [("images", 0), ("images", 2), ("sentences", 0), ("sequences", 1)]
)
def test_one_long_run_serves_every_number_of_steps(case, warm_up):
    run, examples = opened(case)
    x, targets = read_all(examples)
    found = evaluate(run, data=examples, steps=(3, 1), batch_size=4, warm_up_steps=warm_up)
    reference = naive_answers(run.model, x, targets, steps=3, warm_up=warm_up)[2]
    assert [point.steps for point in found.points] == [1, 3]
    for point in found.points:
        accuracy, loss, logits, spikes = naive_answers(
            run.model, x, targets, steps=point.steps, warm_up=warm_up
        )
        assert point.accuracy == pytest.approx(accuracy)
        assert point.loss == pytest.approx(loss, rel=1e-5)
        assert point.spikes_per_sample == pytest.approx(np.mean(spikes))
        assert point.spikes_deviation == pytest.approx(np.std(spikes))
        same = (logits.argmax(dim=1) == reference.argmax(dim=1)).double().mean()
        assert point.agreement == pytest.approx(float(same))
        distance = (logits - reference).square().sum(dim=1).mean()
        assert point.squared_error == pytest.approx(float(distance), rel=1e-4, abs=1e-9)
    assert found.reference_mean_square == pytest.approx(
        float(reference.square().sum(dim=1).mean()), rel=1e-5
    )
    assert found.reference_variance == pytest.approx(
        float(reference.var(dim=0, correction=0).sum()), rel=1e-4
    )


@pytest.mark.parametrize("case", ["images", "sentences"])
def test_rates_are_spikes_per_neuron_that_a_sample_drives(case):
    run, examples = opened(case)
    x, _ = read_all(examples)
    found = evaluate(run, data=examples, steps=(3,), batch_size=7)
    traces = [naive_spikes(run.model, x[k : k + 1], steps=3)[1] for k in range(len(x))]
    kept = [(x[k] != 0) if case == "sentences" else None for k in range(len(x))]
    assert [p.name for p in found.populations] == list(traces[0])
    for population in found.populations:
        spikes, neurons, fired = np.zeros(3), 0, 0
        for trace, mask in zip(traces, kept, strict=True):
            one = trace[population.name]
            real = one if mask is None or len(mask) != one.shape[1] else one[:, mask]
            spikes += real.sum(dim=(1, 2)).numpy()
            neurons += real[0].numel()
            fired = fired + one.sum(dim=0)
        assert population.rates == pytest.approx(tuple(spikes / neurons))
        assert population.rate == pytest.approx(spikes.sum() / neurons / 3)
        assert population.neurons == neurons / len(x)
        # The first sentences are short, but each place is driven by some sentence.
        assert population.silent_share == pytest.approx(float((fired == 0).double().mean()))
    assert found.neurons == pytest.approx(sum(p.neurons for p in found.populations))


def test_a_twin_is_compared_with_its_exact_rates():
    run, examples = opened("twin")
    x, targets = read_all(examples)
    found = evaluate(run, data=examples, steps=(2, 64), draws=8)
    with torch.no_grad():
        exact = run.model(x).double()
    last = found.points[-1]
    assert (last.steps, last.draws, last.spikes_per_sample) == (None, 1, None)
    assert last.accuracy == pytest.approx(float((exact.argmax(1) == targets).double().mean()))
    draw = torch.Generator().manual_seed(5)
    for steps in (2, 64):
        errors, agreed = [], []
        for _ in range(20):
            with torch.no_grad():
                logits = run.model(x, code_steps=steps, generator=draw).double()
            errors.append((logits - exact).square().sum(dim=1))
            agreed.append((logits.argmax(1) == exact.argmax(1)).double().mean())
        point = found.at(steps)
        errors = torch.stack(errors)
        spread = errors.mean(dim=1).std() * (1 / 20 + 1 / 8) ** 0.5
        assert abs(point.squared_error - float(errors.mean())) < 5 * float(spread)
        spread = torch.stack(agreed).std() * (1 / 20 + 1 / 8) ** 0.5
        assert abs(point.agreement - float(torch.stack(agreed).mean())) < 5 * float(spread) + 1e-9


def test_a_twin_fires_its_rates_on_average():
    run, examples = opened("twin")
    x, _ = read_all(examples)
    found = evaluate(run, data=examples, steps=(4096,))
    exact = run.model.count_spikes(x)
    rates = {
        name: float(spikes.sum()) / float(exact.unpadded[name].sum())
        for name, spikes in exact.spikes.items()
    }
    assert {p.name: p.rate for p in found.populations} == pytest.approx(rates, abs=0.01)
    total = sum(float(spikes.sum()) for spikes in exact.spikes.values()) / len(x)
    assert found.at(4096).spikes_per_sample == pytest.approx(4096 * total, rel=0.02)


@pytest.mark.parametrize(("batch_size", "parts"), [(40, 1), (39, 2)])
def test_recalibrated_statistics_are_those_of_each_number_of_steps(monkeypatch, batch_size, parts):
    run, examples = opened("images")
    training = image_examples(40, seed=3)
    splits = ExampleSplits(training, None, examples)
    monkeypatch.setattr(_examples_of_run, "open_examples", lambda *_, **__: splits)
    found = evaluate(run, data=examples, steps=(1, 4), recalibrate=40, batch_size=batch_size)
    x, targets = read_all(examples)
    for steps in (1, 4):
        model = copy.deepcopy(run.model)
        order = np.random.default_rng(0).permutation(40)
        batches = np.split(read_all(training)[0].numpy()[order], parts)  # one of 1 would weigh 39
        recalibrate_norms(model, map(torch.from_numpy, batches), steps=steps)
        accuracy, loss, *_ = naive_answers(model, x, targets, steps=steps)
        assert found.at(steps).accuracy == pytest.approx(accuracy)
        assert found.at(steps).loss == pytest.approx(loss, rel=1e-3)
    assert found.recalibrated == 40
