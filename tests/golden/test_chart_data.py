"""The data that every chart and table draws, compared with what was drawn before.

Rewrite with ``python -m pytest tests/golden/test_chart_data.py --update-golden`` after looking at
the page.
"""

import json
import subprocess
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from tests.circuit_examples import example_sweep, failing_sweep
from tests.planning_examples import example_comparison, example_data, example_plan
from tests.training_results import example_evaluation, example_log, twin_evaluation

from spikedim.report import (
    bounds_tables,
    circuit_table,
    comparison_table,
    dimensions_table,
    energy_table,
    laws_table,
    layers_table,
)
from spikedim.report._accuracy_figure import accuracy_figure, cost_figure
from spikedim.report._chart import HALF, NARROW, WIDE
from spikedim.report._circuit_error_figure import circuit_error_figure
from spikedim.report._circuit_rows_figure import circuit_rows_figure
from spikedim.report._circuit_spikes_figure import circuit_spikes_figure
from spikedim.report._curve_figure import curve_figure
from spikedim.report._energy_figure import energy_figure
from spikedim.report._interactive import steps_specification
from spikedim.report._ladder_figure import ladder_figure
from spikedim.report._layers_figure import layers_figure
from spikedim.report._rates_figure import rates_figure
from spikedim.report._scree_figure import scree_figure
from spikedim.report._steps_figure import steps_figure
from spikedim.report._style import RC
from spikedim.report._training_figure import accuracy_curve_figure, loss_curve_figure

FOLDER = Path(__file__).parent / "data"
RTOL = 1e-6

CHARTS = {
    "steps": lambda width: steps_figure(example_plan(), width),
    "ladder": lambda width: ladder_figure(example_plan(), width),
    "layers": lambda width: layers_figure(example_plan(), width),
    "energy": lambda width: energy_figure(example_plan(), width),
    "scree": lambda width: scree_figure(example_data(), example_plan().dimensions, width),
    "curve": lambda width: curve_figure(example_plan().dimensions, width),
    "circuit_error": lambda width: circuit_error_figure(example_sweep(), width),
    "circuit_failure": lambda width: circuit_error_figure(failing_sweep(), width),
    "circuit_spikes": lambda width: circuit_spikes_figure(example_sweep(), width),
    "circuit_rows": lambda width: circuit_rows_figure(example_sweep(), width),
    "evaluation_accuracy": lambda width: accuracy_figure(twin_evaluation(), width),
    "evaluation_cost": lambda width: cost_figure(example_evaluation(), width),
    "evaluation_rates": lambda width: rates_figure(example_evaluation(), width),
    "training_loss": lambda width: loss_curve_figure(example_log(), width),
    "training_accuracy": lambda width: accuracy_curve_figure(example_log(), width),
}
HALVES = {
    "scree",
    "curve",
    "circuit_spikes",
    "circuit_rows",
    "evaluation_accuracy",
    "evaluation_cost",
    "training_loss",
    "training_accuracy",
}


def drawn(figure):
    """Return everything that a figure shows: labels, ticks, lines, bars, bands."""
    panels = []
    for axes in figure.axes:
        bands = [
            np.concatenate([path.vertices for path in collection.get_paths()]).tolist()
            for collection in axes.collections
            if isinstance(collection, PolyCollection | PathCollection)
        ]
        panels.append(
            {
                "title": axes.get_title(loc="left"),
                "labels": [axes.get_xlabel(), axes.get_ylabel()],
                "scales": [axes.get_xscale(), axes.get_yscale()],
                "texts": [text.get_text() for text in axes.texts],
                "ticks": [label.get_text() for label in axes.get_xticklabels()],
                "lines": [
                    {"label": line.get_label(), "x": list(map(float, line.get_xdata())),
                     "y": list(map(float, line.get_ydata()))}
                    for line in axes.lines
                ],
                "bars": [[bar.get_y(), bar.get_width()] for bar in axes.patches],
                "bands": bands,
            }
        )  # fmt: skip
        if shades := [cell.get_alpha() for cell in axes.patches if cell.get_alpha() is not None]:
            panels[-1]["shades"] = shades
    return panels


