"""Steps by hand, doors, and what an allocation says of itself."""

import itertools

import numpy as np
import pytest
from tests.allocation_examples import example_trace

from spikedim._core import InputError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.response import Allocation, allocate
from spikedim.response.allocation._whole_steps import StepsProblem, unrounded_steps


def test_square_roots_by_hand():
    found = allocate(example_trace([4, 1], [1, 1]), steps=3)
    assert found.steps == {"p0": 4, "p1": 2}  # 2 to 1
    assert (found.cost, found.equal_cost, found.equal_steps) == (6, 6, 3)
    assert found.squared_error == pytest.approx(1.5)
    assert found.equal_squared_error == pytest.approx(5 / 3)
    assert found.error_ratio == pytest.approx(0.9)
    assert found.bound == pytest.approx((2 + 1) ** 2 / (5 * 2))
    assert (found.latency, found.spikes, found.unit) == (4, 6, "spikes")


def test_cube_roots_by_hand():
    found = allocate(example_trace([8, 1], [1, 1], exponent=2), steps=6)
    assert found.steps == {"p0": 8, "p1": 4}  # 2 to 1, as (c / w)^(1/3)
    assert found.squared_error == pytest.approx(8 / 64 + 1 / 16)
    assert found.bound == pytest.approx((2 + 1) ** 3 / (9 * 2**2))
    assert found.error_ratio == pytest.approx(found.bound)  # whole steps lose nothing here


def test_costs_count_as_much_as_noise():
    spikes = allocate(example_trace([1, 1], [4, 1]), steps=3)
    assert spikes.steps == {"p0": 2, "p1": 7}  # 15 = 4 * 2 + 7
    priced = allocate(
        example_trace([1, 1], [4, 1]), steps=3, costs={"p0": 1.0, "p1": 1.0}, unit="pJ"
    )
    assert priced.steps == {"p0": 3, "p1": 3}
    assert (priced.unit, priced.cost, priced.spikes) == ("pJ", 6, 15)


@pytest.mark.parametrize(
    ("kind", "value", "square"),
    [
        (EpsilonKind.FRO, 0.5, 0.25),
        (EpsilonKind.RMS, 0.25, 4 * 0.0625),
        (EpsilonKind.RELATIVE, 0.5, 2 * 0.25),
    ],
)
def test_an_error_is_reached_at_less_cost(kind, value, square):
    trace = example_trace([4, 1, 0.1], [1, 2, 5])
    found = allocate(trace, epsilon=Epsilon(value, kind))
    assert found.squared_error <= square
    assert found.cost < found.equal_cost
    assert found.equal_squared_error == pytest.approx(found.squared_error)
    assert found.equal_steps == pytest.approx(5.1 / found.squared_error)
    assert found.error_ratio == pytest.approx(found.cost / found.equal_cost)  # p = 1


def test_silent_noise_gets_one_step():
    found = allocate(example_trace([1, 0, 1], [1, 0, 1]), steps=8)
    assert found.steps == {"p0": 8, "p1": 1, "p2": 8}
    spared = allocate(example_trace([1, 0, 1], [1, 2, 1]), steps=8)
    assert spared.steps == {"p0": 15, "p1": 1, "p2": 15}
    assert spared.bound == pytest.approx(0.5)


def test_a_cap_holds_and_its_steps_go_elsewhere():
    trace = example_trace([100, 1, 1], [1, 1, 1])
    free, capped = allocate(trace, steps=8), allocate(trace, steps=8, latency_cap=10)
    assert (free.latency, capped.latency) == (20, 10)
    assert capped.steps == {"p0": 10, "p1": 7, "p2": 7}
    assert capped.bound <= free.error_ratio < capped.error_ratio < 1
    assert capped.latency_cap == 10


def test_measured_parts_take_the_place_of_first_order():
    found = allocate(example_trace([4, 1], [1, 1]), steps=3, traces={"p0": 1.0})
    assert found.steps == {"p0": 3, "p1": 3}
    assert found.populations[0].trace == 1.0
    assert "measured one population at a time" in found.notes[0]


