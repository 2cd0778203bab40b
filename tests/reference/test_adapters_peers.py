"""Networks of SpikingJelly and snnTorch, adapted: the same spikes, membranes and gradients."""

import pytest
import torch
from tests.model_examples import generator
from tests.peer_examples import enliven, forget, spikes_of, tokens
from torch import nn

from spikedim._core import InputError
from spikedim.models import read_snntorch, read_spikingjelly
from spikedim.neurons import Reset, SigmoidSurrogate

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
STEPS = 6
ACTIVATION = "spikingjelly.activation_based"


@pytest.fixture
def jelly():
    pytest.importorskip(ACTIVATION)
    from spikingjelly.activation_based import layer, neuron, surrogate

    return layer, neuron, surrogate


@pytest.fixture
def snn():
    return pytest.importorskip("snntorch")


def draw(module, seed=0):
    """Draw the weights of a module, so that no global generator is asked."""
    random = generator(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if not name.endswith((".w", "beta", "threshold")):
                parameter.copy_(0.4 * torch.randn(parameter.shape, generator=random))
    return module.double()


def image(*shape, seed=3):
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def convolutional(jelly, mode, **options):
    """Convolutions, pooling, normalisation, dropout and products, and three kinds of neurons."""
    layer, neuron, surrogate = jelly
    two = {**options, "step_mode": mode}
    return nn.Sequential(
        layer.Conv2d(2, 6, 3, padding=1, step_mode=mode),
        layer.BatchNorm2d(6, step_mode=mode),
        neuron.LIFNode(**two),
        layer.MaxPool2d(2, step_mode=mode),
        layer.Conv2d(6, 8, 3, padding=1, step_mode=mode),
        layer.BatchNorm2d(8, step_mode=mode),
        neuron.IFNode(surrogate_function=surrogate.ATan(), step_mode=mode),
        layer.Flatten(step_mode=mode),
        layer.Dropout(0.5, step_mode=mode),
        layer.Linear(8 * 16, 20, step_mode=mode),
        neuron.ParametricLIFNode(init_tau=3.0, step_mode=mode),
    )


def run_jelly(peer, x, mode):
    """Return outputs and spikes [T, B, ...], and the membranes after the last step, from rest."""
    from spikingjelly.activation_based import neuron

    forget(peer)
    if mode == "m":
        return spikes_of(peer, neuron.BaseNode, x.expand(STEPS, *x.shape))
    outs, parts = [], []
    for _ in range(STEPS):
        out, spikes = spikes_of(peer, neuron.BaseNode, x)
        outs.append(out)
        parts.append(spikes)
    return torch.stack(outs), {k: torch.stack([p[k] for p in parts]) for k in parts[0]}


@pytest.mark.parametrize("mode", ["s", "m"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tau": 3.0, "decay_input": False},
        {"tau": 2.5, "v_reset": None, "v_threshold": 0.7},
        {"v_reset": -0.25, "detach_reset": True},
        {"v_reset": -0.25, "decay_input": False, "tau": 4.0},
    ],
)
def test_a_network_of_spikingjelly_fires_alike(jelly, mode, options):
    peer = draw(convolutional(jelly, mode, **options))
    x = image(3, 2, 8, 8)
    enliven(peer, x.expand(STEPS, *x.shape) if mode == "m" else x)
    with torch.no_grad():
        wanted, spikes = run_jelly(peer, x, mode)
        forget(peer)
        model = read_spikingjelly(peer)
        trace = model.forward_with_states(x, steps=STEPS)
    assert torch.equal(trace.outputs, wanted)
    assert list(trace.populations) == list(model.populations) == ["2", "6", "10"]
    for name, found in trace.populations.items():
        assert torch.equal(found.spikes, tokens(spikes[name])), name
        assert 0.02 < found.spikes.mean() < 0.98, name
        assert found.membranes.shape == found.spikes.shape


@pytest.mark.parametrize("mode", ["s", "m"])
def test_gradients_are_those_of_spikingjelly(jelly, mode):
    peer = draw(convolutional(jelly, mode))
    x = image(3, 2, 8, 8)
    enliven(peer, x.expand(STEPS, *x.shape) if mode == "m" else x)
    peer[8].eval()
    model = read_spikingjelly(peer)
    out, _ = run_jelly(peer, x, mode)
    weigh = image(*out.shape, seed=5)
    (out * weigh).sum().backward()
    (model(x, steps=STEPS) * weigh).sum().backward()
    ours = dict(model.network.named_parameters())
    for name, parameter in peer.named_parameters():
        sign = 1.0
        if name == "10.w":
            name, sign = "10.population.lif.leak_logit", -1.0
        torch.testing.assert_close(
            ours[name].grad,
            sign * parameter.grad,
            rtol=1e-9,
            atol=1e-12,
            msg=lambda t, n=name: n + t,
        )
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("kind", ["Sigmoid", "ATan", "PiecewiseQuadratic", "Erf", "SoftSign"])
def test_surrogates_of_spikingjelly(jelly, kind):
    _, neuron, surrogate = jelly
    node = neuron.IFNode(surrogate_function=getattr(surrogate, kind)(alpha=1.7), step_mode="m")
    x = image(4, 3, 5).requires_grad_()
    node(x).sum().backward()
    y = x.detach().clone().requires_grad_()
    read_spikingjelly(neuron.IFNode(surrogate_function=node.surrogate_function, step_mode="m"))(
        y
    ).sum().backward()
    torch.testing.assert_close(y.grad, x.grad, rtol=1e-9, atol=1e-12)


def test_what_spikingjelly_has_and_we_do_not_is_listed(jelly):
    _, neuron, surrogate = jelly
    other = nn.Sequential(neuron.QIFNode(), nn.Linear(2, 2), neuron.LIFNode(), neuron.EIFNode())
    with pytest.raises(InputError, match=r"got 0 \(QIFNode\), 3 \(EIFNode\)\. Replace them"):
        read_spikingjelly(other)

    class Own(neuron.LIFNode):
        pass

    with pytest.raises(InputError, match=r"got neuron \(Own\)"):
        read_spikingjelly(Own())
    mixed = nn.Sequential(neuron.LIFNode(step_mode="m"), neuron.LIFNode(step_mode="s"))
    with pytest.raises(InputError, match=r"all its neurons in one step mode; got both"):
        read_spikingjelly(mixed)
    smooth = neuron.LIFNode(surrogate_function=surrogate.Sigmoid(spiking=False))
    with pytest.raises(InputError, match=r"`neuron` must have a surrogate function in spiking"):
        read_spikingjelly(nn.Sequential(smooth)[0])
    shared = neuron.LIFNode()
    twice = nn.Sequential(nn.Linear(3, 3), shared, nn.Linear(3, 3), shared)
    with pytest.raises(InputError, match=r"`1` must be called once a step; got another call"):
        read_spikingjelly(twice)(torch.zeros(1, 3), steps=2)


def test_reading_leaves_the_network_of_spikingjelly_alone(jelly):
    _, neuron, _ = jelly
    peer = draw(nn.Sequential(nn.Linear(3, 4), neuron.LIFNode()))
    before = {key: value.clone() for key, value in peer.state_dict().items()}
    model = read_spikingjelly(peer)
    with torch.no_grad():
        model.network[0].weight.zero_()
    assert isinstance(peer[1], neuron.LIFNode)
    assert all(torch.equal(before[key], value) for key, value in peer.state_dict().items())
    assert not peer[1].v  # its state was never touched


# ------------------------------------------------------------------------------------ snnTorch


def above(x):
    """A spike function of snnTorch's kind that keeps float64, which its own do not."""
    return (x > 0).to(x.dtype) + 0.3 * (x - x.detach())


def leaky(snn, **options):
    """A network as its users write it, one step."""
    start = {"beta": 0.8, "init_hidden": True, "spike_grad": above}
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        snn.Leaky(**{**start, **options}),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(96, 20),
        snn.Leaky(**{**start, "threshold": 0.6, "output": True}),
    )


