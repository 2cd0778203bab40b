"""``spikedim evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from spikedim.cli._invocation import DEVICE, command_line
from spikedim.cli._options import AsJson, Html, Memory, Out, Quiet, check_outputs
from spikedim.cli._steps_option import parse_steps

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Folder of a run of train.", show_default=False),
    ],
    *,
    steps: Annotated[
        str | None,
        typer.Option(help="Time steps: FIRST..LAST doubles; 1,2,4 is a list.", show_default="1..8"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Name or path of the data.", show_default="that of the training"),
    ] = None,
    split: Annotated[str, typer.Option(help="test, validation, train.")] = "test",
    samples: Annotated[
        int | None, typer.Option(min=1, help="How many samples.", show_default="all")
    ] = None,
    draws: Annotated[
        int, typer.Option(min=1, help="Random codes of a rate-coded twin at each T.")
    ] = 1,
    code: Annotated[
        str,
        typer.Option(
            help="How spikes stand for rates in a twin: bernoulli, sigma-delta, random-phase."
        ),
    ] = "bernoulli",
    warm_up_steps: Annotated[
        int | None,
        typer.Option(
            min=0, help="Steps before those that count.", show_default="as in the training"
        ),
    ] = None,
    initial_membrane: Annotated[
        float | None,
        typer.Option(help="Potential before the first step.", show_default="as in the training"),
    ] = None,
    recalibrate: Annotated[
        int,
        typer.Option(min=0, help="Training samples to estimate normalisations on at each T."),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of drawn spikes.")] = 0,
    memory: Memory = "2GB",
    out: Out = None,
    html: Html = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw accuracy, firing and training as a picture."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Evaluate a run at several T: accuracy, spikes, firing rates.

    A spiking network is run once, to the largest T; a rate-coded twin once for each T; an ordinary
    network, which has no T, once.
    """
    values = None if steps is None else parse_steps(steps, name="--steps", caller="evaluate")
    check_outputs("evaluate", out=out, html=html, png=png)
    from spikedim import report, training
    from spikedim._core import write_atomic
    from spikedim.cli._console import deliver, progress_on_stderr

    with progress_on_stderr(quiet=quiet) as progress:
        found = training.evaluate(
            run,
            steps=values,
            data=data,
            split=split,
            samples=samples,
            draws=draws,
            code=code.replace("-", "_"),
            warm_up_steps=warm_up_steps,
            initial_membrane=initial_membrane,
            recalibrate=recalibrate,
            seed=seed,
            device=DEVICE.get(),
            memory_budget=memory,
            progress=progress,
            command=command_line(),
        )
        log = training.read_log(training.RunFolder(run.expanduser())) if html or png else ()
        page = None if html is None else report.evaluation_page(found, log)
        picture = b"" if png is None else report.evaluation_picture(found, log)
    if png is not None:
        write_atomic(png, picture)
    deliver(
        found,
        lambda: report.evaluation_view(found),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
