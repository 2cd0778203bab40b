"""Draw the rooms from the import contract, so that the picture cannot disagree with it.

Run ``python docs/rooms.py`` after changing the layers in pyproject.toml: it rewrites
``docs/_static/rooms.svg`` and the tables in README.md and docs/architecture.md.
"""

import ast
import textwrap
import tomllib
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "_static" / "rooms.svg"
PAGES = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
MARKS = ("<!-- rooms:begin -->", "<!-- rooms:end -->")
# A room that exists says itself what it is, in the first line of its docstring.
LATER = {
    "export": "models as safetensors, ONNX, NIR",
    "calibration": "runs, sweeps, fits, held-out validation",
    "tangent": "parameter kernel",
    "diagnostics": "rank and cause",
    "training": "fit, evaluate, checkpoint, record activations",
    "circuits": "exponential, softmax by lateral inhibition, compiled attention",
    "neurons": "LIF step and module, surrogates, encoders",
}
WIDTH, GAP, LINE, PAD = 720, 8, 16, 8


class Room(NamedTuple):
    """One folder of the package."""

    name: str
    built: bool
    summary: str


def read_rooms() -> list[list[Room]]:
    """Return the layers of the contract, top first, each a list of siblings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [[_room(text) for text in layer.split(" | ")] for layer in layers]


def _room(text: str) -> Room:
    name = text.strip("()")
    built = name == text
    if not built:
        return Room(name, built, LATER[name])
    source = (ROOT / "src" / "spikedim" / name / "__init__.py").read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
    return Room(name, built, first.rstrip("."))


def table(layers: list[list[Room]]) -> str:
    """Return the rooms as a Markdown table, one row per layer."""
    rows = ["| Room | What it does |", "|---|---|"]
    for layer in layers:
        names = ", ".join(f"`{room.name}`" for room in layer)
        parts = [
            f"{f'`{room.name}`: ' if len(layer) > 1 else ''}"
            f"{room.summary}{'' if room.built else ' *(later)*'}"
            for room in layer
        ]
        rows.append(f"| {names} | {'; '.join(parts)} |")
    return "\n".join(rows)


def draw(layers: list[list[Room]]) -> str:
    """Return the rooms as an SVG: a layer imports only layers below it."""
    body, y = [], PAD
    for layer in layers:
        width = (WIDTH - 2 * PAD - GAP * (len(layer) - 1)) / len(layer)
        wrapped = [
            textwrap.wrap(room.summary.replace("`", ""), int((width - 20) / 6.6)) for room in layer
        ]
        height = 30 + LINE * max(len(lines) for lines in wrapped)
        for column, (room, lines) in enumerate(zip(layer, wrapped, strict=True)):
            x = PAD + column * (width + GAP)
            kind = "built" if room.built else "later"
            body.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" '
                'rx="6"/>'
            )
            body.append(f'<text class="name" x="{x + 10:.1f}" y="{y + 20}">{room.name}</text>')
            body += [
                f'<text class="{kind}-text" x="{x + 10:.1f}" y="{y + 20 + LINE * (row + 1)}">'
                f"{escape(line)}</text>"
                for row, line in enumerate(lines)
            ]
        y += height + GAP
    legend = "A room imports only rooms below it; siblings do not see each other. Dashed: later."
    body.append(f'<text class="later-text" x="{PAD}" y="{y + 12}">{legend}</text>')
    height = y + 26
    style = (
        "text{font:13px system-ui,sans-serif;fill:#333}.name{font-weight:600;font-size:14px;"
        "fill:#111}.built{fill:#e6f1f8;stroke:#0072b2}.later{fill:#fff;stroke:#767676;"
        "stroke-dasharray:5 4}.later-text{fill:#595959}"
    )
    names = ", ".join(room.name for layer in layers for room in layer)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>Rooms of spikedim from top to bottom: {names}</title>",
            f"<style>{style}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>',
            *body,
            "</svg>\n",
        ]
    )


def main() -> None:
    """Rewrite the picture and the tables."""
    layers = read_rooms()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(layers), encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        before, rest = text.split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        block = f"{MARKS[0]}\n{table(layers)}\n{MARKS[1]}"
        page.write_text(before + block + after, encoding="utf-8")


if __name__ == "__main__":
    main()
