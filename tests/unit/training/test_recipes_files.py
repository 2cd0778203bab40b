"""Recipe files of your own, and what they refuse."""

import pytest

from spikedim._core import InputError
from spikedim.training.recipes import Precision, open_recipe

NESTED = "{a: " * 20 + "1" + "}" * 20
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nepochs: 1\n"


@pytest.fixture
def recipe_file(tmp_path):
    def write(text):
        path = tmp_path / "own.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_of_your_own_has_its_name_and_the_defaults(recipe_file):
    recipe = open_recipe(recipe_file("epochs: 3\n"))
    assert (recipe.name, recipe.source, recipe.epochs, recipe.batch_size) == ("own", "ours", 3, 128)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5e-4", 5e-4),
        ("1E-3", 1e-3),
        ("2.5e-3", 2.5e-3),
        (".5e-2", 0.005),
        ("1.e-3", 1e-3),
        ("0.001", 0.001),
        ("+1e-3", 1e-3),
        ("1", 1.0),
        ("1e0", 1.0),
    ],
)
def test_numbers_are_written_as_in_python(recipe_file, written, value):
    text = f"epochs: 1\noptimiser: {{learning_rate: {written}}}\n"
    found = open_recipe(recipe_file(text)).optimiser.learning_rate
    assert found == value
    changed = open_recipe("cpu/digits", changes={"optimiser.learning_rate": written})
    assert changed.optimiser.learning_rate == value


def test_a_share_may_be_a_quotient(recipe_file):
    recipe = open_recipe(recipe_file("epochs: 310\nschedule: {warm_up: 20/310, cool_down: 0}\n"))
    assert recipe.schedule.warm_up == 20 / 310
    assert open_recipe("cpu/digits", changes={"validation": "1/5"}).validation == 0.2


