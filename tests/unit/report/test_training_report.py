import base64
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.report_examples import HOSTILE
from tests.training_results import (
    bare_evaluation,
    example_evaluation,
    example_log,
    example_point,
    example_populations,
    example_run,
    hostile_evaluation,
    hostile_run,
    long_evaluation,
    twin_evaluation,
)
from tests.unit.report.test_page import Outline

from spikedim.models import Coding
from spikedim.report import (
    as_text,
    evaluation_page,
    evaluation_picture,
    evaluation_table,
    evaluation_view,
    populations_table,
    recipe_text,
    recipes_table,
    training_headline,
    training_page,
    training_table,
    training_view,
)
from spikedim.report._evaluation_tables import evaluation_origins_table
from spikedim.report._evaluation_words import (
    accuracy_claim,
    evaluation_advisories,
    evaluation_lines,
    rates_claim,
)
from spikedim.report._format import duration, share
from spikedim.report._rates_figure import rate_rows, rates_alt, rates_figure
from spikedim.report._training_figure import smoothed, validations
from spikedim.report._training_words import curve_claim, training_advisories
from spikedim.training import (
    EvaluatedPopulation,
    Evaluation,
    LogKind,
    LogLine,
    RunStatus,
    TrainingRun,
    open_recipe,
)

MAKE = {
    "run": lambda: training_page(example_run(), example_log()),
    "hostile-run": lambda: training_page(hostile_run(), example_log()),
    "evaluation": lambda: evaluation_page(example_evaluation(), example_log()),
    "twin": lambda: evaluation_page(twin_evaluation()),
    "long": lambda: evaluation_page(long_evaluation(), example_log()),
    "bare": lambda: evaluation_page(bare_evaluation()),
    "hostile": lambda: evaluation_page(hostile_evaluation(), example_log()),
}
CHARTS = {
    "run": ["loss", "learning"],
    "hostile-run": ["loss", "learning"],
    "evaluation": ["accuracy", "cost", "rates", "loss", "learning"],
    "twin": ["accuracy", "cost", "rates"],
    "long": ["accuracy", "cost", "rates", "loss", "learning"],
    "bare": ["accuracy"],
    "hostile": ["accuracy", "cost", "rates", "loss", "learning"],
}


@pytest.fixture(scope="module")
def pages():
    return {name: make() for name, make in MAKE.items()}


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
    assert [a["id"].removeprefix("chart-") for a in charts] == CHARTS[name]
    assert all(re.search(r"\d", a["aria-label"]) for a in charts)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
        ET.fromstring(svg)


def test_a_twin_is_called_by_its_noise():
    for steps, want in (
        (8, "rates, trained with the noise of T = 8"),
        (None, "rates, trained with exact rates"),
    ):
        table = evaluation_origins_table(replace(twin_evaluation(), trained_code_steps=steps))
        assert dict(table.rows)["coding"] == want


def test_the_same_results_give_the_same_bytes(pages):
    assert MAKE["evaluation"]() == pages["evaluation"]
    assert MAKE["run"]() == pages["run"]


def test_numbers_along_a_bar_axis_differ():
    populations = tuple(
        replace(p, rate=0.285, rates=(0.285,)) for p in twin_evaluation().populations
    )
    figure = rates_figure(replace(twin_evaluation(), populations=populations), 720.0)
    figure.draw_without_rendering()
    for axes in figure.axes:
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert len(labels) == len(set(labels)) > 2


@pytest.mark.parametrize("name", ["hostile", "hostile-run"])
def test_hostile_names_stay_text(pages, name):
    outline = Outline(pages[name])
    assert len(outline.named("script")) == 1
    assert len(outline.named("title")) == len(outline.named("style")) == 1
    assert HOSTILE in "".join(outline.text)


