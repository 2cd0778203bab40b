"""The commands and the options that they share."""

import itertools
import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from spikedim.cli._advise import advise
from spikedim.cli._circuit import circuit_app
from spikedim.cli._compare import compare
from spikedim.cli._data import data_app
from spikedim.cli._doctor import doctor
from spikedim.cli._energy import energy
from spikedim.cli._evaluate import evaluate
from spikedim.cli._group import HelpfulGroup
from spikedim.cli._invocation import DEVICE, DEVICES
from spikedim.cli._measure import measure
from spikedim.cli._model import model_app
from spikedim.cli._plan import plan
from spikedim.cli._response import response
from spikedim.cli._train import train

__all__ = ["app"]

_FLAGS = ("--version", "--debug")
_VALUED = ("--threads", "--device")
_DEVICE_COMMANDS = ("train", "evaluate", "energy", "response", "advise")


def hoist(arguments: Sequence[str]) -> list[str]:
    """Move the shared options before the command, so that they may stand anywhere on the line.

    Examples
    --------
    >>> hoist(["plan", "--threads", "2", "--quiet", "--debug"])
    ['--threads', '2', '--debug', 'plan', '--quiet']
    """
    shared: list[str] = []
    rest: list[str] = []
    pending = iter(arguments)
    for word in pending:
        if word == "--":
            rest += [word, *pending]
        elif word in _FLAGS or word.startswith(tuple(f"{name}=" for name in _VALUED)):
            shared.append(word)
        elif word in _VALUED:
            shared += [word, *itertools.islice(pending, 1)]
        else:
            rest.append(word)
    return shared + rest


class _Root(HelpfulGroup):
    """The group whose own options may follow the command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, hoist(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        found = super().resolve_command(ctx, args)
        _check_device(ctx.params.get("device", "cpu"), found[0])
        return found


app = typer.Typer(
    cls=_Root,
    name="spikedim",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: spikedim plan --data digits --html plan.html",
)


def _show_version(wanted: bool) -> bool:
    if wanted:
        from spikedim import __version__

        typer.echo(f"spikedim {__version__}")
        raise typer.Exit
    return wanted


def _check_device(device: str, command: str | None) -> None:
    """Refuse a device that the command cannot use."""
    if device == "cpu":
        return
    from spikedim._core import check_choice

    known = DEVICES if command in _DEVICE_COMMANDS else DEVICES[:1]
    check_choice(device, known, name="device", caller="cli")


def _limit_threads(threads: int | None) -> int | None:
    # Read once, when numpy and torch are first imported: commands import them after this.
    if threads is not None:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(threads)
    return threads


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, callback=_limit_threads, help="Processor threads, all by default."),
    ] = None,
    device: Annotated[
        str,
        typer.Option(metavar="cpu|cuda|mps|auto", help="All but cpu: where a network runs."),
    ] = "cpu",
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """From data to the timesteps, spikes and energy of a spiking transformer.

    These options may stand anywhere on the line.
    """
    del version, threads, debug  # their callbacks, or `main`, have acted
    DEVICE.set(device)


app.command(epilog="Example: spikedim plan --data digits --epsilon 0.07:relative --html p.html")(
    plan
)
app.command(epilog="Example: spikedim measure digits --layer patches:2 --html digits.html")(measure)
app.add_typer(data_app, name="data")
app.add_typer(model_app, name="model")
app.add_typer(circuit_app, name="circuit")
app.command(epilog="Example: spikedim train spikformer-2-64/digits --data digits --out runs/first")(
    train
)
app.command(epilog="Example: spikedim evaluate runs/first --steps 1..8 --html evaluation.html")(
    evaluate
)
app.command(epilog="Example: spikedim energy spikformer-2-64/digits --html energy.html")(energy)
app.command(epilog="Example: spikedim response runs/twin --measure --html response.html")(response)
app.command(epilog="Example: spikedim advise runs/twin --verify --html advice.html")(advise)
app.command(epilog="Example: spikedim doctor --json")(doctor)
app.command(epilog="Example: spikedim compare before.json after.json")(compare)
