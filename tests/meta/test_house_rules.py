"""House rules that a syntax tree can see."""

import ast
import re
from pathlib import Path

import pytest

ERRORS = {"InputError", "AssumptionError", "NumericsError"}
CALLER = r"^(\{\}|\w)[\w. -]*: "
# A method may blame what its object holds instead of a parameter.
BLAMED = r"(`(\{\}|[\w ./\[\]{}-]+)`|(the )?(sketch|samples|entries) must)"
FORM = re.compile(CALLER + BLAMED)
# A computation that fails, or a theorem that does not apply, has no parameter to blame.
LOOSE_FORM = re.compile(CALLER + r"\S")
# Messages that wrap another message of the right form.
LISTED = {"{}: {}"}
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
    """Yield (kind, place, text) of every error of ours that is raised with a message."""
    for node in source.nodes:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            kind = ast.unparse(node.exc.func)
            if kind in ERRORS:
                text = template(node.exc.args[0]) if node.exc.args else None
                yield kind, f"{source.name}:{node.lineno}: {text!r}", text


def test_a_message_names_function_and_parameter(package):
    found = [message for source in package for message in messages(source)]
    assert len(found) > 20
    wrong = [
        place
        for kind, place, text in found
        if text not in LISTED
        if text is None or not (FORM if kind == "InputError" else LOOSE_FORM).match(text)
    ]
    assert wrong == [], "form: function: `param` must be <need>; got <value>. <what to do>"


def test_a_message_is_a_sentence(package):
    found = [message for source in package for message in messages(source)]
    assert [place for _, place, text in found if text and text[-1] not in ".?}"] == []


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("plan: `rate` must be in (0, 1]; got {}.", True),
        ("{}: the sketch must have at least 2 samples; got {}.", True),
        ("{}: `{}` must be above 0; got {}.", True),
        ("rate must be positive", False),
        ("plan: rate must be positive", False),
        ("`rate` must be positive", False),
    ],
)
def test_the_form_tells_good_from_bad(text, good):
    assert bool(FORM.match(text)) is good


def unowned_randomness(source):
    """Yield the lines that draw from, or seed, a generator of the whole process."""
    imported = {
        alias.asname or alias.name
        for node in source.nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for name, call in source.calls:
        owned = any(keyword.arg == "generator" for keyword in call.keywords)
        if name.partition(".")[0] in imported and (
            LEGACY_NUMPY.fullmatch(name)
            or GLOBAL_SEED.fullmatch(name)
            or (TORCH_DRAW.fullmatch(name) and not owned)
            or (name.endswith("random.default_rng") and not call.args and not call.keywords)
        ):
            yield f"{source.name}:{call.lineno}: {name}"


def test_randomness_has_an_owner(every_source):
    wrong = [line for source in every_source for line in unowned_randomness(source)]
    assert wrong == [], "pass a generator with a seed"


def test_rooms_below_the_command_line_do_not_print(package):
    loud = ("print", "sys.stdout.write", "sys.stderr.write")
    below = [source for source in package if "/cli/" not in source.name]
    calls = [(source.name, call.lineno, name) for source in below for name, call in source.calls]
    assert [call for call in calls if call[2] in loud] == []


def test_browser_tests_live_where_the_target_looks(every_source):
    marked = {s.name for s in every_source if "mark" + ".browser" in s.text}
    assert marked
    assert [name for name in marked if not name.startswith("tests/browser/")] == []


def imports(source):
    """Yield (line, module, names) of every ``from module import names``."""
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module, {alias.name for alias in node.names}


def test_annotations_are_real(package):
    wrong = [
        f"{source.name}:{line}"
        for source in package
        for line, module, names in imports(source)
        if (module == "__future__" and "annotations" in names)
        or (module == "typing" and names & {"TYPE_CHECKING", "Self"})
    ]
    assert wrong == [], "the type hook of the tests needs real annotations"


def room_of(source):
    """Return the folder below the package; a large room has folders of its own."""
    return source.name.partition("src/spikedim/")[2].partition("/")[0]


def test_private_files_stay_in_their_room(package):
    wrong = [
        f"{source.name}:{line}: {module}"
        for source in package
        for line, module, _ in imports(source)
        if len(parts := module.split(".")) > 2 and parts[0] == "spikedim"
        if parts[1] != room_of(source)
    ]
    assert wrong == [], "between rooms import the package"


def test_a_loose_end_has_an_issue_number(every_source):
    words = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    loose = re.compile(rf"\b({words})\b(?!\(#\d+\))")
    assert [source.name for source in every_source if loose.search(source.text)] == []


def machine_path(text):
    """Find a path of somebody's machine: home folders and build folders."""
    return re.search(r"(?<![\w.])/(work|root|Users|home/[a-z]\w*)(/|\b)", text)


def test_no_path_of_this_machine(every_source):
    wrong = [s.name for s in every_source if s.path != Path(__file__) and machine_path(s.text)]
    assert wrong == []


def test_no_path_of_this_machine_in_a_page(page):
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    assert [f"{page.name}:{n}" for n, line in lines if machine_path(line)] == []


@pytest.mark.parametrize("around", ["see {}", "'{}'", "{}"])
@pytest.mark.parametrize("root", ["work", "root", "Users", "home"])
def test_machine_paths_are_recognised(root, around):
    assert machine_path(around.format(f"/{root}/ann/data"))


@pytest.mark.parametrize(
    "good", ["network/work/hours", "a/home/page", "w/root", "https://x.org/home/"]
)
def test_ordinary_text_is_not_a_machine_path(good):
    assert not machine_path(good)