def assert_same(got, want, where="$"):
    """Compare nested data, numbers to a relative tolerance."""
    if isinstance(want, dict):
        assert got.keys() == want.keys(), where
        for key in want:
            assert_same(got[key], want[key], f"{where}.{key}")
    elif isinstance(want, list):
        assert len(got) == len(want), where
        for number, (left, right) in enumerate(zip(got, want, strict=True)):
            assert_same(left, right, f"{where}[{number}]")
    elif isinstance(want, float | int) and not isinstance(want, bool):
        assert got == pytest.approx(want, rel=RTOL, abs=1e-12), where
    else:
        assert got == want, where


def _head():
    """Return the commit that was checked out when a golden file was written."""
    command = ["git", "-C", str(FOLDER), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def golden(request):
    """Compare with the golden file `name`, or rewrite it."""

    def golden(name, data):
        path = FOLDER / f"{name}.json"
        data = json.loads(json.dumps(data))
        if request.config.getoption("--update-golden"):
            header = {
                "script": "tests/golden/test_chart_data.py",
                "written on top of commit": _head(),
                "input": "tests/planning_examples.py or circuit_examples.py, no random numbers",
                "matplotlib": mpl.__version__,
            }
            path.write_text(
                json.dumps({**header, "data": data}, indent=1, ensure_ascii=False) + "\n"
            )
        assert_same(data, json.loads(path.read_text())["data"])

    return golden


@pytest.mark.parametrize("name", CHARTS)
def test_charts_draw_the_numbers_they_drew(name, golden):
    with mpl.rc_context(RC):
        figure = CHARTS[name](HALF if name in HALVES else WIDE)
        golden(name, drawn(figure))


@pytest.mark.parametrize("name", ["steps", "ladder", "layers", "energy", "circuit_failure"])
def test_a_telephone_sees_the_same_numbers(name):
    with mpl.rc_context(RC):
        wide, narrow = drawn(CHARTS[name](WIDE)), drawn(CHARTS[name](NARROW))
    for desk, telephone in zip(wide, narrow, strict=True):
        assert [line["x"] for line in desk["lines"]] == [line["x"] for line in telephone["lines"]]
        assert desk["bars"] == telephone["bars"]
        assert desk["bands"] == telephone["bands"]
        assert [text for text in desk["texts"] if text[0].isdigit()] == [
            text for text in telephone["texts"] if text[0].isdigit()
        ]


def test_tables_hold_the_cells_they_held(golden):
    plan = example_plan()
    tables = (
        laws_table(plan),
        dimensions_table(plan.dimensions, plan.dimension_used),
        *bounds_tables(plan),
        energy_table(plan),
        layers_table(plan),
        comparison_table(example_comparison()),
    )
    golden(
        "tables",
        {
            table.title: {
                "header": [column.header for column in table.columns],
                "rows": table.cells,
                "emphasised": table.emphasised,
                "csv": table.to_csv().splitlines(),
            }
            for table in tables
        },
    )


def test_the_table_of_a_circuit_holds_the_cells_it_held(golden):
    tables = {name: circuit_table(make()) for name, make in
              (("holds", example_sweep), ("fails", failing_sweep))}  # fmt: skip
    golden(
        "circuit_table",
        {
            name: {
                "title": table.title,
                "header": [column.header for column in table.columns],
                "rows": table.cells,
                "csv": table.to_csv().splitlines(),
            }
            for name, table in tables.items()
        },
    )


def test_the_interactive_chart_draws_the_same_points(golden):
    specification = steps_specification(example_plan())
    (values,) = [part["values"] for part in [specification["data"]] if "values" in part] or [
        next(iter(specification["datasets"].values()))
    ]
    golden("interactive", {"points": values, "marks": [
        layer["mark"]["type"] for layer in specification["layer"]
    ]})  # fmt: skip