@pytest.mark.parametrize(
    ("name", "kind", "cls", "want"),
    [
        ("run", "run", TrainingRun, example_run),
        ("evaluation", "evaluation", Evaluation, example_evaluation),
    ],
)
def test_the_result_is_inside_twice_and_whole(pages, name, kind, cls, want):
    page = pages[name]
    script = re.search(
        r'<script type="application/json" id="result">(.*?)</script>', page, re.DOTALL
    )
    link = re.search(rf'download="{kind}.json" href="data:application/json;base64,([^"]+)"', page)
    assert cls.from_dict(json.loads(script[1])) == want()
    assert cls.from_json(base64.b64decode(link[1]).decode()) == want()


def test_a_page_of_a_run_holds_recipe_and_provenance(pages):
    text = "".join(Outline(pages["run"]).text)
    assert "Recipe cpu/digits, source: ours" in text
    assert "optimiser.learning_rate" in text
    assert "sha256:fedcba9876543210" in text
    assert 'id="warnings"' not in pages["run"]


def test_a_run_without_updates_in_its_log_has_no_chart():
    line = LogLine(kind=LogKind.UPDATE, update=1, epoch=1, loss=2.3, accuracy=0.1)
    for log in ((), (line,)):
        assert "chart-" not in training_page(example_run(), log)


@pytest.mark.parametrize(
    ("changes", "want"),
    [
        ({}, "at T = 4: 97.2 % right on the 143 validation samples after 200 updates in"),
        (
            {"validation_accuracy": None},
            "at T = 4: 94.4 % right on the batches of the last epoch after 200 updates in",
        ),
        (
            {"validation_accuracy": None, "train_accuracy": None, "update": 1},
            "at T = 4: trained after 1 update in",
        ),
        ({"status": RunStatus.DIVERGED, "update": 7}, "at T = 4 diverged after 7 updates in"),
        ({"status": RunStatus.RUNNING, "update": 7}, "at T = 4 is not finished: 7 updates in"),
        ({"coding": Coding.RATES, "steps": 1}, "with exact rates: 97.2 % right on the 143"),
        ({"coding": Coding.RATES, "steps": 1, "code_steps": 8}, "with noise of T = 8: 97.2 %"),
    ],
)
def test_the_headline_of_a_run(changes, want):
    got = training_headline(example_run(**changes))
    assert got.startswith(f"spikformer-2-64/digits on digits {want} ")
    ends = {
        RunStatus.DIVERGED: " 2 min 11 s; what was saved stays.",
        RunStatus.RUNNING: " 2 min 11 s, of 200.",
        RunStatus.FINISHED: " 2 min 11 s.",
    }
    assert got.endswith(ends[changes.get("status", RunStatus.FINISHED)])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"status": RunStatus.DIVERGED, "update": 7}, ["diverged after 7 of 200 updates"]),
        ({"status": RunStatus.RUNNING, "update": 7}, ["stands at update 7 of 200"]),
        ({"validation_accuracy": None}, ["Nothing was kept aside"]),
    ],
)
def test_a_weak_run_is_a_warning(changes, found):
    texts = [advice.text for advice in training_advisories(example_run(**changes))]
    assert len(texts) == len(found)
    assert all(want in text for want, text in zip(found, texts, strict=True))


def test_the_view_of_a_run_says_where_it_is_and_what_comes_next():
    text = as_text(training_view(example_run(processes=2), folder=Path("my runs")))
    assert "my runs" in text
    assert "spikedim evaluate 'my runs' --steps 1..8" in text
    assert "2 min 11 s on 2 processes" in text
    twin = training_table(example_run(coding=Coding.RATES), folder=Path("r"))
    assert twin.rows[-1] == ("next", "spikedim evaluate r --steps 1..64")


def test_a_recipe_is_written_so_that_it_can_be_read(tmp_path):
    changes = {"updates": "5", "batch_size": "32", "optimiser.learning_rate": "2e-3"}
    recipe = open_recipe("cpu/digits", changes={**changes, "optimiser.clip_norm": "1.0"})
    (tmp_path / "own.yaml").write_text(recipe_text(recipe), encoding="utf-8")
    assert open_recipe(tmp_path / "own.yaml") == recipe
    (row,) = recipes_table((recipe,)).cells
    assert row == ("cpu/digits", "5 updates", "32", "0.002", "ours")


