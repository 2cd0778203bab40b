"""House rules that a syntax tree can see."""

import ast
import re

import pytest

ERRORS = {"InputError", "AssumptionError", "NumericsError"}
CALLER = r"^(\{\}|\w)[\w. -]*: "
FORM = re.compile(CALLER + r"(`(\{\}|[\w ./\[\]{}-]+)`|assumption \{\} fails: )")
# A computation that fails, or a theorem that does not apply, has no parameter to blame.
LOOSE_FORM = re.compile(CALLER + r"\S")
# Messages that wrap another message of the right form, or speak of the object itself.
LISTED = {
    "{}: {}",
    (
        "Spectrum.rate_variance: entries must be rates in [0, 1]; got [{}, {}]. "
        "Call `as_rates()` first."
    ),
}
LEGACY_NUMPY = re.compile(
    r"(np|numpy)\.random\.(seed|rand|randn|randint|random|choice|shuffle|permutation|normal|"
    r"uniform|standard_normal|binomial|poisson|RandomState)"
)
GLOBAL_SEED = re.compile(
    r"(torch(\.\w+)*\.(manual_seed|seed)|random\.(seed|choice|shuffle|random))"
)
TORCH_DRAW = re.compile(
    r"torch\.(rand|randn|randint|randperm|bernoulli|multinomial|normal|poisson)"
)


def template(node):
    """Return the text of a message with ``{}`` for each inserted value, None if it is no text."""
    if ast.unparse(node).startswith("str(error)"):
        return "{}: {}"  # the message of another room, under the name of the caller
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = template(node.left), template(node.right)
        return None if left is None else left + (right or "{}")
    return None


def messages(source):
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            kind = ast.unparse(node.exc.func)
            if kind in ERRORS:
                yield kind, node.lineno, template(node.exc.args[0]) if node.exc.args else None


def test_a_message_names_function_and_parameter(source):
    wrong = [
        f"{source.name}:{line}: {text!r}"
        for kind, line, text in messages(source)
        if text not in LISTED
        if text is None or not (FORM if kind == "InputError" else LOOSE_FORM).match(text)
    ]
    assert wrong == [], "form: function: `param` must be <need>; got <value>. <what to do>"


def test_a_message_is_a_sentence(source):
    wrong = [
        f"{source.name}:{line}: {text!r}"
        for _, line, text in messages(source)
        if text is not None and not text.endswith((".", "?", "}"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("plan: `rate` must be in (0, 1]; got {}.", True),
        ("{}: `{}` must be above 0; got {}.", True),
        ("{}: assumption {} fails: {}", True),
        ("rate must be positive", False),
        ("plan: rate must be positive", False),
        ("`rate` must be positive", False),
    ],
)
def test_the_form_tells_good_from_bad(text, good):
    assert bool(FORM.match(text)) is good


def test_randomness_has_an_owner(any_source):
    wrong = []
    for name, call in any_source.calls():
        owned = any(k.arg == "generator" for k in call.keywords)
        if (
            LEGACY_NUMPY.fullmatch(name)
            or GLOBAL_SEED.fullmatch(name)
            or (TORCH_DRAW.fullmatch(name) and not owned)
            or (name.endswith("random.default_rng") and not call.args and not call.keywords)
        ):
            wrong.append(f"{any_source.name}:{call.lineno}: {name}")
    assert wrong == [], "pass a Generator with a seed"


def test_rooms_below_the_command_line_do_not_print(source):
    if "/cli/" in source.name:
        return
    wrong = [call.lineno for name, call in source.calls() if name in ("print", "sys.stdout.write")]
    assert wrong == []


def test_annotations_are_real(source):
    wrong = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if any(alias.name == "annotations" for alias in node.names)
    ]
    assert wrong == [], "the type hook of the tests needs real annotations"


def test_private_files_stay_in_their_room(source):
    here = source.path.parent.name
    wrong = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "spikedim" and len(parts) > 2 and parts[1] != here:
                wrong.append(f"{source.name}:{node.lineno}: {node.module}")
    assert wrong == [], "between rooms import the package"


def test_a_loose_end_has_an_issue_number(any_source):
    words = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    loose = re.compile(rf"\b({words})\b(?!\(#\d+\))")
    lines = enumerate(any_source.text.splitlines(), start=1)
    assert [f"{any_source.name}:{n}" for n, line in lines if loose.search(line)] == []


def machine_path(text):
    """Find a path of somebody's machine: home folders and build folders."""
    return re.search(r"(?<![\w.])/(work|root|Users|home/[a-z]\w*)(/|\b)", text)


def test_no_path_of_this_machine(any_source):
    if any_source.name == "tests/meta/test_house_rules.py":
        return
    lines = enumerate(any_source.text.splitlines(), start=1)
    assert [f"{any_source.name}:{n}" for n, line in lines if machine_path(line)] == []


def test_no_path_of_this_machine_in_a_page(page):
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    assert [f"{page.name}:{n}" for n, line in lines if machine_path(line)] == []


@pytest.mark.parametrize(
    "bad", ["see /work/main", "'/root/x'", "/Users/ann/data", "/home/ann/data"]
)
def test_machine_paths_are_recognised(bad):
    assert machine_path(bad)


@pytest.mark.parametrize(
    "good", ["network/work/hours", "a/home/page", "w/root", "https://x.org/home/"]
)
def test_ordinary_text_is_not_a_machine_path(good):
    assert not machine_path(good)


def test_files_hold_one_idea(source):
    assert len(source.text.splitlines()) <= 500, "past 300 lines ask what second idea lives there"
