"""The trace against derivatives written out by torch, and by finite differences."""

import numpy as np
import pytest
import torch
from tests.model_examples import images, live_model
from tests.trace_examples import Layered, Twice, generator, matrix, naive_jacobians

from spikedim.response import coherent_error, response_trace

NAME = "spikformer-2-64/digits:softmax"
MARKS = ("first", "second")


def naive_covariance(jacobians, noise):
    return sum((j * noise(x)) @ j.T for x, j in jacobians.values()).numpy()


def bernoulli(x):
    return x * (1 - x)


def inside(x):
    return ((x > 0) & (x < 1)).double() / 12


@pytest.fixture(scope="module")
def twin():
    return live_model(NAME, depth=1)


@pytest.mark.parametrize(("code", "noise"), [("bernoulli", bernoulli), ("sigma_delta", inside)])
def test_covariance_and_parts_are_those_of_the_whole_jacobian(code, noise):
    model, x = Layered(), matrix(6, 4, seed=9)
    found = response_trace(model, x, populations=MARKS, code=code)
    parts = {mark: [] for mark in MARKS}
    for index, sample in enumerate(x):
        jacobians = naive_jacobians(model, sample, MARKS)
        expected = naive_covariance(jacobians, noise)
        np.testing.assert_allclose(found.covariances[index], expected, rtol=1e-10)
        for mark, (rates, j) in jacobians.items():
            parts[mark].append(float((j.square() * noise(rates)).sum()))
    for mark in MARKS:
        row = found.population(mark)
        assert row.trace == pytest.approx(np.mean(parts[mark]), rel=1e-10)
        assert row.trace_deviation == pytest.approx(
            np.std(parts[mark], ddof=1) / np.sqrt(6), rel=1e-8
        )


def test_gains_are_those_of_the_whole_jacobian():
    model, x = Layered(), matrix(5, 4, seed=9)
    found = response_trace(model, x, populations=MARKS)
    tops, ranks, joint, squares = [], [], [], []
    for sample in x:
        jacobians = naive_jacobians(model, sample, MARKS)
        first = jacobians["first"][1]
        values = torch.linalg.svdvals(first)
        tops.append(float(values[0]))
        ranks.append(float(values.square().sum() / values[0] ** 2))
        joint.append(
            float(torch.linalg.svdvals(torch.cat([j for _, j in jacobians.values()], 1))[0])
        )
        squares.append(float(first.square().sum()))
    assert found.lipschitz == pytest.approx(np.median(tops), rel=1e-9)
    assert found.population("first").lipschitz == pytest.approx(np.median(tops), rel=1e-9)
    assert found.stable_rank == pytest.approx(np.median(ranks), rel=1e-9)
    assert found.population("first").squared_gain == pytest.approx(np.mean(squares), rel=1e-9)
    noise = sum(r.rate_variance * r.neurons for r in found.populations) / found.neurons
    assert found.response_dimension == pytest.approx(
        found.value / (noise * np.median(joint) ** 2), rel=1e-9
    )


def test_a_submodule_that_runs_twice_is_two_populations():
    x = matrix(4, 4, seed=9)
    found = response_trace(Twice(), x, populations=["rates"])
    assert [each.name for each in found.populations] == ["rates", "rates:2"]
    first = torch.sigmoid(x @ matrix(4, 4, seed=3))
    second = torch.sigmoid(first @ matrix(4, 4, seed=3))
    # The outputs are the second rates: their derivative by themselves is 1.
    spread = bernoulli(second)
    assert found.population("rates:2").trace == pytest.approx(float(spread.sum(1).mean()))
    j = spread[:, :, None] * matrix(4, 4, seed=3).T
    expected = (j.square() * bernoulli(first)[:, None]).sum(dim=(1, 2)).mean()
    assert found.population("rates").trace == pytest.approx(float(expected))


def test_a_twin_agrees_with_finite_differences(twin):
    x, name, token, step = images(twin, 1), "block.0.attn.attn_lif", 3, 1e-6
    row = response_trace(twin, x).population(name)
    encoder, rates, total = twin.get_submodule(name).encoder, {}, 0.0

    def answer(change):
        handle = encoder.register_forward_hook(lambda _m, _given, out: change(out))
        with torch.no_grad():
            found = twin(x)
        handle.remove()
        return found

    answer(lambda out: rates.update(exact=out))
    for feature, rate in enumerate(rates["exact"][0, 0, token]):
        shift = torch.zeros_like(rates["exact"])
        shift[0, 0, token, feature] = step
        above, below = (answer(lambda out, s=sign * shift: out + s) for sign in (1, -1))
        slope = (above - below) / (2 * step)
        total += float(slope.square().sum() * bernoulli(rate))
    part = row.token_shares[token] / row.share * row.trace
    assert part == pytest.approx(total, rel=1e-5)


def test_float32_is_float64_but_for_rounding(twin):
    x = images(twin, 3)
    exact = response_trace(twin, x)
    single = live_model(NAME, depth=1)  # the same weights
    single.load_state_dict(twin.state_dict())
    rough = response_trace(single.float(), x.float())
    np.testing.assert_allclose(rough.sample_traces, exact.sample_traces, rtol=2e-3)


@pytest.mark.parametrize(
    "changes", [{"batch_size": 1}, {"batch_size": 2}, {"memory_budget": "9MB"}]
)
def test_neither_batches_nor_a_budget_change_the_answer(twin, changes):
    x = images(twin, 5)
    whole, other = response_trace(twin, x), response_trace(twin, x, **changes)
    np.testing.assert_allclose(other.covariances, whole.covariances, rtol=1e-8, atol=1e-12)
    for a, b in zip(whole.populations, other.populations, strict=True):
        assert b.trace == pytest.approx(a.trace, rel=1e-9)


def test_probes_do_not_depend_on_batches():
    found = [
        response_trace(
            Layered(), matrix(7, 4), populations=MARKS, probes=3, batch_size=size,
            generator=generator(4),
        )
        for size in (1, 2, 7)
    ]  # fmt: skip
    for other in found[1:]:
        np.testing.assert_allclose(other.sample_traces, found[0].sample_traces, rtol=1e-9)
        assert other.lipschitz == pytest.approx(found[0].lipschitz, rel=2e-3)  # rounds end together


def test_power_iteration_finds_the_gains_of_the_whole_jacobian(twin):
    x = images(twin, 2)
    exact, probed = response_trace(twin, x), response_trace(twin, x, probes=48)
    assert probed.lipschitz == pytest.approx(exact.lipschitz, rel=0.02)
    assert probed.stable_rank == pytest.approx(exact.stable_rank, rel=0.25)
    assert probed.response_dimension == pytest.approx(exact.response_dimension, rel=0.25)


def test_coherent_errors_are_those_of_the_whole_jacobian():
    model, x = Layered(), matrix(6, 4, seed=9)
    found = coherent_error(model, x, populations=MARKS, steps=(7, 16), batch_size=4)
    for row, steps in enumerate((7, 16)):
        for index, sample in enumerate(x):
            jacobians = naive_jacobians(model, sample, MARKS)
            shift = sum(
                j @ (torch.floor(rates * steps + 0.5) / steps - rates)
                for rates, j in jacobians.values()
            )
            assert found.sample_errors[row, index] == pytest.approx(float(shift.square().sum()))
