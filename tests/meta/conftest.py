"""What the house rules are checked on, found by looking: no list to keep up to date."""

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

import spikedim
from spikedim._core import Result

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "spikedim"
ROOMS = [m.name for m in pkgutil.iter_modules(spikedim.__path__) if not m.name.startswith("_")]
# The type hook of the test run replaces classes and functions; `__all__` still names them.
PUBLIC = {
    f"spikedim.{room}.{name}": getattr(importlib.import_module(f"spikedim.{room}"), name)
    for room in ROOMS
    for name in getattr(importlib.import_module(f"spikedim.{room}"), "__all__", [])
}
CALLABLE = sorted(n for n, o in PUBLIC.items() if callable(o) and not inspect.ismodule(o))
RESULTS = {
    name.rsplit(".", 1)[1]: item
    for name, item in sorted(PUBLIC.items())
    if isinstance(item, type) and issubclass(item, Result)
}


@dataclass
class Source:
    """A python file with its syntax tree."""

    path: Path

    @property
    def name(self):
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self):
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def nodes(self):
        """Every node of the syntax tree."""
        return list(ast.walk(ast.parse(self.text)))

    @cached_property
    def calls(self):
        """Pairs (dotted name, call node) of every call."""
        return [(ast.unparse(n.func), n) for n in self.nodes if isinstance(n, ast.Call)]

    @property
    def docstring(self):
        return ast.get_docstring(self.nodes[0])


def sources(*folders):
    """Return every python file below `folders`, built files left out."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [
        Source(path)
        for path in found
        if not {"_build", "auto_examples", "generated"} & set(path.parts)
    ]


def markdown():
    """Return every hand-written page."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "studies").rglob("*.md")]
    return sorted(p for p in pages if "_build" not in p.parts and "auto_examples" not in p.parts)


def _name(item):
    return item.name if isinstance(item, Source) else item.relative_to(ROOT).as_posix()


@pytest.fixture(params=CALLABLE)
def public_name(request):
    return request.param


@pytest.fixture(scope="session")
def package():
    """Return every file of the package."""
    return sources("src")


@pytest.fixture(scope="session")
def every_source():
    """Return every python file that we wrote."""
    return sources("src", "tests", "benchmarks", "examples", "docs")


@pytest.fixture(params=sources("examples"), ids=_name)
def example(request):
    return request.param


@pytest.fixture(params=markdown(), ids=_name)
def page(request):
    return request.param


@pytest.fixture(params=list(RESULTS))
def result_class(request):
    return RESULTS[request.param]


@pytest.fixture(params=ROOMS)
def room(request):
    return importlib.import_module(f"spikedim.{request.param}")


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def layers():
    """Return the rooms of the import contract, top first, one string per line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    return next(c["layers"] for c in contracts if c["type"] == "layers")


@pytest.fixture(scope="session")
def table_of_rooms():
    """Return a reader of the table between the two markers of a page: first column, top first."""

    def read(path):
        text = path.read_text(encoding="utf-8")
        block = re.search(r"<!-- rooms:begin -->(.*)<!-- rooms:end -->", text, re.DOTALL)
        rows = [line for line in block[1].splitlines() if line.startswith("| ")]
        return [re.sub(r"[`*]", "", row.split(" | ")[0].removeprefix("| ")).strip() for row in rows]

    return read
