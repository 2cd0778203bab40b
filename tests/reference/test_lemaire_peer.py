"""Rule set M2 against SpikingJelly's estimator of the same publication, term by term.

Both take counts of a run, price additions, addresses and memories, and agree wherever both count
the same; each difference is computed here from what was counted.
"""

import pytest
import torch
from tests.model_examples import generator
from torch import nn

from spikedim.energy import count_operations, price
from spikedim.energy.operations import OperationKind

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other library
]
ADD, MAC = 0.1, 3.2
SAME = {
    "compute": "ops_pj",
    "addressing": "addressing_pj",
    "inputs_outputs": "inout_pj",
    "parameters": "params_pj",
    "potentials": "potential_pj",
}


@pytest.fixture
def jelly():
    """The other library's layers, neurons and estimator."""
    base = pytest.importorskip("spikingjelly.activation_based")
    pytest.importorskip("spikingjelly.activation_based.op_counter")
    return base


def positive(net):
    """The same network with weights that make its neurons fire."""
    draw = generator()
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                module.weight.uniform_(0.0, 1.0, generator=draw)
                if module.bias is not None:
                    module.bias.zero_()
    return net.eval()


def spikes(*shape, rate=0.5):
    return (torch.rand(shape, generator=generator(1)) < rate).float()


def both(jelly, net, x):
    """Ours and theirs, in pJ, and what was counted."""
    theirs = jelly.op_counter.estimate_lemaire_energy(net, x).breakdown_pj
    jelly.functional.reset_net(net)
    counts = count_operations(net, x)
    ours = price(counts, rules="M2 lemaire").breakdown_mj
    return (
        {part: energy * 1e9 for part, energy in ours.items()},
        {part: theirs[name] for part, name in SAME.items()},
        counts,
    )


def test_linear_layers_and_leaky_neurons_agree_in_every_part(jelly):
    net = positive(
        nn.Sequential(
            nn.Linear(20, 16, bias=False),
            jelly.neuron.LIFNode(),
            nn.Linear(16, 8, bias=False),
            jelly.neuron.LIFNode(),
        )
    )
    ours, theirs, counts = both(jelly, net, spikes(1, 20))
    assert counts.spikes > 0
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_neurons_without_leak_differ_by_the_leak_that_is_counted_for_every_update(jelly):
    net = positive(nn.Sequential(nn.Linear(20, 16, bias=False), jelly.neuron.IFNode()))
    ours, theirs, _ = both(jelly, net, spikes(1, 20))
    theirs["compute"] += 16 * MAC
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_convolutions_agree_where_no_spike_stands_at_the_border(jelly):
    net = positive(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1, bias=False), jelly.neuron.LIFNode()))
    x = torch.zeros(1, 3, 8, 8)
    x[..., 1:-1, 1:-1] = spikes(1, 3, 6, 6)
    ours, theirs, _ = both(jelly, net, x)
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_a_spike_at_the_border_reaches_fewer_outputs_than_the_published_fan_out(jelly):
    net = positive(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1, bias=False), jelly.neuron.LIFNode()))
    x = spikes(1, 3, 8, 8)
    ours, theirs, counts = both(jelly, net, x)
    conv = counts.operations[0]
    beyond = conv.active_inputs * 5 * 9 - conv.synaptic_operations
    assert beyond > 0
    assert theirs["compute"] - ours["compute"] == pytest.approx(beyond * ADD, rel=1e-6)
    assert theirs["addressing"] - ours["addressing"] == pytest.approx(beyond * ADD, rel=1e-6)
    share = conv.synaptic_operations / (conv.active_inputs * 5 * 9)
    assert ours["parameters"] == pytest.approx(share * theirs["parameters"], rel=1e-6)
    assert ours["inputs_outputs"] == pytest.approx(theirs["inputs_outputs"], rel=1e-6)


def test_a_stride_reaches_what_it_reaches(jelly):
    """The published form takes the whole kernel for addresses and memory, a part for additions."""
    net = positive(
        nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False), jelly.neuron.LIFNode())
    )
    ours, theirs, counts = both(jelly, net, spikes(1, 3, 8, 8))
    conv = counts.operations[0]
    assert ours["parameters"] == pytest.approx(
        theirs["parameters"] * conv.synaptic_operations / (conv.active_inputs * 5 * 9), rel=1e-6
    )
    assert ours["compute"] < theirs["compute"]


def test_biases_are_the_other_library_s_only(jelly):
    bare = positive(nn.Sequential(nn.Linear(20, 16, bias=False), jelly.neuron.LIFNode()))
    with_bias = positive(nn.Sequential(nn.Linear(20, 16), jelly.neuron.LIFNode()))
    x = spikes(1, 20)
    ours, theirs, _ = both(jelly, bare, x)
    again, biased, _ = both(jelly, with_bias, x)
    assert again == pytest.approx(ours)
    assert biased["compute"] - theirs["compute"] == pytest.approx(16 * ADD, rel=1e-6)
    # a bias is read for each output, and makes the memory of weights larger
    assert biased["parameters"] > theirs["parameters"]


def test_a_real_linear_layer_agrees(jelly):
    net = positive(nn.Sequential(nn.Linear(20, 16, bias=False), jelly.neuron.LIFNode()))
    ours, theirs, _ = both(jelly, net, torch.rand(1, 20, generator=generator(2)))
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_a_real_convolution_differs_in_how_often_weights_are_addressed(jelly):
    net = positive(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1, bias=False), jelly.neuron.LIFNode()))
    ours, theirs, _ = both(jelly, net, torch.rand(1, 3, 8, 8, generator=generator(2)))
    # each weight once, instead of each output channel and kernel position
    theirs["addressing"] += (3 * 5 * 9 - 5 * 9) * ADD
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_an_ordinary_network_agrees(jelly):
    net = positive(nn.Sequential(nn.Linear(20, 16, bias=False), nn.Linear(16, 8, bias=False)))
    ours, theirs, counts = both(jelly, net, torch.rand(1, 20, generator=generator(2)))
    assert not [o for o in counts.operations if o.kind is OperationKind.NEURON]
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_memories_of_every_size_are_priced_alike(jelly):
    """Weights of 4 KB, 16 KB, 256 KB and 4 MB: every piece of the curve, and beyond it."""
    for width in (32, 64, 256, 1024):
        net = positive(nn.Sequential(nn.Linear(width, width, bias=False), jelly.neuron.LIFNode()))
        ours, theirs, _ = both(jelly, net, spikes(1, width))
        assert ours == pytest.approx(theirs, rel=1e-6)
