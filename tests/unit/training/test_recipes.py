"""Recipes of the package, and which one a model takes."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from spikedim._core import InputError
from spikedim.models import build, card, family_names, names
from spikedim.training.optimisation import learning_rate
from spikedim.training.recipes import (
    LossKind,
    OptimiserKind,
    Recipe,
    default_recipe_name,
    open_recipe,
    recipe_names,
)

SOURCE = re.compile(r"[\w-]+/[\w-]+/[\w./-]+@[0-9a-f]{40}")
PUBLISHED = [name for name in recipe_names() if not name.startswith("cpu/")]
OURS = [name for name in recipe_names() if name.startswith("cpu/")]
CONTINUING = ("cpu/cifar10-steps",)  # from weights of another recipe, so nobody's default
# Ends of names that say which sizes, or which stage, a recipe is for.
ENDINGS = ("-10-512", "-6-512", "-8-768", "-10-768", "-m", "-l", "-fine-tune")


RECIPES = {name: open_recipe(name) for name in recipe_names()}
CARDS = {name: card(name) for name in names() if card(name).family in family_names()}


def sizes_of(recipe_name):
    """Return the published models that a published recipe is for."""
    family, data = recipe_name.split("/")
    size = next((end for end in ENDINGS if data.endswith(end)), "")
    dataset = data.removesuffix(size)
    size = "" if size == "-fine-tune" else size
    return [
        name
        for name, found in CARDS.items()
        if found.family == family
        and re.sub(r"-\d{3}$", "", found.dataset) == dataset
        and name.startswith(f"{family}{size}")
        and found.parameters > 1_300_000
    ]


def test_there_are_recipes_of_each_family_and_of_each_small_set():
    assert {name.split("/")[0] for name in PUBLISHED} == {
        "spikformer",
        "spikingformer",
        "qkformer",
        "sdt-v1",
        "sdt-v2",
        "spikingresformer",
    }
    assert {name.split("/")[1] for name in OURS} == {
        "digits",
        "mnist",
        "fashion-mnist",
        "cifar10",
        "cifar10-steps",
        "movie-reviews",
        "next-token",
        "copy",
        "parity",
        "associative-recall",
    }


def test_names_are_sorted_and_each_is_a_file():
    folder = Path(str(files("spikedim.training.recipes") / "files"))
    assert list(recipe_names()) == sorted(recipe_names())
    assert len(recipe_names()) == len([p for p in folder.rglob("*") if p.is_file()])


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_loads_and_knows_its_name(name):
    recipe = open_recipe(name)
    assert isinstance(recipe, Recipe)
    assert recipe.name == name
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_recipe_says_its_source_and_what_it_leaves_out(name):
    recipe = RECIPES[name]
    assert SOURCE.fullmatch(recipe.source)
    assert len(recipe.note) > 100
    assert recipe.note[-1] == "."
    assert recipe.steps is not None
    assert recipe.validation == 0, "the released runs train on the whole training set"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_smallest_model_of_a_published_recipe_builds(name):
    recipe = RECIPES[name]
    smallest = min(sizes_of(name), key=lambda model: CARDS[model].parameters)
    assert build(smallest, device="meta", steps=recipe.steps, **recipe.model).steps == recipe.steps


@pytest.mark.parametrize("name", [name for name in OURS if name not in CONTINUING])
def test_a_model_of_a_small_recipe_builds(name):
    recipe = RECIPES[name]
    data = {"copy": "task:copy", "parity": "task:parity"}.get(name[4:], f"task:{name[4:]}")
    model = {
        "cpu/movie-reviews": "spikformer-text-2-64/movie-reviews",
        "cpu/next-token": "spikformer-lm-2-64/movie-reviews",
    }.get(name, f"spikformer-2-64/{name[4:]}")
    if model not in CARDS:
        model = "spikformer-lm-2-64/sequences"
        assert default_recipe_name(model, data) == name
    else:
        assert default_recipe_name(model, name[4:]) == name
    build(model, device="meta", **recipe.model)
    assert recipe.source == "ours"


@pytest.mark.parametrize(
    ("name", "epochs", "batch", "rate", "first", "last"),
    [
        ("spikformer/cifar10", 310, 128, 5e-4, 1e-5, 1e-5),
        ("spikformer/imagenet", 310, 192, 5e-4, 1e-6, 1e-5),
        ("spikformer/cifar10-dvs", 106, 16, 1e-3, 1e-5, 1e-5),
        ("spikingformer/cifar100", 410, 64, 5e-4, 1e-5, 1e-5),
        ("spikingformer/imagenet", 310, 288, 5e-4, 1e-6, 1e-5),
        ("qkformer/cifar10", 410, 64, 1e-3, 1e-5, 1e-5),
        ("qkformer/imagenet", 200, 512, 1.2e-3, 0.0, 1e-6),
        ("qkformer/imagenet-10-768", 200, 576, 1.35e-3, 0.0, 1e-6),
        ("qkformer/dvs128-gesture", 202, 16, 1e-3, 1e-5, 2e-5),
        ("sdt-v1/cifar100", 310, 64, 3e-4, 1e-6, 1e-5),
        ("sdt-v1/imagenet", 310, 384, 1.5e-3, 1e-5, 1.5e-5),
        ("sdt-v1/cifar10-dvs", 210, 32, 7.5e-3, 1e-3, 3e-4),
        ("sdt-v2/imagenet", 200, 1024, 2.4e-3, 0.0, 1e-6),
        ("sdt-v2/imagenet-fine-tune", 50, 192, 1.5e-5, 0.0, 1e-6),
        ("spikingresformer/cifar10", 600, 128, 5e-4, 1e-5, 1e-5),
        ("spikingresformer/imagenet-l", 320, 128, 5e-4, 1e-5, 1e-5),
    ],
)
def test_numbers_are_those_of_the_released_configuration(name, epochs, batch, rate, first, last):
    recipe = RECIPES[name]
    assert (recipe.epochs, recipe.batch_size, recipe.optimiser.learning_rate) == (
        epochs,
        batch,
        rate,
    )
    assert (recipe.schedule.first, recipe.schedule.last) == (first, last)


@pytest.mark.parametrize(
    ("name", "warm", "cool", "mixed"),
    [
        ("spikformer/cifar10", 20, 10, 200),
        ("spikingformer/cifar100", 20, 10, 200),
        ("spikformer/cifar10-dvs", 10, 10, 106),
        ("sdt-v1/imagenet", 20, 10, 310),
        ("sdt-v2/imagenet", 10, 0, 200),
        ("spikingresformer/imagenet", 3, 0, 320),
    ],
)
def test_shares_are_whole_epochs(name, warm, cool, mixed):
    recipe = RECIPES[name]
    for updates_per_epoch in (1, 7, 390, 6672):
        updates = recipe.epochs * updates_per_epoch
        for share, epochs in (
            (recipe.schedule.warm_up, warm),
            (recipe.schedule.cool_down, cool),
            (recipe.mixing.until, mixed),
        ):
            assert round(share * updates) == epochs * updates_per_epoch


def test_the_end_of_the_warm_up_has_the_highest_rate():
    recipe = RECIPES["spikformer/cifar10"]
    rates = [
        learning_rate(recipe.schedule, recipe.optimiser.learning_rate, update=u, updates=3100)
        for u in (0, 200, 3000, 3099)
    ]
    assert rates == pytest.approx([1e-5, 5e-4, 1e-5, 1e-5], rel=1e-9)


def test_stochastic_depth_that_released_code_never_applies_is_not_set():
    told = [name for name in PUBLISHED if "never applied" in RECIPES[name].note]
    assert {name.split("/")[0] for name in told} == {
        "spikformer",
        "spikingformer",
        "qkformer",
        "sdt-v1",
        "sdt-v2",
    }
    assert all("drop_path" not in RECIPES[name].model for name in PUBLISHED)


def test_augmentation_that_never_acts_is_said_and_not_set():
    jitter = [name for name in PUBLISHED if "colour jitter" in RECIPES[name].note]
    repeats = [name for name in PUBLISHED if "aug_repeats" in RECIPES[name].note]
    assert {name.split("/")[0] for name in jitter} == {"sdt-v1", "spikingresformer"}
    assert repeats == ["sdt-v1/imagenet", "sdt-v1/imagenet-6-512", "sdt-v1/imagenet-8-768"]
    assert all(RECIPES[name].augmentation.randaugment for name in jitter)


def test_a_cool_down_that_never_runs_is_not_set():
    told = [name for name in PUBLISHED if "ends before" in RECIPES[name].note]
    assert set(told) == {name for name in PUBLISHED if name.startswith("spikingresformer/")}
    assert all(RECIPES[name].schedule.cool_down == 0 for name in told)


def test_every_published_recipe_says_that_the_epoch_was_chosen_on_the_test_set():
    assert all("best epoch on the test set" in RECIPES[name].note for name in PUBLISHED)


def test_what_was_released_with_lamb_says_so():
    told = {name for name in PUBLISHED if "LAMB" in RECIPES[name].note}
    assert told == {n for n in PUBLISHED if re.match(r"sdt-v1/imagenet|sdt-v2/", n)}
    assert {RECIPES[name].optimiser.kind for name in told} == {OptimiserKind.ADAMW}


def test_spikformers_five_operations_are_said():
    told = {name for name in PUBLISHED if "five operations" in RECIPES[name].note}
    assert told == {"spikformer/cifar10", "spikformer/cifar100"}


def test_the_loss_of_the_event_recipe_is_that_of_every_step():
    objective = RECIPES["sdt-v1/cifar10-dvs"].objective
    assert (objective.kind, objective.regular, objective.level) == (LossKind.TET, 1e-3, 1.0)


def test_every_model_has_a_default_and_published_sizes_that_of_their_family():
    for model, found in CARDS.items():
        name = default_recipe_name(model, found.dataset)
        assert name in recipe_names()
        published = [p for p in PUBLISHED if model in sizes_of(p) and "fine-tune" not in p]
        if published:
            assert name == max(published, key=len), "the one of its size, if there is one"
        else:
            assert name.startswith("cpu/")


@pytest.mark.parametrize(
    ("model", "data", "name"),
    [
        ("spikformer-2-64/digits", "digits", "cpu/digits"),
        ("spikformer-2-64/cifar10", "cifar10:folder", "cpu/cifar10"),
        ("spikformer-2-64/digits:softmax", "digits", "cpu/digits"),
        ("spikformer-4-384/cifar10:softmax", "cifar10", "spikformer/cifar10"),
        ("spikformer-2-64/digits", "mnist", "cpu/mnist"),
        ("spikformer-2-64/mnist", "images:photos@28", "cpu/mnist"),
        ("spikformer-2-64/cifar10", "cifar100", "cpu/cifar10"),
        ("spikformer-4-384/cifar10", "cifar10", "spikformer/cifar10"),
        ("spikformer-4-384/cifar10", "cifar100", "spikformer/cifar100"),
        ("spikformer-4-384/cifar10", "images:photos@32", "spikformer/cifar10"),
        ("spikingresformer-m/imagenet", "cifar10", "spikingresformer/cifar10"),
        ("qkformer-10-768/imagenet-384", "images:photos@384", "qkformer/imagenet-10-768"),
        ("spikformer-text-2-64/movie-reviews", "movie-reviews", "cpu/movie-reviews"),
        ("spikformer-lm-2-64/movie-reviews", "movie-reviews:next-token", "cpu/next-token"),
        ("spikformer-lm-2-64/sequences", "task:copy", "cpu/copy"),
        ("spikformer-lm-2-64/sequences", "task:parity", "cpu/parity"),
        ("spikformer-lm-2-64/sequences", "task:associative-recall", "cpu/associative-recall"),
        ("spikformer-lm-2-64/sequences", "../../secret", "cpu/next-token"),
    ],
)
def test_the_default_is_that_of_the_data_then_that_of_the_name(model, data, name):
    assert default_recipe_name(model, data) == name


def test_a_default_of_no_model_is_refused():
    with pytest.raises(InputError, match=r"Did you mean 'spikformer-2-64/digits'"):
        default_recipe_name("spikformer-2-65/digits", "digits")
