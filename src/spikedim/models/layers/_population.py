"""Populations: the places of a model where activity is spikes, a rate in its twin, or a number."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim.models.layers._counts import counts_of, mark_counts
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._rate_encoder import RateEncoder
from spikedim.neurons import LIF, AbstractSurrogate, LIFParameters, LIFState, NormLIFRun

__all__ = ["AbstractPopulation", "OrdinaryPopulation", "RatePopulation", "SpikingPopulation"]


class AbstractPopulation(nn.Module, ABC):
    """A marked place of a model: currents in, spikes, rates or activations out.

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
        if self.may_fuse(context):
            return self.run_fused(currents, context).spikes
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
        context.count(self.name, spikes)
        return spikes

    def may_fuse(self, context: ForwardPass) -> bool:
        """Say whether `run_fused` can do this pass.

        It shows and counts nothing, learns no leak, and cannot run inside a `torch.func` transform.
        """
        possible = self.fused is not None and not context.plain and self.lif.leak_logit is None
        return possible and torch._C._functorch.peek_interpreter_stack() is None

    def run_fused(
        self,
        y: Tensor,
        context: ForwardPass,
        *,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        mean: Tensor | None = None,
        variance: Tensor | None = None,
        eps: float = 1e-5,
        residual: Tensor | None = None,
        overwrite: bool = False,
    ) -> NormLIFRun:
        """Return spikes [T, B, ..., D] of `y` [T, B, ..., D] or [1, B, ..., D] in one kernel.

        With `weight`, `y` is normalised first, by statistics of its own if none are given, which
        come back; a residual is added to the spikes. With `overwrite` these may take the memory
        of `y` where nothing needs a gradient.
        """
        if self.fused is None:
            raise RuntimeError("run_fused: no kernel; ask `may_fuse` first.")
        if context.dtype is not None:
            y = y.to(context.dtype)
            residual = None if residual is None else residual.to(context.dtype)
        before = context.states.get(self.name)
        run: NormLIFRun = self.fused(
            _rows(y),
            weight,
            bias,
            self.lif.neuron,
            surrogate=self.lif.surrogate,
            steps=context.steps,
            mean=mean,
            variance=variance,
            eps=eps,
            residual=None if residual is None else _rows(residual),
            state=None if before is None else LIFState(*(_rows(f[None])[0] for f in before)),
            keep_state=context.keep_states,
            overwrite=overwrite,
        )
        if run.state is not None:
            context.after[self.name] = LIFState(*(f.reshape(y.shape[1:]) for f in run.state))
        spikes = run.spikes.reshape(context.steps, *y.shape[1:])
        added = None if residual is None else counts_of(residual)
        if residual is None or added is not None:
            mark_counts(spikes, 1 if added is None else 1 + added.most)
        return run._replace(spikes=spikes)


def _rows(x: Tensor) -> Tensor:
    """Flatten the axes between time and features to one."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


@final
class RatePopulation(AbstractPopulation):
    """The rate-coded twin of a population: currents clipped to [0, 1], so that they are rates.

    With `code_steps` in the forward pass each rate is replaced by the mean of so many spikes, or
    of as many as `code_steps` says of this population.

    Attributes
    ----------
    encoder : RateEncoder
        Turns rates into means of spikes: what its output is changed to is what the spikes said.
    decoder : torch.nn.Module or None
        Estimates rates from what the spikes said; the next layer reads its output, while records
        and counts are of the spikes. None if the next layer reads the spikes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = RateEncoder()
        self.decoder: nn.Module | None = None

    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return rates of the shape of `currents`."""
        currents = context.silence(currents)
        rates: Tensor = self.encoder(currents.clamp(0, 1), context, self.name)
        context.note(self.name, rates, currents)
        context.count(self.name, rates, coded=context.code_length(self.name))
        if self.decoder is None:
            return rates
        return context.silence(self.decoder(rates))


@final
class OrdinaryPopulation(AbstractPopulation):
    """What an ordinary network has in the place of a population: a rectifier, or nothing.

    Parameters
    ----------
    rectified : bool
        Whether negative currents become 0; otherwise all pass, as queries, keys, values and their
        mixture do in an ordinary transformer.
    """

    def __init__(self, *, rectified: bool) -> None:
        super().__init__()
        self.rectified = rectified

    def forward(self, currents: Tensor, context: ForwardPass) -> Tensor:
        """Return activations of the shape of `currents`."""
        currents = context.silence(currents)
        activations = currents.relu() if self.rectified else currents
        context.note(self.name, activations, currents)
        return activations

    def extra_repr(self) -> str:
        """Return for `repr` what it does."""
        return f"rectified={self.rectified}"
