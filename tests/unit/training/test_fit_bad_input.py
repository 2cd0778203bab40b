"""What cannot be trained is refused in one sentence, and spoils no folder."""

from dataclasses import replace

import numpy as np
import pytest
from tests.fit_examples import MODEL, small_recipe, splits
from tests.training_examples import sentence_examples, sequence_examples

from spikedim._core import InputError, NumericsError
from spikedim.training import IGNORED, ExampleSplits, RunFolder, RunStatus, fit, open_run

TWIN = f"{MODEL}:softmax"
TEXT = {"augmentation.crop": "0", "batch_size": "8", "epochs": "1"}


def with_part(name="train", **changes):
    """Return examples of which one part is changed."""
    found = splits()
    return found._replace(**{name: replace(getattr(found, name), **changes)})


def with_nan():
    inputs = splits().train.inputs.copy()
    inputs[5, 0, 3, 3] = np.nan
    return inputs


TRAIN, VALIDATION = splits().train, splits().validation


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (with_part(inputs=with_nan()), r"finite values; got NaN or infinity in the train part"),
        (with_part(inputs=TRAIN.inputs.astype(np.float64)), r"uint8 or float32; got float64"),
        (with_part(inputs=TRAIN.inputs[..., :6]), r"square images .*; got float32 \[48, 1, 8, 6\]"),
        (with_part(inputs=TRAIN.inputs[:40]), r"one target for each input.*; got 48 for 40"),
        (with_part(targets=TRAIN.targets[:40]), r"one target for each input.*; got 40 for 48"),
        (with_part(targets=TRAIN.targets + 5), r"targets from 0 to 2, .*; got 7"),
        (with_part(targets=TRAIN.targets - 1), r"targets from 0 to 2, .*; got -1"),
        (with_part(targets=TRAIN.targets / 2), r"whole numbers as targets, \[S\]; got float64"),
        (with_part(targets=TRAIN.targets * 0), r"at least two classes to learn; got class 0 alone"),
        (with_part(targets=TRAIN.targets * 0 + IGNORED), r"targets; got none"),
        (with_part(mean=(), deviation=()), r"each of its 1 channels; got \(\) and \(\)"),
        (with_part(deviation=(0.0,)), r"a deviation above 0 .*; got \(0\.4,\) and \(0\.0,\)"),
        (
            with_part("validation", inputs=VALIDATION.inputs[:0], targets=VALIDATION.targets[:0]),
            r"got 0 for 0 in the validation part",
        ),
        (with_part("validation", targets=VALIDATION.targets + 5), r"got 7 in the validation part"),
    ],
    ids=range(14),
)
def test_examples_that_do_not_fit_one_another_are_refused(tmp_path, data, message):
    with pytest.raises(InputError, match=rf"^fit: `data` must have .*{message}"):
        fit(MODEL, data, out=tmp_path / "run", recipe=small_recipe())
    assert not (tmp_path / "run").exists()


def test_a_sequence_that_asks_for_nothing_is_named(tmp_path):
    examples = sequence_examples(16, split="train")
    targets = examples.targets.copy()
    targets[3] = IGNORED
    data = ExampleSplits(replace(examples, targets=targets), None, examples)
    with pytest.raises(InputError, match=r"target in every training sample; got none in sample 3"):
        fit(
            "spikformer-lm-2-64/sequences",
            data,
            out=tmp_path / "run",
            recipe=small_recipe(**TEXT),
        )


def test_negative_tokens_are_refused(tmp_path):
    examples = sentence_examples(16, split="train")
    data = ExampleSplits(replace(examples, inputs=examples.inputs - 4), None, examples)
    with pytest.raises(InputError, match=r"token numbers of at least 0; got -4"):
        fit("spikformer-text-2-64/movie-reviews", data, out=tmp_path / "run")


