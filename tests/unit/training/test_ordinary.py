"""Training, evaluating and reading an ordinary network: no time, no rates, nothing counted."""

from dataclasses import replace

import pytest
import torch
from tests.fit_examples import MODEL, small_recipe, splits
from tests.training_examples import TINY, drawn_model, image_examples, read_all, record_of

from spikedim._core import InputError
from spikedim.models import Coding
from spikedim.training import (
    Evaluation,
    Recipe,
    TrainedRun,
    TrainingRun,
    evaluate,
    fit,
    open_activations,
    open_run,
)

ORDINARY = f"{MODEL}:ann"


@pytest.fixture(scope="module")
def examples():
    return image_examples()


@pytest.fixture(scope="module")
def run(examples):
    model = drawn_model(ORDINARY, examples, **TINY)
    return TrainedRun(model, record_of(model, examples), Recipe(updates=2))


@pytest.fixture(scope="module")
def found(run, examples):
    return evaluate(run, data=examples, command="spikedim evaluate x")


def test_a_run_records_its_coding_and_opens_again(tmp_path):
    recipe = small_recipe(fast="true", precision="bfloat16", steps="4")  # steps of a recipe go
    record = fit(ORDINARY, splits(), out=tmp_path / "run", recipe=recipe)
    assert (record.coding, record.code_steps, record.steps) == (Coding.ACTIVATIONS, None, 1)
    assert record.recipe["steps"] is None
    assert any(note.startswith("Trained in float32: ") for note in record.notes)
    assert TrainingRun.from_json(record.to_json()) == record
    opened = open_run(tmp_path / "run")
    assert opened.model.coding is Coding.ACTIVATIONS
    fit(ORDINARY, splits(), out=tmp_path / "again", recipe=recipe)
    again = open_run(tmp_path / "again").model
    assert torch.equal(again.head.weight, opened.model.head.weight)


@pytest.mark.parametrize(
    ("changes", "steps", "message"),
    [
        ({}, 4, rf"`steps` must be absent or 1 for {ORDINARY}, an ordinary .*; got 4\.$"),
        ({"noise.steps": "4"}, None, rf"`recipe.noise.steps` .*activations.*twin {MODEL}:softmax"),
        (
            {"neurons.initial_membrane": "0.5"},
            None,
            r"`recipe.neurons.initial_membrane` must be 0 for .*, an ordinary network without mem",
        ),
        ({"neurons.warm_up_steps": "2"}, None, r"`recipe.neurons.warm_up_steps` must be 0 for "),
    ],
    ids=["steps", "noise", "membrane", "warm up"],
)
def test_what_only_spikes_or_rates_have_cannot_be_trained(tmp_path, changes, steps, message):
    with pytest.raises(InputError, match=f"^fit: {message}"):
        fit(ORDINARY, splits(), out=tmp_path / "run", recipe=small_recipe(**changes), steps=steps)
    assert not (tmp_path / "run").exists()


def test_an_evaluation_has_one_point_and_no_spikes(found, run, examples):
    assert (found.model, found.coding) == (ORDINARY, Coding.ACTIVATIONS)
    (point,) = found.points
    assert (point.steps, point.draws, point.agreement) == (1, 1, 1.0)
    assert (point.spikes_per_sample, point.spikes_deviation) == (None, None)
    assert (found.populations, found.neurons, found.rate_samples) == ((), 0.0, 0)
    assert Evaluation.from_json(found.to_json()) == found
    x, targets = read_all(examples)
    with torch.no_grad():
        right = (run.model(x).argmax(dim=-1) == targets).double().mean()
    assert point.accuracy == pytest.approx(float(right))
    assert found.headline.endswith(" right.")
    assert " at T" not in found.headline


def test_one_step_may_be_asked_for(found, run, examples):
    assert evaluate(run, data=examples, steps=(1,), command="x").points == found.points


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": (1, 8)}, rf"`steps` must be absent or 1 for {ORDINARY}, an .*; got 8"),
        ({"initial_membrane": 0.5}, r"`initial_membrane` must be absent for .*, an ordinary netw"),
        ({"warm_up_steps": 2}, r"`warm_up_steps` must be absent for .*, an ordinary network with"),
    ],
)
def test_what_only_spikes_have_cannot_be_evaluated(run, examples, options, message):
    with pytest.raises(InputError, match=f"^evaluate: {message}"):
        evaluate(run, data=examples, **options)


def test_statistics_are_estimated_anew_on_training_data(run, examples, monkeypatch):
    monkeypatch.setattr(
        "spikedim.training.evaluation._evaluate.examples_of_run",
        lambda _run, _data, *, split, **_: replace(examples, split=split),
    )
    moved = replace(run, model=drawn_model(ORDINARY, image_examples(seed=3), **TINY))
    before = evaluate(moved, command="x")
    after = evaluate(moved, recalibrate=24, command="x")
    assert after.recalibrated == 24
    assert after.points[0].loss != before.points[0].loss


def test_activations_have_one_step(run, examples):
    entered = open_activations(run, examples, "block.0.attn")
    assert entered.layer == "block.0.attn@run"
    with pytest.raises(
        InputError, match=r"^open_activations: `steps` must be absent or 1 for .*, an ordinary netw"
    ):
        open_activations(run, examples, "block.0.attn", steps=4)
