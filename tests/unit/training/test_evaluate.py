import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.training_examples import (
    TEXT,
    TINY,
    drawn_model,
    image_examples,
    record_of,
    sentence_examples,
    sequence_examples,
    with_targets,
    write_image_run,
)

from spikedim._core import AbstractProgress, InputError, NumericsError
from spikedim.models import Coding
from spikedim.training import (
    IGNORED,
    Evaluation,
    ExampleSplits,
    Recipe,
    RunStatus,
    TrainedRun,
    evaluate,
)
from spikedim.training.opened import _examples_of_run


def opened(name, examples, *, recipe=None, **shape):
    recipe = Recipe(updates=2) if recipe is None else recipe
    model = drawn_model(name, examples, **shape)
    return TrainedRun(model, record_of(model, examples, recipe=recipe), recipe)


@pytest.fixture(scope="module")
def examples():
    return image_examples()


@pytest.fixture(scope="module")
def run(examples):
    return opened("spikformer-2-64/digits", examples, **TINY)


@pytest.fixture(scope="module")
def twin(examples):
    return opened("spikformer-2-64/digits:softmax", examples, **TINY)


@pytest.fixture(scope="module")
def found(run, examples):
    return evaluate(run, data=examples, steps=(4, 1, 2, 4), command="spikedim evaluate x")


def test_says_what_was_evaluated(found, run, examples):
    assert (found.model, found.coding) == ("spikformer-2-64/digits", Coding.SPIKES)
    assert (found.trained_steps, found.trained_code_steps) == (4, None)
    assert (found.data, found.split, found.samples, found.targets) == ("drawn", "test", 24, 24)
    assert found.data_fingerprint == examples.fingerprint == found.provenance.data_fingerprint
    assert found.weights_fingerprint == run.fingerprint
    assert found.provenance.command == "spikedim evaluate x"
    assert found.notes == ("Drawn.",)
    assert Evaluation.from_json(found.to_json()) == found


def test_every_number_of_steps_stands_once_ascending(found):
    assert [point.steps for point in found.points] == [1, 2, 4]
    assert found.reference == "T = 4"
    assert found.at(2) is found.points[1]
    with pytest.raises(KeyError):
        found.at(3)


def test_the_reference_agrees_with_itself(found):
    last = found.at(4)
    assert (last.agreement, last.squared_error, last.squared_error_deviation) == (1.0, 0.0, 0.0)
    assert found.at(1).squared_error > 0


def test_spikes_grow_with_steps_and_fit_the_rates(found):
    spikes = [point.spikes_per_sample for point in found.points]
    assert 0 < spikes[0] < spikes[1] < spikes[2]
    rates = sum(4 * p.neurons * p.rate for p in found.populations)
    assert spikes[2] == pytest.approx(rates)
    assert {len(p.rates) for p in found.populations} == {4}


def test_the_headline_is_that_of_the_training(found):
    point = found.at(4)
    assert found.headline.startswith("spikformer-2-64/digits on drawn (test, 24 samples): ")
    assert f"{100 * point.accuracy:.1f} % [" in found.headline
    assert found.headline.endswith(f"at T = 4, {point.spikes_per_sample:,.0f} spikes a sample.")


def test_the_run_is_left_alone(run, examples):
    before = copy.deepcopy(run.model.state_dict())
    mode = run.model.training
    run.model.train()
    try:
        evaluate(run, data=examples, steps=(1,), initial_membrane=0.5)
        assert run.model.training
    finally:
        run.model.train(mode)
    after = run.model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_batches_change_nothing(run, examples, found):
    other = evaluate(run, data=examples, steps=(1, 2, 4), batch_size=7, rate_samples=24)
    for mine, theirs in zip(other.points, found.points, strict=True):
        assert mine.accuracy == theirs.accuracy
        assert mine.loss == pytest.approx(theirs.loss, rel=1e-5)
        assert mine.spikes_per_sample == theirs.spikes_per_sample


