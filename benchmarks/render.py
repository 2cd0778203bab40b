"""Turn benchmarks/results.json into docs/benchmarks.md.

A row is a dict. ``benchmark`` names its table and ``name`` its line; every other key with a plain
value is a column, in order of appearance (a line, if there are many). Lists (single timings) stay
in the JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["page"]

ROOT = Path(__file__).resolve().parents[1]
LABELS = {"name": "", "seconds": "median, s", "met": "goal met"}
MOST_COLUMNS = 8
PLAIN = (str, int, float, bool, type(None))


def page(results: dict[str, Any]) -> str:
    """Return the page as Markdown."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    origin = (
        f"Made by `{results['command']}` (`make bench`) on {results['created'][:10]}, commit "
        f"`{results['commit']}`: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; {results['torch_threads']} threads; "
        f"{versions}. Peers run in the same process, interleaved. Compare within a table only: the "
        "machine is shared and its speed varies between runs. Single timings, seeds and sizes "
        "are in `benchmarks/results.json`."
    )
    parts = ["# Benchmarks", "", origin]
    if results.get("quick"):
        parts += [
            "",
            "**A rehearsal**: small sizes, other work on the machine. It decides nothing.",
        ]
    for title in dict.fromkeys(row["benchmark"] for row in results["rows"]):
        rows = [row for row in results["rows"] if row["benchmark"] == title]
        parts += ["", f"## {title[:1].upper()}{title[1:]}", "", *_table(rows)]
    return "\n".join(parts) + "\n"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    keys = [
        key
        for key in dict.fromkeys(key for row in rows for key in row)
        if key != "benchmark"
        and all(isinstance(row.get(key), PLAIN) for row in rows)
        and any(row.get(key) not in (None, "") for row in rows)
    ]
    lines = [[LABELS.get(key, key.replace("_", " ")) for key in keys]]
    lines += [[_cell(row.get(key)) for key in keys] for row in rows]
    if len(keys) > MOST_COLUMNS:
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
    text = page(json.loads(source.read_text(encoding="utf-8")))
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(f"wrote docs/benchmarks.md from {source.name}", file=sys.stderr)
