"""What a training run came to, in sentences."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from spikedim.models import Coding
from spikedim.planning import Advisory
from spikedim.report._format import count, duration, share
from spikedim.training import LogKind, LogLine, RunStatus, TrainingRun

__all__ = ["curve_claim", "evaluate_command", "training_advisories", "training_headline"]


def training_headline(run: TrainingRun) -> str:
    """Say in one sentence what a training run came to.

    Parameters
    ----------
    run : TrainingRun
        Finished or not.

    Returns
    -------
    str
        Model, data, accuracy, T, updates, wall time.
    """
    done = f"{count(run.update)} update{'s'[: run.update != 1]}"
    spent = f"{done} in {duration(run.seconds)}"
    who = f"{run.model} on {run.data}{_trained_at(run)}"
    if run.status is RunStatus.DIVERGED:
        return f"{who} diverged after {spent}; what was saved stays."
    if run.status is RunStatus.RUNNING:
        return f"{who} is not finished: {spent}, of {count(run.updates)}."
    return f"{who}: {_accuracy(run)} after {spent}."


def _trained_at(run: TrainingRun) -> str:
    """Say at which T a network was trained, or at which T its rates were noisy."""
    if run.coding is Coding.SPIKES:
        return f" at T = {run.steps}"
    if run.coding is Coding.ACTIVATIONS:
        return ""
    return " with exact rates" if run.code_steps is None else f" with noise of T = {run.code_steps}"


def _accuracy(run: TrainingRun) -> str:
    if run.validation_accuracy is not None:
        return (
            f"{share(run.validation_accuracy)} % right on the {count(run.validation_samples)} "
            "validation samples"
        )
    if run.train_accuracy is not None:
        return f"{share(run.train_accuracy)} % right on the batches of the last epoch"
    return "trained"


def evaluate_command(run: TrainingRun, folder: Path) -> str:
    """Return the command that says what the run is worth, at other T if it has one."""
    command = f"spikedim evaluate {shlex.quote(str(folder))}"
    if run.coding is Coding.ACTIVATIONS:
        return command
    return f"{command} --steps 1..{8 if run.coding.spiking else 64}"


def curve_claim(log: Sequence[LogLine]) -> str:
    """Say where the accuracy went, as the heading of the training curves."""
    seen = [
        (line.accuracy, line.update)
        for line in log
        if line.kind is LogKind.VALIDATION and line.accuracy is not None
    ]
    if len(seen) > 1:
        best, at = max(seen, key=lambda pair: pair[0])
        first, last = seen[0][0], seen[-1][0]
        peak = "" if best == last else f"; best {share(best)} % after {count(at)} updates"
        return (
            f"Validation accuracy went from {share(first)} to {share(last)} % in "
            f"{count(seen[-1][1])} updates{peak}"
        )
    updates = max((line.update for line in log), default=0)
    return f"{count(updates)} update{'s'[: updates != 1]}"


def training_advisories(run: TrainingRun) -> tuple[Advisory, ...]:
    """Return what is wrong or weak with a run."""
    found = []
    if run.status is RunStatus.DIVERGED:
        found.append(
            Advisory(
                f"Training diverged after {count(run.update)} of {count(run.updates)} updates.",
                "Lower optimiser.learning_rate or set optimiser.clip_norm (--set).",
            )
        )
    if run.status is RunStatus.RUNNING:
        found.append(
            Advisory(
                f"The run stands at update {count(run.update)} of {count(run.updates)}.",
                "Go on with --resume.",
            )
        )
    if run.status is RunStatus.FINISHED and run.validation_accuracy is None:
        found.append(
            Advisory(
                "Nothing was kept aside to watch the run.",
                "Rely on `spikedim evaluate` alone, which reads the test part.",
            )
        )
    return tuple(found)
