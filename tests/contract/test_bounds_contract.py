"""What every theorem in `spikedim.bounds` must do, whatever it says."""

import inspect
import math
import re
from pathlib import Path

import numpy as np
import pytest

from spikedim import bounds
from spikedim._core import InputError
from spikedim.bounds import Bound, BoundKind, UniversalSizes

# One legal value for every parameter name: a new theorem that uses known names needs no entry.
LEGAL = {
    "tokens": 4,
    "features": 8,
    "head_features": 4,
    "neurons": 32,
    "steps": 16,
    "refractory_steps": 2,
    "epsilon_rms": 0.05,
    "epsilon_fro": 0.3,
    "row_error": 0.1,
    "max_error": 0.1,
    "failure_probability": 0.01,
    "lipschitz": 1.5,
    "rate": 0.2,
    "max_rate": 0.4,
    "rate_variance": 0.1,
    "phase": 0.25,
    "bits": 40.0,
    "distortion": 0.5,
    "eigenvalues": np.array([2.0, 1.0, 0.25]),
    "population": "4 x 8 population under test",
}
NOT_COUNTS = (0, -3, 2.5, True, "4", None)
NOT_POSITIVE = (0.0, -1.0, math.nan, math.inf, True, "0.1", None, 1 + 2j)
ILLEGAL = {
    **dict.fromkeys(("tokens", "features", "head_features", "neurons", "steps"), NOT_COUNTS),
    "refractory_steps": [-1, 0.5, True, "2", 10**10],
    **dict.fromkeys(("epsilon_rms", "epsilon_fro", "row_error"), NOT_POSITIVE),
    **dict.fromkeys(("lipschitz", "distortion"), NOT_POSITIVE),
    **dict.fromkeys(("rate", "max_rate", "max_error"), (*NOT_POSITIVE, 1.01)),
    "failure_probability": [*NOT_POSITIVE, 1.0],
    "rate_variance": [-0.01, 0.26, math.nan, "0.1", None],
    "phase": [-0.1, 1.1, math.nan, "half"],
    "bits": [-1.0, math.nan, math.inf, "8", 1e19],
    "eigenvalues": ["spectrum", [[1.0]], [], [0.0, 0.0], [1.0, -0.1], [math.nan], [1j], [None]],
}
FUNCTIONS = [getattr(bounds, name) for name in bounds.__all__ if name.islower()]
THEOREMS = [f for f in FUNCTIONS if inspect.signature(f).return_annotation is Bound]
RETURNS_MORE = {"ladder", "published_universal_sizes", "reverse_water_filling"}


def legal(theorem):
    return {name: LEGAL[name] for name in inspect.signature(theorem).parameters}


def members(theorem):
    """Return the bounds in whatever `theorem` returns."""
    got = theorem(**legal(theorem))
    return (got.layers, got.heads, got.steps) if isinstance(got, UniversalSizes) else (got,)


@pytest.fixture(params=[*THEOREMS, bounds.published_universal_sizes], ids=lambda f: f.__name__)
def theorem(request):
    return request.param


def test_every_function_is_a_theorem_or_known_to_return_more():
    assert {f.__name__ for f in FUNCTIONS} - {f.__name__ for f in THEOREMS} == RETURNS_MORE


