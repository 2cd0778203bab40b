import base64
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from tests.energy_audit_examples import (
    MANY_RULES,
    RULES,
    bare_audit,
    example_audit,
    hostile_audit,
    large_audit,
    unknown_audit,
)
from tests.report_examples import HOSTILE
from tests.unit.report.test_page import Outline

from spikedim.energy import OperationKind, UnknownOperator
from spikedim.energy.audit import EnergyAudit
from spikedim.report import (
    as_text,
    energy_audit_page,
    energy_audit_picture,
    energy_audit_table,
    energy_audit_view,
    energy_operations_table,
    energy_ratios_table,
)
from spikedim.report._energy_audit_rows import (
    energy_of,
    energy_unit,
    layer_energies,
    matched_twin,
    priced_operations,
    ratio_of,
    rule_names,
    subjects,
)
from spikedim.report._energy_audit_tables import (
    break_even_table,
    choices_table,
    constants_table,
    energy_audit_origins_table,
    expected_table,
    verdict_table,
)
from spikedim.report._energy_audit_words import (
    beside_claim,
    energies_claim,
    energy_audit_advisories,
    energy_audit_lines,
    layers_claim,
    verdict_claim,
    verdict_lines,
)
from spikedim.report._energy_layers_figure import energy_layers_alt, energy_layers_figure
from spikedim.report._energy_operations_table import (
    beside_products_table,
    beside_shares_table,
)
from spikedim.report._energy_parts_figure import energy_parts, parts_alt, parts_figure

DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


def with_twin_lines():
    return example_audit(lines_of=("snn", "qann_3bit"))


MAKE = {
    "example": example_audit,
    "large": large_audit,
    "unknown": unknown_audit,
    "bare": bare_audit,
    "hostile": hostile_audit,
}


@pytest.fixture(scope="module")
def pages():
    return {name: energy_audit_page(make()) for name, make in MAKE.items()}


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
    charts = [a for a in outline.named("div") if "chart-" in a.get("id", "")]
    assert [a["id"].removeprefix("chart-") for a in charts] == ["parts", "layers"]
    assert all(re.search(r"\d", a["aria-label"]) for a in charts)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
        ET.fromstring(svg)


def test_sections_come_in_the_order_of_a_reader(pages):
    anchors = [a["id"] for a in Outline(pages["unknown"]).named("h2")]
    assert anchors == [
        "warnings", "verdict", "energies", "unknown", "layers", "beside", "choices", "readings",
        "origin",
    ]  # fmt: skip
    assert "unknown" not in [a["id"] for a in Outline(pages["example"]).named("h2")]


def test_the_same_audit_gives_the_same_bytes(pages):
    assert energy_audit_page(example_audit()) == pages["example"]


def test_hostile_names_stay_text(pages):
    outline = Outline(pages["hostile"])
    assert len(outline.named("script")) == 1
    assert len(outline.named("title")) == len(outline.named("style")) == 1
    assert HOSTILE in "".join(outline.text)


def test_the_audit_is_inside_with_the_lines_that_the_page_shows(pages):
    page, whole = pages["large"], large_audit()
    script = re.search(
        r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL
    )
    link = re.search(r'download="energy_audit.json" href="data:application/json;base64,([^"]+)"',
                     page)  # fmt: skip
    inside = EnergyAudit.from_dict(json.loads(script[1]))
    assert inside == EnergyAudit.from_json(base64.b64decode(link[1]).decode())
    itemised = [(one.rules, one.subject) for one in inside.energies if one.lines]
    assert itemised == [("M0 sop", "snn")]
    bare = tuple(replace(one, lines=()) for one in whole.energies)
    assert replace(whole, energies=bare) == replace(
        inside, energies=tuple(replace(one, lines=()) for one in inside.energies)
    )


@pytest.mark.parametrize("name", ["example", "large", "unknown", "bare"])
def test_the_view_is_text_of_a_hundred_columns(name):
    audit = MAKE[name]()
    text = as_text(energy_audit_view(audit))
    assert max(map(len, text.splitlines())) <= 100
    flat = " ".join(text.split())
    assert flat.startswith(" ".join(audit.headline.split()))
    assert "Energy of one inference" in flat
    assert flat.index("holds under" if audit.ratios else "no twin") < flat.index("Energy of one")


