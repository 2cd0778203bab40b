"""Trainings end where they should, and continue as if nothing had happened."""

import json
import sys
import types

import numpy as np
import pytest
from tests.fit_examples import (
    MODEL,
    log_without_time,
    same_weights,
    small_recipe,
    splits,
    weights,
)

from spikedim._core import InputError, NumericsError
from spikedim.models import Coding, open_model
from spikedim.training import RunFolder, RunStatus, fit, open_recipe, read_log
from spikedim.training.fitting import _session


class Stopped(Exception):  # noqa: N818
    """Stands for a power cut between two updates."""


def stop_at(update):
    def watch(moment):
        if moment.update == update:
            raise Stopped

    return watch


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit") / "run"
    moments = []
    run = fit(MODEL, splits(), out=folder, recipe=small_recipe(), watch=moments.append)
    return folder, run, moments


def test_the_record_says_what_was_done(finished):
    folder, run, _ = finished
    assert run.status is RunStatus.FINISHED
    assert (run.update, run.updates) == (6, 6)
    assert run.coding is Coding.SPIKES
    assert run.code_steps is None
    assert run.overrides == {"classes": 3}
    assert any("classes 3 of the data instead of 10" in note for note in run.notes)
    assert RunFolder.open(folder).read() == run


def test_the_weights_file_is_the_trained_model(finished):
    folder, run, _ = finished
    model = open_model(folder / "weights.safetensors")
    assert sum(p.numel() for p in model.parameters()) == run.parameters
    assert model.head.out_features == 3


def test_loss_falls_and_every_update_has_a_line(finished):
    folder, run, moments = finished
    lines = read_log(RunFolder.open(folder))
    updates = [line for line in lines if line.kind.value == "update"]
    assert [line.update for line in updates] == [1, 2, 3, 4, 5, 6]
    assert [line.epoch for line in updates] == [1, 1, 1, 2, 2, 2]
    assert updates[-1].loss < updates[0].loss
    assert [line.update for line in lines if line.kind.value == "validation"] == [3, 6]
    assert [moment.update for moment in moments] == [1, 2, 3, 4, 5, 6]
    assert run.train_loss == pytest.approx(np.mean([line.loss for line in updates[3:]]), rel=1e-6)


def test_what_is_shown_is_the_mean_of_the_last_updates(finished):
    folder, _, moments = finished
    updates = [x for x in read_log(RunFolder.open(folder)) if x.kind.value == "update"]
    for number, moment in enumerate(moments, start=1):
        assert moment.loss == pytest.approx(np.mean([x.loss for x in updates[:number]]))
        assert moment.accuracy == pytest.approx(np.mean([x.accuracy for x in updates[:number]]))
        assert moment.samples_per_second > 0
    assert moments[-1].seconds_left == 0


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(finished, tmp_path):
    folder, _, _ = finished
    fit(MODEL, splits(), out=tmp_path / "again", recipe=small_recipe())
    fit(MODEL, splits(), out=tmp_path / "other", recipe=small_recipe(), seed=1)
    assert same_weights(folder, tmp_path / "again")
    assert not same_weights(folder, tmp_path / "other")


@pytest.mark.parametrize("update", [1, 3, 5])
def test_a_run_that_was_stopped_ends_in_the_same_weights_and_log(finished, tmp_path, update):
    whole, run, _ = finished
    folder = tmp_path / "run"
    with pytest.raises(Stopped):
        fit(
            MODEL,
            splits(),
            out=folder,
            recipe=small_recipe(),
            checkpoint_every=0.0,
            watch=stop_at(update),
        )
    resumed = fit(MODEL, splits(), out=folder, recipe=small_recipe(), resume=True)
    assert same_weights(folder, whole)
    assert log_without_time(folder) == log_without_time(whole)
    assert resumed.train_loss == run.train_loss
    assert resumed.validation_accuracy == run.validation_accuracy


RANDOM = {
    "augmentation.crop": "1",
    "augmentation.flip": "true",
    "augmentation.erase": "0.5",
    "mixing.mixup": "0.5",
    "model.drop_path": "0.2",
    "accumulate": "2",
}


