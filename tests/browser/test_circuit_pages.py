"""The page of a circuit sweep, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
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
    "circuit": lambda: circuit_page(example_sweep()),
    "failing": lambda: circuit_page(failing_sweep()),
    "bare": lambda: circuit_page(bare_sweep()),
    "hostile": lambda: circuit_page(hostile_sweep()),
    "growing": lambda: circuit_page(growing_sweep()),
}
CHARTS = {
    "circuit": ["error", "spikes", "rows"],
    "failing": ["error", "spikes", "rows"],
    "bare": [],
    "hostile": ["error", "spikes", "rows"],
    "growing": ["error", "spikes"],
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    check_readable(browser, width=size[0], title="Circuit ", charts=CHARTS[page])


def test_hostile_names_are_shown_and_not_run(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "hostile.html").as_uri())
    check_hostile(browser, HOSTILE)


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
