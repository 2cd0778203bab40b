"""`gli` at its door, its certificate and its bookkeeping."""

import importlib
import tracemalloc
import types

import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits import (
    Dynamics,
    Emission,
    Role,
    gli,
    gli_backend,
    gli_step,
    init_gli_state,
)
from spikedim.circuits.competition import _gli_numba as compiled
from spikedim.circuits.competition import _gli_run as runner
from spikedim.circuits.competition._gli_state import Update

ROW = [0.0, 1.0, 2.0]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, r"gli: `steps` must be an integer >= 1; got 0"),
        ({"steps": 2.5}, r"gli: `steps` must be an integer"),
        ({"emission": "poisson"}, r"gli: `emission` must be one of .*; got 'poisson'"),
        ({"update": "cubic"}, r"gli: `update` must be one of linear, log; got 'cubic'"),
        ({"budget": 0.0}, r"gli: `budget` must be in \(0, 3\].*; got 0.0"),
        ({"budget": 3.5}, r"gli: `budget` must be in \(0, 3\].*; got 3.5"),
        ({"budget": float("nan")}, r"gli: `budget` must be a finite number; got nan"),
        ({"emission": "escape"}, r"gli: `generator` must be a numpy.random.Generator; got None"),
        ({"emission": "random_phase"}, r"gli: `generator` must be a numpy.random.Generator; got"),
        (
            {"emission": "random_phase", "noise": np.zeros((9, 1, 3))},
            r"gli: `noise` must have shape \(1, 3\); got \(9, 1, 3\)",
        ),
        (
            {"emission": "random_phase", "noise": np.ones((1, 3))},
            r"gli: `noise` must be in \[0, 1\); got a value outside or NaN",
        ),
        ({"noise": np.zeros((9, 1, 3))}, r"gli: `noise` must be None where nothing is random"),
        (
            {"emission": "escape", "noise": np.zeros((8, 1, 3))},
            r"gli: `noise` must have shape \(9, 1, 3\); got \(8, 1, 3\)",
        ),
        (
            {"emission": "escape", "noise": np.ones((9, 1, 3))},
            r"gli: `noise` must be in \[0, 1\); got a value outside or NaN",
        ),
        (
            {"emission": "escape", "noise": np.full((9, 1, 3), np.nan)},
            r"gli: `noise` must be in \[0, 1\); got a value outside or NaN",
        ),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        gli(ROW, **{"steps": 9, **options})


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([0.0, np.nan], "must be finite, or -inf where masked"),
        ([0.0, np.inf], "must be finite, or -inf where masked"),
        ([[0.0, 1.0], [-np.inf, -np.inf]], "must have a finite entry in every row"),
        (np.zeros((3, 0)), "no empty axis"),
        (1.0, "no empty axis"),
    ],
)
def test_logits_without_a_softmax_are_refused(logits, message):
    with pytest.raises(InputError, match=f"^gli: `logits` .*{message}"):
        gli(logits, steps=5)


def test_leading_axes_and_tensors_come_back_in_shape():
    z = np.random.default_rng(1).standard_normal((2, 3, 4, 5))
    result = gli(torch.tensor(z), steps=64)
    assert result.value.shape == result.target.shape == z.shape
    assert result.silent.shape == result.row_spikes.shape == result.row_entropy_bits.shape
    assert result.row_spikes.shape == (2, 3, 4)
    assert np.array_equal(result.value[1, 2, 3], gli(z[1, 2, 3], steps=64).value)
    np.testing.assert_allclose(result.value.sum(axis=-1), 1.0)
    np.testing.assert_allclose(result.value, torch.tensor(z).softmax(dim=-1), atol=0.2)


@pytest.mark.parametrize("emission", ["integrate_and_fire", "random_phase"])
def test_one_competitor_takes_all(emission):
    generator = np.random.default_rng(3) if emission == "random_phase" else None
    result = gli([[3.0], [-7.0]], steps=10, emission=emission, generator=generator)
    assert result.value.tolist() == [[1.0], [1.0]]
    assert result.row_spikes.tolist() == [10, 10]
    assert result.certificate.error == result.certificate.bound == 0.0
    assert result.certificate.rms_law == 0.0
    assert result.certificate.holds is True


def test_the_largest_numbers_are_no_exception():
    assert gli([1e308, -1e308], steps=20).value.tolist() == [1.0, 0.0]


def test_equal_drives_share_equally():
    assert gli(np.zeros(4), steps=50).value.tolist() == [0.25] * 4


