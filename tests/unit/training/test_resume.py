"""A run that was stopped goes on as its own record says."""

import pytest
from tests.fit_examples import MODEL, log_without_time, same_weights, small_recipe, splits

from spikedim._core import InputError
from spikedim.training import RunFolder, RunStatus, fit, open_recipe, resume

RECIPE = open_recipe("cpu/digits", changes={"updates": "3", "batch_size": "16", "fast": "false"})
ASK = {"recipe": RECIPE, "steps": 2, "seed": 5, "command": "first"}


class StoppedError(Exception):
    pass


def stop_after(update):
    def watch(moment):
        if moment.update == update:
            raise StoppedError

    return watch


def begin(out, *, update=2, checkpoint_every=0.0, **options):
    with pytest.raises(StoppedError):
        fit(
            MODEL, "digits", out=out, checkpoint_every=checkpoint_every,
            watch=stop_after(update), **ASK, **options,
        )  # fmt: skip


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """Return weights to start from."""
    folder = tmp_path_factory.mktemp("origin") / "run"
    fit(MODEL, splits(classes=10), out=folder, recipe=small_recipe(epochs="1"), steps=2)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory, origin):
    """Return a run of three updates from these weights that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    fit(MODEL, "digits", out=folder, start_from=origin, **ASK)
    return folder


def test_goes_on_to_the_same_weights_with_nothing_but_the_folder(whole, origin, tmp_path):
    begin(tmp_path / "run", start_from=origin)
    seen = []
    run = resume(tmp_path / "run", watch=seen.append)  # its checkpoint is of update 1
    assert (run.status, [moment.update for moment in seen]) == (RunStatus.FINISHED, [2, 3])
    assert same_weights(tmp_path / "run", whole)
    assert log_without_time(tmp_path / "run") == log_without_time(whole)
    assert run.provenance.command == "first"
    assert run.start_from == RunFolder.open(whole).read().start_from
    assert resume(tmp_path / "run") == run  # nothing is left to do


def test_without_checkpoint_the_first_weights_are_needed_again(whole, origin, tmp_path):
    folder = tmp_path / "run"
    begin(folder, update=1, checkpoint_every=60.0, start_from=origin)
    with pytest.raises(InputError, match=r"^fit: `start_from` must be .* where no checkpoint is"):
        resume(folder)
    assert resume(folder, start_from=origin).status is RunStatus.FINISHED
    assert same_weights(folder, whole)


def test_other_first_weights_are_refused(whole, origin, tmp_path):
    begin(tmp_path / "run", start_from=origin)
    with pytest.raises(InputError, match=r"of a run with start_from 'sha256:"):
        resume(tmp_path / "run", start_from=whole)


def test_a_run_on_examples_of_somebody_is_for_fit(tmp_path):
    with pytest.raises(StoppedError):
        fit(MODEL, splits(), out=tmp_path / "run", recipe=small_recipe(), watch=stop_after(1))
    with pytest.raises(InputError, match=r"`spec` .*'made'"):
        resume(tmp_path / "run")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"`path` must be the folder of a training run"):
        resume(tmp_path)
