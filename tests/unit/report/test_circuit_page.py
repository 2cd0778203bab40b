import base64
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from tests.circuit_examples import (
    bare_sweep,
    example_point,
    example_sweep,
    failing_sweep,
    hostile_sweep,
)
from tests.report_examples import HOSTILE
from tests.unit.report.test_page import Outline

from spikedim.circuits import CircuitSweep, Slope
from spikedim.report import _circuit_claims as claims
from spikedim.report import circuit_page, circuit_picture, circuit_view
from spikedim.report._circuit_spikes_figure import circuit_spikes_alt

MAKE = {
    "example": example_sweep,
    "failing": failing_sweep,
    "bare": bare_sweep,
    "hostile": hostile_sweep,
}


@pytest.fixture(scope="module")
def pages():
    return {name: circuit_page(make()) for name, make in MAKE.items()}


@pytest.mark.parametrize("name", MAKE)
def test_a_page_is_small_whole_and_needs_no_network(pages, name):
    page = pages[name]
    outline = Outline(page)
    assert len(page.encode()) < 1_500_000
    for tag, attributes in outline.tags:
        for key in ("src", "href", "xlink:href", "action", "data", "srcset"):
            target = attributes.get(key)
            assert target is None or target.startswith(("#", "data:")), (tag, target)
    assert re.findall(r"url\((?!#)", page) == []
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    used = set(re.findall(r'xlink:href="#([^"]+)"', page))
    assert used <= set(re.findall(r'id="([^"]+)"', page))


def test_sections_and_charts_come_in_order(pages):
    topics = re.findall(r'<h2 id="(\w+)"><span class="topic">', pages["example"])
    assert topics == ["error", "spikes", "theorem", "origin"]
    charts = [a for a in Outline(pages["example"]).named("div") if "chart-" in a.get("id", "")]
    assert [a["id"] for a in charts] == ["chart-error", "chart-spikes", "chart-rows"]
    assert all(re.search(r"\d", a["aria-label"]) for a in charts)


def test_what_was_not_measured_is_not_drawn(pages):
    assert re.findall(r'<h2 id="(\w+)"><span', pages["bare"]) == ["error", "theorem", "origin"]
    assert "chart-error" not in pages["bare"]
    assert "There is no theorem for this circuit" in pages["bare"]
    assert "claimed: O(1/sqrt(T))" in pages["bare"]
    assert "not measured" in pages["bare"]
    assert 'id="warnings"' not in pages["bare"]


def test_failures_are_warnings(pages):
    text = "".join(Outline(pages["failing"]).text)
    assert "3 warnings" in text
    assert "3 rows are silent at T = 16: they have no value." in text
    assert "fails at T = 64: 0.500 against 0.300, in 2 of 4 runs." in text
    assert "does not contain the expected -1" in text
    assert "theorem 3a fails at 2 of 3 points" in text
    assert "certificate fails" in text  # the cross in the chart


def test_a_broken_assumption_is_a_warning(pages):
    assert "An assumption does not hold: " in "".join(Outline(pages["hostile"]).text)


def test_one_run_is_a_warning():
    point = example_point(16, runs=1, rms_low=None, rms_high=None)
    found = claims.circuit_advisories(example_sweep(points=(point,)))
    assert [advice.text for advice in found] == ["Errors have no interval: there was one run."]


def test_several_runs_without_an_error_are_not_called_one_run():
    point = example_point(16, runs=4, rms_error=0.0, rms_low=None, rms_high=None)
    assert claims.circuit_advisories(example_sweep(points=(point,))) == ()


def test_a_forgiven_failure_is_a_warning():
    theorem = replace(example_sweep().theorem, failure_probability=0.01)
    sweep = example_sweep(points=(example_point(16, failures=1),), theorem=theorem)
    (found,) = claims.circuit_advisories(sweep)
    assert found.text == (
        "1 of 4 runs broke the bound of theorem 3a at T = 16; each may, with probability 0.01."
    )
    want = "Theorem 3a holds at the only point, but for 1 run that its failure probability allows"
    assert claims.error_claim(sweep) == want


