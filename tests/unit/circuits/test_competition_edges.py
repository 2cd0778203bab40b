"""Competition circuits at the ends of float64, with a listener, and where no error is measured."""

import numpy as np
import pytest

from spikedim._core import AbstractProgress, InputError
from spikedim.circuits import (
    cup,
    gli,
    gli_error_law,
    gli_step,
    init_gli_state,
    mean_field,
    mean_field_inhibition,
    published_diagonal_wta,
    published_subtractive_rates,
    published_subtractive_wta,
    race,
    softmax,
    softmax_identity_residual,
    sparsemax,
    to_graph,
)
from spikedim.circuits._rows import below_max, relative_weights
from spikedim.circuits.competition._softmax import SoftmaxMode
from spikedim.circuits.competition._winner_steps import start_winners, step_winners

TINY = 5e-324
FAR = [1e308, -1e308, 0.0]


class Listener(AbstractProgress):
    def __init__(self):
        self.total, self.done, self.finished = None, [], 0

    def start(self, description, total):  # noqa: ARG002
        self.total = total
        return 0

    def advance(self, task, amount=1.0):  # noqa: ARG002
        self.done.append(amount)

    def finish(self, task):  # noqa: ARG002
        self.finished += 1


LOOPS = {
    "gli": gli,
    "softmax": softmax,
    "softmax cup": lambda z, **options: softmax(z, mode="cup", **options),
    "softmax escape": lambda z, **options: softmax(
        z, mode="gli_escape", generator=np.random.default_rng(0), **options
    ),
    "cup": cup,
    "sparsemax": sparsemax,
    "subtractive": published_subtractive_wta,
    "diagonal": published_diagonal_wta,
}


@pytest.mark.parametrize("name", LOOPS)
def test_every_step_is_reported(name):
    listener = Listener()
    result = LOOPS[name]([0.0, 1.0], steps=2500, progress=listener)
    assert listener.total == sum(listener.done) == 2500
    assert listener.finished == 1
    assert np.array_equal(result.value, LOOPS[name]([0.0, 1.0], steps=2500).value)


def test_a_loop_that_fails_closes_its_task():
    class Failing(Listener):
        def advance(self, task, amount=1.0):  # noqa: ARG002
            raise FloatingPointError("stop")

    for run in (gli, cup):
        listener = Failing()
        with pytest.raises(FloatingPointError, match="stop"):
            run([0.0, 1.0], steps=10, progress=listener)
        assert listener.finished == 1


def test_an_offset_of_all_logits_does_not_decide_a_race():
    noise = np.random.default_rng(0).random((50, 1, 2))
    near, far = (race([z, z], steps=50, noise=noise) for z in (0.0, 1e17))
    assert near.value.tolist() == far.value.tolist()
    assert far.certificate.holds
    state = start_winners(np.full((1, 2), 1e17), SoftmaxMode.RACE, phases=None)
    spikes = sum(
        step_winners(state, np.full((1, 2), 1e17), SoftmaxMode.RACE, uniforms=one)[0]
        for one in noise
    )
    assert (spikes[0] / 50).tolist() == far.value.tolist()


def test_logits_from_end_to_end_of_float64_overflow_nowhere():
    noise = np.full((3, 1, 3), 0.5)
    rng = np.random.default_rng(0)
    runs = [
        gli(FAR, steps=3),
        cup(FAR, steps=3),
        sparsemax(FAR, steps=3),
        race(FAR, steps=3, generator=rng),
        race(FAR, steps=3, noise=noise),
        published_subtractive_wta(FAR, steps=3),
        published_diagonal_wta(FAR, steps=3, readout="shares"),
    ]
    for result in runs:
        assert result.value.tolist() == [1.0, 0.0, 0.0]
    assert published_subtractive_rates(FAR, weight=0.0).tolist() == [1.0, 0.0, 0.0]
    assert softmax_identity_residual([FAR], [[3, 0, 0]], [[1e308]]).tolist() == [0.0]
    assert mean_field_inhibition(FAR, [0.0, 1e4], start=1e308)[1] == pytest.approx(1e308)
    scores = np.array([FAR])
    spikes, _ = step_winners(
        np.zeros((1, 3)), scores, SoftmaxMode.RACE, uniforms=np.full((1, 3), 0.5)
    )
    assert spikes.tolist() == [[1, 0, 0]]
    assert below_max(np.array(FAR)).tolist() == [0.0, -np.inf, -1e308]
    assert relative_weights(np.array([[0.0, -np.inf]])).tolist() == [[1.0, 0.0]]