def test_a_mark_at_the_beginning_of_a_file_is_passed_over(recipe_file):
    assert open_recipe(recipe_file("\ufeffepochs: 3".encode())).epochs == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"`source` must hold names with values, as `epochs: 20`"),
        ("- 1\n- 2", r"`source` must hold names with values"),
        ("just text", r"`source` must hold names with values"),
        ("epochs: [1", r"`source` must be a readable file of plain YAML; .*line 1"),
        ("epochs: 2\n---\nepochs: 3", r"expected a single document"),
        ("\x00", r"special characters are not allowed"),
        (b"\xff\xfe", r"can't decode byte"),
        ("epochs: 1\nepochs: 2", r"\(epochs stands there twice, line 2\)"),
        ('epochs: 1\n"epochs": 2', r"\(epochs stands there twice, line 2\)"),
        ("epochs: 1\nmodel: {a: 1, b: 2, a: 3}", r"\(a stands there twice, line 2\)"),
        (BOMB, r"\(aliases are not read, line 1\)"),
        ("epochs: &x 3", r"\(aliases are not read, line 1\)"),
        ("epochs: *x", r"\(aliases are not read, line 1\)"),
        ("epochs: !!python/object/apply:os.system ['x']", r"\(tags are not read, line 1\)"),
        ("epochs: !!int 3", r"\(tags are not read, line 1\)"),
        ("model: !own {a: 1}", r"\(tags are not read, line 1\)"),
        (NESTED, r"\(more than 8 levels\)"),
        ("[" * 50_000, r"\(more than 8 levels\)"),
        ("epochs: " + "9" * 5000, r"Exceeds the limit"),
        ("#" * 70_000, r"\(more than 64 kB\)"),
        ("<<: {epochs: 3}", r"\(a key that is no name, line 1\)"),
        ("1: 2", r"\(a key that is no name, line 1\)"),
        ("true: 2", r"\(a key that is no name, line 1\)"),
        ("? [a]\n: 1", r"\(a key that is no name, line 1\)"),
        ("{a: 1}: 2", r"\(a key that is no name, line 1\)"),
        ("epochs: 010", r"`epochs` must fit .*valid integer\); got '010'\.$"),
        ("epochs: 1:30", r"`epochs` must fit .*valid integer\); got '1:30'\.$"),
        ("epochs: 1_000", r"`epochs` must fit .*valid integer\); got '1_000'\.$"),
        ("epochs: '3'", r"`epochs` must fit .*valid integer\); got '3'\.$"),
        ("epochs: 3.0", r"`epochs` must fit .*valid integer\); got 3\.0\.$"),
        ("epochs: true", r"`epochs` must fit .*valid integer\); got True\.$"),
        ("epochs: 0", r"`epochs` must fit .*greater than or equal to 1\); got 0\.$"),
        ("epochs: 1e999", r"`epochs` must fit .*; got inf\.$"),
        ("epochs: .nan", r"`epochs` must fit .*; got nan\.$"),
        ("epochs: null", r"one of epochs and updates must be given; got neither\.$"),
        ("batch_size: 3", r"one of epochs and updates must be given; got neither\.$"),
        ("epochs: 1\nupdates: 2", r"one of epochs and updates must be given; got both\.$"),
        ("epochs: 1\nfast: yes", r"`fast` must fit .*valid boolean\); got 'yes'\.$"),
        ("epochs: 1\nfast: 1", r"`fast` must fit .*valid boolean\); got 1\.$"),
        ("epochs: 1\nsteps: -1", r"`steps` must fit .*; got -1\.$"),
        ("epochs: 1\nvalidation: 0.6", r"`validation` must fit .*; got 0\.6\.$"),
        ("epochs: 1\nprecision: float16", r"`precision` must fit .*'float32' or 'bfloat16'"),
        ("epochs: 1\nprecision: bfloat16", r"bfloat16 needs fast: true; got fast: false\.$"),
        ("epochs: 1\naccumulate: 3", r"accumulate must divide batch_size 128; got 3\.$"),
        ("epochs: 1\noptimiser: 3", r"`optimiser` must fit "),
        ("epochs: 1\noptimiser: {kind: lamb}", r"'adamw' or 'sgd'\); got 'lamb'\.$"),
        ("epochs: 1\noptimiser: {learning_rate: .inf}", r"finite number\); got inf\.$"),
        ("epochs: 1\noptimiser: {learning_rate: '1e-3'}", r"valid number\); got '1e-3'\.$"),
        ("epochs: 1\noptimiser: {learning_rate: 0}", r"greater than 0\); got 0\.$"),
        ("epochs: 1\nschedule: {warm_up: true}", r"valid number\); got True\.$"),
        ("epochs: 1\nschedule: {warm_up: 1/0}", r"valid number\); got '1/0'\.$"),
        ("epochs: 1\nschedule: {warm_up: 3/2}", r"less than or equal to 1\); got 1\.5\.$"),
        (
            "epochs: 1\nschedule: {warm_up: 0.8, cool_down: 0.3}",
            r"`schedule` must fit together: warm_up and cool_down .* got 1\.1\.$",
        ),
        ("epochs: 1\nobjective: {label_smoothing: .nan}", r"finite number\); got nan\.$"),
        ("epochs: 1\nneurons: {initial_membrane: 1}", r"less than 1\); got 1\.$"),
        ("epochs: 1\nmodel: {drop_path: .nan}", r"`model\.drop_path` .*finite number\); got nan"),
        ("epochs: 1\nmodel: {drop_path: [1]}", r"`model\.drop_path` .*true or false\); got \[1\]"),
        ("epochs: 1\nmodel: {drop_path: null}", r"`model\.drop_path` .*; got None\.$"),
        ("epochs: 1\nmodel: 3", r"`model` must fit "),
        ("epochs: 1\noptimizer: {}", r"Did you mean 'optimiser'\? Known: name, source, "),
        ("epochs: 1\noptimiser: {beta: 1}", r"Did you mean 'beta\d'\? Known: kind, learning_rate"),
        (
            "epochs: 1\naugmentation: {randaugment: {magnitud: 1}}",
            r"Did you mean 'magnitude'\? Known: operations, magnitude, deviation, probability\.$",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(recipe_file, text, message):
    with pytest.raises(InputError, match=rf"^open_recipe: .*{message}") as caught:
        open_recipe(recipe_file(text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    for path in (
        tmp_path / "missing.yaml",
        tmp_path / "folder.yaml",
        "~nobody-here/x.yaml",
        "\0.yaml",
    ):
        if path == tmp_path / "folder.yaml":
            path.mkdir()
        with pytest.raises(InputError, match=r"must be a readable file of plain YAML; got '"):
            open_recipe(path)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(InputError, match=r"cpu/digits, .*Did you mean 'spikformer/cifar10'\?"):
        open_recipe("spikformer/cifar11")
    with pytest.raises(InputError, match=r"got '\.\./\.\./_recipe'\. See `spikedim train"):
        open_recipe("../../_recipe")


def test_changes_reach_every_depth_and_are_checked():
    recipe = open_recipe(
        "cpu/digits",
        changes={
            "updates": "7",
            "precision": "bfloat16",
            "augmentation.randaugment.magnitude": "3.5",
            "model.drop_path": "0.1",
            "note": "a: b",
        }
        | {"note": "'a: b'"},
    )
    assert (recipe.epochs, recipe.updates, recipe.precision) == (None, 7, Precision.BFLOAT16)
    assert recipe.augmentation.randaugment.magnitude == 3.5
    assert recipe.augmentation.crop == 1, "what is not named stays"
    assert recipe.model == {"drop_path": 0.1}
    assert recipe.note == "a: b"
    assert open_recipe("cpu/digits").epochs == 40, "the recipe itself is not changed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": "3", "updates": "4"}, r"`changes` must set one of epochs and updates"),
        ({"": "3"}, r"`changes` must have dotted names"),
        ({"optimiser..kind": "sgd"}, r"`changes` must have dotted names"),
        ({"epochs ": "3"}, r"`changes` must have dotted names"),
        ({"epochs": "[1"}, r"`changes` must have values as in YAML; got epochs='\[1'"),
        ({"epochs": "*x"}, r"\(aliases are not read"),
        ({"epochs": "three"}, r"`epochs` must fit .*; got 'three'"),
        ({"epochs.x": "3"}, r"`epochs` must fit .*; got \{'x': 3\}"),
        ({"optimiser.lr": "3"}, r"`optimiser\.lr` must fit .*Known: kind, learning_rate"),
        ({"optimizer.kind": "sgd"}, r"Did you mean 'optimiser'\?"),
    ],
)
def test_changes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=rf"^open_recipe: .*{message}"):
        open_recipe("cpu/digits", changes=changes)
