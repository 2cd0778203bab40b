import json
import re
from io import BytesIO

import pytest
from PIL import Image
from tests.advice_examples import (
    bare_advice,
    change,
    example_advice,
    hostile_advice,
    outcome,
    predicted_advice,
)
from tests.report_examples import HOSTILE

from spikedim.planning import Advice
from spikedim.report import (
    advice_costs_table,
    advice_page,
    advice_picture,
    advice_rejected_table,
    advice_table,
    advice_view,
    as_text,
)
from spikedim.report._advice_words import (
    advice_advisories,
    advice_lines,
    changes_claim,
    costs_claim,
    energy_saving,
    rejected_claim,
)

DASH = "\N{EN DASH}"


def test_the_table_puts_predictions_beside_measurements():
    table = advice_table(example_advice())
    assert table.cells[1] == (
        "unequal steps", "squared error at equal spikes", "70",
        f"60 (50{DASH}65)", f"30 (50{DASH}65)", "no",
    )  # fmt: skip
    assert "sigma-delta code,squared error at equal spikes,," in table.to_csv()


def test_costs_begin_with_the_baseline_and_say_what_is_saved():
    table = advice_costs_table(example_advice())
    assert [row[0] for row in table.cells] == ["baseline", "sigma-delta code", "unequal steps"]
    assert [row[1] for row in table.cells] == ["12", "4", "52"]
    assert [row[5] for row in table.cells] == [DASH, "68", "50"]
    assert table.emphasised == 1
    plain = advice_costs_table(predicted_advice())
    assert "measured" not in [column.name for column in plain.columns]
    assert [row[0] for row in plain.cells] == ["baseline", "sigma-delta code"]


def test_energy_is_saved_only_where_a_change_is_as_good():
    advice = example_advice()
    assert energy_saving(advice, advice.changes[0]) == pytest.approx(1 - 0.026 / 0.08)
    assert energy_saving(advice, change(goal_predicted=None)) is None
    free = example_advice(baseline=outcome(12, energy=0.0))
    assert energy_saving(free, advice.changes[0]) is None


def test_what_does_not_pay_stands_with_its_reason():
    assert advice_rejected_table(example_advice()).cells[0] == (
        "read-out shift",
        "saves -1 % of the squared error: not worth it.",
    )
    assert rejected_claim(example_advice()) == "2 changes do not pay here, or were not tried"
    one = example_advice(rejected=example_advice().rejected[:1])
    assert rejected_claim(one) == "1 change does not pay here, or were not tried"


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        (example_advice, "2 changes pay; measured gains within 25 % of the prediction: 1 of 2"),
        (predicted_advice, "2 changes pay; none was measured yet"),
        (bare_advice, "None of the changes that were tried saves anything"),
    ],
    ids=["measured", "predicted", "bare"],
)
def test_the_claim_counts_what_agrees(advice, said):
    assert changes_claim(advice()) == said


def test_the_claim_of_costs_names_the_best_change_and_the_rule_set():
    assert costs_claim(example_advice()).endswith("68 % less energy: sigma-delta code, M0 sop")
    assert costs_claim(bare_advice()) == "No change is as good as the baseline at less"


def test_lines_say_goal_baseline_law_samples_and_scope():
    said = " ".join(advice_lines(example_advice()))
    for part in (
        "Goal: accuracy within 2 points of exact rates.",
        "Baseline: T = 12, 100 k spikes, 0.0800 mJ (M0 sop), accuracy 97.0 %, on the other half",
        "The response law takes T = 8.2",
        "Predicted on 180 samples of digits, test, measured on 179 others",
        "Holds for this rate-coded twin",
        "The samples are few.",
    ):
        assert part in said
    assert "measured on" not in " ".join(advice_lines(predicted_advice()))


def test_weak_advice_is_said_to_be_weak():
    found = [each.text for each in advice_advisories(example_advice())]
    assert found == [
        "unequal steps: 60 % was predicted, 30 % measured, more than 25 % apart.",
        "unequal steps: the held-out half misses the goal at T = 52.",
    ]
    few = [each.text for each in advice_advisories(predicted_advice())]
    assert few[0] == "Nothing was measured on samples held out."
    assert few[1].startswith("Predictions come from 20 samples")


@pytest.mark.parametrize("make", [example_advice, bare_advice, predicted_advice])
def test_the_terminal_fits_and_names_what_it_must(make):
    text = as_text(advice_view(make()))
    assert max(map(len, text.splitlines())) <= 100
    assert "baseline" in text
    assert "Not advised" in text


@pytest.mark.parametrize("make", [example_advice, bare_advice, predicted_advice, hostile_advice])
def test_the_page_holds_the_advice_and_no_markup_of_its_names(make):
    page = advice_page(make())
    assert len(page.encode()) < 1_500_000
    assert "<script>document" not in page
    embedded = re.search(r"<script type=\"application/json\"[^>]*>(.*?)</script>", page, re.S)
    assert Advice.from_dict(json.loads(embedded[1])) == make()
    assert ('id="gains-wide"' in page or "gains" in page) is bool(make().changes)


def test_the_page_says_in_words_what_the_chart_shows():
    page = advice_page(example_advice())
    alt = "unequal steps, squared error at equal spikes: predicted 60 %, measured 30 %"
    assert alt in page
    assert HOSTILE not in page


@pytest.mark.parametrize("make", [example_advice, bare_advice])
def test_the_picture_is_wide(make):
    assert Image.open(BytesIO(advice_picture(make()))).width == 1920
