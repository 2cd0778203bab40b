"""Simulated spike noise: exact where theory is, independent draws, errors at the door."""

import numpy as np
import pytest
import torch
from tests.trace_examples import Answer, Layered, Linear, generator, matrix, uniform

from spikedim._core import (
    AbstractProgress,
    InputError,
    NumericsError,
    SilentProgress,
    wilson_interval,
)
from spikedim.circuits import RateCode
from spikedim.response import simulate_response
from spikedim.response.networks import rate_network
from spikedim.response.simulation import Simulator

MARKS = ("first", "second")


def layered(**options):
    return simulate_response(
        Layered(), matrix(12, 4, seed=9), populations=MARKS, generator=generator(5), **options
    )


def test_the_error_of_a_linear_network_is_the_trace_over_steps():
    weight, x = matrix(3, 6), uniform(200, 6, seed=1)
    found = simulate_response(Linear(weight), x, steps=(1, 4), passes=8, generator=generator())
    for point in found.points:
        expected = float((weight.square() * (x * (1 - x)).mean(dim=0)).sum()) / point.steps
        assert point.squared_error == pytest.approx(expected, abs=4 * point.squared_error_deviation)
        assert point.bias_share < 0.05


def test_the_bias_of_a_square_is_found():
    x = torch.full((400, 1), 0.5, dtype=torch.float64)
    model = Answer(torch.square)
    found = simulate_response(model, x, populations=("rates",), steps=(2,), passes=8)
    # Counts 0, 1, 2 with odds 1:2:1: the square is 1/8 too large on average.
    errors = np.array([0.0625, 0.0, 0.5625])
    expected = errors @ [0.25, 0.5, 0.25]
    assert found.at(2).squared_error == pytest.approx(expected, rel=0.05)
    assert found.at(2).bias_share == pytest.approx((1 / 8) ** 2 / expected, abs=0.03)
    assert found.shift[0, 0] == pytest.approx(1 / 8, abs=0.02)


def test_spikes_are_rate_times_neurons_times_steps():
    x = torch.full((200, 5), 0.3, dtype=torch.float64)
    found = simulate_response(Linear(matrix(2, 5)), x, steps=(8,), generator=generator())
    assert found.at(8).spikes == pytest.approx(0.3 * 5 * 8, rel=0.05)


def test_a_draw_does_not_depend_on_the_other_steps():
    alone, among = layered(steps=(4,), passes=2), layered(steps=(1, 16, 4), passes=2)
    np.testing.assert_array_equal(alone.sample_errors[0], among.sample_errors[2])


def test_draws_differ_between_passes_and_steps():
    once, twice = layered(steps=(4,)), layered(steps=(4,), passes=2)
    assert not np.array_equal(once.sample_errors, twice.sample_errors)
    # The first of two passes is the pass alone.
    other = 2 * twice.sample_errors - once.sample_errors
    assert (other > 0).all()


def test_the_same_seed_gives_the_same_errors():
    np.testing.assert_array_equal(layered().sample_errors, layered().sample_errors)


def test_a_deterministic_code_runs_once_and_is_all_bias():
    found = layered(steps=(3,), passes=5, code="sigma_delta")
    assert found.at(3).passes == 1
    assert found.at(3).bias_share == 1.0
    assert "run once" in found.notes[0]


def test_a_single_pass_says_nothing_about_bias():
    assert layered(steps=(3,)).at(3).bias_share is None


def test_rates_without_noise_leave_no_error():
    x = torch.ones(5, 3, dtype=torch.float64)
    point = simulate_response(Linear(matrix(2, 3)), x, steps=(2,), passes=2).at(2)
    assert (point.squared_error, point.bias_share, point.agreement) == (0.0, 0.0, 1.0)


def test_unequal_steps_go_to_their_populations():
    found = layered(
        steps=(1, 4096), passes=16,
        allocations=({"first": 1, "second": 4096}, {"first": 4096, "second": 1}),
    )  # fmt: skip
    coarse, fine, first, second = (point.squared_error for point in found.points)
    assert fine < 0.01 * min(first, second)
    assert first + second == pytest.approx(coarse, rel=0.6)
    assert found.points[2].steps == 4096
    assert found.points[2].allocation == {"first": 1, "second": 4096}
    with pytest.raises(KeyError):
        found.at(2)


