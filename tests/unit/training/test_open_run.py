import json

import pytest
import torch
from tests.training_examples import TINY, drawn_model, image_examples, write_image_run, write_run

from spikedim._core import InputError
from spikedim.models import save_weights
from spikedim.training import Recipe, RunStatus, open_run
from spikedim.training.runs import RunFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_image_run(tmp_path_factory.mktemp("runs") / "first")


def test_opens_model_record_and_recipe(folder):
    run = open_run(folder)
    assert (run.name, run.record.model, run.recipe.updates) == (
        "first",
        "spikformer-2-64/digits",
        2,
    )
    assert (run.model.card.depth, run.model.card.width, run.model.training) == (1, 32, False)
    assert (run.vocabulary, run.notes) == (None, ())


def test_the_fingerprint_is_that_of_the_weights(folder):
    run, again = open_run(folder), open_run(str(folder))
    assert run.fingerprint == again.fingerprint
    with torch.no_grad():
        again.model.head.bias[0] += 1e-3
    assert run.fingerprint != again.fingerprint


@pytest.mark.parametrize(
    ("status", "why"), [(RunStatus.RUNNING, "is not finished"), (RunStatus.DIVERGED, "diverged")]
)
def test_a_run_that_is_not_finished_has_its_last_checkpoint(tmp_path, folder, status, why):
    other = write_image_run(tmp_path / "run", status=status, update=1, updates=5)
    run = open_run(other)
    assert run.notes == (
        f"The run {why}: these are the weights of its last checkpoint, update 1 of 5.",
    )
    assert run.fingerprint == open_run(folder).fingerprint


def test_a_checkpoint_starts_its_neurons_where_the_recipe_does(tmp_path):
    recipe = Recipe(updates=2, neurons={"initial_membrane": 0.5})
    path = write_image_run(tmp_path / "run", recipe=recipe, status=RunStatus.RUNNING)
    run = open_run(path)
    assert {p.lif.neuron.initial_membrane for p in run.model.populations.values()} == {0.5}


def test_a_run_that_has_only_begun_has_no_weights(tmp_path):
    path = write_image_run(tmp_path / "run", status=RunStatus.RUNNING, updates=5)
    folder = RunFolder(path)
    folder.checkpoint.unlink()
    with pytest.raises(InputError, match=r"^open_run: `path` must hold weights; got .* checkpoint"):
        open_run(path)


def test_no_folder_is_no_run(tmp_path):
    with pytest.raises(
        InputError, match=r"`path` must be the folder of a training run; got .*nowhere"
    ):
        open_run(tmp_path / "nowhere")
    with pytest.raises(
        InputError, match=r"`path` must be the folder of a training run; got .*run.js"
    ):
        open_run(tmp_path)


def test_weights_that_are_gone_are_missed(tmp_path):
    path = write_image_run(tmp_path / "run")
    RunFolder(path).weights.unlink()
    with pytest.raises(InputError, match=r"^open_run: `path` must hold the weights of a finished"):
        open_run(path)


def test_weights_of_another_model_are_refused(tmp_path):
    path = write_image_run(tmp_path / "run")
    other = drawn_model("spikformer-2-64/digits:softmax", image_examples(), **TINY)
    save_weights(other, RunFolder(path).weights)
    with pytest.raises(InputError, match=r"^open_run: `path` must hold one run; got .*:softmax"):
        open_run(path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    examples = image_examples()
    model = drawn_model("spikformer-2-64/digits", examples, **TINY)
    overrides = {**TINY, "depth": 2}
    path = write_run(
        tmp_path / "run", model, examples, status=RunStatus.RUNNING, overrides=overrides
    )
    with pytest.raises(InputError, match=r"^open_run: `path` must hold one run; got .* checkpoint"):
        open_run(path)


def test_a_recipe_that_is_none_is_refused(tmp_path):
    path = write_image_run(tmp_path / "run")
    file = RunFolder(path).record
    record = json.loads(file.read_text(encoding="utf-8"))
    record["recipe"]["batch_size"] = "many"
    file.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"^open_run: `path` must hold the recipe .*'many' for 'bat"
    ):
        open_run(path)


def test_neurons_may_start_right_below_their_threshold(tmp_path):
    recipe = Recipe(updates=2, neurons={"initial_membrane": 0.9995})
    run = open_run(write_image_run(tmp_path / "run", recipe=recipe, status=RunStatus.RUNNING))
    assert {p.lif.neuron.initial_membrane for p in run.model.populations.values()} == {0.9995}