def test_own_sentences_without_a_tokenizer_take_the_vocabulary_of_the_model(tmp_path):
    examples = sentence_examples(16, split="train")
    model = "spikformer-text-2-64/movie-reviews"
    data = ExampleSplits(examples, None, examples)
    run = fit(model, data, out=tmp_path / "run", recipe=small_recipe(**TEXT))
    assert run.status is RunStatus.FINISHED
    assert open_run(tmp_path / "run").model.card.vocabulary == 8192


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        (MODEL, {"model.classes": "2"}, r"`recipe.model.classes` must be at least 3, .*; got 2"),
        (MODEL, {"model.side": "16"}, r"`recipe.model.side` must be 8, .*; got 16"),
        (MODEL, {"augmentation.crop": "8"}, r"`recipe.augmentation.crop` must be below 8, .*got 8"),
        (TWIN, {"neurons.warm_up_steps": "2"}, r"`recipe.neurons.warm_up_steps` must be 0 for"),
    ],
    ids=["classes", "side", "crop", "warm-up"],
)
def test_a_recipe_that_cannot_be_followed_leaves_no_folder(tmp_path, model, changes, message):
    with pytest.raises(InputError, match=rf"^fit: {message}"):
        fit(model, splits(), out=tmp_path / "run", recipe=small_recipe(**changes))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("beta", ["beta1", "beta2"])
def test_a_beta_of_one_with_which_no_gradient_counts_is_refused(beta):
    with pytest.raises(InputError, match=rf"`optimiser.{beta}` must fit .*less than 1\); got 1\.0"):
        small_recipe(**{f"optimiser.{beta}": "1.0"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 2**64}, r"`seed` must be below 2\*\*64"),
        ({"checkpoint_every": -1.0}, r"`checkpoint_every` must be at least 0 seconds; got -1"),
        ({"device": "tpu"}, r"`device` must be one this machine has; got 'tpu'"),
    ],
    ids=["seed", "every", "tpu"],
)
def test_options_out_of_range_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=rf"^fit: {message}"):
        fit(MODEL, splits(), out=tmp_path / "run", recipe=small_recipe(), **options)


def test_the_batch_size_advised_for_two_samples_trains(tmp_path):
    data = with_part(inputs=TRAIN.inputs[:2], targets=np.array([0, 1]))
    with pytest.raises(InputError, match=r"at most the 2 training samples.*batch_size=2\."):
        fit(MODEL, data, out=tmp_path / "run", recipe=small_recipe())
    run = fit(MODEL, data, out=tmp_path / "run", recipe=small_recipe(batch_size="2", epochs="1"))
    assert run.update == 1


def test_a_validation_that_overflows_stops_the_run_as_diverged(tmp_path):
    bright = np.full_like(VALIDATION.inputs, 1e38)
    with pytest.raises(NumericsError, match=r"of the validation after update 3 must be finite"):
        fit(
            MODEL,
            with_part("validation", inputs=bright),
            out=tmp_path / "run",
            recipe=small_recipe(),
        )
    run = RunFolder.open(tmp_path / "run").read()
    assert (run.status, run.update) == (RunStatus.DIVERGED, 0)
    with pytest.raises(InputError, match=r"of a run that diverged without .* lower learning rate"):
        open_run(tmp_path / "run")


def test_a_twin_says_that_it_does_not_train_in_bfloat16(tmp_path):
    recipe = small_recipe(fast="true", precision="bfloat16", epochs="1")
    run = fit(TWIN, splits(), out=tmp_path / "run", recipe=recipe)
    assert any(note.startswith("Trained in float32") for note in run.notes)


def test_data_of_another_kind_is_said_before_what_the_recipe_lacks(tmp_path):
    words = ExampleSplits(sequence_examples(), None, None)
    with pytest.raises(InputError, match=r"^fit: `data` must be what .* reads, images; got seq"):
        fit(MODEL, words, out=tmp_path / "run", recipe=small_recipe(**{"augmentation.crop": "1"}))