def test_as_good_as_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(20):
        exponent, most = int(rng.integers(1, 3)), int(rng.integers(5, 10))
        traces, costs = rng.lognormal(0, 1.5, 4), rng.lognormal(0, 1, 4)
        problem = StepsProblem(traces, costs, exponent, most)
        grid = np.array(list(itertools.product(range(1, most + 1), repeat=4)))
        prices = grid @ costs
        errors = (traces / grid.astype(float) ** exponent).sum(axis=1)
        steps = int(rng.integers(1, 6))
        budget, target = steps * costs.sum(), traces.sum() / steps**exponent
        best = errors[prices <= budget * (1 + 1e-12)].min()
        assert problem.error(problem.at_cost(budget)) == pytest.approx(best, rel=1.001e-4)
        assert problem.least_error(budget) <= best * (1 + 1e-9)
        cheapest = prices[errors <= target * (1 + 1e-12)].min()
        assert problem.cost(problem.at_error(target)) == pytest.approx(cheapest, rel=1.001e-4)


@pytest.mark.parametrize("exponent", [1, 2])
def test_large_problems_stay_near_their_bound(exponent):
    rng = np.random.default_rng(1)
    traces, costs = rng.lognormal(0, 2, 60), rng.lognormal(0, 2, 60)
    problem = StepsProblem(traces, costs, exponent, 1 << 40)
    for steps in (4, 1000, 1 << 20):
        budget = steps * costs.sum()
        found = problem.at_cost(budget)
        assert budget * (1 - 1e-3) < problem.cost(found) <= budget * (1 + 1e-9)
        least = problem.least_error(budget)
        assert least * (1 - 1e-9) <= problem.error(found) <= 1.001 * least
        reached = problem.at_error(problem.error(found))
        assert problem.cost(reached) <= problem.cost(found) * 1.005


def test_unrounded_steps_balance_marginal_gains():
    traces, costs = np.array([3.0, 0.5, 7.0]), np.array([2.0, 0.3, 0.1])
    for exponent in (1, 2):
        steps = unrounded_steps(traces, costs, exponent)
        gains = exponent * traces / steps ** (exponent + 1) / costs
        assert gains == pytest.approx(np.full(3, gains[0]))


def test_round_trip():
    found = allocate(example_trace([4, 1], [1, 1]), steps=3)
    assert Allocation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, r"`steps` or `epsilon` must be given, not both; got neither"),
        ({"steps": 2, "epsilon": Epsilon(0.1, EpsilonKind.FRO)}, r"got both"),
        ({"steps": 0}, r"`steps` must be"),
        ({"steps": 1 << 41}, r"`steps` must be at most 2\*\*40"),
        ({"steps": 4, "latency_cap": 3}, r"`latency_cap` must be at least `steps`, 4; got 3"),
        ({"steps": 4, "traces": {"q": 1.0}}, r"`traces` must name populations.*'q'"),
        ({"steps": 4, "traces": {"p0": -1.0}}, r"`traces` must be at least 0; got -1"),
        ({"steps": 4, "traces": {"p0": float("nan")}}, r"`traces` must be"),
        ({"steps": 4, "costs": {"q": 1.0}}, r"`costs` must name populations.*'q'"),
        ({"steps": 4, "costs": {"p0": 1.0}}, r"`costs` must name every population.*'p1'"),
        ({"steps": 4, "costs": {"p0": 1.0, "p1": 0.0}}, r"`costs` must be"),
        (
            {"epsilon": Epsilon(0.1, EpsilonKind.FRO), "latency_cap": 4},
            r"`epsilon` must be reachable in 4 steps; got a squared error of 0.01 where 1.25",
        ),
    ],
)
def test_doors(arguments, match):
    with pytest.raises(InputError, match=match):
        allocate(example_trace([4, 1], [1, 1]), **arguments)


def test_nothing_to_allocate_and_free_steps():
    with pytest.raises(InputError, match=r"`trace` must have noise that reaches the outputs"):
        allocate(example_trace([0, 0], [1, 1]), steps=2)
    with pytest.raises(InputError, match=r"`traces` must be 0 where no neuron spikes.*'p1'"):
        allocate(example_trace([1, 1], [1, 0]), steps=2)
    with pytest.raises(InputError, match=r"`epsilon` must be absolute for outputs that are all 0"):
        allocate(
            example_trace([1, 1], [1, 1], mean_square=0.0),
            epsilon=Epsilon(0.1, EpsilonKind.RELATIVE),
        )


@pytest.mark.usefixtures("untyped")
def test_wrong_types():
    with pytest.raises(InputError, match=r"`epsilon` must be an Epsilon; got 0.1"):
        allocate(example_trace([1, 1], [1, 1]), epsilon=0.1)