def test_curves_average_neighbours_and_keep_the_ends():
    log = tuple(
        LogLine(kind=LogKind.UPDATE, update=k, epoch=1, loss=float(k), accuracy=None)
        for k in range(1, 301)
    )
    places, values = smoothed(log, "loss")
    assert len(places) == len(values) == 150
    assert places[0] == values[0] == 1.5
    assert places[-1] == values[-1] == 299.5
    assert smoothed(log, "accuracy") == ([], [])
    assert validations(log) == ([], [])
    assert curve_claim(log) == "300 updates"


def test_the_curve_claim_names_a_better_moment():
    accuracies = (0.5, 0.9, 0.8)
    log = [
        LogLine(kind=LogKind.VALIDATION, update=10 * k, epoch=k, loss=1.0, accuracy=accuracy)
        for k, accuracy in enumerate(accuracies, start=1)
    ]
    assert curve_claim(log) == (
        "Validation accuracy went from 50.0 to 80.0 % in 30 updates; best 90.0 % after 20 updates"
    )
    assert curve_claim(log[:2]) == "Validation accuracy went from 50.0 to 90.0 % in 20 updates"


def test_the_table_of_steps_marks_the_trained_one():
    table = evaluation_table(example_evaluation())
    assert table.cells[table.emphasised][0] == "4"
    assert table.cells[2] == (
        "4", "96.9 (95.1\N{EN DASH}98.7)", "0.231", "13.8 k", "98.9"
    )  # fmt: skip
    twin = evaluation_table(twin_evaluation())
    plain = evaluation_table(replace(twin_evaluation(), trained_code_steps=None))
    assert (twin.emphasised, plain.emphasised) == (3, 6)  # noise of T = 8; exact rates
    assert twin.cells[twin.emphasised][0] == "8"
    assert twin.cells[-1][0] == "exact rates"
    assert twin.cells[-1][3] == "\N{EN DASH}"
    assert [column.name for column in twin.columns][-1] == "draws"
    assert evaluation_table(bare_evaluation()).columns[-1].name == "agreement"
    assert "perplexity" in [column.name for column in evaluation_table(long_evaluation()).columns]
    csv = evaluation_table(example_evaluation()).to_csv().splitlines()
    assert csv[0].startswith("T,accuracy [%],accuracy low [%],accuracy high [%],loss [nats]")


def test_spikes_of_populations_are_rate_times_neurons_times_steps():
    population = EvaluatedPopulation("a.lif", 100.0, 0.25, (0.2, 0.3), 0.125)
    found = example_evaluation(points=(example_point(2, 0.9),), populations=(population,))
    assert populations_table(found).cells == (
        ("a.lif", "100", "0.250", "0.200", "0.300", "50", "12.5"),
    )  # fmt: skip
    assert len(populations_table(twin_evaluation()).columns) == 5


@pytest.mark.parametrize(
    ("accuracies", "exact", "want"),
    [
        ((0.5, 0.9, 0.91), None, "to 91.0 %; T = 2 is within the interval of the best"),
        ((0.5, 0.6, 0.7), 0.99, "to 70.0 %; exact rates have 99.0 %"),
        ((0.5, 0.6, 0.98), 0.99, "to 98.0 %; T = 4 is within the interval of exact rates"),
    ],
)
def test_the_accuracy_claim_says_which_t_is_enough(accuracies, exact, want):
    points = tuple(example_point(2**k, value) for k, value in enumerate(accuracies))
    if exact is not None:
        points = (*points, example_point(None, exact))
    start = "From T = 1 to 4 the accuracy goes from 50.0 "
    assert accuracy_claim(example_evaluation(points=points)) == start + want


