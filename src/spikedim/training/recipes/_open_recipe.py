"""A recipe by name or file, with changes from the command line."""

import difflib
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from spikedim._core import InputError
from spikedim.training.recipes._plain_yaml import plain_yaml
from spikedim.training.recipes._recipe import Recipe

__all__ = ["open_recipe", "recipe_names"]

_MAX_BYTES = 1 << 16


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


def _folder() -> Path:
    return Path(str(files("spikedim.training.recipes") / "files"))


@cache
def _names() -> tuple[str, ...]:
    found = (path.relative_to(_folder()).with_suffix("") for path in _folder().rglob("*.yaml"))
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
    text = os.fspath(source)
    if text.endswith((".yaml", ".yml")):
        path = Path(text)
        name = path.stem
    elif text in _names():
        path = _folder() / f"{text}.yaml"
        name = text
    else:
        close = difflib.get_close_matches(text, _names(), n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"open_recipe: `source` must be one of {', '.join(_names())}, or the path of a .yaml "
            f"file; got {text!r}. {hint}See `spikedim train --recipes`."
        )
    values = {"name": name, **_read(path)}
    changes = changes or {}
    if {"epochs", "updates"} <= set(changes):
        raise InputError(
            "open_recipe: `changes` must set one of epochs and updates; got both. Leave one out."
        )
    for key, value in changes.items():
        _change(values, key, value)
    return _checked(values)


def _read(path: Path) -> dict[str, Any]:
    """Return the mapping in a file of YAML."""
    try:
        values = plain_yaml(_text(path.expanduser()))
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"open_recipe: `source` must be a readable file of plain YAML; got {str(path)!r} "
            f"({error})."
        ) from error
    if not isinstance(values, dict):
        raise InputError(
            f"open_recipe: `source` must hold names with values, as `epochs: 20`; got "
            f"{str(path)!r}. See `spikedim train --recipes` for examples."
        )
    return values


def _text(path: Path) -> str:
    """Return what stands in a file, if that can be a recipe."""
    if not path.is_file():
        raise FileNotFoundError("no such file")
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("more than 64 kB")
    return content.decode("utf-8-sig")


def _change(values: dict[str, Any], key: str, value: str) -> None:
    """Put a value at a dotted path; the other one of `epochs` and `updates` goes."""
    *folders, last = parts = key.split(".")
    if not all(part.isidentifier() for part in parts):
        raise InputError(
            f"open_recipe: `changes` must have dotted names, as `optimiser.learning_rate`; got "
            f"{key!r}."
        )
    try:
        new = plain_yaml(value)
    except ValueError as error:
        raise InputError(
            f"open_recipe: `changes` must have values as in YAML; got {key}={value!r} ({error})."
        ) from error
    for folder in folders:
        inner = values.get(folder)
        values[folder] = dict(inner) if isinstance(inner, dict) else {}
        values = values[folder]
    values[last] = new
    if not folders and last in ("epochs", "updates") and new is not None:
        values.pop("updates" if last == "epochs" else "epochs", None)


def _checked(values: dict[str, Any]) -> Recipe:
    """Return the recipe, or say in one sentence which value does not fit."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"]]
        reason = first["msg"].removeprefix("Value error, ")
        reason = reason[:1].lower() + reason[1:]
        if "; got " in reason:  # several values that do not go together
            where = ".".join(place) or "source"
            raise InputError(f"open_recipe: `{where}` must fit together: {reason}.") from error
        raise InputError(
            f"open_recipe: `{'.'.join(place)}` must fit its field ({reason}); got "
            f"{first['input']!r:.80}.{_hint(place) if first['type'] == 'extra_forbidden' else ''}"
        ) from error


def _hint(place: list[str]) -> str:
    """Say which names there are where an unknown one stands."""
    part: type[BaseModel] = Recipe
    for name in place[:-1]:
        annotation = part.model_fields[name].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        part = next(kind for kind in kinds if issubclass(kind, BaseModel))
    known = list(part.model_fields)
    close = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{hint} Known: {', '.join(known)}."
