"""Photograph the plan of the embedded data for docs/reading-a-plan.md.

Run ``python docs/screenshot.py`` with Debian's chromium installed, and look at the picture.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).resolve().parent / "_static" / "plan.png"


def main() -> None:
    """Make the page in a temporary folder and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "plan.html"
        command = [sys.executable, "-m", "spikedim", "plan", "--quiet", "--html", str(page)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        subprocess.run(
            [*browser, "--window-size=1000,1420", f"--screenshot={PICTURE}", page.as_uri()],
            check=True,
            stderr=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    main()