def test_a_masked_entry_never_fires_and_does_not_count(rng):
    z = [0.0, -np.inf, 1.0, -np.inf]
    result = gli(z, steps=100)
    assert result.value[1] == result.value[3] == 0.0
    assert result.certificate.bound == pytest.approx(1 / result.row_spikes)
    drawn = gli(z, steps=100, emission="escape", generator=rng)
    assert drawn.value[1] == drawn.value[3] == 0.0


def test_phases_of_one_half_are_integrate_and_fire():
    z = 2 * np.random.default_rng(5).standard_normal((2, 3, 8))
    plain = gli(z, steps=70)
    halves = gli(z, steps=70, emission="random_phase", noise=np.full((6, 8), 0.5))
    assert np.array_equal(halves.value, plain.value)
    assert halves.certificate.bound == pytest.approx(2 * plain.certificate.bound)


def test_phases_from_a_generator_are_one_number_for_each_competitor():
    z = np.random.default_rng(5).standard_normal((2, 3, 8))
    phases = np.random.default_rng(6).random((6, 8))
    kept = phases.copy()
    drawn = gli(z, steps=70, emission="random_phase", generator=np.random.default_rng(6))
    given = gli(z, steps=70, emission="random_phase", noise=phases)
    assert np.array_equal(drawn.value, given.value)
    assert np.array_equal(phases, kept)
    other = gli(z, steps=70, emission="random_phase", noise=1 - np.finfo(float).eps - phases)
    assert not np.array_equal(other.value, given.value)


@pytest.mark.parametrize("phase", [0.0, 1e-300, 0.5, 1 - 2**-53])
def test_no_row_is_silent_with_a_budget_of_one(phase):
    # The strongest drive is 1 in the first step, and v + 1 >= 1 from any phase.
    z = np.random.default_rng(7).standard_normal((20, 9))
    phases = np.full(z.shape, phase)
    result = gli(z, steps=1, emission="random_phase", noise=phases)
    assert not result.silent.any()
    assert result.certificate.holds
    late = gli(z, steps=1, emission="random_phase", noise=phases, budget=0.4)
    assert late.silent.all() == (phase < 0.6)


def test_a_silent_row_is_flagged_and_breaks_the_certificate():
    result = gli([[0.0, 0.1], [0.0, 0.3]], steps=2, budget=0.01)
    assert result.silent.all()
    assert (result.value == 0).all()
    assert result.certificate.holds is False
    assert result.certificate.error is None
    assert result.certificate.rms_law is None
    assert "2 silent rows" in result.certificate.reason


def test_one_silent_row_among_others_spoils_the_run(rng):
    noise = rng.random((4, 2, 3))
    noise[:, 1] = 1 - 1e-9
    result = gli(np.array([ROW, ROW]) * 0.1, steps=4, emission="escape", noise=noise, budget=0.5)
    assert result.silent.tolist() == [False, True]
    assert result.certificate.holds is False
    assert result.certificate.error <= result.certificate.bound


def test_the_certificate_names_its_theorem(rng):
    fired = gli(ROW, steps=200).certificate
    assert (fired.theorem.name, fired.theorem.failure_probability) == ("3a", 0.0)
    assert fired.error == pytest.approx(np.abs(gli(ROW, steps=200).value - SOFTMAX).sum())
    assert fired.bound == pytest.approx(2 / fired.spikes)
    phased = gli(ROW, steps=200, emission="random_phase", generator=rng).certificate
    assert (phased.theorem.name, phased.theorem.failure_probability) == ("3a'", 0.0)
    assert phased.bound == pytest.approx(4 / phased.spikes)
    drawn = gli(ROW, steps=200, emission="escape", generator=rng).certificate
    assert (drawn.theorem.name, drawn.theorem.failure_probability) == ("3b", 1e-6)
    assert 0 < drawn.rms_error < drawn.bound
    assert drawn.error == pytest.approx(drawn.rms_error), "one row: its l2 error"
    assert all(
        a.holds is not False for found in (fired, phased, drawn) for a in found.theorem.assumptions
    )


SOFTMAX = np.exp(ROW) / np.exp(ROW).sum()


def test_without_a_measured_error_the_bound_that_needs_none_stays(rng):
    result = gli(ROW, steps=80, measure_error=False)
    assert result.target is result.certificate.error is result.certificate.holds is None
    assert result.certificate.bound == pytest.approx(2 / result.row_spikes)
    drawn = gli(ROW, steps=80, measure_error=False, emission="escape", generator=rng)
    assert drawn.certificate.bound is None
    assert gli(ROW, steps=1, budget=0.01, measure_error=False).certificate.bound is None


