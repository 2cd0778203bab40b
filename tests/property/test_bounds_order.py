"""Bounds grow and shrink with what they should, and lower ones stay below upper ones."""

import inspect
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim import bounds
from spikedim._core import AssumptionError
from spikedim.bounds import (
    Bound,
    bernoulli_spikes,
    bernoulli_steps,
    bernstein_steps,
    binary_code_steps,
    hoeffding_steps,
    minimum_spikes_any_rate,
    rate_code_minimax_steps,
    rate_code_steps,
    rate_code_sufficient_steps,
    refractory_capacity,
    refractory_code_spikes,
    refractory_code_steps,
    sigma_delta_steps,
    spikes_for_bits,
    spikes_for_bits_refractory,
    steps_for_bits,
    steps_for_bits_refractory,
    uniform_information_bits,
    uniform_information_bits_upper,
)

counts = st.integers(1, 2000)
errors = st.floats(1e-4, 10.0)
scales = st.floats(1e-2, 100.0)
rates = st.floats(0.01, 0.99)
bits = st.floats(0.0, 1e6)
factors = st.floats(1.0, 50.0)

SHAPED = [
    f
    for f in (getattr(bounds, n) for n in bounds.__all__ if n.islower())
    if inspect.signature(f).return_annotation is Bound
    and {"tokens", "features", "lipschitz"} <= set(inspect.signature(f).parameters)
]
SPARE = {"rate": 0.3, "rate_variance": 0.1, "refractory_steps": 2, "phase": 0.25}


@st.composite
def targets(draw):
    return {
        "tokens": draw(counts),
        "features": draw(counts),
        "epsilon": draw(errors),
        "lipschitz": draw(scales),
    }


def value(theorem, target):
    """Apply a theorem to a target, whichever of its errors it asks for; None if it refuses."""
    wanted = inspect.signature(theorem).parameters
    arguments = {k: v for k, v in (SPARE | target).items() if k in wanted}
    for name in ("epsilon_rms", "epsilon_fro"):
        if name in wanted:
            arguments[name] = target["epsilon"]
    try:
        return theorem(**arguments).value
    except AssumptionError:
        return None


@pytest.mark.parametrize("theorem", SHAPED, ids=lambda f: f.__name__)
@settings(max_examples=30)
@given(targets(), factors)
def test_a_looser_error_or_a_flatter_function_never_costs_more(theorem, target, factor):
    at = value(theorem, target)
    looser = value(theorem, target | {"epsilon": target["epsilon"] * factor})
    flatter = value(theorem, target | {"lipschitz": target["lipschitz"] / factor})
    slack = 1e-9 * (at or 0)
    assert looser is None or looser <= at + slack
    assert flatter is None or flatter <= at + slack


@pytest.mark.parametrize("theorem", SHAPED, ids=lambda f: f.__name__)
@settings(max_examples=30)
@given(targets(), counts)
def test_more_tokens_or_features_never_cost_less(theorem, target, more):
    at = value(theorem, target)
    if at is None:
        return
    for axis in ("tokens", "features"):
        assert value(theorem, target | {axis: target[axis] + more}) >= at * (1 - 1e-12)


@settings(max_examples=30)
@given(targets())
def test_tokens_and_features_enter_through_their_product(target):
    swapped = target | {"tokens": target["features"], "features": target["tokens"]}
    for theorem in SHAPED:
        assert value(theorem, swapped) == value(theorem, target)


@given(targets())
def test_lower_bits_stay_below_upper_bits(target):
    low = value(uniform_information_bits, target)
    high = value(uniform_information_bits_upper, target)
    assert 0 <= low <= high


@given(targets())
def test_rate_code_bounds_are_in_order(target):
    target = target | {"rate_variance": 1 / 6}
    entries = target["tokens"] * target["features"]
    fro = target | {"epsilon": target["epsilon"] * entries**0.5}
    lower, plain = value(rate_code_steps, target), value(bernoulli_steps, target)
    assert lower <= plain <= lower + 3
    worst = value(rate_code_sufficient_steps, fro)
    assert value(rate_code_minimax_steps, target) <= worst
    assert plain <= worst


