"""Turn benchmarks/results.json into docs/benchmarks.md.

A row is a dict. ``name`` is its line; every other key with a plain value is a column, in order of
appearance (a line, if there are more of them than rows). Lists (single timings) stay in the JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["page"]

ROOT = Path(__file__).resolve().parents[1]
LABELS = {"name": "", "seconds": "median, s", "met": "goal met"}
MOST_COLUMNS = 8
INTRODUCTION = (
    "Made by `make bench`. Peers run in the same process, interleaved. Compare within a table "
    "only: the machine is shared and its speed varies between runs. Single timings are in "
    "`benchmarks/results.json`."
)
PLAIN = (str, int, float, bool, type(None))


def page(tables: dict[str, Any]) -> str:
    """Return the page as Markdown."""
    parts = ["# Benchmarks", "", INTRODUCTION]
    for title, table in tables.items():
        parts += ["", f"## {title}", "", _origin(table), "", *_table(table["rows"])]
        if table["quick"]:
            parts += ["", "**A rehearsal**: small sizes. It decides nothing."]
    return "\n".join(parts) + "\n"


def _origin(table: dict[str, Any]) -> str:
    """Say how, when and where a table was made."""
    machine = table["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in table["versions"].items())
    threads = table["torch_threads"]
    return (
        f"`{table['command']}` on {table['created'][:10]}, commit `{table['commit']}`: "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}; {threads} thread{'s' if threads > 1 else ''}; {versions}."
    )


def _table(rows: list[dict[str, Any]]) -> list[str]:
    keys = [
        key
        for key in dict.fromkeys(key for row in rows for key in row)
        if all(isinstance(row.get(key), PLAIN) for row in rows)
        and any(row.get(key) not in (None, "") for row in rows)
    ]
    lines = [[LABELS.get(key, key.replace("_", " ")) for key in keys]]
    lines += [[_cell(row.get(key)) for key in keys] for row in rows]
    if len(keys) > MOST_COLUMNS and len(rows) < len(keys):
        lines = [list(column) for column in zip(*lines, strict=True)]
    lines.insert(1, ["---"] * len(lines[0]))
    return ["| " + " | ".join(line) + " |" for line in lines]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    source = ROOT / "benchmarks" / "results.json"
    text = page(json.loads(source.read_text(encoding="utf-8"))["tables"])
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(f"wrote docs/benchmarks.md from {source.name}", file=sys.stderr)
