"""Populations: the places of a model where activity is spikes, or a rate in its twin."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

from torch import Tensor, nn

from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.neurons import LIF, AbstractSurrogate, LIFParameters

__all__ = ["AbstractPopulation", "RatePopulation", "SpikingPopulation"]


class AbstractPopulation(nn.Module, ABC):
    """A marked place of a model: currents in, spikes or rates out.

    Attributes
    ----------
    name : str
        Dotted path in the model, for example ``"block.0.attn.q_lif"``; the model sets it.

    Notes
    -----
    Counting, response and tangent work find the places to look at by this class.
    """

    name: str = ""

    @abstractmethod
    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return the activity [T, B, ..., D] of currents [T, B, ..., D] or [1, B, ..., D]."""


@final
class SpikingPopulation(AbstractPopulation):
    """Leaky integrate-and-fire neurons.

    Parameters
    ----------
    neuron : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate
        Supplies gradients.
    learnable_leak : bool, default False
        Whether the leak is a parameter.

    Attributes
    ----------
    fused : callable or None
        What runs normalisation and neurons in one kernel (`spikedim.models.accelerate` sets it);
        None for the plain path.
    """

    def __init__(
        self,
        neuron: LIFParameters,
        surrogate: AbstractSurrogate,
        *,
        learnable_leak: bool = False,
    ) -> None:
        super().__init__()
        self.lif = LIF(neuron, surrogate=surrogate, learnable_leak=learnable_leak)
        self.fused: Callable[..., Any] | None = None

    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, ..., D]."""
        currents = context.silence(currents)
        if currents.shape[0] != context.steps:
            currents = currents.expand(context.steps, *currents.shape[1:])
        before = context.states.get(self.name)
        if context.record:
            spikes, membranes, after = self.lif.forward_with_states(currents, before)
            context.note(self.name, spikes, membranes)
        else:
            spikes, after = self.lif(currents, before)
        if context.keep_states:
            context.after[self.name] = after
        return spikes


@final
class RatePopulation(AbstractPopulation):
    """The rate-coded twin of a population: currents clipped to [0, 1], so that they are rates."""

    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return rates of the shape of `currents`."""
        currents = context.silence(currents)
        rates = currents.clamp(0, 1)
        if context.record:
            context.note(self.name, rates, currents)
        return rates
