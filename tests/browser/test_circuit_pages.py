"""The page of a circuit sweep, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import chromium, look
from tests.browser.test_pages import CONTRAST, MARKS, MISPLACED, requests
from tests.circuit_examples import (
    bare_sweep,
    example_point,
    example_sweep,
    failing_sweep,
    hostile_sweep,
)
from tests.report_examples import HOSTILE

from spikedim.report import circuit_page

pytestmark = pytest.mark.browser


def growing_sweep():
    """Return a sweep over cells, whose cost is neurons and whose chart stands alone."""
    points = tuple(
        example_point(m, steps=3, spikes=9.0, row_spikes=None, rows=(), neurons=m**4)
        for m in (2, 4, 8)
    )
    return example_sweep(points=points, axis="m", axis_name="cells per axis m")


PAGES = {
    "circuit": example_sweep,
    "failing": failing_sweep,
    "bare": bare_sweep,
    "hostile": hostile_sweep,
    "growing": growing_sweep,
}
CHARTS = {
    "circuit": ["error", "spikes", "rows"],
    "failing": ["error", "spikes", "rows"],
    "bare": [],
    "hostile": ["error", "spikes", "rows"],
    "growing": ["error", "spikes"],
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(circuit_page(make()), encoding="utf-8")
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
    assert browser.title.startswith("Circuit ")

    marks = browser.execute_script(MARKS)
    assert [chart for chart, *_ in marks] == CHARTS[name]
    for chart, pictures_shown, drawn, wide in marks:
        assert pictures_shown == 1, chart
        assert drawn >= 5, chart
        assert wide >= 300, chart
    assert browser.execute_script(MISPLACED) == []
    (worst, text), *_ = browser.execute_script(CONTRAST)
    assert worst >= 4.5, text


def test_hostile_names_are_shown_and_not_run(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "hostile.html").as_uri())
    assert browser.title != "owned"
    assert browser.execute_script("return document.scripts.length") == 1
    assert HOSTILE in browser.execute_script("return document.querySelector('h1').textContent")


def test_the_verdict_is_seen_without_scrolling_the_table(browser, folder):
    look(browser, width=360, dark=False)
    browser.get((folder / "failing.html").as_uri())
    right = browser.execute_script(
        "return Math.max(...[...document.querySelectorAll('.scroll td')]"
        ".filter(e => ['FAILS', 'SILENT', 'holds'].includes(e.textContent))"
        ".map(e => { const r = document.createRange(); r.selectNodeContents(e);"
        " return r.getBoundingClientRect().right }))"
    )
    assert 0 < right <= 360
