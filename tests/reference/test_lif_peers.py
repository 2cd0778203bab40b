"""The same spikes as SpikingJelly, snnTorch and Norse on the dynamics that they share.

Currents are multiples of 1/64 and leaks are powers of two, so no rounding happens anywhere and
equality is exact. snnTorch and Norse fire above the threshold, we at it: their thresholds lie off
the grid of potentials.
"""

import pytest
import torch

from spikedim.neurons import (
    ATanSurrogate,
    InputScale,
    LIFParameters,
    Reset,
    SigmoidSurrogate,
    init_state,
    lif_run,
    lif_trace,
)

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
OFF_GRID = 1 + 2.0**-20
STEPS = 12


@pytest.fixture
def currents(generator):
    return torch.randint(-64, 200, (STEPS, 5, 8), generator=generator).double() / 64


def ours(currents, neuron, surrogate=None):
    start = init_state(tuple(currents.shape[1:]), neuron, dtype=currents.dtype)
    spikes, _ = lif_run(currents, start, neuron, surrogate=surrogate)
    assert 0.05 < spikes.mean() < 0.95
    return spikes


JELLY = {"leak": 0.5, "input_scale": InputScale.DECAY}


@pytest.mark.parametrize(
    ("options", "neuron"),
    [
        ({"tau": 2.0}, LIFParameters.spikingjelly()),
        ({"tau": 2.0, "v_threshold": 0.5}, LIFParameters.spikingjelly(threshold=0.5)),
        ({"tau": 2.0, "decay_input": False}, LIFParameters(leak=0.5, reset=Reset.HARD)),
        ({"tau": 2.0, "v_reset": None}, LIFParameters(**JELLY, reset=Reset.SOFT_CARRIED)),
        # Its leak pulls to v_reset: potentials are measured from there.
        (
            {"tau": 2.0, "v_reset": -0.5},
            LIFParameters(**JELLY, reset=Reset.HARD, threshold=1.5),
        ),
    ],
    ids=["default", "threshold", "input", "soft", "v_reset"],
)
def test_spikingjelly_leaky(currents, options, neuron):
    jelly = pytest.importorskip("spikingjelly.activation_based.neuron")
    node = jelly.LIFNode(**options, step_mode="m")
    assert torch.equal(ours(currents, neuron), node(currents))


@pytest.mark.parametrize(("reset", "v_reset"), [(Reset.SOFT_POST_LEAK, None), (Reset.HARD, 0.0)])
def test_spikingjelly_without_leak(currents, reset, v_reset):
    jelly = pytest.importorskip("spikingjelly.activation_based.neuron")
    node = jelly.IFNode(v_reset=v_reset, step_mode="m")
    assert torch.equal(ours(currents, LIFParameters(reset=reset)), node(currents))


@pytest.mark.parametrize(
    ("surrogate", "name"), [(SigmoidSurrogate(4.0), "Sigmoid"), (ATanSurrogate(2.0), "ATan")]
)
@pytest.mark.parametrize("detach", [True, False])
def test_spikingjelly_gradients(currents, surrogate, name, detach):
    jelly = pytest.importorskip("spikingjelly.activation_based.neuron")
    surrogates = pytest.importorskip("spikingjelly.activation_based.surrogate")
    node = jelly.LIFNode(
        tau=2.0,
        detach_reset=detach,
        surrogate_function=getattr(surrogates, name)(alpha=surrogate.slope),
        step_mode="m",
    )
    neuron = LIFParameters(**JELLY, reset=Reset.HARD, detach_reset=detach)
    weight = torch.arange(currents.numel()).reshape(currents.shape).double()
    grads = []
    for spikes_of in (node, lambda x: ours(x, neuron, surrogate)):
        x = currents.clone().requires_grad_()
        (spikes_of(x) * weight).sum().backward()
        grads.append(x.grad)
    torch.testing.assert_close(grads[1], grads[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("mechanism", "reset"), [("subtract", Reset.SOFT_POST_LEAK), ("zero", Reset.HARD)]
)
def test_snntorch_leaky(currents, mechanism, reset):
    snntorch = pytest.importorskip("snntorch")
    node = snntorch.Leaky(
        beta=torch.tensor(0.5).double(),
        threshold=torch.tensor(OFF_GRID, dtype=torch.float64),
        reset_mechanism=mechanism,
    )
    neuron = LIFParameters(leak=0.5, threshold=OFF_GRID, reset=reset)
    start = init_state((5, 8), neuron, dtype=torch.float64)
    trace = lif_trace(currents, start, neuron)
    membrane = torch.zeros(5, 8, dtype=torch.float64)
    for current, spikes, u in zip(currents, trace.spikes, trace.membranes, strict=True):
        fired, membrane = node(current, membrane)
        assert torch.equal(fired, spikes)
        assert torch.equal(membrane, u)


def test_snntorch_fires_above_and_not_at_the_threshold():
    snntorch = pytest.importorskip("snntorch")
    at = torch.ones(1, 1)
    assert snntorch.Leaky(beta=0.5)(at[0], torch.zeros(1))[0].item() == 0
    assert lif_run(at, init_state((1,), LIFParameters()), LIFParameters())[0].item() == 1


def test_norse_box(currents):
    box = pytest.importorskip("norse.torch.functional.lif_box")
    # One step of half a time constant.
    parameters = box.LIFBoxParameters(
        tau_mem_inv=torch.tensor(512.0).double(),
        v_th=torch.tensor(OFF_GRID, dtype=torch.float64),
    )
    neuron = LIFParameters(**JELLY, threshold=OFF_GRID, reset=Reset.HARD)
    state = box.LIFBoxFeedForwardState(v=torch.zeros(5, 8, dtype=torch.float64))
    spikes = []
    for current in currents:
        fired, state = box.lif_box_feed_forward_step(current, state, parameters, dt=1 / 1024)
        spikes.append(fired)
    assert torch.equal(torch.stack(spikes), ours(currents, neuron))
