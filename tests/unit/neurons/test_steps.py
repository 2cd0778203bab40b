import math

import pytest
import torch

from spikedim._core import InputError, NumericsError
from spikedim.neurons import (
    LIF,
    ATanSurrogate,
    LIFParameters,
    Reset,
    SigmoidSurrogate,
    escape_step,
    init_state,
    lif_run,
    lif_step,
    lif_trace,
    warm_up,
)

NEURON = LIFParameters(leak=0.5)


def membranes(neuron, *currents):
    x = torch.tensor(currents, dtype=torch.float64)[:, None]
    trace = lif_trace(x, init_state((1,), neuron, dtype=torch.float64), neuron)
    return trace.membranes[:, 0].tolist(), trace.spikes[:, 0].tolist()


@pytest.mark.parametrize(
    ("reset", "second"),
    [(Reset.SOFT_POST_LEAK, 0.75 - 1.0), (Reset.SOFT_CARRIED, 0.25), (Reset.HARD, -0.125)],
)
def test_three_resets_by_hand(reset, second):
    neuron = LIFParameters(leak=0.5, reset=reset, v_reset=-0.25)
    assert membranes(neuron, 1.5, 0.0) == ([1.5, second], [1.0, 0.0])


def test_a_membrane_at_the_threshold_fires():
    assert membranes(NEURON, 1.0) == ([1.0], [1.0])


def test_the_clock_of_a_refractory_neuron_stands_still():
    neuron = LIFParameters(leak=0.5, refractory_steps=2)
    assert membranes(neuron, 1.5, 9.0, 9.0, 0.5) == ([1.5, 1.5, 1.5, 0.25], [1.0, 0.0, 0.0, 0.0])


def test_warm_up_runs_the_first_current_and_throws_its_spikes_away():
    neuron = LIFParameters(warm_up_steps=3)
    current = torch.tensor([0.4, 0.5])
    state = warm_up(current, neuron)
    want = lif_run(current.expand(3, -1), init_state((2,), neuron), neuron)[1]
    assert all(torch.equal(a, b) for a, b in zip(state, want, strict=True))
    assert state.pending.tolist() == [1.0, 0.0]


@pytest.mark.usefixtures("untyped")
def test_state_messages():
    with pytest.raises(InputError, match=r"^init_state: `shape` must be an integer >= 1; got 0"):
        init_state((2, 0), NEURON)
    with pytest.raises(InputError, match=r"^init_state: `dtype` must be a floating type; got "):
        init_state((2,), NEURON, dtype=torch.int32)
    with pytest.raises(InputError, match=r"^warm_up: `current` must be a torch\.Tensor; got list"):
        warm_up([0.1], NEURON)
    with pytest.raises(InputError, match=r"^warm_up: `current` must be finite; got NaN or inf"):
        warm_up(torch.tensor([math.nan]), LIFParameters(warm_up_steps=1))


RUNS = [
    ("lif_run", lambda x, s: lif_run(x, s, NEURON)),
    ("lif_trace", lambda x, s: lif_trace(x, s, NEURON)),
]
STEPS = [
    ("lif_step", lambda x, s: lif_step(x, s, NEURON)),
    ("escape_step", lambda x, s: escape_step(x, s, NEURON, generator=torch.Generator())),
]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("name", "run"), RUNS)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[1.0]], "must be a torch.Tensor; got list"),
        (torch.ones(3, 2).int(), "must be floating point; got torch.int32"),
        (torch.ones(0, 2), r"must have T >= 1 steps on its first axis; got shape \(0, 2\)"),
        (torch.tensor(1.0), r"must have T >= 1 steps on its first axis; got shape \(\)"),
        (torch.ones(3, 4), r"must have one step of shape \(2,\) and torch.float32 like the state"),
        (torch.ones(3, 2).double(), r"got \(2,\) and torch.float64. Make the state with `init_st"),
        (torch.tensor([[1.0, math.nan], [1.0, 1.0]]), "must be finite; got NaN or infinity"),
        (torch.tensor([[1.0, -math.inf], [1.0, 1.0]]), "must be finite; got NaN or infinity"),
    ],
)
def test_currents_that_are_none(name, run, bad, message):
    with pytest.raises(InputError, match=rf"^{name}: `currents` .*{message}"):
        run(bad, init_state((2,), NEURON))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("name", "step"), STEPS)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (0.5, "must be a torch.Tensor; got float"),
        (torch.ones(2).int(), "must be floating point; got torch.int32"),
        (torch.ones(1, 2), r"must have one step of shape \(2,\) .*; got \(1, 2\)"),
        (torch.tensor([1.0, math.inf]), "must be finite; got NaN or infinity"),
    ],
)
def test_one_current_that_is_none(name, step, bad, message):
    with pytest.raises(InputError, match=rf"^{name}: `current` .*{message}"):
        step(bad, init_state((2,), NEURON))


@pytest.mark.parametrize("reset", list(Reset))
@pytest.mark.parametrize("silent", [0, 2])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_no_neuron_forgets_a_bad_current(reset, silent, bad):
    neuron = LIFParameters(leak=0.0, reset=reset, refractory_steps=silent)
    currents = torch.full((9, 1), 0.4)
    currents[2] = bad
    with pytest.raises(InputError, match="`currents` must be finite"):
        lif_run(currents, init_state((1,), neuron), neuron)


def test_an_overflow_is_no_input_error():
    neuron = LIFParameters()
    currents = torch.full((9, 1), -3e38)
    with pytest.raises(NumericsError, match=r"a membrane overflowed torch\.float32"):
        lif_run(currents, init_state((1,), neuron), neuron)