def test_answers_are_compared_with_targets_and_with_exact_rates():
    x = uniform(300, 4, seed=3)
    model = Linear(torch.eye(4, dtype=torch.float64))
    targets = x.argmax(dim=1)
    found = simulate_response(model, x, targets, steps=(1, 1000))
    assert found.reference_accuracy == 1.0
    np.testing.assert_array_equal(found.sample_right, found.sample_agreed)
    low, high = (point.accuracy for point in found.points)
    assert low < 0.8 < high
    interval = found.at(1).accuracy_interval
    assert interval.low < low < interval.high
    wrong = simulate_response(model, x, (targets + 1) % 4, steps=(1,))
    assert wrong.reference_accuracy == 0.0
    assert wrong.at(1).agreement == found.at(1).agreement


def test_the_interval_of_accuracy_counts_no_answer_more_than_once():
    x = uniform(6, 4, seed=3)
    model = Linear(torch.eye(4, dtype=torch.float64))
    found = simulate_response(model, x, x.argmax(dim=1), steps=(1,), passes=8)
    right = np.rint(found.sample_right[0] * 8)
    point = found.at(1)
    assert point.accuracy_interval == wilson_interval(right, np.full(6, 8.0))
    independent = wilson_interval(np.array([right.sum()]).repeat(48) / 48, np.ones(48))
    assert point.accuracy_interval.half_width >= independent.half_width


def test_outputs_of_other_shapes_are_flattened_and_agree_by_place():
    model = Answer(lambda rates: rates.reshape(-1, 2, 3))
    found = simulate_response(model, uniform(10, 6), populations=("rates",), steps=(1,))
    assert found.outputs == 6
    assert set(np.unique(found.sample_agreed)) <= {0.0, 0.5, 1.0}
    assert found.at(1).accuracy is None
    assert found.sample_right.shape == (1, 0)


def simulator(x, **options):
    given = {"code": RateCode.BERNOULLI, "batch_size": 7, "generator": generator()} | options
    return Simulator(
        rate_network(Linear(matrix(2, 4)), caller="test"),
        x,
        None,
        memory_budget=1 << 30,
        progress=SilentProgress(),
        caller="test",
        **given,
    )


def test_weighted_passes_are_unbiased_and_surer():
    x = uniform(50, 4, seed=2)
    x[:40] = x[:40].round()  # without noise
    found = simulator(x)
    weights = (x * (1 - x)).sum(dim=1).numpy()
    expected = (matrix(2, 4).square().sum(dim=0) * (x * (1 - x))).sum(dim=1).mean() / 4
    plain, weighted = found.run(4, passes=40), found.run(4, passes=40, weights=weights)
    assert weighted.passes == pytest.approx(plain.passes, rel=0.05)
    assert float(weighted.errors.mean()) == pytest.approx(
        float(expected), abs=4 * weighted.deviation
    )
    assert weighted.deviation < 0.7 * plain.deviation


def test_weights_of_nothing_are_shared_evenly():
    found = simulator(uniform(10, 4)).run(2, passes=3, weights=np.zeros(10))
    assert found.passes == 30


class Recorder(AbstractProgress):
    def __init__(self):
        self.total = self.done = 0.0
        self.open = 0

    def start(self, description, total):  # noqa: ARG002
        self.total += total
        self.open += 1
        return self.open

    def advance(self, task, amount=1):  # noqa: ARG002
        self.done += amount

    def finish(self, task):  # noqa: ARG002
        self.open -= 1


def test_progress_adds_up():
    progress = Recorder()
    layered(steps=(1, 2), passes=3, batch_size=5, progress=progress)
    assert progress.total == progress.done == 12 * 3 * 2
    assert progress.open == 0