@pytest.mark.parametrize("name", ["example", "bare"])
def test_the_picture_is_a_picture_on_white(name):
    picture = Image.open(BytesIO(energy_audit_picture(MAKE[name]())))
    assert (picture.format, picture.width) == ("PNG", 1920)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


def test_energies_stand_rule_by_rule_beside_their_twins():
    table = energy_audit_table(example_audit())
    assert [column.header for column in table.columns] == [
        "rule set", "spiking net [µJ]", "expected [µJ]", "fp32 [µJ]", "int8 [µJ]", "3-bit [µJ]",
    ]  # fmt: skip
    assert table.cells[0] == (
        "M0 sop", f"0.63 (0.50{DASH}0.94)", "0.70", "3.2", "0.16", "0.92"
    )  # fmt: skip
    assert [row[0] for row in table.cells] == list(RULES)
    assert table.emphasised == 0
    csv = table.to_csv().splitlines()
    assert csv[0].startswith("rule set,spiking net [µJ],spiking net low [µJ]")
    assert float(csv[1].split(",")[1]) == pytest.approx(0.629, abs=1e-3)
    few = energy_audit_table(bare_audit())
    assert [column.name for column in few.columns] == ["rule set", "spiking net"]


def test_ratios_have_bands_and_break_evens_of_the_matched_twin():
    audit = example_audit()
    table = energy_ratios_table(audit)
    first, *_, last = table.cells
    assert first == (
        "M0 sop", f"5.1 (4.1{DASH}6.1)", f"0.25 (0.20{DASH}0.30)", f"1.5 (1.2{DASH}1.8)", "0.24",
        "5",
    )  # fmt: skip
    assert last[-1] == "none"
    assert "3-bit twin" in table.title
    assert energy_ratios_table(bare_audit()).rows == ()
    one = audit.ratios[2]  # of the 3-bit twin under M0
    even = replace(one.break_even, rate=None, low=None, high=None)
    always = replace(one, value=50.0, break_even_steps=1_000_000, break_even=even)
    never = replace(always, value=0.5, break_even_steps=None)
    for ratio, want in ((always, ("any", "any")), (never, ("none", "none"))):
        changed = replace(audit, ratios=(ratio,))
        assert energy_ratios_table(changed).cells[0][-2:] == want
        silent = replace(changed, firing_rate=0.0)
        assert energy_ratios_table(silent).cells[0][-2] == DASH


def test_a_ratio_of_fp32_spikes_goes_before_one_in_other_words():
    audit = example_audit()
    other = replace(audit.ratios[0], value=99.0, word="fp16")
    both = replace(audit, ratios=(other, *audit.ratios))
    assert energy_ratios_table(both).cells[0][1] == energy_ratios_table(audit).cells[0][1]
    only = replace(audit, ratios=(other,))
    assert energy_ratios_table(only).cells[0][1].startswith("99 ")
    listed = break_even_table(both).cells
    assert [row[2] for row in listed[:2]] == ["fp16", "fp32"]
    assert len(listed) == len(both.ratios)


def test_a_twin_meets_spikes_in_its_own_words():
    audit = example_audit()
    int8 = next(one for one in audit.ratios if one.twin == "ann_int8")
    fp32 = replace(int8, value=9.9, low=9.9, high=9.9, word="fp32")
    both = replace(audit, ratios=(fp32, *audit.ratios))
    assert int8.word == "int8"
    assert energy_ratios_table(both).cells == energy_ratios_table(audit).cells
    assert ratio_of(both, int8.rules, "ann_int8", word="fp32") == fp32
    assert "in the same arithmetic" in energy_ratios_table(both).title


def test_a_rate_code_has_no_largest_number_of_steps():
    audit = example_audit()
    once = tuple(replace(one, passes=1) if one.accumulates else one for one in audit.operations)
    assert [row[-1] for row in energy_ratios_table(audit).cells] != [DASH] * 3
    coded = replace(audit, operations=once)
    assert [row[-1] for row in energy_ratios_table(coded).cells] == [DASH] * 3


