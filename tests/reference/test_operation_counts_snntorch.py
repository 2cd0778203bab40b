"""A network of snnTorch, counted by its operators and by hand."""

import pytest
import torch
from tests.model_examples import generator
from torch import nn

from spikedim.energy import OperationKind, Place, count_operations

pytestmark = pytest.mark.peer
STEPS, BATCH = 5, 4


@pytest.fixture
def network():
    """Two layers over five steps, one neuron that hides its state and one that returns it."""
    snn = pytest.importorskip("snntorch")

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(8, 16, bias=False)
            self.lif1 = snn.Leaky(beta=0.9, init_hidden=True)
            self.fc2 = nn.Linear(16, 3, bias=False)
            self.lif2 = snn.Leaky(beta=0.9)

        def forward(self, x):
            potential, spikes = self.lif2.init_leaky(), []
            for _ in range(STEPS):
                hidden = self.lif1(self.fc1(x))
                fired, potential = self.lif2(self.fc2(hidden), potential)
                spikes.append(torch.stack((hidden.sum(), fired.sum())))
            return torch.stack(spikes)

    network = Network()
    with torch.no_grad():
        for layer in (network.fc1, network.fc2):
            draws = torch.rand(layer.weight.shape, generator=generator(0))
            layer.weight.copy_(0.4 * draws)
    return network


@pytest.mark.filterwarnings("ignore")
def test_spikes_steps_and_operations_of_snntorch(network):
    x = torch.rand(BATCH, 8, generator=generator(1))
    counts = count_operations(network, x, steps=STEPS)
    found = {(o.layer, o.kind): o for o in counts.operations}
    first, second = (found[name, OperationKind.LINEAR] for name in ("fc1", "fc2"))
    neurons = [found[name, OperationKind.NEURON] for name in ("lif1", "lif2")]
    # Counting reset the hidden state, and a fresh pass starts where the counted one did.
    with torch.no_grad():
        fired = network(x).double()
    assert counts.unknown == ()
    assert [o.neurons for o in neurons] == [16, 3]
    for index, operation in enumerate(neurons):
        assert operation.passes == STEPS
        assert operation.steps == pytest.approx((fired[:, index] / BATCH).tolist())
    assert first.place is Place.STEM
    assert first.static
    assert first.macs == 8 * 16 * STEPS
    assert second.place is Place.HEAD
    assert second.synaptic_operations == 3 * neurons[0].spikes
    assert 0 < neurons[0].spikes < 16 * STEPS
