"""The page of an advice, opened in a browser as a reader would open it."""

import pytest
from tests.advice_examples import (
    bare_advice,
    example_advice,
    hostile_advice,
    predicted_advice,
)
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
from tests.report_examples import HOSTILE

from spikedim.report import advice_page

pytestmark = pytest.mark.browser

PAGES = {
    "example": lambda: advice_page(example_advice()),
    "predicted": lambda: advice_page(predicted_advice()),
    "bare": lambda: advice_page(bare_advice()),
    "hostile": lambda: advice_page(hostile_advice()),
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    check_readable(
        browser,
        width=size[0],
        title="Advice for ",
        charts=[] if page == "bare" else ["gains"],
        least=4,
    )


def test_hostile_names_are_shown_and_not_run(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "hostile.html").as_uri())
    check_hostile(browser, HOSTILE)


def test_tables_need_no_scrolling_at_a_desk(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "example.html").as_uri())
    cut = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"
    )
    assert cut == []