def test_the_ends_of_ratios_with_the_same_arithmetic_are_said():
    audit = example_audit()
    verdict = replace(audit.verdict, best=251.0, worst=0.05, best_alike=12.5, worst_alike=0.36)
    assert verdict_claim(replace(audit, verdict=verdict)).endswith(
        f": the ratios go from 0.0500 to 251{TIMES}, with the same arithmetic on both sides from "
        f"0.360 to 12.5{TIMES}"
    )
    verdict = replace(verdict, best_alike=251.0, worst_alike=0.05)
    assert verdict_claim(replace(audit, verdict=verdict)).endswith(f"to 251{TIMES}")


def test_an_attention_that_is_booked_on_its_neurons_is_a_product():
    audit = example_audit()
    ours = energy_of(audit, "M0 sop")
    lines = tuple(
        replace(line, part="attention", energy_mj=1e-4)
        if line.kind is OperationKind.NEURON
        else line
        for line in ours.lines
    )
    changed = replace(audit, energies=(replace(ours, lines=lines),))
    assert beside_shares_table(changed).cells == (("M0 sop", *[DASH] * 4),)
    assert beside_claim(changed) == "No rule set charges anything but products"


def test_only_the_rule_sets_that_are_asked_for_are_shown():
    audit = example_audit()
    assert rule_names(audit, ("M3 compute+movement", "M4 chip")) == ("M3 compute+movement",)
    text = as_text(energy_audit_view(audit, ("M1 sop+memory", "M3 compute+movement")))
    table = energy_audit_table(audit, ("M1 sop+memory", "M3 compute+movement"))
    assert [row[0] for row in table.cells] == ["M1 sop+memory", "M3 compute+movement"]
    assert "one inference, M1 sop+memory" in text
    assert "none of 9 readings" in " ".join(text.split())  # the verdict is over all
    page = energy_audit_page(audit, ("M3 compute+movement",))
    itemised = re.search(r'id="result">(.*?)</script>', page, re.DOTALL)[1]
    found = EnergyAudit.from_dict(json.loads(itemised))
    assert [one.rules for one in found.energies if one.lines] == ["M3 compute+movement"]
    assert len(found.energies) == len(audit.energies)


def test_a_rule_set_that_does_not_price_the_run_is_a_warning():
    asked = ("M4 chip",)
    assert rule_names(example_audit(), asked) == RULES
    text = as_text(energy_audit_view(example_audit(), asked))
    assert "Warning: M4 chip does not price this run. It is left out." in text
    assert energies_claim(replace(example_audit(), energies=())) == "No rule set priced this run"


def test_operations_stand_in_order_with_what_was_exact_and_what_papers_report():
    audit = example_audit()
    table = energy_operations_table(audit)
    assert [column.name for column in table.columns] == [
        "layer", "kind", "reads", "rate", "MACs", "synaptic", f"rate {TIMES} MACs", "energy",
        "booked as",
    ]  # fmt: skip
    stem, *_, head = table.cells
    assert stem == (
        "stem.conv0", "convolution", "real", "0.71", "147 k", "98.4 k", "105 k", "170",
        "multiplications, once",
    )  # fmt: skip
    assert head[0] == "head"
    assert [row[2] for row in table.cells if row[1] == "attention"] == [
        f"binary {TIMES} binary", f"counts {TIMES} binary",
    ]  # fmt: skip
    assert not [row for row in table.cells if row[1] == "neuron"]  # free under M0
    charged = energy_operations_table(audit, ("M1 sop+memory",)).cells
    assert [row[4] for row in charged if row[1] == "neuron"] == [DASH, DASH]


