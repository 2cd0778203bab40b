"""Networks of other packages, adapted: here with stand-ins that have the names of their classes.

tests/reference/test_adapters_peers.py compares with the packages themselves.
"""

import pytest
import torch
from tests.model_examples import generator
from torch import nn

from spikedim._core import InputError
from spikedim.models import AdaptedModel, read_snntorch, read_spikingjelly
from spikedim.models.weights._peer_surrogate import PeerSurrogate
from spikedim.neurons import LIFParameters, Reset, SigmoidSurrogate

JELLY, SNN = "spikingjelly.activation_based", "snntorch._neurons"


def stand_in(module, name, parent=nn.Module):
    """Return a class with the full name of a peer's class."""
    return type(name, (parent,), {"__module__": module, "__qualname__": name})


MemoryModule = stand_in(f"{JELLY}.base", "MemoryModule")
LIFNode = stand_in(f"{JELLY}.neuron.lif", "LIFNode", MemoryModule)
SpikingNeuron = stand_in(f"{SNN}.neurons", "SpikingNeuron")
Leaky = stand_in(f"{SNN}.leaky", "Leaky", SpikingNeuron)


def node(mode="s", **options):
    found = LIFNode()
    start = {"tau": 2.0, "v_threshold": 1.0, "v_reset": 0.0, "decay_input": True}
    own = {"detach_reset": True, "step_mode": mode, "surrogate_function": torch.sigmoid}
    found.__dict__.update({**start, **own, **options})
    return found


def leaky(**options):
    found = Leaky()
    start = {"beta": torch.tensor(0.5), "threshold": torch.tensor(1.0), "reset_delay": True}
    off = {"inhibition": False, "state_quant": False, "output": False, "init_hidden": True}
    own = {"reset_mechanism": "subtract", "spike_grad": torch.sigmoid}
    own["graded_spikes_factor"] = torch.tensor(1.0)
    found.__dict__.update({**start, **off, **own, **options})
    return found


def network(*neurons):
    layers = [nn.Linear(3, 4), neurons[0], nn.Linear(4, 2), *neurons[1:]]
    draw = generator()
    for layer in (layers[0], layers[2]):
        layer.weight.data = torch.randn(layer.weight.shape, generator=draw) * 2
        layer.bias.data = torch.rand(layer.bias.shape, generator=draw)
    return nn.Sequential(*layers)


@pytest.fixture
def x():
    return torch.randn(5, 3, generator=generator(1)).abs()


def test_the_steps_of_an_adapted_network_are_the_equations(x):
    peer = network(node(), node(v_threshold=0.5))
    trace = read_spikingjelly(peer).forward_with_states(x, steps=4)
    potential, fired = torch.zeros(5, 4), torch.zeros(5, 4)
    for step in range(4):
        potential = potential * (1 - fired)
        potential = potential + (peer[0](x) - potential) / 2
        fired = (potential >= 1).float()
        torch.testing.assert_close(trace.populations["1"].membranes[step, :, 0], potential)
        assert torch.equal(trace.populations["1"].spikes[step, :, 0], fired)
    assert trace.outputs.shape == (4, 5, 2)
    assert 0 < trace.outputs.mean() < 1


def test_populations_have_the_paths_of_their_neurons():
    model = read_spikingjelly(network(node(), node(v_threshold=0.5, v_reset=-0.5)))
    assert list(model.populations) == ["1", "3"]
    assert model.populations["1"].lif.neuron == LIFParameters.spikingjelly()
    assert model.populations["3"].lif.neuron.threshold == 1.0  # above the rest of -0.5
    assert "source='spikingjelly', populations=2" in repr(model)


def test_a_split_run_continues(x):
    model = read_spikingjelly(network(node(), node()))
    whole = model.run(x, steps=5)
    first = model.run(x, steps=2)
    second = model.run(x, steps=3, states=first.states)
    assert torch.equal(torch.cat([first.outputs, second.outputs]), whole.outputs)
    assert whole.states.keys() == {"1", "3"}


def test_a_static_input_is_a_sequence_of_equals(x):
    for model in (
        read_spikingjelly(network(node(), node())),
        read_spikingjelly(network(node("m"), node("m"))),
    ):
        assert torch.equal(model(x, steps=3), model(x.expand(3, *x.shape)))


