"""Checks of the compiled kernels; run one with ``python compiled_kernels.py NAME``."""

import logging
import sys

import torch
from torch._dynamo.utils import counters

import spikedim.neurons._accelerate as private
from spikedim.neurons import (
    LIFParameters,
    SigmoidSurrogate,
    accelerate,
    init_state,
    lif_run,
)

NEURON = LIFParameters.spikingjelly()
SURROGATE = SigmoidSurrogate()


class Kept(logging.Handler):
    """Keep what our own logger says."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def graphs():
    return counters["stats"]["unique_graphs"]


def gradients(run, x, neuron, state=None):
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    state = init_state(tuple(x.shape[1:]), neuron, dtype=x.dtype) if state is None else state
    spikes, after = run(x, state, neuron, surrogate=SURROGATE)
    (spikes * torch.linspace(1, 2, spikes.numel()).reshape(spikes.shape)).sum().backward()
    return spikes, after, x.grad


def same(run, x, neuron, state=None):
    """Check that `run` gives the spikes, states and gradients of the plain loop."""
    got, want = gradients(run, x, neuron, state), gradients(lif_run, x, neuron, state)
    assert torch.equal(got[0], want[0])
    assert all(torch.equal(a, b) for a, b in zip(got[1], want[1], strict=True))
    torch.testing.assert_close(got[2], want[2], rtol=1e-5, atol=1e-6)
    assert 0 < got[0].mean() < 1


def check_one_graph_for_every_size(log):
    """Ten sizes: more than torch's limit of eight recompilations."""
    run, generator = accelerate(), torch.Generator().manual_seed(0)
    for shape in ((8, 16, 12), (3, 50), (1000,), (2, 2), (7, 11, 5), (6, 9), (5, 9), (128,),
                  (3, 3, 3, 3), (40, 2)):  # fmt: skip
        same(run, 2 * torch.randn(4, *shape, generator=generator), NEURON)
    assert graphs() == 1
    assert log.messages == []


def check_no_graph_for_aliases_and_views(log):
    """The same tensor twice, a slice of a larger one and a transposed one cost no graph."""
    run, generator = accelerate(), torch.Generator().manual_seed(0)
    neuron = LIFParameters(leak=0.5, refractory_steps=1)
    base = 2 * torch.rand(8, 3, 6, generator=generator)
    twice = torch.rand(18, generator=generator).reshape(3, 6)
    state = init_state((3, 6), neuron)
    same(run, base[:4], neuron, state)
    same(run, base[2:6], neuron, state)
    same(run, base[:4], neuron, state._replace(membrane=twice, pending=twice))
    same(run, base.transpose(1, 2).contiguous().transpose(1, 2)[:4], neuron, state)
    with torch.no_grad():
        currents = base[4:]
        assert torch.equal(
            run(currents, state._replace(membrane=currents[0]), neuron)[0],
            lif_run(currents, state._replace(membrane=currents[0]), neuron)[0],
        )
    assert graphs() == 2, "one with gradients, one without"
    assert log.messages == []


def check_a_learnable_leak(log):
    run, generator = accelerate(), torch.Generator().manual_seed(0)
    x = 2 * torch.rand(4, 30, generator=generator)
    leaks = [torch.tensor(0.7, requires_grad=True) for _ in range(2)]
    for way, leak in zip((run, lif_run), leaks, strict=True):
        spikes, _ = way(x, init_state((30,), NEURON), NEURON, surrogate=SURROGATE, leak=leak)
        spikes.sum().backward()
    torch.testing.assert_close(leaks[0].grad, leaks[1].grad, rtol=1e-5, atol=1e-6)
    assert log.messages == []


def check_too_many_graphs_are_said_and_not_hidden(log):
    private._MOST_GRAPHS = 1
    run = accelerate()
    for steps in (1, 2, 3):
        x, state = torch.full((steps, 5), 1.5), init_state((5,), NEURON)
        assert torch.equal(run(x, state, NEURON)[0], lif_run(x, state, NEURON)[0])
    assert len(log.messages) == 1
    assert "running step by step" in log.messages[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    kept = Kept()
    logging.getLogger(private.__name__).addHandler(kept)
    globals()[f"check_{sys.argv[1]}"](kept)