def test_the_cheapest_operations_are_summed_and_none_is_lost():
    audit = large_audit()
    whole, few = energy_operations_table(audit), energy_operations_table(audit, most=5)
    spent = [column.name for column in whole.columns].index("energy")
    assert len(few.rows) == 6
    assert few.cells[-1][0] == f"{len(whole.rows) - 5} others"
    total = sum(row[spent].value for row in whole.rows)
    assert sum(row[spent - 1].value for row in few.rows) == pytest.approx(total)
    kept = min(row[spent - 1].value for row in few.rows[:-1])
    largest = sorted((row[spent].value for row in whole.rows), reverse=True)
    assert kept == largest[4]


def test_energies_of_operations_are_found_where_lines_are_not_one_for_each():
    audit = example_audit()
    ours = energy_of(audit, "M0 sop")
    doubled = replace(ours, lines=(*ours.lines, ours.lines[0]))
    changed = replace(audit, energies=(doubled,))
    rows = priced_operations(changed, "M0 sop")
    assert rows[0].energy_mj == pytest.approx(2 * ours.lines[0].energy_mj)
    assert rows[3].energy_mj == ours.lines[3].energy_mj


def test_what_most_tools_leave_out_is_named_even_where_there_is_none():
    table = beside_products_table(example_audit())
    assert [row[0] for row in table.cells] == [
        "neuron", "normalisation", "residual", "pooling", "softmax",
    ]  # fmt: skip
    assert table.cells[0] == ("neuron", "2", "24.2 k", "20.5 k", "20.5 k", "0", "left out")
    assert table.cells[1][-1] == "free: folded"
    assert table.cells[-1] == ("softmax", "0", "0", "0", "0", "0", "not in it")
    shares = beside_shares_table(example_audit())
    assert [column.name for column in shares.columns][1:] == [
        "neuron", "normalisation", "residual", "pooling",
    ]  # fmt: skip
    assert shares.cells[:2] == (("M0 sop", *[DASH] * 4), ("M1 sop+memory", "53", *[DASH] * 3))
    assert beside_shares_table(bare_audit()).rows == ()
    fused = {row[0]: row[-1] for row in beside_products_table(bare_audit()).cells}
    assert fused["normalisation"] == "not in it; folded ones are gone"
    assert fused["neuron"] == "not in it"


def test_expected_stands_beside_counted():
    table = expected_table(example_audit())
    assert table.cells[0] == (
        "M0 sop", f"0.70 (0.56{DASH}1.1)", f"0.63 (0.50{DASH}0.94)", "1.1"
    )  # fmt: skip
    assert len(table.rows) == 3
    assert expected_table(bare_audit()).rows == ()


def test_choices_and_constants_have_their_sources():
    table = choices_table(large_audit())
    assert [column.header for column in table.columns][1:6] == [
        "stem", "integers", "norms", "words", "in fp16 [µJ]",
    ]  # fmt: skip
    assert table.cells[0][:5] == ("M0 sop", "once", "additions", "folded", "fp32")
    assert [row[0] for row in table.cells] == list(MANY_RULES)
    assert table.cells[-1][1:5] == ("as published",) * 4
    assert energy_audit_lines(large_audit(), MANY_RULES[-1:])[1] == (
        "spikingresformer monitor: as published, which leaves no choice."
    )
    assert energy_audit_lines(large_audit(), ("M4 chip",))[-1] == (
        "M4 chip: the prices of loihi1; --chip chooses another."
    )
    rows = {row[0]: row for row in constants_table(example_audit()).cells}
    assert rows["fp32_mac"][1:3] == ("4.6", "pJ")
    assert rows["fp32_mac"][3].startswith("high: 32-bit words, 45 nm, M. Horowitz")
    assert rows["step_memory"][1] == f"3.12 (0.39{DASH}3.12)"
    assert constants_table(hostile_audit()).cells[0][-1] == "not listed"


def test_provenance_has_parameters_before_and_after():
    facts = dict(energy_audit_origins_table(example_audit()).rows)
    assert (facts["parameters"], facts["parameters, folded"]) == ("105,578", "104,202")
    assert facts["counted"] == "with folded parameters"
    assert facts["model"] == "spikformer-2-64/digits, trained"
    plain = dict(energy_audit_origins_table(unknown_audit()).rows)
    assert plain["counted"] == "as built, nothing folded"
    assert plain["model"].endswith("random weights")


