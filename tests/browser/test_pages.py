"""Every kind of page, opened in a browser as a reader would open it."""

import pytest
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
from tests.planning_examples import example_measurement, example_plan
from tests.report_examples import (
    HOSTILE,
    bare_plan,
    hostile_measurement,
    hostile_plan,
    pictures,
)

from spikedim.models import card, family
from spikedim.report import card_page, measurement_page, plan_page

pytestmark = pytest.mark.browser

PAGES = {
    "plan": lambda: plan_page(example_plan(), previews=pictures()),
    "bare": lambda: plan_page(bare_plan()),
    "hostile": lambda: plan_page(hostile_plan()),
    "interactive": lambda: plan_page(example_plan(), interactive=True),
    "measurement": lambda: measurement_page(example_measurement(), previews=pictures()),
    "hostile-measurement": lambda: measurement_page(hostile_measurement()),
    "model": lambda: card_page(card("spikformer-4-384"), family("spikformer")),
    "long-model": lambda: card_page(card("sdt-v2-55m"), family("sdt-v2")),
}
CHARTS = {
    "plan": ["steps", "scree", "curve", "ladder", "layers", "energy"],
    "bare": ["steps"],
    "hostile": ["steps", "scree", "curve", "ladder", "layers", "energy"],
    "interactive": ["steps", "scree", "curve", "ladder", "layers", "energy"],
    "measurement": ["scree", "curve"],
    "hostile-measurement": ["scree", "curve"],
    "model": ["layers"],
    "long-model": ["layers"],
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    title = ("Plan for ", "Dimension of ", "Model ")
    check_readable(browser, width=size[0], title=title, charts=CHARTS[page])


def test_the_scheme_of_the_reader_is_followed(browser, folder):
    seen = set()
    for dark in (False, True):
        look(browser, width=1280, dark=dark)
        browser.get((folder / "plan.html").as_uri())
        colour = "return getComputedStyle(document.body).backgroundColor"
        seen.add(browser.execute_script(colour))
    assert seen == {"rgb(255, 255, 255)", "rgb(20, 23, 26)"}


@pytest.mark.parametrize("name", ["hostile", "hostile-measurement"])
def test_hostile_names_are_shown_and_not_run(browser, folder, name):
    look(browser, width=1280, dark=False)
    browser.get((folder / f"{name}.html").as_uri())
    check_hostile(browser, HOSTILE)


def test_the_interactive_chart_is_drawn_and_follows_the_width(browser, folder):
    for width in (360, 1280):
        look(browser, width=width, dark=False)
        browser.get((folder / "interactive.html").as_uri())
        count, shown = browser.execute_script(
            "const s = document.querySelector('#interactive-steps svg');"
            "return [s.querySelectorAll('path').length, s.getBoundingClientRect().width]"
        )
        assert count > 10
        assert 280 <= shown <= width


def test_everything_can_be_reached_by_keyboard(browser, folder):
    look(browser, width=360, dark=False)
    browser.get((folder / "plan.html").as_uri())
    reachable = browser.execute_script(
        "return [...document.querySelectorAll('a[href], [tabindex=\"0\"]')].map(e => {"
        "e.focus(); return document.activeElement === e })"
    )
    assert len(reachable) > 10
    assert all(reachable)
    scrolling = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > "
        "e.clientWidth).length"
    )
    assert scrolling > 0


def test_print_hides_navigation(browser, folder):
    browser.get((folder / "plan.html").as_uri())
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script("return getComputedStyle(document.querySelector('nav')).display")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == "none"
