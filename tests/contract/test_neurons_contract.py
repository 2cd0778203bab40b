"""What every neuron and every surrogate must do: each setting, each way of running it."""

import inspect
import itertools
import math

import pytest
import torch
from torch.func import jacfwd, jacrev, vmap

from spikedim import neurons
from spikedim.neurons import (
    LIF,
    AbstractSurrogate,
    InputScale,
    LIFParameters,
    Reset,
    escape_step,
    init_state,
    lif_run,
    lif_step,
    lif_trace,
)

SURROGATES = [
    item
    for name in neurons.__all__
    if inspect.isclass(item := getattr(neurons, name))
    and issubclass(item, AbstractSurrogate)
    and not inspect.isabstract(item)
]
NEURONS = [
    LIFParameters(leak=0.6, reset=reset, refractory_steps=silent, input_scale=scale)
    for reset, silent, scale in itertools.product(Reset, (0, 2), InputScale)
]


@pytest.fixture(params=SURROGATES, ids=lambda c: c.__name__)
def surrogate(request):
    return request.param()


@pytest.fixture(params=NEURONS, ids=lambda n: f"{n.reset}-{n.refractory_steps}-{n.input_scale}")
def neuron(request):
    return request.param


@pytest.fixture
def currents(generator):
    return 4 * torch.rand(6, 2, 3, generator=generator, dtype=torch.float64) - 0.5


def fresh(neuron, *shape):
    return init_state(shape, neuron, dtype=torch.float64)


def test_four_surrogates_are_found():
    assert len(SURROGATES) == 4


def test_a_surrogate_is_a_step_whatever_its_slope(surrogate):
    distance = torch.tensor([-math.inf, -1e-300, -0.0, 0.0, 1e-300, math.inf], dtype=torch.float64)
    for slope in (0.01, 1.0, 1e4):
        assert type(surrogate)(slope)(distance).tolist() == [0, 0, 1, 1, 1, 1]


def test_a_surrogate_is_even_peaks_at_the_threshold_and_has_area_one(surrogate):
    x = torch.linspace(-400, 400, 800_001, dtype=torch.float64)
    slope = surrogate.derivative(x)
    torch.testing.assert_close(slope, slope.flip(0), rtol=0, atol=1e-12)
    assert slope.argmax().item() == 400_000
    assert slope.min() >= 0
    assert torch.trapezoid(slope, x).item() == pytest.approx(1, abs=2e-3)


def test_a_surrogate_is_evaluated_in_the_backward_pass_only(surrogate, monkeypatch):
    calls = []
    plain = type(surrogate).derivative
    monkeypatch.setattr(
        type(surrogate), "derivative", lambda s, x: (calls.append(1), plain(s, x))[1]
    )
    x = torch.zeros(3, requires_grad=True)
    spikes = surrogate(x)
    assert calls == []
    spikes.sum().backward()
    assert calls == [1]


# Torch's own forward-mode rules are still written for torch.jit.
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_forward_and_reverse_jacobians_agree_under_vmap(surrogate, neuron, currents):
    def spikes(x):
        return lif_run(x, fresh(neuron, 3), neuron, surrogate=surrogate)[0]

    batched = currents.movedim(1, 0)
    reverse = vmap(jacrev(spikes))(batched)
    assert reverse.shape == (2, 6, 3, 6, 3)
    torch.testing.assert_close(vmap(jacfwd(spikes))(batched), reverse)
    assert reverse.abs().max() > 0
    # An early current moves later spikes only.
    later = torch.triu(torch.ones(6, 6), diagonal=1)[:, None, :, None] == 1
    assert (reverse * later).abs().max() == 0


def test_vmap_gives_the_spikes_of_the_batch(neuron, currents):
    want, _ = lif_run(currents, fresh(neuron, 2, 3), neuron)
    got = vmap(lambda x: lif_run(x, fresh(neuron, 3), neuron)[0], in_dims=1, out_dims=1)(currents)
    assert torch.equal(got, want)


def test_step_run_trace_and_module_are_one_neuron(neuron, currents):
    want, after = lif_run(currents, fresh(neuron, 2, 3), neuron)
    state, steps = fresh(neuron, 2, 3), []
    for current in currents:
        spikes, state = lif_step(current, state, neuron)
        steps.append(spikes)
    trace = lif_trace(currents, fresh(neuron, 2, 3), neuron)
    layer = LIF(neuron)
    module, last = layer(currents)
    shown = layer.forward_with_states(currents)
    for spikes in (torch.stack(steps), trace.spikes, module, shown.spikes):
        assert torch.equal(spikes, want)
    assert torch.equal(trace.membranes, shown.membranes)
    for other in (state, trace.state, last, shown.state):
        assert all(torch.equal(a, b) for a, b in zip(other, after, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_keeps_shape_and_type_and_fires_ones(neuron, dtype):
    currents = torch.full((5, 2), 3.0, dtype=dtype)
    spikes, state = lif_run(currents, init_state((2,), neuron, dtype=dtype), neuron)
    assert (spikes.dtype, state.membrane.dtype, state.pending.dtype) == (dtype, dtype, dtype)
    assert state.silence.dtype == torch.int32
    assert set(spikes.unique().tolist()) <= {0.0, 1.0}
    assert spikes.sum() > 0


def test_spikes_carry_a_gradient_only_with_a_surrogate(neuron, currents, surrogate):
    x = currents.requires_grad_()
    assert not lif_run(x, fresh(neuron, 2, 3), neuron)[0].requires_grad
    spikes, _ = lif_run(x, fresh(neuron, 2, 3), neuron, surrogate=surrogate)
    spikes.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().max() > 0


def test_a_refractory_neuron_never_fires_too_early(neuron, currents):
    spikes, _ = lif_run(currents.repeat(8, 1, 1), fresh(neuron, 2, 3), neuron)
    window = 1 + neuron.refractory_steps
    assert spikes.unfold(0, window, 1).sum(dim=-1).max() == 1


def test_a_sharp_escape_neuron_is_the_plain_neuron(neuron, currents, generator):
    want, after = lif_run(currents, fresh(neuron, 2, 3), neuron)
    state, steps = fresh(neuron, 2, 3), []
    for current in currents:
        spikes, state = escape_step(current, state, neuron, generator=generator, width=1e-9)
        steps.append(spikes)
    assert torch.equal(torch.stack(steps), want)
    assert all(torch.equal(a, b) for a, b in zip(state, after, strict=True))