def test_the_verdict_says_where_the_claim_holds_and_what_ends_it():
    none, one = example_audit(), large_audit()
    claim = "“38 to 57 times less energy than the same network without spikes (arXiv 2604.15769)”"
    assert verdict_claim(none) == (
        f"{claim} holds under none of 9 readings: the ratios go from 0.00945 to 5.07{TIMES}"
    )
    assert f"{claim} holds under 1 of 45 readings" in verdict_claim(one)
    everywhere = replace(one, verdict=replace(one.verdict, fails=()))
    assert "holds under every one of 1 readings" in verdict_claim(everywhere)
    assert verdict_claim(bare_audit()).endswith("there is no twin to hold it against")
    lines = verdict_lines(one)
    assert lines[0] == (
        "Holds under spikformer rev. A: fp32 spikes against ann_fp32, stem once: 41.3."
    )
    assert lines[1].endswith("; and 42 more.")
    assert lines[3] == "What makes it false: T above 4 under spikformer rev. A (here 4)."
    assert verdict_lines(one, causes=1)[-1] == "So do 3 more on the page (--html)."
    assert verdict_lines(bare_audit()) == ()
    table = verdict_table(one)
    assert [row[0] for row in table.cells[:2]] == ["holds", "fails"]
    assert "the largest 24 of 45 readings" in table.title
    assert len(verdict_table(none).rows) == 9


def test_claims_say_what_the_numbers_show():
    audit = example_audit()
    assert energies_claim(audit) == (
        f"From 0.63 µJ under M0 sop to 8.8 µJ under M3 compute+movement: 14{TIMES} apart; against "
        "the 3-bit twin spikes win under 1 of 3"
    )
    assert energies_claim(audit, ("M0 sop",)).startswith("0.63 µJ under M0 sop; against")
    assert energies_claim(bare_audit()) == "0.63 µJ under M0 sop"
    assert layers_claim(audit, "M0 sop") == (
        "stem.conv1 (convolution) costs 33 % of the energy under M0 sop"
    )
    assert layers_claim(replace(audit, energies=()), "M0 sop").startswith("No operation costs")
    assert beside_claim(audit) == (
        "What is no product costs 53 % under M1 sop+memory; M0 sop leaves it out"
    )
    assert beside_claim(bare_audit()) == "No rule set charges anything but products"


def test_lines_say_what_the_numbers_rest_on():
    first, choices, spread = energy_audit_lines(example_audit())
    assert first == (
        "256 samples of digits, test, at T = 4; 5,120 neurons fire 3,338 spikes an inference, "
        "0.16 per neuron and step."
    )
    assert choices.startswith("M0 sop: stem once; a count of n spikes as n additions; norm")
    assert f"95 % interval over samples 0.610{DASH}0.648 µJ" in spread
    assert energy_audit_lines(bare_audit())[0].endswith("at T = 4; no spiking neurons.")
    assert len(energy_audit_lines(bare_audit())) == 2


def test_what_was_not_counted_is_the_first_warning():
    found = energy_audit_advisories(unknown_audit())
    assert [advice.text for advice in found] == [
        "aten.cumsum was not counted: 8 calls in block.0.attn, block.1.attn.",
        "aten.topk was not counted: 4 calls in the model itself.",
        "The weights are random, and so are the firing rates that the energy follows.",
    ]
    assert energy_audit_advisories(example_audit()) == ()
    (few,) = energy_audit_advisories(large_audit())
    assert few.text == "8 samples were counted: an interval over so few is rough."
    layers = tuple(f"block.{k}" for k in range(9))
    many = tuple(UnknownOperator(f"aten.op{k}", layers, 1) for k in range(11))
    *each, rest = energy_audit_advisories(replace(example_audit(), unknown=many))
    assert len(each) == 8
    assert each[0].text == (
        "aten.op0 was not counted: 1 call in block.0, block.1, block.2, block.3 and 5 more."
    )
    assert rest.text == "Nor were counted: aten.op8, aten.op9, aten.op10."