def test_samples_are_taken_evenly(run, examples):
    third = evaluate(run, data=examples, steps=(1,), samples=8)
    rows = np.arange(8) * 3
    same = evaluate(
        run,
        data=replace(examples, inputs=examples.inputs[rows], targets=examples.targets[rows]),
        steps=(1,),
    )
    assert third.samples == 8
    assert third.points == same.points


def test_spikes_are_counted_on_some_samples_only(run, examples, found):
    part = evaluate(run, data=examples, steps=(1, 2, 4), rate_samples=5)
    assert (part.rate_samples, part.samples, found.rate_samples) == (5, 24, 24)
    # The counted samples come first; whose answer is whose must not change.
    assert [p.accuracy for p in part.points] == [p.accuracy for p in found.points]
    assert part.at(2).spikes_per_sample != found.at(2).spikes_per_sample


def test_warm_up_steps_of_the_recipe_are_taken_unless_others_are_asked_for(examples):
    recipe = Recipe(updates=2, neurons={"warm_up_steps": 3})
    run = opened("spikformer-2-64/digits", examples, recipe=recipe, **TINY)
    own = evaluate(run, data=examples, steps=(1,))
    none = evaluate(run, data=examples, steps=(1, 3), warm_up_steps=0)
    assert (own.warm_up_steps, none.warm_up_steps) == (3, 0)
    assert own.warm_up_spikes == pytest.approx(none.at(3).spikes_per_sample)
    assert none.warm_up_spikes is None
    assert own.at(1).spikes_per_sample > none.at(1).spikes_per_sample


def test_neurons_start_where_they_are_told(run, examples, found):
    high = evaluate(run, data=examples, steps=(1,), initial_membrane=0.9)
    assert high.initial_membrane == 0.9
    assert high.at(1).spikes_per_sample > found.at(1).spikes_per_sample
    same = evaluate(run, data=examples, steps=(1,), initial_membrane=0.0)
    assert same.at(1) == replace(
        found.at(1), agreement=1.0, squared_error=0.0, squared_error_deviation=0.0
    )


def test_a_twin_draws_its_code(twin, examples):
    found = evaluate(twin, data=examples, steps=(2,), draws=3, rate_samples=7)
    point, exact = found.points
    assert found.rate_samples == 7
    assert (point.steps, point.draws, exact.steps, exact.draws) == (2, 3, None, 1)
    assert found.reference == "exact rates"
    assert point.accuracy_deviation is not None
    assert exact.accuracy_deviation is None
    assert point.squared_error > exact.squared_error == 0
    assert {len(p.rates) for p in found.populations} == {1}
    assert found.headline.endswith("right with exact rates.")


def test_a_draw_depends_on_seed_and_steps_alone(twin, examples):
    alone = evaluate(twin, data=examples, steps=(2,))
    beside = evaluate(twin, data=examples, steps=(1, 2, 4), draws=1)
    other = evaluate(twin, data=examples, steps=(2,), seed=1)
    assert alone.at(2) == beside.at(2)
    assert other.at(2).loss != alone.at(2).loss
    assert other.provenance.seed == 1


def test_the_headline_of_a_noise_trained_twin_is_at_its_steps(twin, examples):
    run = replace(twin, record=replace(twin.record, code_steps=2))
    assert " right at T = 2, " in evaluate(run, data=examples, steps=(1, 2)).headline


def test_sentences_leave_padding_out():
    examples = sentence_examples()
    run = opened("spikformer-text-2-64/movie-reviews", examples, **TEXT)
    found = evaluate(run, data=examples, steps=(2,))
    first = found.populations[0]
    assert first.neurons == pytest.approx((6 * 8 + 3 * 4) / 12 * 32)
    assert found.at(2).perplexity is None


