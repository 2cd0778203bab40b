"""Rules about the public surface that no linter knows."""

import enum
import inspect
import json
import re
import subprocess
import sys

import numpydoc.validate
import pytest
from numpydoc.docscrape import get_doc_object

import spikedim
from spikedim._core import AbstractProgress, Result

# ES01 extended summary, EX01 examples, GL01 summary place, RT02 named return, SA01 see also;
# PR08 and RT04 capital letter, since a description may start with a symbol: n, d(n), v-bar;
# SS05 infinitive, which takes every first word that ends in s for a verb: "Spikes ...".
SKIP = {"ES01", "EX01", "GL01", "PR08", "RT02", "RT04", "SA01", "SS05"}


def resolve(public_name):
    room, name = public_name.rsplit(".", 1)
    return getattr(sys.modules[room], name)


def test_docstring_matches_the_signature(public_name):
    item = resolve(public_name)
    if isinstance(item, enum.EnumType):  # its signature is python's own
        assert item.__doc__
        return
    # By name, a function would be taken for the folder that is called like it.
    found = numpydoc.validate.validate(get_doc_object(item))["errors"]
    errors = [error for error in found if error[0] not in SKIP]
    assert [e for e in errors if not only_private(*e)] == []


def only_private(code, text):
    """Say whether the undocumented parameters are private fields of a dataclass."""
    names = re.findall(r"'(\w+)'", text)
    return code == "PR01" and all(name.startswith("_") for name in names)


def test_every_public_name_exists_once(room):
    names = getattr(room, "__all__", [])
    assert [name for name in names if not hasattr(room, name)] == []
    assert len(names) == len(set(names))


def test_every_headline_name_exists():
    assert [name for name in spikedim.__all__ if getattr(spikedim, name, None) is None] == []


def test_a_class_is_abstract_or_final(public_name):
    item = resolve(public_name)
    if not isinstance(item, type) or issubclass(item, (enum.Enum, Exception)):
        return
    final = getattr(item, "__final__", False)
    assert final or inspect.isabstract(item), f"{public_name}: mark it @final or make it abstract"
    assert not (final and inspect.isabstract(item))
    assert item.__name__.startswith("Abstract") is not bool(final)


def test_a_result_has_a_schema_of_its_own(result_class):
    assert re.fullmatch(r"spikedim\.[a-z_]+/[1-9]\d*", result_class.schema)
    owners = {c.__name__ for c in Result.__subclasses__() if c.schema == result_class.schema}
    assert owners == {result_class.__name__}


@pytest.mark.parametrize("start", ["import spikedim", "import spikedim.cli", "dir(spikedim)"])
def test_importing_costs_neither_torch_nor_matplotlib(start):
    code = f"import json, sys, spikedim; {start}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert modules & {"torch", "matplotlib", "altair", "pandas", "sklearn", "scipy"} == set()


def test_progress_is_a_keyword_with_a_silent_default(public_name):
    item = resolve(public_name)
    if isinstance(item, type):
        return
    parameter = inspect.signature(item).parameters.get("progress")
    if parameter is not None:
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is None or isinstance(parameter.default, AbstractProgress)
