"""``spikedim measure``."""

from typing import Annotated

import typer

from spikedim.cli._invocation import command_line
from spikedim.cli._options import AsJson, Html, Layer, Memory, Out, Quiet, Seed, check_outputs

__all__ = ["measure"]


def measure(
    spec: Annotated[str, typer.Argument(help="Name or path of the data.", show_default=False)],
    *,
    layer: Layer = None,
    memory: Memory = "2GB",
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure the effective dimension of a data set."""
    check_outputs("measure", out=out, html=html)
    import numpy as np

    from spikedim import planning, report
    from spikedim.cli._console import deliver, progress_on_stderr
    from spikedim.cli._plan import previews, seeded

    with progress_on_stderr(quiet=quiet) as progress:
        result = planning.measure(
            spec,
            layer=layer,
            memory_budget=memory,
            generator=np.random.default_rng(seed),
            progress=progress,
            command=command_line(),
        )
        result = seeded(result, seed)
        page = None
        if html is not None:
            page = report.measurement_page(result, previews=previews(result, memory))
    deliver(
        result,
        lambda: report.measurement_view(result),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
