"""Write the JSON schema of every result to docs/_static/schemas, found through `__all__`.

Run ``python docs/schemas.py`` after changing a result; docs/schemas.md gets their table.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import spikedim
from spikedim._core import Result, write_atomic

FOLDER = Path(__file__).resolve().parent / "_static" / "schemas"
PAGE = Path(__file__).resolve().parent / "schemas.md"
MARKS = ("<!-- schemas:begin -->", "<!-- schemas:end -->")


def results() -> list[type[Result]]:
    """Return every public result class, sorted by schema name."""
    found = set()
    for module in pkgutil.iter_modules(spikedim.__path__):
        if not module.name.startswith("_"):
            room = importlib.import_module(f"spikedim.{module.name}")
            public = (getattr(room, name) for name in getattr(room, "__all__", []))
            found |= {x for x in public if isinstance(x, type) and issubclass(x, Result)}
    return sorted(found, key=lambda cls: cls.schema)


def file_name(cls: type[Result]) -> str:
    """Return ``plan.json`` for the schema ``spikedim.plan/1``."""
    return f"{cls.schema.split('/')[0].removeprefix('spikedim.')}.json"


def schema_of(cls: type[Result]) -> dict[str, Any]:
    """Return the schema of the file that `cls.to_json` writes, its ``schema`` key included."""
    body = cls.json_schema()
    properties = {"schema": {"const": cls.schema, "type": "string"}, **body.pop("properties")}
    required = ["schema", *body.pop("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": cls.__name__,
        **body,
        "properties": properties,
        "required": required,
    }


def table() -> str:
    """Return the list of schemas as a Markdown table."""
    rows = ["| Schema | Class | File |", "|---|---|---|"]
    for cls in results():
        place = ".".join(cls.__module__.split(".")[:2])
        name = file_name(cls)
        rows.append(
            f"| `{cls.schema}` | `{place}.{cls.__name__}` | [{name}](_static/schemas/{name}) |"
        )
    return "\n".join(rows)


def main() -> None:
    """Write one file per result class, remove files of classes that are gone, list them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {file_name(cls): schema_of(cls) for cls in results()}
    for name, schema in wanted.items():
        write_atomic(FOLDER / name, json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    write_atomic(PAGE, f"{before}{MARKS[0]}\n{table()}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
