"""Neurons that take the samples of a batch for further steps: a fault, kept for old weights."""

from typing import final

from torch import Tensor

from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._population import AbstractPopulation
from spikedim.neurons import LIF, AbstractSurrogate, LIFParameters

__all__ = ["BatchLeakPopulation"]


@final
class BatchLeakPopulation(AbstractPopulation):
    """Neurons whose membrane runs on from sample to sample, as in the released QKFormer.

    Parameters
    ----------
    neuron : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate
        Supplies gradients.

    Notes
    -----
    Steps and samples are one sequence: all samples of step 1, all of step 2, ... With one sample
    these are the steps, and the neurons are right; with more, a sample starts each step from where
    the one before it in the batch stands. There is no state to continue from.
    """

    def __init__(self, neuron: LIFParameters, surrogate: AbstractSurrogate) -> None:
        super().__init__()
        self.lif = LIF(neuron, surrogate=surrogate)

    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, ..., D]."""
        if currents.shape[0] != context.steps:
            currents = currents.expand(context.steps, *currents.shape[1:])
        merged = currents.flatten(0, 1)
        if not context.record:
            fired: Tensor = self.lif(merged)[0]
            fired = fired.reshape(currents.shape)
            context.count(self.name, fired)
            return fired
        spikes, membranes, _ = self.lif.forward_with_states(merged)
        spikes = spikes.reshape(currents.shape)
        context.note(self.name, spikes, membranes.reshape(currents.shape))
        return spikes
