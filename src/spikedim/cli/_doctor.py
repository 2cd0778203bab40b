"""``spikedim doctor``."""

from spikedim.cli._options import AsJson, Quiet

__all__ = ["doctor"]


def doctor(*, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Say what is installed, missing, cached and slow."""
    from spikedim import report
    from spikedim.cli._console import emit, show
    from spikedim.cli._examination import examine

    found = examine()
    if as_json:
        emit(found.to_json())
    elif quiet:
        emit(found.headline)
    else:
        show(report.examination_view(found))