def test_charts_use_the_colours_of_the_page(pages):
    for svg in re.findall(r"<svg.*?</svg>", pages["failing"], re.DOTALL):
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
        assert "var(--ink)" in svg
        ET.fromstring(svg)


def test_the_result_is_inside_twice_and_whole(pages):
    page = pages["example"]
    script = re.search(
        r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL
    )
    link = re.search(r'download="circuit.json" href="data:application/json;base64,([^"]+)"', page)
    assert CircuitSweep.from_dict(json.loads(script[1])) == example_sweep()
    assert CircuitSweep.from_json(base64.b64decode(link[1]).decode()) == example_sweep()
    assert "readable by CircuitSweep.from_json" in page


def test_hostile_names_stay_text(pages):
    outline = Outline(pages["hostile"])
    assert len(outline.named("script")) == 1
    assert len(outline.named("title")) == len(outline.named("style")) == 1
    assert HOSTILE in "".join(outline.text)


def test_the_same_sweep_gives_the_same_bytes(pages):
    assert circuit_page(example_sweep()) == pages["example"]


@pytest.mark.parametrize("name", ["failing", "bare"])
def test_the_picture_is_a_picture_on_white(name):
    picture = Image.open(BytesIO(circuit_picture(MAKE[name]())))
    assert (picture.format, picture.width) == ("PNG", 1920)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


def test_costs_are_neurons_where_spikes_do_not_change():
    points = tuple(
        example_point(at, spikes=99.0, row_spikes=None, rows=(), neurons=at * at)
        for at in (2, 4, 8)
    )
    sweep = example_sweep(points=points, axis="m", axis_name="cells per axis m")
    assert claims.spikes_claim(sweep) == "The smallest error, 0.25, takes 64 neurons"
    assert circuit_spikes_alt(sweep).startswith("RMS row error (l2) against neurons: 1.0 with 4; ")


@pytest.mark.parametrize(
    ("factor", "claim"),
    [
        (0, "Spikes do not depend on what a row says: about 64 for rows of 0.50 to 4.0 bits"),
        (10, "Rows of 0.50 to 4.0 bits take 64 to 134 spikes"),
    ],
)
def test_rows_are_said_to_need_the_same_spikes_or_not(factor, claim):
    rows = tuple(
        replace(row, spikes=64 + factor * k) for k, row in enumerate(example_point(64).rows)
    )
    assert claims.rows_claim(example_sweep(points=(example_point(64, rows=rows),))) == claim


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({}, "From T = 16 to 1,024 the error goes from 0.12 to 0.0020; theorem 3a holds at all 4"),
        ({"slope": Slope(0.0, -0.02, 0.02, 0.95, 16, 4)}, "The error stays near 0.0020; theorem"),
        ({"slope": Slope(-0.4, -2.3, 1.5, 0.95, 16, 4)}, "From T = 16 to 1,024 the error goes"),
        ({"points": (example_point(16),)}, "Theorem 3a holds at the only point"),
        ({"points": (example_point(16, holds=None),)}, "Theorem 3a was not checked everywhere"),
    ],
)
def test_the_claim_over_the_chart(changes, claim):
    assert claims.error_claim(example_sweep(**changes)).startswith(claim)


def test_a_view_can_be_made_of_all():
    assert all(circuit_view(make()) is not None for make in MAKE.values())


@pytest.mark.parametrize(
    ("bits", "claim"),
    [
        ((3.8, 4.0), "Rows of 3.8 to 4.0 bits, too alike to compare, take 64 spikes"),
        ((2.0,), "A row of 2.0 bits takes 64 spikes"),
    ],
)
def test_rows_that_say_the_same_show_nothing(bits, claim):
    row = example_point(64).rows[0]
    rows = tuple(replace(row, spikes=64, entropy_bits=each) for each in bits)
    assert claims.rows_claim(example_sweep(points=(example_point(64, rows=rows),))) == claim