def test_sequences_are_asked_where_they_have_targets():
    examples = sequence_examples()
    run = opened("spikformer-lm-2-64/movie-reviews", examples, **TEXT)
    found = evaluate(run, data=examples, steps=(2,))
    assert (found.samples, found.targets) == (12, 36)
    assert found.at(2).perplexity == pytest.approx(np.exp(found.at(2).loss))


class Listener(AbstractProgress):
    def __init__(self):
        self.tasks = []

    def start(self, description, total):
        self.tasks.append([description, total, 0.0, False])
        return len(self.tasks) - 1

    def advance(self, task, amount=1):
        self.tasks[task][2] += amount

    def finish(self, task):
        self.tasks[task][3] = True


def test_tells_how_far_it_is(twin, examples):
    listener = Listener()
    evaluate(
        twin, data=examples, steps=(1, 2), draws=2, batch_size=10, rate_samples=4, progress=listener
    )
    # 4 samples in one batch, 20 in two; exact rates and two draws at two numbers of steps.
    assert listener.tasks[-1] == ["evaluate", 15.0, 15.0, True]


def test_recalibration_tells_how_many_samples_it_took(run, examples, monkeypatch):
    splits = ExampleSplits(image_examples(10, seed=4), None, examples)
    monkeypatch.setattr(_examples_of_run, "open_examples", lambda *_, **__: splits)
    found = evaluate(run, data=examples, steps=(1, 2), recalibrate=64)
    assert found.recalibrated == 10


def test_images_in_other_units_are_read_in_those_of_the_run(run, examples):
    notes = ("Mean and deviation: measured on the training part.", "Drawn.")
    others = replace(examples, mean=(0.1,), deviation=(9.0,), notes=notes)
    found = evaluate(run, data=others, steps=(1,))
    assert found.points == evaluate(run, data=examples, steps=(1,)).points
    assert found.notes == ("Drawn.", "Mean and deviation: those that the run was trained with.")


def test_own_data_is_opened_as_it_was_for_the_training(run, examples, monkeypatch):
    asked = []

    def open_examples(spec, **how):
        asked.append((spec, how))
        return ExampleSplits(replace(examples, split="train"), None, examples)

    monkeypatch.setattr(_examples_of_run, "open_examples", open_examples)
    evaluate(run, steps=(1,))
    evaluate(run, steps=(1,), data="others", split="train")
    (own, how), (others, resized) = asked
    assert (own, others) == ("drawn", "others")
    assert how["validation"] == 0.1
    assert "side" not in how
    assert resized["side"] == 8
    with pytest.raises(
        InputError, match=r"^evaluate: `split` must be one that 'drawn' has, .*'val"
    ):
        evaluate(run, split="validation")


def test_other_data_is_normalised_as_in_the_training(run, examples):
    shifted = replace(examples, mean=(0.9,), deviation=(3.0,))
    assert evaluate(run, data=shifted, steps=(1,)).points == (
        evaluate(run, data=examples, steps=(1,)).points
    )
    old = replace(run, record=replace(run.record, mean=(), deviation=()))
    assert evaluate(old, data=shifted, steps=(1,)).points != (
        evaluate(old, data=examples, steps=(1,)).points
    )


def test_the_training_samples_are_named_as_such(run, examples):
    trained = replace(run, record=replace(run.record, data_fingerprint=examples.fingerprint))
    found = evaluate(trained, data=examples, steps=(1,))
    assert "These are the samples the run was trained on." in found.notes


def test_a_folder_is_as_good_as_an_opened_run(tmp_path, examples, found):
    folder = write_image_run(tmp_path / "run")
    other = evaluate(folder, data=examples, steps=(1, 2, 4))
    assert other.points == found.points


