"""The page of a response, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
from tests.report_examples import HOSTILE
from tests.response_results import (
    bare_answers,
    example_answers,
    hostile_answers,
    large_answers,
)

from spikedim.report import response_page

pytestmark = pytest.mark.browser

PAGES = {
    "example": lambda: response_page(example_answers()),
    "bare": lambda: response_page(bare_answers()),
    "large": lambda: response_page(large_answers()),
    "hostile": lambda: response_page(hostile_answers()),
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    check_readable(browser, width=size[0], title="Response of ")


def test_hostile_names_are_shown_and_not_run(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "hostile.html").as_uri())
    check_hostile(browser, HOSTILE)
