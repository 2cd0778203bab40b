"""``spikedim response``."""

from pathlib import Path
from typing import Annotated

import typer

from spikedim.cli._invocation import DEVICE, command_line
from spikedim.cli._options import AsJson, Html, Memory, Out, Quiet, check_outputs
from spikedim.cli._steps_option import parse_steps

__all__ = ["response"]

_STEPS = "1..256"


def response(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|TWIN",
            help="Folder of a run of a twin; else a twin's name, NAME:softmax, random weights.",
            show_default=False,
        ),
    ],
    *,
    data: Annotated[
        str | None,
        typer.Option(
            help="Name or path of the data.", show_default="that of the training or of the twin"
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="test, validation, train.")] = "test",
    samples: Annotated[int, typer.Option(min=1, help="Most samples to look at.")] = 512,
    steps: Annotated[
        str, typer.Option(help="Time steps: FIRST..LAST doubles; 1,2,4 is a list.")
    ] = _STEPS,
    epsilon: Annotated[
        str, typer.Option(help="Error of the outputs and its kind: relative, rms or fro.")
    ] = "0.10:relative",
    tolerance: Annotated[
        float, typer.Option(help="Accuracy that may be lost, a share of 1.")
    ] = 0.02,
    code: Annotated[
        str, typer.Option(help="Code of every population: bernoulli, sigma_delta, random_phase.")
    ] = "bernoulli",
    measure: Annotated[bool, typer.Option("--measure", help="Simulate every T as well.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of simulated codes.")] = 0,
    memory: Memory = "2GB",
    out: Out = None,
    html: Html = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw error, accuracy and shares as a picture."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say how far spikes move the outputs of a rate-coded net.

    Steps for an error and for an accuracy, and what any number of steps loses. For rate-coded
    twins, circuits and noise-trained nets; a directly coded run is planned by plan --model RUN.
    """
    values = parse_steps(steps, name="--steps", caller="response")
    check_outputs("response", out=out, html=html, png=png)
    from spikedim import planning, report
    from spikedim._core import write_atomic
    from spikedim.cli._console import deliver, progress_on_stderr

    with progress_on_stderr(quiet=quiet) as progress:
        found = planning.ask_response(
            source,
            data=data,
            split=split,
            samples=samples,
            steps=values,
            epsilon=epsilon,
            tolerance=tolerance,
            code=code,
            measure=measure,
            seed=seed,
            device=DEVICE.get(),
            memory_budget=memory,
            progress=progress,
            command=command_line(),
        )
        page = None if html is None else report.response_page(found)
        picture = b"" if png is None else report.response_picture(found)
    if png is not None:
        write_atomic(png, picture)
    deliver(
        found,
        lambda: report.response_view(found),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