def test_all_that_is_random_is_resumed_exactly(tmp_path):
    recipe = small_recipe(fast="true", **RANDOM)
    fit(MODEL, splits(), out=tmp_path / "whole", recipe=recipe)
    with pytest.raises(Stopped):
        fit(
            MODEL,
            splits(),
            out=tmp_path / "cut",
            recipe=recipe,
            checkpoint_every=0.0,
            watch=stop_at(4),
        )
    fit(MODEL, splits(), out=tmp_path / "cut", recipe=recipe, resume=True)
    assert same_weights(tmp_path / "whole", tmp_path / "cut")


def test_noise_of_a_twin_is_resumed_exactly_and_changes_the_weights(tmp_path):
    noisy = small_recipe(**{"noise.steps": "4"})
    twin = f"{MODEL}:softmax"
    run = fit(twin, splits(), out=tmp_path / "noisy", recipe=noisy)
    assert (run.coding, run.code_steps, run.steps) == (Coding.RATES, 4, 1)
    with pytest.raises(Stopped):
        fit(
            twin,
            splits(),
            out=tmp_path / "cut",
            recipe=noisy,
            checkpoint_every=0.0,
            watch=stop_at(2),
        )
    fit(twin, splits(), out=tmp_path / "cut", recipe=noisy, resume=True)
    fit(twin, splits(), out=tmp_path / "quiet", recipe=small_recipe())
    assert same_weights(tmp_path / "noisy", tmp_path / "cut")
    assert not same_weights(tmp_path / "noisy", tmp_path / "quiet")


def test_a_training_that_diverges_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    recipe = small_recipe(
        **{"optimiser.kind": "sgd", "optimiser.learning_rate": "1e30", "schedule.warm_up": "0"}
    )
    folder = tmp_path / "run"
    with pytest.raises(NumericsError, match=r"of update \d must be finite.*What was saved stays"):
        fit(MODEL, splits(), out=folder, recipe=recipe, checkpoint_every=0.0)
    run = RunFolder.open(folder).read()
    assert run.status is RunStatus.DIVERGED
    assert run.update >= 1
    assert not (folder / "weights.safetensors").exists()


def test_tet_and_warm_up_steps_and_membranes_train(tmp_path):
    recipe = small_recipe(
        **{
            "epochs": "1",
            "objective.kind": "tet",
            "neurons.warm_up_steps": "1",
            "neurons.initial_membrane": "0.5",
        }
    )
    fit(MODEL, splits(), out=tmp_path / "run", recipe=recipe, steps=2)
    model = open_model(tmp_path / "run" / "weights.safetensors")
    assert model.steps == 2
    assert model.make.neuron.initial_membrane == 0.5


def test_a_run_starts_from_the_weights_of_another(finished, tmp_path):
    folder, _, _ = finished
    still = {"optimiser.learning_rate": "1e-20", "schedule.first": "0", "schedule.last": "0"}
    recipe = small_recipe(epochs="1", **still)
    fit(MODEL, splits(), out=tmp_path / "next", recipe=recipe, start_from=folder)
    before, after = weights(folder), weights(tmp_path / "next")
    moved = [key for key in before if "running" not in key and "tracked" not in key]
    assert all(np.allclose(before[key], after[key], atol=1e-6) for key in moved)


def test_images_of_another_size_and_colour_change_the_model(tmp_path):
    data = splits(channels=3, side=16)
    run = fit(MODEL, data, out=tmp_path / "run", recipe=small_recipe(epochs="1"))
    assert run.overrides == {"classes": 3, "channels": 3, "side": 16}


