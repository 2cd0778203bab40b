"""Every kind of page, opened in a browser as a reader would open it."""

import json

import pytest
from tests.browser.chromium import chromium, look
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

# Every visible text with the colour behind it, as WCAG 2 relative luminance ratios.
CONTRAST = """
const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
const behind = e => {
  for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c;
  }
  return [255, 255, 255];
};
const worst = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n; (n = walk.nextNode());) {
  const e = n.parentElement;
  if (!n.textContent.trim() || e.closest("script, style") || !e.getClientRects().length) continue;
  const svg = e.closest("svg");
  const style = getComputedStyle(e);
  const a = light(parse(svg ? style.fill : style.color)), b = light(behind(e));
  worst.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), n.textContent.trim().slice(0, 40)]);
}
return worst.sort((x, y) => x[0] - y[0]).slice(0, 3);
"""

MARKS = """
return [...document.querySelectorAll('[id^="chart-"]')].map(chart => {
  const svg = [...chart.querySelectorAll("svg")].filter(s => s.getClientRects().length);
  const marks = svg.flatMap(s => [...s.querySelectorAll("path, use")]).filter(m => {
    const box = m.getBoundingClientRect();
    return box.width + box.height > 1 && !m.closest("defs");
  });
  return [chart.id.slice(6), svg.length, marks.length, svg[0].getBoundingClientRect().width];
});
"""

# Text of a visible chart that leaves its picture, or overlaps another text.
MISPLACED = """
const bad = [];
for (const svg of document.querySelectorAll(".chart svg")) {
  if (!svg.getClientRects().length) continue;
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].filter(t => t.textContent.trim())
    .map(t => [t.textContent, t.getBoundingClientRect()]);
  boxes.forEach(([text, box], i) => {
    if (box.left < frame.left - 2 || box.right > frame.right + 2 ||
        box.top < frame.top - 2 || box.bottom > frame.bottom + 2) bad.push(["outside", text]);
    for (const [other, next] of boxes.slice(i + 1)) {
      const wide = Math.min(box.right, next.right) - Math.max(box.left, next.left);
      const high = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
      if (wide > 1 && high > 5) bad.push(["overlap", text, other]);
    }
  });
}
return bad;
"""


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


@pytest.fixture(params=[(360, False), (360, True), (1280, False), (1280, True)],
                ids=lambda p: f"{p[0]}-{'dark' if p[1] else 'light'}")  # fmt: skip
def size(request):
    return request.param


@pytest.fixture(params=PAGES)
def page(request, browser, folder, size):
    """Open one page at one size in one colour scheme; return its name."""
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    look(browser, width=size[0], dark=size[1])
    browser.get((folder / f"{request.param}.html").as_uri())
    return request.param


def requests(browser):
    """Return the addresses that the page asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    asked = [url for url in requests(browser) if not url.startswith("data:")]
    assert asked == [browser.current_url]

    scroll, inner = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert (scroll, inner) == (size[0], size[0])
    assert browser.execute_script("return getComputedStyle(document.body).fontSize") == "16px"

    assert browser.title.startswith(("Plan for ", "Dimension of ", "Model "))
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1
    assert browser.execute_script("return document.querySelector('h1').innerText.length") > 20

    marks = browser.execute_script(MARKS)
    assert [name for name, *_ in marks] == CHARTS[page]
    for name, pictures_shown, drawn, width in marks:
        assert pictures_shown == 1, name
        assert drawn >= 5, name
        assert width >= 300, name
    assert browser.execute_script(MISPLACED) == []

    (worst, text), *_ = browser.execute_script(CONTRAST)
    assert worst >= 4.5, text


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
    assert "owned" not in browser.title.split("<script>")[0]
    assert browser.execute_script("return document.scripts.length") == 1
    shown = browser.execute_script("return document.querySelector('h1').textContent")
    assert HOSTILE in shown


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
