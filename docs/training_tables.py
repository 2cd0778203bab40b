"""Write the tables of docs/training.md from the recipe classes and the packaged recipes.

Run ``python docs/training_tables.py`` after a field or a recipe has changed; a test compares the
two.
"""

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from spikedim._core import write_atomic
from spikedim.training import Recipe, open_recipe, recipe_names

PAGE = Path(__file__).resolve().parent / "training.md"
MANY = 10**6


def fields_table() -> str:
    """Return every field of a recipe: its path, values, default and meaning."""
    lines = ["| Field | Values | Default | What it is |", "|---|---|---|---|"]
    schema = Recipe.model_json_schema()
    return "\n".join([*lines, *_rows(Recipe, schema, schema["$defs"], "")])


def _rows(
    part: type[BaseModel], schema: dict[str, Any], parts: dict[str, Any], place: str
) -> Iterator[str]:
    meanings = _meanings(part)
    for name, field in part.model_fields.items():
        inner = _inner(field.annotation)
        if inner is not None:
            if field.default is None:
                meaning = f"{meanings[name]}; none unless a field of it is set"
                yield f"| `{place}{name}` |  | {_shown(None)} | {meaning} |"
            yield from _rows(inner, parts[inner.__name__], parts, f"{place}{name}.")
            continue
        default = field.default if field.default_factory is None else {}
        values = _values(schema["properties"][name], parts)
        yield f"| `{place}{name}` | {values} | {_shown(default)} | {meanings[name]} |"


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the part that a field holds, None if it holds a value."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _meanings(part: type[BaseModel]) -> dict[str, str]:
    """Return what the docstring of a part says of each field, without the last full stop."""
    text = inspect.getdoc(part) or ""
    text = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    found = {}
    for names, meaning in re.findall(r"^(\w[\w, ]*) :[^\n]*\n((?: +[^\n]*\n?)+)", text, re.M):
        for name in names.split(", "):
            words = " ".join(meaning.split()).removesuffix(".").replace("``", "`")
            found[name] = re.sub(r"\bNone\b", "`null`", words)
    return found


def _values(schema: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return the values a field takes, in words."""
    if "anyOf" in schema:
        return " or ".join(_values(one, parts) for one in schema["anyOf"])
    if "$ref" in schema:
        return _values(parts[schema["$ref"].rpartition("/")[2]], parts)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    words = {"integer": "whole", "number": "number", "string": "text", "boolean": "`true`, `false`"}
    word = words.get(
        schema["type"], {"null": "`null`", "object": "names with values"}.get(schema["type"], "")
    )
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum", MANY), schema.get("exclusiveMaximum")
    if above is not None:
        return f"{word} > {above:g}"
    if low is None:
        return word
    if below is not None:
        return f"{word} in [{low:g}, {below:g})"
    return f"{word} ≥ {low:g}" if high >= MANY else f"{word} in [{low:g}, {high:g}]"


def _shown(default: Any) -> str:
    """Return a default as YAML has it."""
    if isinstance(default, Enum):
        return f"`{default.value}`"
    words = {None: "`null`", True: "`true`", False: "`false`", "": "empty"}
    if isinstance(default, bool | str) or default is None:
        return words.get(default, f"`{default}`")
    return f"`{default:g}`" if isinstance(default, int | float) else "empty"


def recipes_table() -> str:
    """Return one row a recipe: its length, batch, steps, learning rate and source."""
    lines = [
        "| Recipe | Length | Batch | T | Learning rate | Source |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for name in recipe_names():
        found = open_recipe(name)
        length = f"{found.epochs} epochs" if found.epochs else f"{found.updates:,} updates"
        steps = found.steps or "model's"
        lines.append(
            f"| `{name}` | {length} | {found.batch_size} | {steps} | "
            f"{found.optimiser.learning_rate:g} | {_source(found.source)} |"
        )
    return "\n".join(lines)


def _source(source: str) -> str:
    """Return a source as a link."""
    place, at, commit = source.partition("@")
    if not at:
        return source
    owner, repository, path = place.split("/", 2)
    address = f"https://github.com/{owner}/{repository}/blob/{commit}/{path}"
    return f"[{repository}/{path}]({address})"


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    for name, table in (("fields", fields_table), ("recipes", recipes_table)):
        head, begin, rest = text.partition(f"<!-- {name}:begin -->\n")
        _, end, tail = rest.partition(f"\n<!-- {name}:end -->")
        if not (begin and end):
            raise ValueError(f"page: `text` must have the marks of {name}.")
        text = head + begin + table() + end + tail
    return text


if __name__ == "__main__":
    write_atomic(PAGE, page(PAGE.read_text(encoding="utf-8")))
