import base64
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import matplotlib as mpl
import pytest
from tests.planning_examples import example_measurement, example_plan
from tests.report_examples import (
    HOSTILE,
    bare_plan,
    hostile_measurement,
    hostile_plan,
    pictures,
)

from spikedim._core import InputError
from spikedim.planning import Measurement, Plan
from spikedim.report import measurement_page, plan_page
from spikedim.report._contact_sheet import contact_sheet

VOID = {"meta", "link", "img", "br", "path", "use"}


class Outline(HTMLParser):
    """Tags, attributes and text of a page; fails on a tag that is closed out of order."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page():
    return plan_page(example_plan(), previews=pictures())


@pytest.fixture(scope="module")
def hostile():
    return plan_page(hostile_plan())


def test_the_page_is_small_whole_and_needs_no_network(page):
    outline = Outline(page)
    assert len(page.encode()) < 1_500_000
    for tag, attributes in outline.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
            target = attributes.get(name)
            assert target is None or target.startswith(("#", "data:")), (tag, target)
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


def test_every_identifier_is_unique(page):
    identifiers = [attributes["id"] for _, attributes in Outline(page).tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_every_reference_inside_a_chart_has_its_target(page):
    identifiers = set(re.findall(r'id="([^"]+)"', page))
    used = set(re.findall(r'xlink:href="#([^"]+)"', page)) | set(
        re.findall(r"url\(#([^)]+)\)", page)
    )
    assert used
    assert used <= identifiers


def test_sections_come_in_the_order_of_the_design(page):
    topics = re.findall(r'<h2 id="(\w+)"><span class="topic">', page)
    assert topics == ["steps", "data", "ladder", "layers", "energy", "origin"]


def test_what_a_rule_set_leaves_out_names_the_rule_set(page):
    plan = example_plan()
    for entry in plan.energy:
        who = "spiking net" if entry.subject == "snn" else "twins"
        for note in entry.notes:
            line = rf"<li>{re.escape(entry.rules)}, {who}: [^<]*{re.escape(note)}"
            assert re.search(line, page), (entry.rules, note)


def test_every_chart_has_alternative_text_with_numbers_and_a_caption(page):
    outline = Outline(page)
    charts = [a for a in outline.named("div") if a.get("id", "").startswith("chart-")]
    assert [a["id"] for a in charts] == [
        "chart-steps", "chart-scree", "chart-curve", "chart-ladder", "chart-layers", "chart-energy",
    ]  # fmt: skip
    for attributes in charts:
        assert attributes["role"] == "img"
        assert re.search(r"\d", attributes["aria-label"])
    assert len(outline.named("figcaption")) == len(charts) + 1


def test_scrolling_tables_can_be_reached_by_keyboard(page):
    regions = [a for a in Outline(page).named("div") if a.get("class") == "scroll"]
    assert len(regions) == 9
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_charts_use_the_colours_of_the_page(page):
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
        assert "var(--ink)" in svg
        ET.fromstring(svg)


def test_the_result_is_inside_twice_and_whole(page):
    script = re.search(
        r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL
    )
    link = re.search(r'download="plan.json" href="data:application/json;base64,([^"]+)"', page)
    assert Plan.from_dict(json.loads(script[1])) == example_plan()
    assert Plan.from_json(base64.b64decode(link[1]).decode()) == example_plan()


def test_the_same_plan_gives_the_same_bytes(page):
    assert plan_page(example_plan(), previews=pictures()) == page


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    plan_page(bare_plan())
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("make", [hostile_plan, hostile_measurement])
def test_hostile_names_stay_text(make):
    result = make()
    page = plan_page(result) if isinstance(result, Plan) else measurement_page(result)
    outline = Outline(page)
    assert len(outline.named("script")) == 1
    assert outline.named("script")[0] == {"type": "application/json", "id": "result"}
    assert len(outline.named("title")) == len(outline.named("style")) == 1
    text = "".join(outline.text)
    assert HOSTILE in text
    assert "49" not in re.sub(r"\d{3,}", "", HOSTILE)  # the template must not compute 7*7
    assert "{{ 7*7 }}" in text
    embedded = re.search(r'id="result">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(embedded)["headline"] == HOSTILE


def test_a_hostile_name_is_cut_inside_charts_but_whole_in_tables(hostile):
    svg = re.search(r'<svg class="layers-wide".*?</svg>', hostile, re.DOTALL)[0]
    assert HOSTILE[:5].replace("<", "&lt;") in svg
    assert all(len(label) < 60 for label in re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_a_plan_without_model_and_bounds_leaves_out_layers_energy_and_ladder():
    page = plan_page(bare_plan())
    Outline(page)
    assert re.findall(r'<h2 id="(\w+)"><span', page) == ["steps", "data", "origin"]
    assert "No energy: no model was named." in page
    assert 'id="warnings"' not in page


def test_the_measurement_page_holds_the_measurement():
    page = measurement_page(example_measurement(), previews=pictures())
    Outline(page)
    assert re.findall(r'<h2 id="(\w+)"><span', page) == ["data", "origin"]
    link = re.search(
        r'download="measurement.json" href="data:application/json;base64,([^"]+)"', page
    )
    assert Measurement.from_json(base64.b64decode(link[1]).decode()) == example_measurement()
    assert page.count("data:image/png;base64,") == 3


def test_scripts_are_forbidden_on_a_static_page(page):
    policy = next(a["content"] for a in Outline(page).named("meta") if "content" in a
                  and "default-src" in a["content"])  # fmt: skip
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_contact_sheet_reduces_large_pictures():
    from io import BytesIO

    from PIL import Image

    uris = contact_sheet(pictures())
    sizes = [Image.open(BytesIO(base64.b64decode(uri.split(",")[1]))).size for uri in uris]
    assert sizes == [(8, 8), (8, 8), (36, 72)]


@pytest.mark.parametrize("index", [0, 1])
def test_the_contact_sheet_refuses_what_is_no_picture(index):
    bad = pictures()[0][None, :, :, None] if index else pictures()[0].astype(float)
    with pytest.raises(InputError, match=r"contact_sheet: `images` must be uint8 \[H, W\]"):
        contact_sheet([bad])
