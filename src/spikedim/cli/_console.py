"""What goes to standard output, and progress on standard error."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

__all__ = ["deliver", "emit", "progress_on_stderr", "show"]

_BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell expects of a filter


def emit(text: str) -> None:
    """Write `text` to standard output; end quietly if the reader has gone."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None


def show(view: Any) -> None:
    """Print a Rich view: at most 100 columns, plain text unless standard output is a terminal."""
    from rich.console import Console

    from spikedim.report import as_text

    console = Console()
    if not console.is_terminal:
        emit(as_text(view))
        return
    console = Console(width=min(console.width, 100))
    with console.capture() as captured:
        console.print(view)
    emit(captured.get())


def deliver(
    result: Any,
    view: Callable[[], Any],
    *,
    out: Path | None = None,
    html: Path | None = None,
    page: str | None = None,
    headline: str | None = None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a result to its files, then print it as JSON, as its headline or as a view.

    `headline` is for results without one of their own.
    """
    from spikedim._core import write_atomic

    if out is not None:
        result.to_json(out)
    if html is not None and page is not None:
        write_atomic(html, page)
    if as_json:
        emit(result.to_json())
    elif quiet:
        emit(result.headline if headline is None else headline)
    else:
        show(view())


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[Any]:
    """Yield a listener that draws bars on standard error if that is a terminal."""
    from spikedim._core import SilentProgress

    if quiet or not sys.stderr.isatty():
        yield SilentProgress()
        return
    from spikedim.cli._progress import RichProgress

    with RichProgress() as progress:
        yield progress
