"""Whatever stands in a recipe file, it is a recipe or a clear error."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim._core import InputError
from spikedim.training.recipes import Recipe, Schedule, open_recipe, recipe_names

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abmodel_", min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from([*Recipe.model_fields, "unknown"])


def tried(folder, text):
    """Return the recipe of a text, or the message that refuses it."""
    path = folder / "tried.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        return open_recipe(path)
    except InputError as error:
        return str(error)


def is_fine(tried):
    return isinstance(tried, Recipe) or (tried.startswith("open_recipe: `") and "\n" not in tried)


@settings(max_examples=50)
@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_a_recipe_or_an_error(tmp_path_factory, text):
    assert is_fine(tried(tmp_path_factory.getbasetemp(), text))
    assert is_fine(tried(tmp_path_factory.getbasetemp(), f"epochs: 1\nnote: {text}"))


@settings(max_examples=50)
@given(values=st.dictionaries(FIELDS, VALUES, max_size=4))
def test_any_values_are_a_recipe_or_an_error(tmp_path_factory, values):
    text = yaml.safe_dump({"epochs": 2, **values}, allow_unicode=True)
    assert is_fine(tried(tmp_path_factory.getbasetemp(), text))


@settings(max_examples=25)
@given(name=st.sampled_from(recipe_names()), batch=st.integers(1, 4096), rate=st.floats(1e-6, 1))
def test_what_is_written_is_what_is_read(tmp_path_factory, name, batch, rate):
    changes = {"batch_size": str(batch), "optimiser.learning_rate": repr(rate)}
    recipe = open_recipe(name, changes=changes)
    assert (recipe.batch_size, recipe.optimiser.learning_rate) == (batch, rate)
    text = yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True)
    assert tried(tmp_path_factory.getbasetemp(), text) == recipe


@given(epochs=st.integers(1, 1000), share=st.data(), updates_per_epoch=st.integers(1, 20_000))
def test_a_quotient_of_epochs_is_exact_in_updates(epochs, share, updates_per_epoch):
    part = share.draw(st.integers(0, epochs))
    schedule = Schedule.model_validate({"warm_up": f"{part}/{epochs}"})
    assert round(schedule.warm_up * epochs * updates_per_epoch) == part * updates_per_epoch