@pytest.mark.usefixtures("untyped")
def test_escape_messages(generator):
    state, current = init_state((1,), NEURON), torch.zeros(1)
    with pytest.raises(InputError, match=r"^escape_step: `width` must be above 0; got 0"):
        escape_step(current, state, NEURON, generator=generator, width=0)
    with pytest.raises(InputError, match=r"^escape_step: `generator` must be a torch\.Generator"):
        escape_step(current, state, NEURON, generator=None)


@pytest.mark.parametrize("width", [0.5, 1.0])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_escape_fires_with_the_exponential_of_the_distance(width, dtype, generator):
    neuron = LIFParameters(leak=0.0, reset=Reset.HARD, threshold=2.0)
    for drive, probability in ((1.0, math.exp(-1 / width)), (2.0, 1.0), (5.0, 1.0)):
        current = torch.full((20_000,), drive, dtype=dtype)
        spikes, _ = escape_step(
            current, init_state((20_000,), neuron, dtype=dtype), neuron,
            generator=generator, width=width,
        )  # fmt: skip
        # Five standard errors of 20,000 coins; bfloat16 rounds the probability by 2^-9.
        noise = 5 * 0.5 / math.sqrt(20_000) * (probability < 1) + 2**-9 * (dtype != torch.float64)
        assert spikes.double().mean().item() == pytest.approx(probability, abs=noise)


def test_a_reset_waits_for_the_refractory_period_even_below_the_threshold(generator):
    # An escape neuron fires below its threshold too; the membrane alone does not tell.
    neuron = LIFParameters(refractory_steps=2)
    state = init_state((2000,), neuron, dtype=torch.float64)
    zero = torch.zeros(2000, dtype=torch.float64)
    first, state = escape_step(zero + 0.5, state, neuron, generator=generator)
    for left in (2, 1):
        assert torch.equal(state.silence == left, first == 1)
        spikes, state = escape_step(zero + 9, state, neuron, generator=generator, width=1e-9)
        assert torch.equal(state.pending[first == 1], first[first == 1])
        assert spikes[first == 1].sum() == 0
    assert 0.5 < first.mean() < 0.7
    _, state = lif_step(zero, state, neuron)
    assert set(state.membrane[first == 1].tolist()) == {-0.5}


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0, -1.0, math.nan, None, "4"])
def test_a_slope_is_a_number_above_zero(bad):
    with pytest.raises(InputError, match=r"^ATanSurrogate: `slope` must be "):
        ATanSurrogate(bad)


class TestModule:
    def test_defaults(self):
        layer = LIF()
        assert layer.neuron == LIFParameters.published()
        assert layer.surrogate == SigmoidSurrogate(4.0)
        assert layer.leak is None
        assert list(layer.parameters()) == []
        assert "leak=0.5" in repr(layer)

    def test_holds_no_state_between_calls(self, generator):
        layer = LIF(LIFParameters(leak=0.9))
        x = torch.rand(5, 3, generator=generator)
        first, state = layer(x)
        again, _ = layer(x)
        continued, _ = layer(x, state)
        assert torch.equal(first, again)
        assert not torch.equal(first, continued)
        assert layer.state_dict() == {}

    def test_warms_up_only_without_a_state(self):
        neuron = LIFParameters(warm_up_steps=1)
        x = torch.full((1, 1), 0.6)
        assert LIF(neuron)(x)[0].item() == 1
        assert LIF(neuron)(x, init_state((1,), neuron))[0].item() == 0

    @pytest.mark.parametrize("leak", [0.1, 0.5, 0.97])
    def test_a_learnable_leak_starts_where_it_is_told(self, leak, generator):
        neuron = LIFParameters(leak=leak)
        layer = LIF(neuron, learnable_leak=True)
        assert layer.leak.item() == pytest.approx(leak, rel=1e-6)
        assert [name for name, _ in layer.named_parameters()] == ["leak_logit"]
        x = torch.randn(6, 40, generator=generator)
        got = layer.forward_with_states(x)
        want = lif_trace(x, init_state((40,), neuron), neuron)
        torch.testing.assert_close(got.membranes, want.membranes)

    def test_a_learnable_leak_learns(self, generator):
        decay = LIFParameters.spikingjelly()
        for neuron in (LIFParameters(leak=0.5), decay):
            layer = LIF(neuron, learnable_leak=True)
            x = 2 * torch.rand(6, 40, generator=generator, dtype=torch.float64)
            layer.double()(x)[0].sum().backward()
            assert torch.isfinite(layer.leak_logit.grad)
            assert layer.leak_logit.grad != 0

    @pytest.mark.parametrize("leak", [0.0, 1.0])
    def test_a_leak_without_a_logit_cannot_be_learnt(self, leak):
        with pytest.raises(InputError, match=r"^LIF: `parameters` must have a leak inside \(0, 1"):
            LIF(LIFParameters(leak=leak), learnable_leak=True)

    @pytest.mark.usefixtures("untyped")
    def test_messages(self):
        with pytest.raises(InputError, match=r"^LIF: `currents` must have T >= 1 .* \(0, 3\)"):
            LIF()(torch.ones(0, 3))
        with pytest.raises(InputError, match=r"^LIF: `currents` must be a torch\.Tensor"):
            LIF()([1.0])

    def test_runs_what_it_is_given(self):
        calls = []

        def run(*arguments, **keywords):
            calls.append(keywords)
            return lif_run(*arguments, **keywords)

        LIF(run=run)(torch.ones(2, 1))
        assert calls == [{"surrogate": SigmoidSurrogate(), "leak": None}]
