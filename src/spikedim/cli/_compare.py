"""``spikedim compare``."""

from pathlib import Path
from typing import Annotated

import typer

from spikedim.cli._options import AsJson, Out, Quiet, check_outputs

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(metavar="A.json", help="A result of plan or measure.")],
    second: Annotated[Path, typer.Argument(metavar="B.json", help="Another of the same kind.")],
    *,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Set two plans, or two measurements, side by side."""
    check_outputs("compare", out=out)
    from spikedim import planning, report
    from spikedim.cli._console import deliver
    from spikedim.cli._results import read_either

    result = planning.compare(read_either(first), read_either(second))
    deliver(
        result,
        lambda: report.comparison_view(result),
        out=out,
        as_json=as_json,
        quiet=quiet,
    )