def test_the_wiring_is_complete():
    result = gli(np.zeros((7, 5)), steps=10)
    assert result.certificate.neurons == 7 * (2 * 5 + 2)
    assert result.certificate.synapses == 7 * 5 * 5
    graph = result.to_graph()
    assert (graph.neurons, graph.synapses) == (12, 25)
    feedback = [
        part
        for part in result.wiring.projections
        if (part.source, part.target) == ("competitors", "inhibition")
    ]
    assert [part.delay_steps for part in feedback] == [1]
    divisive = [p.source for p in result.wiring.projections if p.role is Role.LOG_INHIBITION]
    assert divisive == ["strongest drive", "inhibition"]
    kinds = {part.name: part.dynamics for part in result.wiring.populations}
    assert kinds["competitors"] is Dynamics.INTEGRATE_AND_FIRE
    assert [part.population for part in result.spikes] == ["competitors"]


def test_a_given_generator_makes_the_run_again():
    z = np.random.default_rng(1).standard_normal((6, 8))
    first, again, other = (
        gli(z, steps=50, emission="escape", generator=np.random.default_rng(seed)).value
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_input_is_left_alone():
    z = np.random.default_rng(1).standard_normal((6, 8))
    before = z.copy()
    gli(z, steps=20)
    assert np.array_equal(z, before)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("emission", list(Emission))
def test_memory_does_not_grow_with_the_steps(emission, backend):
    z = np.random.default_rng(2).standard_normal((64, 64))

    def peak(steps):
        tracemalloc.start()
        runner.run_rows(
            z,
            steps=steps,
            emission=emission,
            budget=1.0,
            update=Update.LINEAR,
            generator=np.random.default_rng(0),
            backend=backend,
        )
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    compiled.is_available(escape=emission is Emission.ESCAPE)  # compiling leaves much behind
    peak(2)
    noise = 8 * runner._PIECE_NUMBERS if emission is Emission.ESCAPE else 0
    assert peak(1500) < 12 * z.nbytes + 2.1 * noise + 50_000


@pytest.fixture
def eager(monkeypatch):
    """Let every run be worth the compiled loop, and forget what was loaded."""
    monkeypatch.setattr(runner, "_SMALL", 0)
    compiled._kernel.cache_clear()
    yield
    compiled._kernel.cache_clear()


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("fault", ["absent", "broken", "disabled", "not compiling"])
def test_without_a_working_numba_the_other_loop_runs(monkeypatch, fault):
    z = np.random.default_rng(3).standard_normal((5, 40))
    with_numba = gli(z, steps=200).value
    assert gli_backend() == "numba"
    compiled._kernel.cache_clear()

    def load(name):
        if fault == "absent":
            raise ModuleNotFoundError(name)
        if fault == "broken":
            raise SystemError("initialization of _internal failed")
        return types.SimpleNamespace(
            config=types.SimpleNamespace(DISABLE_JIT=fault == "disabled"), njit=None
        )

    monkeypatch.setattr(importlib, "import_module", load)
    assert gli_backend() == "numpy"
    assert np.array_equal(gli(z, steps=200).value, with_numba)


def test_only_a_run_that_is_worth_it_loads_the_compiled_loop(monkeypatch):
    monkeypatch.setattr(compiled, "is_available", lambda *, escape=False: True)  # noqa: ARG005
    assert runner._chosen_backend(3, 20_000, escape=False) == "numpy"
    assert runner._chosen_backend(3, 100_000, escape=False) == "numba"
    assert runner._chosen_backend(64 * 1024, 4096, escape=True) == "numba"
    monkeypatch.setattr(compiled, "is_available", lambda *, escape=False: not escape)
    assert runner._chosen_backend(64 * 1024, 4096, escape=True) == "numpy"


@pytest.mark.parametrize(
    "fault", [RuntimeError("cannot cache function: no locator available"), EOFError()]
)
@pytest.mark.parametrize("escape", [True, False])
def test_a_kernel_that_cannot_be_kept_or_read_is_compiled_all_the_same(monkeypatch, fault, escape):
    class Fussy:
        config = types.SimpleNamespace(DISABLE_JIT=False)

        @staticmethod
        def njit(*, nogil, cache):  # noqa: ARG004
            def compiling(loop):
                if cache and isinstance(fault, RuntimeError):
                    raise fault

                def kernel(*arrays):
                    if cache:  # a file cut short shows when it is read, at the first call
                        raise fault
                    return loop(*arrays)

                return kernel

            return compiling

    monkeypatch.setattr(compiled, "load_numba", lambda: Fussy)
    compiled._kernel.cache_clear()
    try:
        assert compiled._kernel(escape) is not None
    finally:
        compiled._kernel.cache_clear()


@pytest.mark.usefixtures("eager")
def test_noise_that_cannot_be_written_needs_no_second_compilation():
    noise = np.random.default_rng(0).random((30, 1, 3))
    want = gli([ROW], steps=30, emission="escape", noise=noise).value
    noise.flags.writeable = False
    assert np.array_equal(gli([ROW], steps=30, emission="escape", noise=noise).value, want)
    assert len(compiled._kernel(True).signatures) == 1


@pytest.mark.usefixtures("eager")
def test_rows_are_shared_among_threads(monkeypatch):
    z = np.random.default_rng(4).standard_normal((101, 64))
    alone = gli(z, steps=2000).value
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    parts = runner._parts(101, 101 * 64 * 2000)
    assert [part.stop - part.start for part in parts] == [33, 34, 34]
    assert np.array_equal(gli(z, steps=2000).value, alone)
    assert len(runner._parts(1, 10**9)) == 1
    assert len(runner._parts(101, 10)) == 1


@pytest.mark.usefixtures("eager")
def test_an_error_in_a_thread_is_not_lost(monkeypatch):
    def broken(*_, **__):
        raise FloatingPointError("in the loop")

    monkeypatch.setattr(compiled, "advance", broken)
    with pytest.raises(FloatingPointError, match="in the loop"):
        gli(np.zeros((50, 40)), steps=2000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"logits": [0.0, 1.0]}, r"`logits` must have the shape of the state, \(3,\); got \(2,\)"),
        ({"emission": "escape"}, r"`uniforms` must be an array of shape \(3,\)"),
        ({"uniforms": [0.1, 0.2, 0.3]}, r"`uniforms` must be None where nothing is random"),
        ({"emission": "escape", "uniforms": [0.1]}, r"`uniforms` must have shape \(3,\)"),
        (
            {"emission": "random_phase", "uniforms": [0.1, 0.2, 0.3]},
            r"`uniforms` must be None where nothing is random",
        ),
        ({"budget": -1.0}, r"`budget` must be in \(0, 3\]"),
    ],
)
def test_a_step_checks_its_door(options, message):
    with pytest.raises(InputError, match=f"^gli_step: {message}"):
        gli_step(init_gli_state(ROW), **{"logits": ROW, **options})


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([0.1, 0.2], r"must have shape \(3,\); got \(2,\)"),
        ([0.1, 0.2, 1.0], r"must be in \[0, 1\)"),
        ([0.1, 0.2, float("nan")], r"must be in \[0, 1\)"),
    ],
)
def test_a_start_checks_its_phases(phases, message):
    with pytest.raises(InputError, match=f"^init_gli_state: `phases` {message}"):
        init_gli_state(ROW, phases=phases)


