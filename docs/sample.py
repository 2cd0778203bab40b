"""Paste the first lines of ``spikedim plan`` into README.md: what is shown is what comes out.

Run ``python docs/sample.py`` when the report changes; a test compares the two.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MARKS = ("<!-- sample:begin -->", "<!-- sample:end -->")
CUT = "Effective dimension by estimator"


def sample() -> str:
    """Return the output up to the second table, as the README shows it."""
    done = subprocess.run(
        [sys.executable, "-m", "spikedim", "plan"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    lines = [line.rstrip() for line in done.stdout.partition(CUT)[0].splitlines()]
    return "\n".join(lines).strip()


def main() -> None:
    """Rewrite the block between the marks."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    block = (
        f"{MARKS[0]}\n`spikedim plan` begins with the answer (then come dimensions, bounds, energy "
        f"and warnings):\n\n```text\n{sample()}\n```\n{MARKS[1]}"
    )
    README.write_text(before + block + after, encoding="utf-8")


if __name__ == "__main__":
    main()
