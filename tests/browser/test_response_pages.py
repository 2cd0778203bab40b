"""The page of a response, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import chromium, look
from tests.browser.test_pages import CONTRAST, MARKS, MISPLACED, requests
from tests.response_results import (
    bare_answers,
    example_answers,
    hostile_answers,
    large_answers,
)

from spikedim.report import response_page

pytestmark = pytest.mark.browser

PAGES = {
    "example": example_answers,
    "bare": bare_answers,
    "large": large_answers,
    "hostile": hostile_answers,
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(response_page(make()), encoding="utf-8")
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
    assert browser.title.startswith("Response of ")

    marks = browser.execute_script(MARKS)
    assert marks
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