def test_the_accuracy_claim_of_one_t_is_that():
    assert accuracy_claim(bare_evaluation()) == "50.0 % right at T = 4"


def test_the_rates_claim_names_the_busiest():
    populations = (
        EvaluatedPopulation("few", 10.0, 0.5, (0.5,), 0.0),
        EvaluatedPopulation("many", 90.0, 0.1, (0.1,), 0.0),
    )
    found = example_evaluation(populations=populations)
    assert rates_claim(found) == (
        "few fires most, 0.50 per neuron and step; many has 64 % of all spikes"
    )
    silent = tuple(replace(p, rate=0.0, rates=(0.0,)) for p in populations)
    assert rates_claim(example_evaluation(populations=silent)) == (
        "few fires most, 0 per neuron and step"
    )


def test_silence_and_wide_intervals_are_warnings():
    assert evaluation_advisories(example_evaluation()) == ()
    (silent,) = evaluation_advisories(long_evaluation())
    assert silent.text == "block.0.attn.out_lif never fired."
    (wide,) = evaluation_advisories(twin_evaluation())
    assert wide.text == "The widest interval of an accuracy spans 10 points."


def test_lines_say_what_the_numbers_rest_on():
    text = "\n".join(evaluation_lines(long_evaluation()))
    assert "360 samples with 11,520 targets of digits, test" in text
    assert "those of T = 64" in text
    assert "2 steps on the same input go before those that count" in text
    assert "a sample takes 6,900 more spikes" in text
    assert "Membranes start at 0.5." in text
    assert "anew at every T on 256 training samples" in text
    assert len(evaluation_lines(example_evaluation())) == 4


def test_populations_of_a_large_model_are_joined_without_losing_spikes():
    rows, found = rate_rows(long_evaluation()), long_evaluation()
    assert len(rows) == 24
    assert rows[0].name == "block.0.attn"
    one = [p for p in found.populations if p.name.startswith("block.0.attn.")]
    neurons = sum(p.neurons for p in one)
    assert rows[0].neurons == neurons
    weighted = sum(p.neurons * p.rates[5] for p in one) / neurons
    assert rows[0].rates[5] == pytest.approx(weighted)
    total = sum(p.rate * p.neurons * 64 for p in found.populations)
    assert sum(row.spikes for row in rows) == pytest.approx(total)
    assert len(rate_rows(example_evaluation())) == len(example_populations())


def test_alternative_texts_hold_the_numbers():
    assert rates_alt(example_evaluation()).startswith(
        "Spikes per neuron and step, in the order of the network. stem.conv0.lif: 0.035, 0.016 in "
        "the first and 0.040 in the last step, 289 spikes; "
    )
    assert "first" not in rates_alt(twin_evaluation())


@pytest.mark.parametrize("name", ["example", "twin", "long", "bare"])
def test_the_picture_is_a_picture_on_white(name):
    makers = {
        "example": example_evaluation,
        "twin": twin_evaluation,
        "long": long_evaluation,
        "bare": bare_evaluation,
    }
    log = example_log() if name in ("example", "long") else ()
    picture = Image.open(BytesIO(evaluation_picture(makers[name](), log)))
    assert (picture.format, picture.width) == ("PNG", 1920)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


def test_the_view_of_an_evaluation_is_text_of_a_hundred_columns():
    for found in (example_evaluation(), twin_evaluation(), long_evaluation(), bare_evaluation()):
        text = as_text(evaluation_view(found))
        assert max(map(len, text.splitlines())) <= 100
        assert " ".join(text.split()).startswith(found.headline)
    assert "Firing rates" not in as_text(evaluation_view(bare_evaluation()))


@pytest.mark.parametrize(
    ("seconds", "want"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_a_wall_time_has_its_two_largest_units(seconds, want):
    assert duration(seconds) == want


def test_a_share_has_one_decimal():
    assert (share(0), share(0.9999), share(1)) == ("0.0", "100.0", "100.0")
