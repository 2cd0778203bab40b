"""``spikedim train``."""

import logging
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from spikedim.cli._invocation import DEVICE, INTERRUPTED_SAYS, NOTHING_WRITTEN, command_line
from spikedim.cli._options import AsJson, Html, Memory, Quiet, check_outputs
from spikedim.cli._recipes import show_recipes

__all__ = ["train"]

_INTERRUPTED = 130
_CHATTY = ("lightning_fabric.utilities.distributed", "lightning_fabric.utilities.rank_zero")
_RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")  # set by launchers, 0 in the first


def train(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="A model of `spikedim model list`.", show_default=False
        ),
    ] = None,
    *,
    data: Annotated[
        str | None, typer.Option(help="Name or path of the data.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Folder that keeps the run.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Time steps T in training.", show_default="the model's"),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.yaml",
            help="How to train; see --recipes.",
            show_default="by model and data",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change the recipe, e.g. optimiser.clip_norm=1."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of weights, order, augmentation, noise.")
    ] = 0,
    start_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN|FILE", help="Begin with the weights of another run."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN.")
    ] = False,
    fast: Annotated[
        bool | None,
        typer.Option(
            "--fast/--no-fast", help="Compiled kernels or not.", show_default="by the recipe"
        ),
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="Processes that share each batch.")] = 1,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also log for TensorBoard ([tensorboard]).")
    ] = False,
    memory: Memory = "2GB",
    html: Html = None,
    recipes: Annotated[
        bool, typer.Option("--recipes", help="List the recipes; with a NAME after it, show one.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a model; a run that was stopped goes on exactly.

    RUN keeps the record, a log, checkpoints and the weights.
    """
    changed = _changes(changes or (), fast)
    if recipes:
        show_recipes(recipe or model, changed, as_json=as_json, quiet=quiet)
        return
    wanted = _given(model, data, out)
    check_outputs("train", html=html)
    from spikedim import report, training
    from spikedim.cli._console import deliver
    from spikedim.cli._training_progress import training_progress

    folder = training.RunFolder(wanted[2].expanduser())
    follows = _follows_another()
    for name in _CHATTY:  # what they announce would break the line of progress
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        with training_progress(quiet=quiet or follows) as (progress, watch):
            run = training.fit(
                wanted[0],
                wanted[1],
                out=wanted[2],
                recipe=recipe,
                changes=changed,
                steps=steps,
                seed=seed,
                start_from=start_from,
                resume=resume,
                device=DEVICE.get(),
                devices=devices,
                tensorboard=tensorboard,
                watch=watch,
                progress=progress,
                memory_budget=memory,
                command=command_line(),
            )
    except KeyboardInterrupt:
        if follows:
            raise SystemExit(_INTERRUPTED) from None
        INTERRUPTED_SAYS.set(_how_to_go_on(folder))
        raise
    if follows:
        return
    deliver(
        run,
        lambda: report.training_view(run, folder=wanted[2]),
        html=html,
        page=None if html is None else report.training_page(run, training.read_log(folder)),
        headline=report.training_headline(run),
        as_json=as_json,
        quiet=quiet,
    )


def _follows_another() -> bool:
    """Whether another process of the same training speaks for this one."""
    return any(os.environ.get(name, "0") not in ("", "0") for name in _RANKS)


def _given(model: str | None, data: str | None, out: Path | None) -> tuple[str, str, Path]:
    """Return what cannot be left out."""
    from spikedim._core import InputError

    if model is None:
        raise InputError(
            "train: `MODEL` must be given; got none. Choose one of `spikedim model list`, e.g. "
            "spikformer-2-64/digits."
        )
    if data is None:
        raise InputError("train: `--data` must be given; got none. Write e.g. --data digits.")
    if out is None:
        raise InputError(
            "train: `--out` must name the folder of the run; got none. Write e.g. --out runs/first."
        )
    return model, data, out


def _changes(words: Sequence[str], fast: bool | None) -> dict[str, str]:
    """Return the changes of a recipe by dotted path."""
    from spikedim._core import InputError

    changes: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key.strip() and equals):
            raise InputError(
                f"train: `--set` must be KEY=VALUE; got {word!r}. Write e.g. --set epochs=20."
            )
        changes[key.strip()] = value
    if fast is not None:
        changes["fast"] = str(fast).lower()
    return changes


def _how_to_go_on(folder: Any) -> str:
    """Say what a run keeps that was interrupted, and how to continue it."""
    if not folder.record.exists():
        return NOTHING_WRITTEN
    kept = "keeps its last checkpoint" if folder.checkpoint.exists() else "has no checkpoint yet"
    command = command_line()
    again = command if "--resume" in shlex.split(command) else f"{command} --resume"
    return f"{folder.path} {kept}. Go on with: {again}"
