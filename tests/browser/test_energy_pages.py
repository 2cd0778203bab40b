"""The page of an energy audit, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
from tests.energy_audit_examples import (
    bare_audit,
    example_audit,
    hostile_audit,
    large_audit,
    unknown_audit,
)
from tests.report_examples import HOSTILE

from spikedim.report import energy_audit_page

pytestmark = pytest.mark.browser

PAGES = {
    "example": lambda: energy_audit_page(example_audit(lines_of=("snn", "qann_3bit"))),
    "large": lambda: energy_audit_page(large_audit(depth=12)),
    "unknown": lambda: energy_audit_page(unknown_audit()),
    "bare": lambda: energy_audit_page(bare_audit()),
    "hostile": lambda: energy_audit_page(hostile_audit()),
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    check_readable(browser, width=size[0], title="Energy of ", charts=["parts", "layers"])


def test_hostile_names_are_shown_and_not_run(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "hostile.html").as_uri())
    check_hostile(browser, HOSTILE)


def test_what_was_not_counted_is_said_before_any_number(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "unknown.html").as_uri())
    words = browser.execute_script("return document.querySelector('main').innerText")
    assert words.index("aten.cumsum was not counted") < words.index("The published ratio")


def test_tables_need_no_scrolling_at_a_desk(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "large.html").as_uri())
    cut = browser.execute_script(
        "return ['energies', 'layers', 'beside', 'choices', 'origin'].flatMap(name => ["
        "...document.querySelectorAll(`section[aria-labelledby=${name}] .scroll`)])"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"
    )
    assert cut == []