def run_snn(snn, peer, x):
    """Return spikes, last membranes and spikes of every neuron over the steps."""
    for child in peer.modules():
        if isinstance(child, snn.Leaky):
            child.reset_mem()
    outs, parts = [], []
    for _ in range(STEPS):
        (spikes, membranes), found = spikes_first(snn, peer, x)
        outs.append(spikes)
        parts.append(found)
    return torch.stack(outs), membranes, {k: torch.stack([p[k] for p in parts]) for k in parts[0]}


def spikes_first(snn, peer, x):
    """Return what the network does in one step, and the spikes of its neurons."""
    found, hooks = {}, []
    for name, child in peer.named_modules():
        if isinstance(child, snn.Leaky):

            def keep(_, __, out, name=name):
                found[name] = (out[0] if isinstance(out, tuple) else out).detach().clone()

            hooks.append(child.register_forward_hook(keep))
    out = peer(x)
    for hook in hooks:
        hook.remove()
    return out, found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reset_mechanism": "zero", "threshold": 0.5},
        {"reset_mechanism": "zero", "reset_delay": False},
        {"learn_beta": True, "beta": 0.6},
        {"reset_delay": False, "threshold": 2.0},
    ],
)
def test_a_network_of_snntorch_fires_alike(snn, options):
    peer = draw(leaky(snn, **options))
    x = image(3, 2, 8, 8)
    enliven(peer, x, shift=0.0)
    model = read_snntorch(peer)
    with torch.no_grad():
        wanted, membranes, spikes = run_snn(snn, peer, x)
        trace = model.forward_with_states(x, steps=STEPS)
    assert torch.equal(trace.outputs, wanted)
    torch.testing.assert_close(
        trace.populations["6"].membranes[-1, :, 0], membranes, rtol=1e-12, atol=1e-12
    )
    for name in ("2", "6"):
        assert torch.equal(trace.populations[name].spikes, tokens(spikes[name])), name
        assert 0.02 < spikes[name].mean() < 0.98, name
    assert len(model.notes) == (
        options.get("reset_delay", True) is False
        and len(options) == 2
        and ("reset_mechanism" not in options)
    )