def test_subjects_have_one_order_and_the_matched_twin_is_the_quantised_one():
    assert subjects(large_audit()) == (
        "snn", "ann_fp32", "ann_fp16", "ann_int8", "qann_3bit", "ann_fp32_zero_skipping",
    )  # fmt: skip
    assert matched_twin(large_audit()) == "qann_3bit"
    assert matched_twin(example_audit(twins=("ann_fp32",))) == "ann_fp32"
    assert matched_twin(bare_audit()) == ""


def test_a_unit_is_readable_at_every_size():
    for energies, want in (
        ([], "mJ"), ([0.0], "mJ"), ([0.1], "mJ"), ([0.09], "µJ"), ([3e-8], "pJ"), ([1e-12], "pJ"),
    ):  # fmt: skip
        assert energy_unit(energies).name == want


def test_bars_have_the_energies_of_their_parts():
    audit = example_audit()
    figure = parts_figure(audit, 720.0)
    figure.draw_without_rendering()
    panel = figure.axes[1]  # M1
    ours = [patch for patch in panel.patches if patch.get_y() < 0]
    energy = energy_of(audit, "M1 sop+memory")
    assert sum(patch.get_width() for patch in ours) == pytest.approx(energy.value_mj)
    assert panel.get_xlim()[0] == 0
    texts = [text.get_text() for text in panel.texts]
    assert texts[0] == "8.5 µJ"
    assert texts[1] == f"4.4 µJ \N{MIDDLE DOT} 0.52{TIMES}"
    assert len(figure.axes) == 4
    assert not figure.axes[3].axison


def test_the_largest_parts_keep_their_names():
    audit = example_audit()
    assert set(energy_parts(audit)) == {
        "products", "synapses", "membranes", "weight_reads", "stem", "head",
    }  # fmt: skip
    ours = energy_of(audit, "M0 sop")
    shares = {f"p{k:02}": float(k + 1) for k in range(14)}
    many = replace(ours, breakdown_mj=shares, value_mj=sum(shares.values()), high_mj=200.0)
    crowded = replace(audit, energies=(many,), ratios=())
    parts = energy_parts(crowded)
    assert parts == (*(f"p{k:02}" for k in range(13, 4, -1)), "other")
    figure = parts_figure(crowded, 330.0)
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert sum(widths) == pytest.approx(sum(shares.values()))
    assert widths[-1] == pytest.approx(sum(range(1, 6)))


def test_layers_are_drawn_beside_their_twin_or_their_operations():
    energies = {row[0]: row for row in layer_energies(with_twin_lines(), "M0 sop", "qann_3bit")}
    assert energies["stem.conv1"][2] == pytest.approx(0.29 * 4.6 * 294_912e-9)
    figure = energy_layers_figure(with_twin_lines(), "M0 sop", 720.0)
    left, right = figure.axes
    assert left.get_xlim() == right.get_xlim()
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["spiking net [µJ]", "3-bit twin [µJ]"]
    alone = energy_layers_figure(example_audit(), "M0 sop", 330.0)
    assert alone.axes[1].get_xlabel() == "MACs of one step"
    assert max(patch.get_width() for patch in alone.axes[1].patches) == 294_912


def test_alternative_texts_hold_the_numbers():
    said = parts_alt(example_audit())
    assert said.startswith(
        "Energy of one inference by part. M0 sop, spiking net: 0.63 µJ (synapses 73 %, stem 27 %, "
        "head 0.47 %); M0 sop, fp32 twin: 3.2 µJ (products 100 %); "
    )
    layers = energy_layers_alt(example_audit(), "M0 sop")
    assert layers.startswith(
        "Per layer, in the order of the network: spiking net [µJ], MACs of one step. stem.conv0: "
        "0.17 (27 %), 37 k; "
    )


def test_every_kind_of_operation_has_a_place():
    audit = example_audit()
    kinds = {row[0] for row in beside_products_table(audit).cells}
    kinds |= {row[1] for row in energy_operations_table(audit).cells}
    assert kinds >= {one.kind.value for one in audit.operations}
    assert OperationKind.SOFTMAX.value in kinds
