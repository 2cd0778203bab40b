"""Make the pictures of docs/circuits.md, each with the command and the answer under it.

Run ``python -m docs.circuit_figures`` from the root of a clean checkout: it runs every command of
`FIGURES`, writes ``docs/_static/circuits/*.png`` and rewrites the block between the marks.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.run import commit, machine

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "circuits.md"
PICTURES = ROOT / "docs" / "_static" / "circuits"
MARKS = ("<!-- figures:begin -->", "<!-- figures:end -->")
FIGURES = {
    "softmax-gli": "spikedim circuit softmax --n 64 --steps 4..65536",
    "softmax-race": "spikedim circuit softmax --mode race --n 64 --steps 4..65536",
    "softmax-peaky": "spikedim circuit softmax --n 256 --scale 6 --steps 4..16384",
    "exp-taylor": "spikedim circuit exp --form taylor --z 0.5,-1",
    "attention-race": "spikedim circuit attention --mode race",
    "attention-deterministic": "spikedim circuit attention --encoder sigma_delta",
    "universal-codebook": "spikedim circuit universal --form codebook --cells 2,4,8",
    "universal-bernstein": "spikedim circuit universal --form bernstein",
    "published-softmax": "spikedim circuit softmax --mode published_subtractive --steps 16..65536",
    "published-attention": "spikedim circuit attention --published",
}


def headline(name: str) -> str:
    """Draw one picture and return what the command says."""
    arguments = shlex.split(FIGURES[name])[1:]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "spikedim",
            *arguments,
            "--quiet",
            "--png",
            f"{PICTURES}/{name}.png",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    return " ".join(done.stdout.split())


def block(headlines: dict[str, str], origin: str) -> str:
    """Return the Markdown of all figures."""
    figures = "\n\n".join(
        f"![{text}](_static/circuits/{name}.png)\n\n{text}\n\n```sh\n{FIGURES[name]}\n```"
        for name, text in headlines.items()
    )
    return f"{MARKS[0]}\n{figures}\n\n{origin}\n{MARKS[1]}"


def main() -> None:
    """Rewrite the pictures and the block between the marks."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    host = machine()
    origin = (
        f"Made at commit {commit()}, seed 0, on {host['cores']} cores of {host['cpu']}, "
        f"{host['memory_gb']} GB."
    )
    headlines = {}
    for name in FIGURES:
        headlines[name] = headline(name)
        print(f"{name}: {headlines[name]}")
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    PAGE.write_text(before + block(headlines, origin) + after, encoding="utf-8")


if __name__ == "__main__":
    main()
