"""``spikedim advise``."""

from pathlib import Path
from typing import Annotated

import typer

from spikedim.cli._invocation import DEVICE, command_line
from spikedim.cli._options import AsJson, Html, Memory, Out, Quiet, check_outputs

__all__ = ["advise"]


def advise(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="Folder of a run: a rate-coded twin (:softmax) or a spiking network.",
            show_default=False,
        ),
    ],
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Name or path of the data.", show_default="that of the training"),
    ] = None,
    split: Annotated[str, typer.Option(help="test, validation, train.")] = "test",
    samples: Annotated[
        int, typer.Option(min=16, help="How many samples, half of them for predictions.")
    ] = 512,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="How far accuracy may fall, a share of 1.")
    ] = 0.02,
    epsilon: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE:KIND",
            help="Error allowed in the outputs instead, e.g. 0.1:relative.",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Measure every change on the other half.")
    ] = False,
    fine_tune: Annotated[
        int,
        typer.Option(min=0, metavar="UPDATES", help="Train a twin on under noise for so long."),
    ] = 0,
    latency_cap: Annotated[
        int | None,
        typer.Option(min=1, help="Most steps of a population.", show_default="none"),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANGE",
            help='Look at this change only, e.g. "unequal steps"; may be given again.',
        ),
    ] = None,
    rules: Annotated[str, typer.Option(metavar="M0|M1|...", help="Rule set of energies.")] = "M0",
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws.")] = 0,
    memory: Memory = "2GB",
    out: Out = None,
    html: Html = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw what the changes save as a picture."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Rank what can be done to a run by what it saves.

    Predictions come from one half of the samples; --verify measures them on the other.
    """
    check_outputs("advise", out=out, html=html, png=png)
    from spikedim import planning, report
    from spikedim._core import InputError, write_atomic
    from spikedim.bounds import Epsilon
    from spikedim.cli._console import deliver, progress_on_stderr
    from spikedim.cli._energy import parse_rules

    allowed = None if epsilon is None else Epsilon.parse(epsilon)
    chosen = parse_rules(rules, caller="advise")
    if len(chosen) != 1:
        raise InputError(
            f"advise: `--rules` must be one rule set; got {rules!r}. Write e.g. --rules M1."
        )
    with progress_on_stderr(quiet=quiet) as progress:
        advice = planning.advise(
            run,
            data=data,
            split=split,
            samples=samples,
            tolerance=tolerance,
            epsilon=allowed,
            verify=verify,
            fine_tune=fine_tune,
            latency_cap=latency_cap,
            only=only or None,
            rules=chosen[0],
            seed=seed,
            device=DEVICE.get(),
            memory_budget=memory,
            progress=progress,
            command=command_line(),
        )
        page = None if html is None else report.advice_page(advice)
        picture = b"" if png is None else report.advice_picture(advice)
    if png is not None:
        write_atomic(png, picture)
    deliver(
        advice,
        lambda: report.advice_view(advice),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
