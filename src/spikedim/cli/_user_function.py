"""A user's own function, named on the command line."""

from collections.abc import Callable
from typing import Any

__all__ = ["load_function"]


def load_function(spec: str, *, name: str, caller: str) -> Callable[[Any], Any]:
    """Import ``module:function`` from the current directory, which runs the code of the module."""
    import importlib
    import sys
    from pathlib import Path

    from spikedim._core import InputError

    module_name, colon, attribute = spec.partition(":")
    if not (colon and module_name and attribute):
        raise InputError(
            f"{caller}: `{name}` must be MODULE:FUNCTION; got {spec!r}. "
            "Write e.g. mine:f for the function f of mine.py in this folder."
        )
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise InputError(
            f"{caller}: `{name}` must name a function that can be imported from {folder}; got "
            f"{spec!r} ({error})."
        ) from error
    if not callable(found):
        raise InputError(
            f"{caller}: `{name}` must name a function; got {spec!r}, a {type(found).__name__}."
        )
    return found  # type: ignore[no-any-return]
