"""What holds of every allocation."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.allocation_examples import example_trace

from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.response import allocate

PARTS = st.lists(
    st.tuples(st.floats(1e-3, 1e3) | st.just(0.0), st.floats(0.1, 100.0)), min_size=1, max_size=6
).filter(lambda pairs: sum(noise for noise, _ in pairs) > 0)
EXPONENTS = st.sampled_from([1, 2])


@settings(max_examples=30)
@given(PARTS, EXPONENTS, st.integers(1, 40))
def test_between_its_bound_and_equal_steps(pairs, exponent, steps):
    found = allocate(example_trace(*zip(*pairs, strict=True), exponent=exponent), steps=steps)
    assert found.bound <= found.error_ratio * (1 + 1e-9)
    assert found.error_ratio <= 1 + 1e-9  # equal steps are one of the choices
    assert found.cost <= steps * sum(cost for _, cost in pairs) * (1 + 1e-9)
    assert min(found.steps.values()) >= 1


@settings(max_examples=30)
@given(PARTS, EXPONENTS, st.integers(1, 40))
def test_more_steps_never_err_more(pairs, exponent, steps):
    trace = example_trace(*zip(*pairs, strict=True), exponent=exponent)
    fewer, more = allocate(trace, steps=steps), allocate(trace, steps=steps + 1)
    assert more.squared_error <= fewer.squared_error * (1 + 2e-4)


@settings(max_examples=30)
@given(PARTS, EXPONENTS, st.integers(1, 40), st.integers(0, 20))
def test_a_looser_cap_never_errs_more(pairs, exponent, steps, more):
    trace = example_trace(*zip(*pairs, strict=True), exponent=exponent)
    tight = allocate(trace, steps=steps, latency_cap=steps + more)
    loose = allocate(trace, steps=steps, latency_cap=steps + more + 1)
    assert tight.latency <= steps + more
    assert loose.squared_error <= tight.squared_error * (1 + 2e-4)
    assert tight.error_ratio <= 1 + 1e-9


@settings(max_examples=30)
@given(PARTS, EXPONENTS, st.floats(1.01, 100.0))
def test_an_error_is_kept_and_costs_no_more_than_equal_steps(pairs, exponent, factor):
    traces, costs = zip(*pairs, strict=True)
    trace = example_trace(traces, costs, exponent=exponent)
    target = float(np.sqrt(sum(traces) / factor))
    found = allocate(trace, epsilon=Epsilon(target, EpsilonKind.FRO))
    assert found.squared_error <= target**2 * (1 + 1e-9)
    equal = int(np.ceil(factor ** (1 / exponent) * (1 - 1e-9)))
    assert found.cost <= equal * sum(costs) * (1 + 2e-4)


@settings(max_examples=30)
@given(PARTS, EXPONENTS, st.integers(1, 40), st.floats(0.01, 100.0))
def test_units_do_not_matter(pairs, exponent, steps, factor):
    traces, costs = zip(*pairs, strict=True)
    plain = allocate(example_trace(traces, costs, exponent=exponent), steps=steps)
    prices = {f"p{index}": factor * cost for index, cost in enumerate(costs)}
    other = allocate(
        example_trace(traces, costs, exponent=exponent), steps=steps, costs=prices, unit="pJ"
    )
    assert np.isclose(other.squared_error, plain.squared_error, rtol=2e-4)
    assert np.isclose(other.bound, plain.bound)
