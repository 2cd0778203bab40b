"""A user's own function, named on the command line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

__all__ = ["load_function"]

_LONGEST = 200  # characters of an error that are shown


def load_function(spec: str, *, name: str, caller: str) -> Callable[[Any], Any]:
    """Import ``module:function`` from the current directory, which runs the code of the module.

    What it prints goes to standard error, and whatever it raises is an `InputError`: neither may
    pass for the answer of this program.
    """
    import functools
    import importlib
    from pathlib import Path

    from spikedim._core import InputError

    module_name, colon, attribute = spec.partition(":")
    if not (colon and module_name and attribute):
        raise InputError(
            f"{caller}: `{name}` must be MODULE:FUNCTION; got {spec!r}. "
            "Write e.g. mine:f for the function f of mine.py in this folder."
        )
    folder = str(Path.cwd())
    try:
        with _at_home(folder):
            found = getattr(importlib.import_module(module_name), attribute)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{caller}: `{name}` must name a function that can be imported from {folder}; got "
            f"{spec!r} ({_said(error)})."
        ) from error
    if not callable(found):
        raise InputError(
            f"{caller}: `{name}` must name a function; got {spec!r}, a {type(found).__name__}."
        )

    @functools.wraps(found, updated=())
    def call(x: Any) -> Any:
        try:
            with _at_home(folder):
                return found(x)
        except (Exception, SystemExit) as error:
            raise InputError(
                f"{caller}: `{name}` must name a function that returns; got {_said(error)} from "
                f"{spec!r}. Add --debug for the traceback."
            ) from error

    return call


@contextmanager
def _at_home(folder: str) -> Iterator[None]:
    """Look for modules in `folder` first, and print to standard error, while this lasts."""
    before = list(sys.path)
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path[:] = before


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:_LONGEST]}"