def test_both_step_modes_agree(x):
    single = read_spikingjelly(network(node(), node()))
    multi = read_spikingjelly(network(node("m"), node("m")))
    one, all_ = (m.forward_with_states(x, steps=4) for m in (single, multi))
    torch.testing.assert_close(one.outputs, all_.outputs)
    for name, found in one.populations.items():
        assert torch.equal(found.spikes, all_.populations[name].spikes)
        assert torch.equal(one.states[name].membrane, all_.states[name].membrane)


def test_features_come_last_in_traces():
    model = read_spikingjelly(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), node()))
    images = torch.randn(2, 2, 4, 5, generator=generator(2))
    trace = model.forward_with_states(images, steps=2)
    assert trace.outputs.shape == (2, 2, 3, 4, 5)
    spikes = trace.populations["1"].spikes
    assert torch.equal(spikes, trace.outputs.flatten(3).transpose(2, 3))


def test_a_neuron_of_snntorch_may_return_its_membrane(x):
    model = read_snntorch(network(leaky(), leaky(output=True, reset_mechanism="zero")))
    assert isinstance(model, AdaptedModel)
    trace = model.forward_with_states(x, steps=3)
    assert torch.equal(trace.outputs, trace.populations["3"].spikes[:, :, 0])
    neurons = [p.lif.neuron for p in model.populations.values()]
    assert [n.reset for n in neurons] == [Reset.SOFT_POST_LEAK, Reset.HARD]


def test_gradients_reach_the_copy_and_not_the_network(x):
    peer = network(node(), node())
    model = read_spikingjelly(peer)
    model(x, steps=3).sum().backward()
    assert model.network[0].weight.grad.abs().sum() > 0
    assert peer[0].weight.grad is None


def test_a_surrogate_may_be_chosen():
    model = read_snntorch(network(leaky(), leaky()), surrogate=SigmoidSurrogate(2.0))
    assert {p.lif.surrogate for p in model.populations.values()} == {SigmoidSurrogate(2.0)}


def test_unknown_functions_are_differentiated():
    surrogate = PeerSurrogate(function=torch.tanh)
    u = torch.tensor([0.3, -1.0], dtype=torch.float64)
    torch.testing.assert_close(surrogate.derivative(u), 1 - torch.tanh(u).square())
    flat = PeerSurrogate(function=lambda v: (v > 0).double())
    assert flat.derivative(u).tolist() == [0, 0]


def test_the_mode_of_the_network_is_kept():
    assert read_spikingjelly(network(node(), node())).training
    assert not read_spikingjelly(network(node(), node()).eval()).training


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": torch.zeros(5, 3)}, r"`x` must be a sequence \[T, B, \.\.\.\] without `steps`"),
        ({"x": torch.zeros(5, 3), "steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"x": torch.zeros(5, 3).long(), "steps": 1}, r"`x` must be a floating tensor; got torch"),
        ({"x": torch.full((5, 3), torch.nan), "steps": 1}, r"`x` must be finite; got NaN"),
    ],
)
def test_bad_inputs_are_refused(arguments, message):
    model = read_spikingjelly(network(node(), node()))
    with pytest.raises(InputError, match=message):
        model(**arguments)


def test_states_of_another_model_are_refused(x):
    model = read_spikingjelly(network(node(), node()))
    states = {"elsewhere": model.run(x, steps=1).states["1"]}
    with pytest.raises(InputError, match=r"`states` must be those of this model; got .*elsewhere"):
        model.run(x, steps=1, states=states)


def test_a_part_cannot_be_called_alone():
    model = read_spikingjelly(network(node(), node()))
    with pytest.raises(InputError, match=r"`1` must be called through its AdaptedModel"):
        model.network[1](torch.zeros(2, 4))


def test_a_shared_neuron_is_refused(x):
    shared = node()
    model = read_spikingjelly(nn.Sequential(nn.Linear(3, 3), shared, nn.Linear(3, 3), shared))
    with pytest.raises(InputError, match=r"`1` must be called once a step"):
        model(x, steps=1)


class Custom(nn.Module):
    """Network whose forward is Python."""

    def __init__(self, forward):
        super().__init__()
        self.linear, self.neuron, self.calls = nn.Linear(3, 3), node(), 0
        self.rule = forward

    def forward(self, x):
        self.calls += 1
        return self.rule(self, x)


