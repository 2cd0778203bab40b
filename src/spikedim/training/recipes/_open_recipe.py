"""A recipe by name or file, with changes from the command line."""

import difflib
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from spikedim._core import InputError
from spikedim.training.recipes._recipe import Recipe

__all__ = ["open_recipe", "recipe_names"]

_MAX_BYTES = 1 << 20


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes in the package.

    Returns
    -------
    tuple of str
        Sorted; ``family/dataset`` for published recipes, ``cpu/dataset`` for small ones.

    Examples
    --------
    >>> "cpu/digits" in recipe_names()
    True
    """
    return _names()


@cache
def _names() -> tuple[str, ...]:
    folder = Path(str(files("spikedim.training.recipes") / "files"))
    found = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.yaml"))
    return tuple(sorted(path.as_posix() for path in found))


def open_recipe(
    source: str | os.PathLike[str], *, changes: Mapping[str, str] | None = None
) -> Recipe:
    """Read a recipe of the package, or a YAML file of your own, and change some of its values.

    Parameters
    ----------
    source : str or path
        A name of `recipe_names`, or a path that ends in ``.yaml``.
    changes : mapping of str to str, optional
        New values by dotted path, written as in YAML: ``{"optimiser.learning_rate": "2e-3"}``.

    Returns
    -------
    Recipe
        Checked.

    Raises
    ------
    InputError
        If there is no such recipe, the file is no YAML mapping, or a value does not fit.

    Examples
    --------
    >>> open_recipe("cpu/digits", changes={"epochs": "3"}).epochs
    3
    """
    text = str(source)
    if text.endswith((".yaml", ".yml")):
        path = Path(text).expanduser()
        name = path.stem
    elif text in _names():
        path = Path(str(files("spikedim.training.recipes") / "files")) / f"{text}.yaml"
        name = text
    else:
        close = difflib.get_close_matches(text, _names(), n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"open_recipe: `source` must be one of {', '.join(_names())}, or the path of a .yaml "
            f"file; got {text!r}. {hint}See `spikedim train --recipes`."
        )
    values = {"name": name, **_read(path)}
    for key, value in (changes or {}).items():
        _change(values, key, _parse(key, value))
    return _checked(values)


def _read(path: Path) -> dict[str, Any]:
    """Return the mapping in a file of YAML."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"open_recipe: `source` must be below 1 MB; got {str(path)!r}.")
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_Numbers)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"open_recipe: `source` must be a readable YAML file; got {str(path)!r} ({reason})."
        ) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise InputError(
            f"open_recipe: `source` must hold names with values, as `epochs: 20`; got "
            f"{str(path)!r}. See `spikedim train --recipes` for examples."
        )
    return values


class _Numbers(yaml.SafeLoader):
    """YAML whose numbers may be written as in Python: 1e-3, without a point."""


_Numbers.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)$"),
    list("-+0123456789."),
)


def _parse(key: str, value: str) -> Any:
    """Read a value as YAML would."""
    try:
        return yaml.load(value, Loader=_Numbers)
    except yaml.YAMLError as error:
        raise InputError(
            f"open_recipe: `changes` must have values as in YAML; got {key}={value!r}."
        ) from error


def _change(values: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted path; the other one of `epochs` and `updates` goes."""
    *folders, last = key.split(".")
    for folder in folders:
        inner = values.get(folder)
        values[folder] = dict(inner) if isinstance(inner, dict) else {}
        values = values[folder]
    values[last] = value
    if not folders and last in ("epochs", "updates") and value is not None:
        values.pop("updates" if last == "epochs" else "epochs", None)


def _checked(values: dict[str, Any]) -> Recipe:
    """Return the recipe, or say in one sentence which value does not fit."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        known = f" Known: {', '.join(Recipe.model_fields)}." if "extra" in first["type"] else ""
        got = first["input"] if first["loc"] else "both or neither"
        raise InputError(
            f"open_recipe: `{where}` must fit its field ({first['msg'].lower()}); "
            f"got {got!r:.80}.{known}"
        ) from error
