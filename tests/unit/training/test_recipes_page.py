"""The page on training says what recipes are."""

import re
import runpy
from pathlib import Path

import pytest
import yaml

from spikedim.training import Recipe, open_recipe, recipe_names

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "training.md").read_text("utf-8")


def test_the_tables_are_those_of_the_code():
    script = runpy.run_path(str(ROOT / "docs" / "training_tables.py"))
    assert script["page"](PAGE) == PAGE, "run: python docs/training_tables.py"


def test_every_field_stands_in_the_table_with_its_default_and_meaning():
    table = PAGE.partition("<!-- fields:begin -->")[2].partition("<!-- fields:end -->")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|([^|]*)\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    places = {place for place, *_ in rows}
    values = Recipe(epochs=1).model_dump(mode="json")
    for name, value in values.items():
        inner = value if isinstance(value, dict) and name != "model" else {}
        assert name in places or {f"{name}.{part}" for part in inner} <= places
    assert all(len(meaning) > 5 for *_, meaning in rows)


def test_every_recipe_stands_in_the_table_once():
    table = PAGE.partition("<!-- recipes:begin -->")[2].partition("<!-- recipes:end -->")[0]
    assert re.findall(r"^\| `([\w/-]+)` \|", table, re.MULTILINE) == list(recipe_names())


def test_a_page_without_its_marks_is_refused():
    script = runpy.run_path(str(ROOT / "docs" / "training_tables.py"))
    with pytest.raises(ValueError, match=r"marks of fields"):
        script["page"](PAGE.replace("<!-- fields:end -->", ""))


def test_the_example_of_a_file_is_a_recipe(tmp_path):
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "mine.yaml"
    path.write_text(example)
    recipe = open_recipe(path)
    assert recipe.epochs == yaml.safe_load(example)["epochs"]
    assert recipe.schedule.warm_up == 0.05


def test_changes_in_commands_fit_a_recipe():
    changes = dict(re.findall(r"--set ([\w.]+)=([\w./-]+)", PAGE)) | {"fast": "true"}
    assert len(changes) > 4
    assert open_recipe("cpu/digits", changes=changes).name == "cpu/digits"


def test_recipes_named_on_the_page_exist():
    families = "|".join({name.split("/")[0] for name in recipe_names()})
    text = re.sub(r"\]\([^)]*\)|\[[^\]]*\]", "", PAGE)
    named = set(re.findall(rf"(?<![\w/-])((?:{families})/[\w-]+)", text))
    assert named
    assert named <= set(recipe_names())
