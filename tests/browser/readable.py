"""What every page has to be: whole, quiet and readable, whatever is on it."""

import json

__all__ = ["check_hostile", "check_readable"]

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


def check_readable(browser, *, width, title, charts=None, least=5):
    """Fail unless the open page is whole, quiet and readable; `charts` are those it must have."""
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
    asked = [url for url in requests(browser) if not url.startswith("data:")]
    assert asked == [browser.current_url]

    shown = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert shown == [width, width]
    assert browser.execute_script("return getComputedStyle(document.body).fontSize") == "16px"

    assert browser.title.startswith(title)
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1
    assert browser.execute_script("return document.querySelector('h1').innerText.length") > 20

    marks = browser.execute_script(MARKS)
    if charts is None:
        assert marks
    else:
        assert [name for name, *_ in marks] == charts
    for name, pictures_shown, drawn, wide in marks:
        assert pictures_shown == 1, name
        assert drawn >= least, name
        assert wide >= 300, name
    assert browser.execute_script(MISPLACED) == []

    (worst, text), *_ = browser.execute_script(CONTRAST)
    assert worst >= 4.5, text


def check_hostile(browser, shown):
    """Fail if names that hold markup were run on the open page, or `shown` is not in its head."""
    assert "owned" not in browser.title.split("<script>")[0]
    assert browser.execute_script("return document.scripts.length") == 1
    assert shown in browser.execute_script("return document.querySelector('h1').textContent")


def requests(browser):
    """Return the addresses that the page asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