def test_an_inhibition_far_below_the_drives_is_refused():
    with pytest.raises(InputError, match=r"`inhibition` must leave finite drives; got -1000 under"):
        softmax_identity_residual([[0.0, 1.0]], [[3, 9]], [[-1000.0]])


@pytest.mark.parametrize("weight", [1e-20, 0.3, 1.0, 7.0, 1e4, 1e20, 1e308])
def test_the_subtractive_rates_are_right_for_every_weight(weight):
    assert published_subtractive_rates([0.0, 0.0], weight=weight) == pytest.approx(
        1 / (1 + weight), rel=1e-12, abs=0
    )
    one = published_subtractive_rates([0.0, -np.inf], weight=weight)
    assert one == pytest.approx([1 / (1 + weight / 2), 0.0], rel=1e-12, abs=0)
    # Two of three drives above the inhibition: mean = (1 + e) / (3 + 2 w).
    e = 1 - 1e-3
    got = published_subtractive_rates([0.0, np.log(e), -30.0], weight=min(weight, 7.0))
    mean = (1 + e + (np.exp(-30) if weight < 1e-10 else 0)) / (
        3 + (2 if weight >= 1e-10 else 3) * min(weight, 7.0)
    )
    assert got.mean() == pytest.approx(mean)


@pytest.mark.parametrize(
    "call",
    [
        lambda: gli([0.0, 1.0], steps=3, budget=TINY),
        lambda: gli_error_law([0.0, 1.0], steps=3, budget=TINY),
        lambda: mean_field([0.0, 1.0], 1.0, budget=TINY),
    ],
)
def test_a_budget_without_a_spike_in_the_longest_run_is_refused(call):
    with pytest.raises(InputError, match=r"`budget` must be at least 2\*\*-40.*; got 5e-324\. Use"):
        call()


def test_a_gain_that_moves_nothing_is_refused():
    with pytest.raises(
        InputError, match=r"`gain` must be in \[9\.09495e-13, 1\]; got 5e-324\. Use"
    ):
        sparsemax([0.0, 1.0], steps=3, gain=TINY)


def test_a_rate_equation_rests_after_any_time():
    got = mean_field_inhibition([0.0, 0.0], [0.0, 1e308], start=0.0, gain=1e10)
    assert got.tolist() == pytest.approx([0.0, np.log(2)])
    got = mean_field_inhibition([0.0, 0.0], [0.0, 1.0], start=0.0, gain=1e308, budget=2.0)
    assert got.tolist() == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("run", [cup, sparsemax, gli])
def test_a_bound_that_needs_no_error_is_there_without_one(run):
    z = [[0.0, 0.5, -np.inf], [0.1, 0.2, 0.3]]
    whole = run(z, steps=50)
    bare = run(z, steps=50, measure_error=False).certificate
    assert bare.error is None
    assert bare.reason == "the error was not asked for"
    limits = [run(row, steps=50).certificate.bound for row in z]
    assert bare.bound == pytest.approx(max(limits))
    assert whole.certificate.bound in limits


def test_a_circuit_without_theorem_says_so_where_no_error_is_measured():
    reason = published_subtractive_wta([0.0, 1.0], steps=5, measure_error=False).certificate.reason
    assert reason.startswith("the claimed O(1/sqrt(T)) is no theorem")
    assert reason.endswith("; the error was not asked for")


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    "call",
    [
        lambda: softmax([0.0], steps=3, mode="gli", generator="abc"),
        lambda: softmax([0.0], steps=3, mode="cup", generator="abc"),
        lambda: gli([0.0], steps=3, generator="abc"),
        lambda: race([0.0], steps=3, generator="abc", noise=np.zeros((3, 1, 1))),
    ],
)
def test_what_is_no_generator_is_refused_even_where_none_is_needed(call):
    with pytest.raises(
        InputError, match=r"`generator` must be a numpy\.random\.Generator; got str"
    ):
        call()


@pytest.mark.usefixtures("untyped")
def test_none_is_no_state_and_no_wiring():
    with pytest.raises(InputError, match=r"gli_step: `state` must be a GLIState; got NoneType\. "):
        gli_step(None, [0.0])
    with pytest.raises(InputError, match=r"to_graph: `wiring` must be a Wiring; got NoneType\. "):
        to_graph(None)
    assert gli_step(init_gli_state([0.0]), [0.0])[0].tolist() == [1]
