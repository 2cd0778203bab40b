"""What is always true of a population of neurons."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from spikedim.neurons import InputScale, LIFParameters, Reset, init_state, lif_run, lif_trace


@st.composite
def neurons(draw):
    leak = draw(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    return LIFParameters(
        leak=leak,
        threshold=draw(st.sampled_from([0.5, 1.0, 2.0])),
        reset=draw(st.sampled_from(list(Reset))),
        v_reset=draw(st.sampled_from([0.0, -0.5])),
        refractory_steps=draw(st.integers(0, 3)),
        input_scale=draw(st.sampled_from(list(InputScale)[: 1 if leak == 1 else 2])),
        initial_membrane=draw(st.sampled_from([0.0, 0.25])),
    )


@st.composite
def currents(draw):
    steps, rows = draw(st.integers(2, 20)), draw(st.integers(1, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    return 3 * torch.rand(steps, rows, generator=generator, dtype=torch.float64) - 0.5


def start(x, neuron):
    return init_state(tuple(x.shape[1:]), neuron, dtype=x.dtype)


@given(neurons(), currents(), st.integers(1, 19))
def test_the_future_does_not_change_the_past(neuron, x, cut):
    cut = min(cut, len(x))
    whole, _ = lif_run(x, start(x, neuron), neuron)
    prefix, _ = lif_run(x[:cut], start(x, neuron), neuron)
    assert torch.equal(prefix, whole[:cut])


@given(neurons(), currents(), st.integers(1, 19))
def test_two_runs_with_a_carried_state_are_one(neuron, x, cut):
    cut = min(cut, len(x) - 1)
    whole, after_whole = lif_run(x, start(x, neuron), neuron)
    first, between = lif_run(x[:cut], start(x, neuron), neuron)
    second, after = lif_run(x[cut:], between, neuron)
    assert torch.equal(torch.cat([first, second]), whole)
    assert all(torch.equal(a, b) for a, b in zip(after, after_whole, strict=True))


@given(neurons(), currents(), st.randoms(use_true_random=False))
def test_samples_do_not_see_each_other(neuron, x, random):
    order = list(range(x.shape[1]))
    random.shuffle(order)
    spikes, _ = lif_run(x, start(x, neuron), neuron)
    shuffled, _ = lif_run(x[:, order], start(x, neuron), neuron)
    assert torch.equal(shuffled, spikes[:, order])


@given(neurons(), currents())
def test_spikes_are_the_steps_at_or_above_threshold_outside_the_refractory_period(neuron, x):
    trace = lif_trace(x, start(x, neuron), neuron)
    silence = torch.zeros(x.shape[1])
    for membrane, spike in zip(trace.membranes, trace.spikes, strict=True):
        allowed = silence == 0
        assert torch.equal(spike == 1, allowed & (membrane >= neuron.threshold))
        silence = torch.where(spike == 1, neuron.refractory_steps, (silence - 1).clamp(min=0))
    assert torch.equal(trace.state.silence, silence.int())


@given(neurons(), currents(), st.sampled_from([0.25, 2.0, 8.0]))
def test_only_ratios_of_potentials_matter(neuron, x, scale):
    # Powers of two scale without rounding.
    scaled = LIFParameters(
        leak=neuron.leak,
        threshold=scale * neuron.threshold,
        reset=neuron.reset,
        v_reset=scale * neuron.v_reset,
        refractory_steps=neuron.refractory_steps,
        input_scale=neuron.input_scale,
        initial_membrane=scale * neuron.initial_membrane,
    )
    spikes, _ = lif_run(x, start(x, neuron), neuron)
    other, _ = lif_run(scale * x, start(x, scaled), scaled)
    assert torch.equal(other, spikes)


@given(neurons(), currents())
def test_a_run_leaves_its_arguments_alone(neuron, x):
    state = start(x, neuron)
    before = [x.clone(), *(field.clone() for field in state)]
    lif_run(x, state, neuron)
    assert all(torch.equal(a, b) for a, b in zip(before, [x, *state], strict=True))


@given(currents())
def test_an_integrator_conserves_charge(x):
    neuron = LIFParameters.integrate_and_fire()
    trace = lif_trace(x, start(x, neuron), neuron)
    fired = trace.spikes[:-1].sum(dim=0)
    torch.testing.assert_close(x.sum(dim=0) - fired, trace.membranes[-1], rtol=0, atol=1e-9)