def test_a_run_that_goes_on_is_evaluated_at_its_checkpoint(tmp_path, examples, found):
    folder = write_image_run(tmp_path / "run", status=RunStatus.RUNNING, update=3, updates=9)
    other = evaluate(folder, data=examples, steps=(1, 2, 4))
    assert other.points == found.points
    assert other.notes[0] == (
        "The run is not finished: these are the weights of its last checkpoint, update 3 of 9."
    )


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": ()}, r"`steps` must have at least one number of steps; got none"),
        ({"steps": (0,)}, r"`steps` must be an integer >= 1; got 0"),
        ({"steps": (1, 2.5)}, r"`steps` must be an integer >= 1; got 2.5"),
        ({"steps": "1..8"}, r"`steps` must be a sequence of numbers of steps; got '1..8'"),
        ({"steps": 4}, r"`steps` must be a sequence of numbers of steps; got 4"),
        ({"samples": 0}, r"`samples` must be an integer >= 1; got 0"),
        ({"batch_size": 0}, r"`batch_size` must be an integer >= 1; got 0"),
        ({"rate_samples": 0}, r"`rate_samples` must be an integer >= 1; got 0"),
        ({"draws": 0}, r"`draws` must be an integer >= 1; got 0"),
        ({"recalibrate": -1}, r"`recalibrate` must be an integer >= 0; got -1"),
        ({"seed": -1}, r"`seed` must be an integer >= 0; got -1"),
        ({"warm_up_steps": -1}, r"`warm_up_steps` must be an integer >= 0; got -1"),
        (
            {"initial_membrane": 1.0},
            r"`initial_membrane` must be from -10 to below 1, .*; got 1\.0",
        ),
        ({"split": "tset"}, r"`split` must be one of train, validation, test; got 'tset'"),
        ({"device": "cdua"}, r"`device` must be one of this machine; got 'cdua'"),
        ({"device": "meta"}, r"`device` must hold values; got 'meta'"),
    ],
)
def test_a_bad_option_is_refused(run, examples, options, message):
    with pytest.raises(InputError, match=f"^evaluate: {message}"):
        evaluate(run, data=examples, **options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            image_examples(classes=3),
            r"`data` must have the 10 classes of the run; got 3 in 'drawn'",
        ),
        (image_examples(side=12), r"`data` must have samples of shape \(1, 8, 8\), as spikformer"),
        (
            image_examples(0),
            r"`data` must have one target for each input, at least one; got 0 for 0",
        ),
        (sentence_examples(classes=10), r"`data` must be images, as spikformer-2-64/digits reads"),
        (
            with_targets(image_examples(), [IGNORED] * 24),
            r"`data` must have targets; got none in the test part of 'drawn'",
        ),
    ],
)
def test_data_of_another_kind_is_refused(run, data, message):
    with pytest.raises(InputError, match=f"^evaluate: {message}"):
        evaluate(run, data=data, steps=(1,))


def test_images_for_a_model_of_text_are_refused():
    examples = sequence_examples()
    run = opened("spikformer-lm-2-64/movie-reviews", examples, **TEXT)
    with pytest.raises(InputError, match=r"^evaluate: `data` must be sequences, as spikformer-lm"):
        evaluate(run, data=image_examples())
    with pytest.raises(InputError, match=r"^evaluate: `data` must be sequences, .*; got sentences"):
        evaluate(run, data=sentence_examples())


@pytest.mark.parametrize(
    ("options", "name"),
    [({"initial_membrane": 0.5}, "initial_membrane"), ({"warm_up_steps": 2}, "warm_up_steps")],
)
def test_a_twin_has_no_membranes(twin, examples, options, name):
    with pytest.raises(InputError, match=rf"^evaluate: `{name}` must be absent for .*:softmax"):
        evaluate(twin, data=examples, **options)


def test_weights_that_are_not_finite_are_no_result(run, examples):
    model = copy.deepcopy(run.model)
    with torch.no_grad():
        model.head.bias[0] = torch.nan
    with pytest.raises(NumericsError, match=r"^evaluate: logits must be finite; got NaN"):
        evaluate(replace(run, model=model), data=examples, steps=(1,))
