"""The theory pages name only what the code has, and each row of the index a test that uses it."""

import ast
import importlib
import pkgutil
import re

import pytest

import spikedim
from spikedim.energy import constants

ROOMS = [m.name for m in pkgutil.iter_modules(spikedim.__path__) if not m.name.startswith("_")]
PUBLIC = {
    name
    for room in ROOMS
    for name in getattr(importlib.import_module(f"spikedim.{room}"), "__all__", ())
}


def rows(text):
    """The cells of every table row below its head."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and not set(cells[0]) <= set("-: "):
            yield cells


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def spoken(root):
    """Every name that a reader can type: functions, classes, parameters, fields, enum values.

    Constants of energy too, whose names stand in rows of a table.
    """
    found = {constant.name for constant in constants()}
    for path in (root / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            if isinstance(node, ast.arg):
                found.add(node.arg)
            if isinstance(node, ast.AnnAssign | ast.Assign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
                if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                    found.add(node.value.value)
    return found


@pytest.fixture(scope="module")
def index(root):
    return (root / "docs" / "theory-index.md").read_text(encoding="utf-8")


def test_the_index_names_public_things_and_tests_that_exist(root, index):
    for cells in rows(index):
        for name in quoted(" ".join(cells)):
            if name.endswith(".py"):
                assert (root / "tests" / name).is_file(), name
            elif not name.startswith("spikedim.") or name.count(".") > 1:
                assert name.rpartition(".")[2] in PUBLIC, name


def test_each_row_of_neurons_and_encoders_is_tested_by_what_it_names(root, index):
    part = index[index.index("## Neurons") : index.index("## Exponential")]
    checked = 0
    for cells in rows(part):
        tests = [name for name in quoted(cells[-1]) if name.endswith(".py")]
        if not tests:
            continue
        text = "".join((root / "tests" / name).read_text(encoding="utf-8") for name in tests)
        names = quoted(" ".join(cells[:-1]))
        assert names, cells
        assert [name for name in names if name not in text] == []
        checked += 1
    assert checked >= 12


def test_every_encoder_and_rate_of_a_neuron_has_a_row(index):
    neurons = importlib.import_module("spikedim.neurons")
    members = [
        name for name in neurons.__all__ if name.endswith("Encoder") and "Abstract" not in name
    ]
    wanted = {*members, "firing_rate", "drive_for_rate", "rate_from_membranes", "escape_step"}
    assert wanted <= set(quoted(index))


def test_the_symbols_have_the_names_of_the_code(root):
    known = spoken(root)
    table = list(rows((root / "docs" / "symbols.md").read_text(encoding="utf-8")))
    assert len(table) > 30
    for cells in table[1:]:
        assert len(cells) == 4, cells
        for name in quoted(cells[-1]):
            for part in name.strip('"').strip(".").split("."):
                assert part in known, f"{name} for {cells[0]}"