@given(targets())
def test_explicit_codes_respect_the_information_bound(target):
    information = uniform_information_bits(
        tokens=target["tokens"],
        features=target["features"],
        epsilon_rms=target["epsilon"],
        lipschitz=target["lipschitz"],
    ).value
    entries = target["tokens"] * target["features"]
    # At rate one half a neuron carries one bit a step, the most there is.
    fewest = steps_for_bits(bits=information, neurons=entries, rate=0.5).value
    for code in (binary_code_steps, sigma_delta_steps, bernoulli_steps):
        assert value(code, target | {"rate_variance": 1 / 6, "phase": 0.5}) >= fewest


@given(counts, counts, st.floats(0.001, 1.0), st.floats(1e-9, 0.999), st.floats(0.001, 1.0))
def test_bernstein_beats_hoeffding_only_for_small_rates(n, d, error, failure, top):
    promise = {
        "tokens": n,
        "features": d,
        "max_error": error,
        "failure_probability": failure,
    }
    sparse = bernstein_steps(**promise, max_rate=top).value
    plain = hoeffding_steps(**promise).value
    assert sparse >= plain - 1 or top < 0.5
    assert bernstein_steps(**promise, max_rate=min(1.0, 2 * top)).value >= sparse


@given(bits, rates, st.integers(0, 20))
def test_a_refractory_period_never_makes_bits_cheaper(message, rate, silent):
    rate = rate / (1 + silent)
    free = spikes_for_bits(bits=message, rate=rate).value
    tied = spikes_for_bits_refractory(bits=message, rate=rate, refractory_steps=silent).value
    assert tied >= free * (1 - 1e-9)
    soon = steps_for_bits(bits=message, neurons=64, rate=rate).value
    late = steps_for_bits_refractory(
        bits=message, neurons=64, rate=rate, refractory_steps=silent
    ).value
    assert late >= soon
    # A fresh start is worth at most d steps that say "no spike", -log2(1 - hazard) bits each.
    hazard = rate / (1 - silent * rate)
    head_start = silent * -math.log2(1 - hazard)
    per_step = message * rate / tied if message else 1.0
    assert late >= (tied / (64 * rate) - head_start / per_step) * (1 - 1e-9)
    if silent == 0:
        assert (tied, late) == (pytest.approx(free), soon)


@given(st.integers(0, 10**6))
def test_capacity_falls_with_the_refractory_period_and_stays_above_zero(silent):
    here = refractory_capacity(refractory_steps=silent).value
    assert 0 < refractory_capacity(refractory_steps=silent + 1).value < here <= 1


@given(bits, rates, st.floats(1.0, 3.0))
def test_denser_trains_carry_fewer_bits_per_spike(message, rate, factor):
    dense = min(0.999, rate * factor)
    assert spikes_for_bits(bits=message, rate=dense).value >= spikes_for_bits(
        bits=message, rate=rate
    ).value * (1 - 1e-9)


@given(st.floats(0.0, 500.0), st.integers(1, 300), st.integers(2, 40))
def test_a_free_rate_needs_at_most_as_many_spikes_as_any_rate(message, neurons, steps):
    cells = neurons * steps
    if message > cells:
        with pytest.raises(AssumptionError, match="assumption 3 fails: the bits must fit"):
            minimum_spikes_any_rate(bits=message, neurons=neurons, steps=steps)
        return
    fewest = minimum_spikes_any_rate(bits=message, neurons=neurons, steps=steps).value
    assert 0 <= fewest <= cells
    more_bits = min(float(cells), message + 1)
    assert minimum_spikes_any_rate(bits=more_bits, neurons=neurons, steps=steps).value >= fewest
    assert minimum_spikes_any_rate(bits=message, neurons=neurons, steps=2 * steps).value <= fewest


@given(targets(), st.integers(0, 50))
def test_refractoriness_costs_steps_and_saves_spikes_per_step(target, silent):
    arguments = {
        "tokens": target["tokens"],
        "features": target["features"],
        "epsilon_rms": target["epsilon"],
        "lipschitz": target["lipschitz"],
    }
    steps = refractory_code_steps(**arguments, refractory_steps=silent).value
    spikes = refractory_code_spikes(**arguments, refractory_steps=silent).value
    plain_steps = bernoulli_steps(**arguments, rate_variance=1 / 6).value
    plain = bernoulli_spikes(**arguments, rate_variance=1 / 6, rate=0.5).value
    entries = target["tokens"] * target["features"]
    assert steps >= plain_steps
    # Up to the rounding of T to whole steps.
    assert spikes <= plain + entries / (2 * (1 + silent)) + 1e-9 * plain