@pytest.mark.parametrize("learn_beta", [False, True])
def test_gradients_are_those_of_snntorch(snn, learn_beta):
    peer = draw(leaky(snn, learn_beta=learn_beta))
    x = image(3, 2, 8, 8)
    enliven(peer, x, shift=0.0)
    model = read_snntorch(peer)
    wanted, _, _ = run_snn(snn, peer, x)
    weigh = image(*wanted.shape, seed=5)
    (wanted * weigh).sum().backward()
    (model(x, steps=STEPS) * weigh).sum().backward()
    ours = dict(model.network.named_parameters())
    for name, parameter in peer.named_parameters():
        got = ours.get(name)
        if name == "2.beta":  # ours is its logit
            got, beta = ours["2.population.lif.leak_logit"], parameter.detach()
            grad = got.grad / (beta * (1 - beta))
        else:
            grad = got.grad
        torch.testing.assert_close(
            grad, parameter.grad, rtol=1e-6 if learn_beta else 1e-9, atol=1e-9
        )
        assert parameter.grad.abs().max() > 0, name


def test_surrogates_of_snntorch(snn):
    from snntorch import surrogate

    for spike in (surrogate.atan(1.5), surrogate.sigmoid(3), surrogate.fast_sigmoid(4), None):
        peer = snn.Leaky(beta=0.7, init_hidden=True, spike_grad=spike)
        model = read_snntorch(peer)
        x = image(3, 5).float().requires_grad_()
        y = x.detach().clone().requires_grad_()
        peer(x).sum().backward()
        model(y, steps=1).sum().backward()
        torch.testing.assert_close(y.grad, x.grad, rtol=1e-5, atol=1e-6)
    given = read_snntorch(snn.Leaky(beta=0.7, init_hidden=True), surrogate=SigmoidSurrogate(2.0))
    assert given.populations["neuron"].lif.surrogate == SigmoidSurrogate(2.0)


def test_neurons_of_snntorch_in_our_terms(snn):
    model = read_snntorch(
        nn.Sequential(snn.Leaky(beta=0.5, threshold=2.0, init_hidden=True, learn_threshold=True))
    )
    neuron = model.populations["0"].lif.neuron
    assert (neuron.leak, neuron.threshold, neuron.reset) == (0.5, 2.0, Reset.SOFT_POST_LEAK)
    assert model.notes == ("0: its learnt threshold is fixed",)


def test_what_snntorch_has_and_we_do_not_is_refused(snn):
    other = nn.Sequential(snn.Synaptic(alpha=0.9, beta=0.8, init_hidden=True), snn.Lapicque(0.5))
    with pytest.raises(InputError, match=r"only; got 0 \(Synaptic\), 1 \(Lapicque\)\. Replace"):
        read_snntorch(other)
    for options, message in (
        ({}, "init_hidden=True, so that it keeps the loop"),
        ({"init_hidden": True, "reset_mechanism": "none"}, "a reset_mechanism of 'subtract' or"),
        ({"init_hidden": True, "inhibition": True}, "no inhibition"),
        ({"init_hidden": True, "graded_spikes_factor": 2.0}, "spikes that are not graded"),
        ({"init_hidden": True, "beta": torch.tensor([0.5, 0.6])}, "one beta for all its neurons"),
    ):
        with pytest.raises(InputError, match=f"`neuron` must have {message}"):
            read_snntorch(snn.Leaky(**{"beta": 0.5, **options}))