def test_takes_keywords_only(theorem):
    kinds = {p.kind for p in inspect.signature(theorem).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_returns_a_finite_number_that_says_what_it_is(theorem):
    for bound in members(theorem):
        assert bound.name == theorem.__name__
        assert math.isfinite(bound.value)
        assert bound.value >= 0
        assert bound.unit in {"bits", "bits per step", "spikes", "steps", "layers", "heads"}
        assert bound.population
        assert len(bound.reference) > 20
        assert bound.reason == ""


def test_counts_steps_in_whole_numbers(theorem):
    for bound in members(theorem):
        if bound.unit in {"steps", "layers", "heads"}:
            assert bound.value == round(bound.value)


def test_published_forms_carry_a_verdict_and_only_they(theorem):
    for bound in members(theorem):
        assert (bound.kind is BoundKind.PUBLISHED) == theorem.__name__.startswith("published_")
        assert bool(bound.verdict) == (bound.kind is BoundKind.PUBLISHED)
        if bound.verdict:
            assert re.match(r"(False|Unproved|Right up to)\b", bound.verdict)
            assert re.search(r"[Ff]alse|[Uu]nproved", bound.verdict)


def test_lists_as_many_assumptions_as_its_docstring(theorem):
    listed = theorem.__doc__.split("Assumptions:\n", 1)[1].split("References\n", 1)[0]
    numbers = [int(n) for n in re.findall(r"^\s+(\d+)\. ", listed, flags=re.MULTILINE)]
    for bound in members(theorem):
        assert numbers == list(range(1, len(bound.assumptions) + 1))
        assert numbers
        assert all(a.text and a.holds is not False for a in bound.assumptions)
        assert len({a.text for a in bound.assumptions}) == len(bound.assumptions)


def test_survives_json(theorem):
    for bound in members(theorem):
        assert Bound.from_json(bound.to_json()) == bound


def test_cites_in_its_result_the_author_its_docstring_cites(theorem):
    cited = theorem.__doc__.split(".. [1]", 1)[1].split("Examples", 1)[0]
    year = re.findall(r"\b(?:1[89]|20)\d\d\b|arXiv [\d.]+\d", cited)
    for bound in members(theorem):
        assert not year or any(y in bound.reference for y in year)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_depends_on_error_and_lipschitz_through_their_ratio(theorem, scale):
    arguments = legal(theorem)
    name = next((k for k in ("epsilon_rms", "epsilon_fro") if k in arguments), None)
    if name is None or "lipschitz" not in arguments:
        return
    scaled = arguments | {k: arguments[k] * scale for k in (name, "lipschitz")}
    assert theorem(**scaled).value == pytest.approx(theorem(**arguments).value, rel=1e-9)


@pytest.mark.usefixtures("untyped")
def test_bad_input_raises_input_error_that_names_function_and_parameter(theorem):
    for name in inspect.signature(theorem).parameters:
        for bad in ILLEGAL.get(name, []):
            with pytest.raises(InputError, match=rf"^{theorem.__name__}: `{name}` must .*; got "):
                theorem(**legal(theorem) | {name: bad})


@pytest.mark.usefixtures("untyped")
def test_absurd_ratios_raise_input_error(theorem):
    for name in ("epsilon_rms", "epsilon_fro", "row_error"):
        if name in inspect.signature(theorem).parameters:
            for bad in (1e-200, 1e200, 5e-324, 1.7e308):
                with pytest.raises(InputError, match=f"`{name}` must be within a factor 1e100"):
                    theorem(**legal(theorem) | {name: bad})


@pytest.mark.usefixtures("untyped")
def test_numpy_and_integer_numbers_are_welcome(theorem):
    plain = [b.value for b in members(theorem)]
    arguments = {k: np.float64(v) if isinstance(v, float) else v for k, v in legal(theorem).items()}
    arguments = {k: np.int64(v) if isinstance(v, int) else v for k, v in arguments.items()}
    got = theorem(**arguments)
    values = (
        [got.layers.value, got.heads.value, got.steps.value]
        if isinstance(got, UniversalSizes)
        else [got.value]
    )
    assert values == plain


DOCS = Path(__file__).parents[2] / "docs"


def test_the_theory_index_names_every_theorem_and_only_tests_that_exist():
    index = (DOCS / "theory-index.md").read_text(encoding="utf-8")
    quoted = set(re.findall(r"`([^`\s]+)`", index))
    assert {f.__name__ for f in FUNCTIONS} <= quoted
    tests = {name for name in quoted if name.endswith(".py")}
    assert tests
    assert [t for t in sorted(tests) if not (DOCS.parent / "tests" / t).is_file()] == []


def test_every_test_of_the_index_uses_the_theorems_of_its_row():
    index = (DOCS / "theory-index.md").read_text(encoding="utf-8")
    theorems = {f.__name__ for f in FUNCTIONS}
    rows = [line.split("|") for line in index.splitlines() if "test_" in line and "|" in line]
    assert len(rows) > 15
    for row in rows:
        named = theorems & set(re.findall(r"`(\w+)`", "|".join(row[:-2])))
        files = re.findall(r"`([\w/]+\.py)`", row[-2])
        text = "".join((DOCS.parent / "tests" / f).read_text(encoding="utf-8") for f in files)
        assert [name for name in sorted(named) if name not in text] == []


def test_the_guide_and_the_symbols_name_only_what_exists():
    guide = (DOCS / "how-to-choose-a-bound.md").read_text(encoding="utf-8")
    known = set(bounds.__all__)
    for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", guide):
        parameters = name in LEGAL
        assert parameters or name in known, name
    for stem in re.findall(r"`([a-z_]+_)\*`", guide):
        assert any(name.startswith(stem) for name in known), stem
