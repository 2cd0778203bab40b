"""The page of an advice, opened in a browser as a reader would open it."""

import pytest
from tests.advice_examples import (
    bare_advice,
    example_advice,
    hostile_advice,
    predicted_advice,
)
from tests.browser.chromium import chromium, look
from tests.browser.test_pages import CONTRAST, MARKS, MISPLACED, requests
from tests.report_examples import HOSTILE

from spikedim.report import advice_page

pytestmark = pytest.mark.browser

PAGES = {
    "example": example_advice,
    "predicted": predicted_advice,
    "bare": bare_advice,
    "hostile": hostile_advice,
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(advice_page(make()), encoding="utf-8")
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
    assert browser.title.startswith("Advice for ")

    marks = browser.execute_script(MARKS)
    assert [chart for chart, *_ in marks] == ([] if name == "bare" else ["gains"])
    for chart, pictures_shown, drawn, wide in marks:
        assert pictures_shown == 1, chart
        assert drawn >= 4, chart
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


def test_tables_need_no_scrolling_at_a_desk(browser, folder):
    look(browser, width=1280, dark=False)
    browser.get((folder / "example.html").as_uri())
    cut = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"
    )
    assert cut == []