def test_result_survives_json():
    found = layered(steps=(1, 2), passes=2)
    again = type(found).from_json(found.to_json())
    np.testing.assert_array_equal(again.sample_errors, found.sample_errors)
    assert again.points == found.points


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": ()}, r"`steps` must name a T"),
        ({"steps": (0,)}, r"`steps` must be an integer >= 1; got 0"),
        ({"steps": (2, 2)}, r"`steps` must name each T once"),
        ({"passes": 0}, r"`passes` must be an integer >= 1"),
        ({"code": "morse"}, r"`code` must be one of bernoulli"),
        ({"batch_size": 0}, r"`batch_size` must be an integer >= 1"),
        ({"memory_budget": 100}, r"`memory_budget` must hold the outputs of all samples"),
        (
            {"allocations": ({"first": 2},)},
            r"must name every population once; got 'second' missing",
        ),
        ({"allocations": ({"first": 2, "second": 0},)}, r"`allocations` must be an integer >= 1"),
        ({"targets": torch.zeros(12)}, r"`targets` must be whole numbers of shape \(12,\)"),
        ({"targets": torch.zeros(3).long()}, r"`targets` must be whole numbers of shape \(12,\)"),
        ({"targets": torch.full((12,), 3)}, r"`targets` must be classes in \[0, 2\]"),
        ({"targets": torch.full((12,), -1)}, r"`targets` must be classes in \[0, 2\]"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        layered(**options)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 4}, r"`steps` must be a sequence of integers >= 1; got 4"),
        ({"steps": "4"}, r"`steps` must be a sequence of integers >= 1; got '4'"),
        ({"steps": (True,)}, r"`steps` must be an integer >= 1; got True"),
        ({"steps": (10**400,)}, r"`steps` must be at most 2\*\*50; got one of 1329 bits"),
        ({"generator": np.random.default_rng(0)}, r"`generator` must be a torch.Generator"),
        ({"memory_budget": "x"}, r"^simulate_response: `memory_budget` must be a positive size"),
        ({"allocations": {"first": 2}}, r"`allocations` must be a sequence of mappings .* got str"),
        ({"allocations": ({"third": 2, "first": 1, "second": 1},)}, r"got 'third' unknown"),
    ],
)
def test_wrong_types_and_sizes_are_refused(options, message):
    given = {"populations": MARKS} | options
    with pytest.raises(InputError, match=message):
        simulate_response(Layered(), matrix(12, 4, seed=9), **given)


def test_rates_that_noise_moves_out_of_range_are_refused():
    model = torch.nn.Sequential(torch.nn.Identity(), Linear(1.5 * torch.eye(2).double()))
    x = torch.full((8, 2), 0.6, dtype=torch.float64)  # 0.9 behind, but 1.5 for a spike
    with pytest.raises(InputError, match=r"must have rates in \[0, 1\]; got \[0, 1.5\] in '1'"):
        simulate_response(model, x, populations=("0", "1"), steps=(1,))


def test_a_deterministic_code_has_no_error_of_draws():
    found = simulator(uniform(5, 4), code=RateCode.SIGMA_DELTA).run(3)
    assert found.errors.all()
    assert found.deviation == 0.0


def test_the_model_is_left_as_it_was_by_an_error():
    model = Answer(lambda rates: rates / 0.0).train()
    with pytest.raises(NumericsError):
        simulate_response(model, uniform(4, 3), populations=("rates",), steps=(1,))
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


def test_targets_of_other_outputs_are_refused():
    model = Answer(lambda rates: rates.reshape(-1, 2, 3))
    with pytest.raises(InputError, match=r"`targets` must be absent unless outputs are \[S, C\]"):
        simulate_response(
            model, uniform(4, 6), torch.zeros(4).long(), populations=("rates",), steps=(1,)
        )


def test_no_samples_are_refused():
    with pytest.raises(InputError, match=r"`x` must be dense inputs \[S, \.\.\.\]"):
        simulate_response(Linear(matrix(2, 3)), torch.zeros(0, 3, dtype=torch.float64))


def test_rates_out_of_range_are_refused():
    with pytest.raises(InputError, match=r"`model` must have rates in \[0, 1\]; got \[-1, 2\]"):
        simulate_response(Linear(matrix(2, 2)), torch.tensor([[-1.0, 2.0]]).double())


def test_outputs_that_are_no_numbers_are_refused():
    model = Answer(lambda rates: rates / 0.0)
    with pytest.raises(NumericsError, match=r"outputs must be finite"):
        simulate_response(model, uniform(4, 3), populations=("rates",), steps=(1,))