def test_a_finished_run_is_not_trained_again(finished):
    folder, run, _ = finished
    before = weights(folder)
    assert fit(MODEL, splits(), out=folder, recipe=small_recipe(), resume=True) == run
    assert all(np.array_equal(before[key], value) for key, value in weights(folder).items())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recipe": small_recipe(batch_size="64")}, r"`recipe.batch_size` must be at most the 48"),
        ({"seed": -1}, r"`seed` must be"),
        ({"devices": 0}, r"`devices` must be"),
        (
            {"recipe": small_recipe(**{"noise.steps": "4"})},
            r"must be absent for .*populations spike",
        ),
        ({"recipe": small_recipe(), "changes": {"epochs": "3"}}, r"`changes` must be absent"),
        ({"device": "abacus"}, r"`device` must be one this machine has; got 'abacus'"),
        ({"start_from": "nowhere.safetensors"}, r"nowhere.safetensors"),
    ],
    ids=["batch", "seed", "devices", "noise", "changes", "device", "start"],
)
def test_bad_input_is_met_with_one_sentence_before_a_folder_is_made(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message) as found:
        fit(MODEL, splits(), out=tmp_path / "run", **{"recipe": small_recipe(), **arguments})
    assert "\n" not in str(found.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("model", "recipe", "steps", "message"),
    [
        (f"{MODEL}:softmax", small_recipe(), 4, r"`steps` must be absent or 1 .*noise.steps=4"),
        (
            f"{MODEL}:softmax",
            small_recipe(**{"neurons.initial_membrane": "0.5"}),
            None,
            r"`recipe.neurons.initial_membrane` must be 0",
        ),
        ("spikformer-text-2-64/movie-reviews", small_recipe(), None, r"`data` must be what"),
        ("spikegpt-216m/text", small_recipe(), None, r"has a card only"),
        (MODEL, small_recipe(**{"model.neuron": "3"}), None, r"`recipe.model` must hold"),
    ],
    ids=["twin steps", "twin membrane", "text model", "card only", "neuron"],
)
def test_what_does_not_go_together_is_refused(tmp_path, model, recipe, steps, message):
    with pytest.raises(InputError, match=message):
        fit(model, splits(), out=tmp_path / "run", recipe=recipe, steps=steps)


def test_a_begun_run_is_begun_again_only_on_request(finished, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(Stopped):
        fit(MODEL, splits(), out=folder, recipe=small_recipe(), watch=stop_at(1))
    with pytest.raises(InputError, match=r"`out` must be a new folder, or `resume` asked for"):
        fit(MODEL, splits(), out=folder, recipe=small_recipe())


def test_the_folder_of_another_run_is_refused(finished):
    folder, _, _ = finished
    with pytest.raises(InputError, match=r"of a run with recipe\.epochs \d+ instead of 3\."):
        fit(MODEL, splits(), out=folder, recipe=small_recipe(epochs="3"), resume=True)


def test_augmentation_of_text_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"`recipe.augmentation` must be absent for sequences"):
        fit(
            "spikformer-lm-2-64/sequences",
            "task:copy",
            out=tmp_path / "run",
            recipe=small_recipe(**{"augmentation.crop": "1"}),
        )


def test_a_language_model_learns_from_sequences(tmp_path):
    recipe = open_recipe(
        "cpu/digits",
        changes={"augmentation.crop": "0", "batch_size": "16", "fast": "false", "updates": "2"},
    )
    run = fit("spikformer-lm-2-64/sequences", "task:copy", out=tmp_path / "run", recipe=recipe)
    assert run.update == 2
    assert json.loads((tmp_path / "run" / "run.json").read_text())["data"] == "task:copy"


def test_a_record_of_a_run_that_never_began_gives_way(tmp_path):
    folder = tmp_path / "run"
    fit(MODEL, splits(), out=folder, recipe=small_recipe(epochs="1"))
    for name in ("log.jsonl", "checkpoint.safetensors", "weights.safetensors"):
        (folder / name).unlink()
    run = fit(MODEL, splits(), out=folder, recipe=small_recipe())
    assert run.updates == 6


def test_tensorboard_forgets_what_a_run_wrote_before_its_first_checkpoint(tmp_path, monkeypatch):
    begun = []

    class Board:
        def __init__(self, _folder, *, after):
            begun.append(after)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def append(self, line):
            pass

    monkeypatch.setattr(_session, "TensorBoardLog", Board)
    monkeypatch.setitem(sys.modules, "tensorboard", types.ModuleType("tensorboard"))
    options = {"out": tmp_path, "recipe": small_recipe(epochs="1"), "tensorboard": True}
    with pytest.raises(Stopped):
        fit(MODEL, splits(), **options, watch=stop_at(1))
    fit(MODEL, splits(), **options, resume=True)
    assert begun == [0, 0]