def test_a_step_leaves_the_state_before_it_alone():
    start = init_gli_state(ROW)
    spikes, after = gli_step(start, ROW)
    assert (start.step, after.step) == (0, 1)
    assert start.membranes.tolist() == [0.5] * 3
    assert start.spikes.sum() == 0
    assert after.spikes is spikes


def test_the_first_step_sees_the_budget_through_the_strongest_drive():
    state = init_gli_state(ROW, budget=0.4)
    assert state.feedback == pytest.approx(-np.log(0.4))
    _, state = gli_step(state, ROW, budget=0.4)
    assert state.membranes.max() == pytest.approx(0.9)
    assert init_gli_state(ROW, budget=2.0).feedback == 0.0


def test_inhibition_follows_the_feedback_and_stops_at_the_strongest_drive():
    z = [0.0, 0.0, -30.0]
    state = init_gli_state(z)
    _, state = gli_step(state, z)  # two spikes: one more than the budget
    _, state = gli_step(state, z)
    assert state.feedback == pytest.approx(1 / 3)
    for _ in range(3):
        spikes, state = gli_step(state, z, budget=3.0)  # never spent: the floor holds
    assert state.feedback == 0.0
    assert spikes.sum() == 2


def test_logits_may_change_between_steps():
    state, counts = init_gli_state([0.0, 0.0]), np.zeros(2)
    for t in range(400):
        spikes, state = gli_step(state, [0.0, 2.0] if t < 200 else [2.0, 0.0])
        counts += spikes
    assert counts[0] / counts.sum() == pytest.approx(0.5, abs=0.02)
