"""What every circuit in `spikedim.circuits` must do, whatever it computes."""

import inspect
from collections import Counter

import numpy as np
import pytest

from spikedim import circuits
from spikedim._core import InputError
from spikedim.circuits import (
    CircuitResult,
    CodebookAttention,
    MultiHeadSpikingAttention,
    SpikingAttention,
    gap_to_max_and_mean,
)

LOGITS = np.array([[0.0, 1.0, 2.0], [0.5, 0.5, -np.inf]])
EXPONENTS = np.array([-1.0, 0.5])
TOKENS = np.array([[0.8, 0.2], [0.3, 0.7]])
EYE = np.eye(2)
HEAD = SpikingAttention.compile(EYE, EYE, EYE)
WIDE = np.tile(EYE, 2)
HEADS = MultiHeadSpikingAttention.compile(WIDE, WIDE, WIDE, heads=2)
MEMORY = CodebookAttention.compile(gap_to_max_and_mean, tokens=2, features=2, cells=2)

# What each circuit needs beside its input and its steps.
NEEDS = {
    "bernstein_windows": (TOKENS, {"function": gap_to_max_and_mean}),
    "cup": (LOGITS, {}),
    "exp_bernoulli_factory": (EXPONENTS, {"half_range": 2.0}),
    "exp_taylor_coincidence": (EXPONENTS, {"half_range": 2.0}),
    "gli": (LOGITS, {}),
    "published_attention": (TOKENS, {"w_q": EYE, "w_k": EYE, "w_v": EYE}),
    "published_diagonal_wta": (LOGITS, {}),
    "published_exp_series": (EXPONENTS, {"half_range": 2.0}),
    "published_subtractive_wta": (LOGITS, {}),
    "race": (LOGITS, {}),
    "softmax": (LOGITS, {}),
    "sparsemax": (LOGITS, {}),
}
COMPILED = {
    "CodebookAttention": MEMORY,
    "SpikingAttention": HEAD,
    "MultiHeadSpikingAttention": HEADS,
}


def takes(function, name):
    return name in inspect.signature(function).parameters


def call(name, *, steps=64, seed=0, x=None, **fields):
    """Run one circuit on its example."""
    if name in COMPILED:
        function, given, needs = COMPILED[name].run, TOKENS, {}
    else:
        function = getattr(circuits, name)
        given, needs = NEEDS[name]
    needs = {**needs, **fields}
    if takes(function, "generator"):
        needs["generator"] = np.random.default_rng(seed)
    needs["window" if name == "bernstein_windows" else "steps"] = steps
    return function(given if x is None else x, **needs)


@pytest.fixture(params=[*NEEDS, *COMPILED])
def name(request):
    return request.param


def test_every_circuit_is_here():
    functions = {n for n in circuits.__all__ if inspect.isfunction(getattr(circuits, n))}
    returning = {
        n
        for n in functions
        if inspect.signature(getattr(circuits, n)).return_annotation is CircuitResult
    }
    assert returning == set(NEEDS)


def test_the_certificate_counts_what_is_wired(name):
    result = call(name)
    graph = result.to_graph()
    assert isinstance(result, CircuitResult)
    assert result.certificate.neurons == result.wiring.neurons
    assert result.certificate.synapses == result.wiring.synapses
    assert graph.neurons * result.wiring.copies == result.wiring.neurons
    assert graph.synapses * result.wiring.copies == result.wiring.synapses
    assert result.certificate.spikes == sum(part.spikes for part in result.spikes)


def test_every_population_that_spikes_is_wired(name):
    result = call(name)
    wired = Counter()
    for part in result.wiring.populations:  # spikes of one kind are added over heads
        wired[part.name.partition(" of head ")[0]] += part.neurons * result.wiring.copies
    for part in result.spikes:
        assert part.neurons == wired[part.population]
        assert part.rate == pytest.approx(part.spikes / part.neurons / result.steps)


def test_every_loop_of_a_circuit_takes_a_step(name):
    at_once = {
        (part.source, part.target) for part in call(name).wiring.projections if not part.delay_steps
    }
    waiting = {end for pair in at_once for end in pair}
    while ready := waiting - {target for source, target in at_once if source in waiting}:
        waiting -= ready
    assert waiting == set()


def test_a_theorem_holds_or_nothing_is_claimed(name):
    certificate = call(name).certificate
    if certificate.theorem.name:
        assert certificate.holds is True
        assert certificate.error <= certificate.bound
    else:
        assert certificate.bound is None
        assert certificate.holds in (None, False)
        assert certificate.reason or certificate.theorem.statement


def test_values_are_finite_and_of_the_shape_of_the_target(name):
    result = call(name)
    assert np.isfinite(result.value).all()
    assert result.value.shape == result.target.shape
    assert result.silent.dtype == np.bool_


def test_an_error_that_is_not_measured_is_absent(name):
    result = call(name, measure_error=False)
    assert (result.certificate.error, result.certificate.rms_error) == (None, None)
    assert result.target is None
    assert result.certificate.holds is not True
    assert np.array_equal(result.value, call(name).value)


def test_the_same_seed_gives_the_same_spikes(name):
    first, second = call(name, seed=3), call(name, seed=3)
    assert np.array_equal(first.value, second.value)
    assert first.spikes == second.spikes


def test_results_survive_json(name):
    result = call(name)
    back = CircuitResult.from_json(result.to_json())
    assert np.array_equal(back.value, result.value)
    assert back.certificate == result.certificate
    assert back.to_graph().synapses == result.to_graph().synapses


def test_the_input_is_left_alone(name):
    given = (TOKENS if name in COMPILED else NEEDS[name][0]).copy()
    before = given.copy()
    call(name, x=given)
    assert np.array_equal(given, before)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("steps", [0, -3, 1.5])
def test_steps_below_one_are_refused(name, steps):
    with pytest.raises(InputError, match=r"must be an integer >= 1; got"):
        call(name, steps=steps)


def test_nan_is_refused_at_the_door(name):
    given = (TOKENS if name in COMPILED else NEEDS[name][0]).copy()
    given.flat[0] = np.nan
    with pytest.raises(InputError, match=r"must be .*NaN|must be in|must be finite"):
        call(name, x=given)


@pytest.mark.usefixtures("untyped")
def test_a_stochastic_circuit_needs_a_generator(name):
    function = COMPILED[name].run if name in COMPILED else getattr(circuits, name)
    parameters = inspect.signature(function).parameters
    if "generator" not in parameters or parameters["generator"].default is None:
        return
    given, needs = (TOKENS, {}) if name in COMPILED else NEEDS[name]
    count = "window" if name == "bernstein_windows" else "steps"
    with pytest.raises(
        InputError, match=r"`generator` must be a numpy\.random\.Generator; got int"
    ):
        function(given, **needs, **{count: 4}, generator=0)
