"""Take the pictures of the pages that the manual shows: ``python -m docs.screenshots``.

Needs Debian's chromium and chromium-driver. Look at the pictures before committing them.
"""

import base64
import tempfile
from pathlib import Path

import numpy as np
from tests.browser.chromium import chromium, look

from spikedim.data import open_samples
from spikedim.planning import advise, ask_response, measure, plan
from spikedim.report import advice_page, measurement_page, plan_page, response_page

FOLDER = Path(__file__).parent / "_static"
TWIN = "studies/cpu_training/runs/digits-twin"
SHOTS = {
    "plan": ("plan", 1000, False, 1420),
    "plan-dark-360": ("plan", 360, True, 1800),
    "measure-light-1280": ("measure", 1280, False, 1500),
    "response": ("response", 1000, False, 1500),
    "advice": ("advice", 1000, False, 1250),
}


def main() -> None:
    """Write every picture of `SHOTS`."""
    samples = open_samples("digits", layer="patches:2")
    previews = samples.preview(24)
    generator = np.random.default_rng
    pages = {
        "plan": plan_page(
            plan(samples, generator=generator(0), command="spikedim plan"), previews=previews
        ),
        "measure": measurement_page(
            measure(
                "digits",
                layer="pixels",
                generator=generator(0),
                command="spikedim measure digits --layer pixels",
            ),
            previews=previews,
        ),
        "response": response_page(
            ask_response(TWIN, measure=True, command=f"spikedim response {TWIN} --measure")
        ),
        "advice": advice_page(
            advise(TWIN, verify=True, command=f"spikedim advise {TWIN} --verify")
        ),
    }
    with tempfile.TemporaryDirectory() as folder, chromium() as driver:
        for name, content in pages.items():
            Path(folder, f"{name}.html").write_text(content, encoding="utf-8")
        for name, (page, width, dark, height) in SHOTS.items():
            look(driver, width=width, dark=dark, height=height)
            driver.get(Path(folder, f"{page}.html").as_uri())
            shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (FOLDER / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
            print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
