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
        int | None,
        typer.Option(min=0, help="Seed of weights, order, augmentation, noise.", show_default="0"),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN|FILE", help="Begin with the weights of another run."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on from the last checkpoint in RUN, which is enough."),
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
    known = resume and model is None and data is None
    if known:
        _check_known(recipe, changed, steps, seed)
    named = None if known else _given(model, data)
    path = _folder(out)
    check_outputs("train", html=html)
    from spikedim import report, training
    from spikedim.cli._console import deliver
    from spikedim.cli._training_progress import training_progress

    folder = training.RunFolder(path.expanduser())
    follows = _follows_another()
    for name in _CHATTY:  # what they announce would break the line of progress
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        with training_progress(quiet=quiet or follows) as (progress, watch):
            options: dict[str, Any] = {
                "start_from": start_from,
                "device": DEVICE.get(),
                "devices": devices,
                "tensorboard": tensorboard,
                "watch": watch,
                "progress": progress,
                "memory_budget": memory,
            }
            if named is None:
                run = training.resume(path, **options)
            else:
                run = training.fit(
                    *named,
                    out=path,
                    recipe=recipe,
                    changes=changed,
                    steps=steps,
                    seed=seed or 0,
                    resume=resume,
                    command=command_line(),
                    **options,
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
        lambda: report.training_view(run, folder=path),
        html=html,
        page=None if html is None else report.training_page(run, training.read_log(folder)),
        headline=report.training_headline(run),
        as_json=as_json,
        quiet=quiet,
    )


def _follows_another() -> bool:
    """Whether another process of the same training speaks for this one."""
    return any(os.environ.get(name, "0") not in ("", "0") for name in _RANKS)


def _check_known(
    recipe: str | None, changes: dict[str, str], steps: int | None, seed: int | None
) -> None:
    """Raise `InputError` if something is chosen anew that the record of the run says."""
    from spikedim._core import InputError

    chosen = {"--recipe": recipe, "--set": changes or None, "--steps": steps, "--seed": seed}
    for name, value in chosen.items():
        if value is not None:
            raise InputError(
                f"train: `{name}` must be absent beside --resume without MODEL and --data, which "
                f"goes on as the record of the run says; got {value!r}. Leave it out."
            )


def _given(model: str | None, data: str | None) -> tuple[str, str]:
    """Return what cannot be left out of a new run."""
    from spikedim._core import InputError

    if model is None:
        raise InputError(
            "train: `MODEL` must be given; got none. Choose one of `spikedim model list`, e.g. "
            "spikformer-2-64/digits."
        )
    if data is None:
        raise InputError("train: `--data` must be given; got none. Write e.g. --data digits.")
    return model, data


def _folder(out: Path | None) -> Path:
    """Return where the run is."""
    from spikedim._core import InputError

    if out is None:
        raise InputError(
            "train: `--out` must name the folder of the run; got none. Write e.g. --out runs/first."
        )
    return out


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
