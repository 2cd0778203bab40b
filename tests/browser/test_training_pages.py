"""The pages of a training and of an evaluation, opened in a browser as a reader would open them."""

import pytest
from tests.browser.chromium import chromium, look
from tests.browser.test_pages import CONTRAST, MARKS, MISPLACED, requests
from tests.report_examples import HOSTILE
from tests.training_results import (
    bare_evaluation,
    example_evaluation,
    example_log,
    example_run,
    hostile_evaluation,
    hostile_run,
    long_evaluation,
    twin_evaluation,
)

from spikedim.report import evaluation_page, training_page

pytestmark = pytest.mark.browser

PAGES = {
    "run": lambda: training_page(example_run(), example_log()),
    "hostile-run": lambda: training_page(hostile_run(), example_log()),
    "evaluation": lambda: evaluation_page(example_evaluation(), example_log()),
    "twin": lambda: evaluation_page(twin_evaluation()),
    "long": lambda: evaluation_page(long_evaluation(), example_log()),
    "bare": lambda: evaluation_page(bare_evaluation()),
    "hostile": lambda: evaluation_page(hostile_evaluation(), example_log()),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(make(), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_is_whole_quiet_and_readable(browser, folder, name, width, dark):
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    look(browser, width=width, dark=dark)
    browser.get((folder / f"{name}.html").as_uri())

    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    assert [url for url in requests(browser) if url[:5] != "data:"] == [browser.current_url]
    shown = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert shown == [width, width]
    assert browser.title.startswith(("Training of ", "Evaluation of "))

    marks = browser.execute_script(MARKS)
    assert marks
    for chart, pictures_shown, drawn, wide in marks:
        assert pictures_shown == 1, chart
        assert drawn >= 5, chart
        assert wide >= 300, chart
    assert browser.execute_script(MISPLACED) == []
    (worst, text), *_ = browser.execute_script(CONTRAST)
    assert worst >= 4.5, text


@pytest.mark.parametrize("name", ["hostile", "hostile-run"])
def test_hostile_names_are_shown_and_not_run(browser, folder, name):
    look(browser, width=1280, dark=False)
    browser.get((folder / f"{name}.html").as_uri())
    assert browser.title != "owned"
    assert browser.execute_script("return document.scripts.length") == 1
    assert HOSTILE in browser.execute_script("return document.querySelector('h1').textContent")


def test_cells_are_as_strong_as_their_rates(browser, folder):
    look(browser, width=1280, dark=True)
    browser.get((folder / "evaluation.html").as_uri())
    shares = browser.execute_script(
        "return [...document.querySelectorAll('#chart-rates .wide path')].map(p => {"
        "const s = getComputedStyle(p); return [s.fill, parseFloat(s.opacity)] })"
        ".filter(([fill, o]) => fill === 'rgb(86, 180, 233)' && o < 1).map(([, o]) => o)"
    )
    first = [p.rates[0] for p in example_evaluation().populations]
    highest = max(rate for p in example_evaluation().populations for rate in p.rates)
    assert shares[0] == pytest.approx(first[0] / highest, abs=1e-3)
    assert len(shares) >= len(first) * 7
