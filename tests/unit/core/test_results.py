"""Results as JSON and back."""

import json
import math
import re
from dataclasses import dataclass
from typing import ClassVar, final

import pytest

from spikedim._core import InputError, NumericsError, Result, read_result
from spikedim._core import _results as module
from spikedim._core._html import fields_html


@final
@dataclass(frozen=True)
class Part:
    name: str
    count: int | None = None


@final
@dataclass(frozen=True)
class Whole(Result):
    schema: ClassVar[str] = "spikedim.test_whole/1"

    value: float
    parts: tuple[Part, ...] = ()


WHOLE = Whole(0.5, (Part("ε", 3), Part("empty")))


def test_the_schema_comes_first():
    assert next(iter(WHOLE.to_dict().items())) == ("schema", "spikedim.test_whole/1")


def test_plain_types_only():
    assert WHOLE.to_dict() == {
        "schema": "spikedim.test_whole/1",
        "value": 0.5,
        "parts": [{"name": "ε", "count": 3}, {"name": "empty", "count": None}],
    }


def test_comes_back_equal():
    assert Whole.from_dict(WHOLE.to_dict()) == WHOLE
    assert Whole.from_json(WHOLE.to_json()) == WHOLE


def test_writes_what_it_returns(tmp_path):
    text = WHOLE.to_json(tmp_path / "whole.json")
    assert (tmp_path / "whole.json").read_text(encoding="utf-8") == text
    assert text.endswith("}\n")
    assert "ε" in text


def test_nan_never_leaves(tmp_path):
    with pytest.raises(NumericsError, match=r"^Whole\.to_json: .* finite.*Report"):
        Whole(math.nan).to_json(tmp_path / "whole.json")
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_the_caller_s_dict_alone():
    data = WHOLE.to_dict()
    before = json.dumps(data)
    Whole.from_dict(data)
    assert json.dumps(data) == before


@pytest.mark.parametrize(
    ("data", "got"),
    [({"schema": "spikedim.plan/1"}, "'spikedim.plan/1'"), ({"value": 1.0}, "None")],
)
def test_refuses_another_schema(data, got):
    with pytest.raises(
        InputError,
        match=rf"^Whole\.from_dict: `data` must have schema 'spikedim\.test_whole/1'; got {got}\.",
    ):
        Whole.from_dict(data)


@pytest.mark.usefixtures("untyped")
def test_refuses_what_is_not_a_dict():
    with pytest.raises(InputError, match=r"got 'list'\. Write it again"):
        Whole.from_dict([1])


def test_says_which_field_is_wrong():
    data = WHOLE.to_dict()
    data["parts"][1]["count"] = "many"
    with pytest.raises(
        InputError, match=r"^Whole\.from_dict: `parts\.1\.count` .* integer.*; got 'many'\.$"
    ):
        Whole.from_dict(data)


def test_a_missing_field_is_named():
    with pytest.raises(InputError, match=r"^Whole\.from_dict: `value` .*required"):
        Whole.from_dict({"schema": Whole.schema})


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5000, "NaN", '{"a": -Infinity}'])
def test_refuses_what_is_not_json(text):
    with pytest.raises(InputError, match=r"^Whole\.from_json: `text` must be JSON; got an error"):
        Whole.from_json(text)


def test_json_schema_names_every_field():
    schema = Whole.json_schema()
    assert set(schema["properties"]) == {"value", "parts"}
    assert schema["required"] == ["value"]


def test_reads_a_file(tmp_path):
    WHOLE.to_json(tmp_path / "whole.json")
    assert read_result(tmp_path / "whole.json", Whole) == WHOLE


def test_reading_names_the_file_that_is_wrong(tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(InputError, match=r"bad\.json: Whole\.from_dict: `data` must have schema"):
        read_result(tmp_path / "bad.json", Whole)


def test_reading_refuses_a_missing_file(tmp_path):
    with pytest.raises(
        InputError, match=r"^read_result: `path` must be a readable JSON file; got '.*no\.json'"
    ):
        read_result(tmp_path / "no.json", Whole)


def test_reading_refuses_what_is_not_text(tmp_path):
    (tmp_path / "image.json").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match=r"must be a readable JSON file; got .*image\.json"):
        read_result(tmp_path / "image.json", Whole)


def test_reading_refuses_a_huge_file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_BYTES", 1 << 20)
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate((1 << 20) + 1)
    with pytest.raises(InputError, match=r"^read_result: `path` must be below 1 MB; got "):
        read_result(path, Whole)


def test_a_notebook_shows_every_field_and_counts_lists():
    html = WHOLE._repr_html_()
    assert "<caption>Whole</caption>" in html
    assert '<th scope="row">value</th><td>0.5</td>' in html
    assert '<th scope="row">parts</th><td>2 entries</td>' in html
    assert "schema" not in html
    assert "<strong>" not in html


def test_a_notebook_runs_nothing_that_a_name_says():
    html = fields_html("<b>", {"headline": "<script>x</script>", "<i>": {"a": "<img>"}})
    assert html.startswith("<div><p><strong>&lt;script&gt;x&lt;/script&gt;</strong></p>")
    assert "&lt;img&gt;" in html
    assert not {"<script", "<img", "<b>", "<i>"} & set(re.findall(r"<\w+>?", html))


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (None, "\u2013"),
        (0.123456789, "0.123457"),
        (True, "True"),
        (["a", "b"], "a; b"),
        ([1], "1 entry"),
        ({"kind": "rms", "value": 0.5, "rows": [1]}, "kind rms, value 0.5"),
        ("x" * 200, "x" * 159 + "\u2026"),
    ],
)
def test_cells_of_a_notebook_stay_small(value, want):
    assert f"<td>{want}</td>" in fields_html("R", {"field": value})