def test_a_network_that_reads_or_resets_its_neurons_is_refused(x):
    for rule in (lambda self, _: self.neuron.v, lambda self, _: self.neuron.reset()):
        with pytest.raises(InputError, match=r"leave the state of its neurons to us; it asks for"):
            read_spikingjelly(Custom(rule))(x, steps=1)
    # A mistake of its own stays what it is.
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        read_spikingjelly(Custom(lambda self, _: self.nothing))(x, steps=1)


def test_a_neuron_called_in_some_steps_only_cannot_be_recorded(x):
    def rule(self, x):
        return self.neuron(self.linear(x)) if self.calls % 2 else self.linear(x)

    assert read_spikingjelly(Custom(rule)).run(x, steps=3).outputs.shape == (3, 5, 3)
    with pytest.raises(InputError, match=r"`neuron` must be called in every step, or in none"):
        read_spikingjelly(Custom(rule)).forward_with_states(x, steps=3)


def test_a_wrapper_is_read_through(x):
    peer = network(node(), node())
    wrapped = read_spikingjelly(nn.DataParallel(peer))
    assert list(wrapped.populations) == ["module.1", "module.3"]
    assert torch.equal(wrapped(x, steps=2), read_spikingjelly(peer)(x, steps=2))


def test_normalisation_in_training_sees_one_step_at_a_time():
    peer = nn.Sequential(nn.BatchNorm1d(3), node())
    model = read_spikingjelly(peer)
    x = torch.randn(2, 5, 3, generator=generator(3))
    model(x)
    expected = nn.BatchNorm1d(3)
    for step in x:
        expected(step)
    torch.testing.assert_close(model.network[0].running_mean, expected.running_mean)
    assert peer[0].num_batches_tracked == 0


def test_a_surrogate_of_the_network_is_copied():
    function = nn.Sigmoid()
    model = read_spikingjelly(network(node(surrogate_function=function), node()))
    assert model.populations["1"].lif.surrogate.function is not function


def test_states_of_another_batch_are_refused(x):
    model = read_spikingjelly(network(node(), node()))
    with pytest.raises(InputError, match=r"one step of shape \(5, 4\) .*; got \(2, 4\)"):
        model.run(x[:2], steps=1, states=model.run(x, steps=1).states)


def test_networks_without_known_neurons_are_refused(untyped):
    other = stand_in(f"{JELLY}.neuron.other", "QIFNode", MemoryModule)
    with pytest.raises(InputError, match=r"no other state; got 1 \(QIFNode\), 3 \(QIFNode\)\."):
        read_spikingjelly(network(other(), other()))
    with pytest.raises(InputError, match=r"one step mode; got both"):
        read_spikingjelly(network(node("m"), node("s")))
    synaptic = stand_in(f"{SNN}.synaptic", "Synaptic", SpikingNeuron)
    with pytest.raises(InputError, match=r"snn\.Leaky only; got 1 \(Synaptic\)"):
        read_snntorch(network(synaptic(), leaky()))
    for read in (read_snntorch, read_spikingjelly):
        with pytest.raises(InputError, match=r"`module` must have spiking neurons; got Linear"):
            read(nn.Linear(2, 2))
        with pytest.raises(InputError, match=r"`module` must be a torch\.nn\.Module; got str"):
            read("network")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"init_hidden": False}, r"`1` must have init_hidden=True, so that .*; got False"),
        ({"reset_mechanism": "none"}, r"a reset_mechanism of 'subtract' or 'zero'; got none"),
        ({"inhibition": True}, r"must have no inhibition"),
        ({"state_quant": True}, r"states that are not quantised"),
        ({"graded_spikes_factor": torch.tensor(2.0)}, r"a factor of 1; got 2\.0"),
        ({"beta": torch.tensor([0.5, 0.6])}, r"must have one beta for all its neurons; got \(2,\)"),
        ({"threshold": torch.ones(4)}, r"must have one threshold for all its neurons"),
    ],
)
def test_what_has_no_place_in_our_neurons_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        read_snntorch(network(leaky(**options), leaky()))


def test_what_is_not_read_exactly_is_noted():
    learnt = nn.Parameter(torch.tensor(0.7))
    model = read_snntorch(network(leaky(reset_delay=False), leaky(beta=learnt, threshold=learnt)))
    assert model.notes == (
        "1: resets at once, which differs here where u reaches twice the threshold",
        "3: its learnt threshold is fixed",
    )
    torch.testing.assert_close(model.populations["3"].lif.leak, learnt)
