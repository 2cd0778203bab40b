"""One forward pass: the states it starts from, those it ends in, and what it records."""

from collections.abc import Mapping
from typing import NamedTuple, final

import torch
from torch import Tensor

from spikedim.circuits import RateCode
from spikedim.models.layers._rate_code import send_rates
from spikedim.neurons import LIFState

__all__ = ["ForwardPass", "PopulationTrace", "States"]

_EXACT = 1 << 20  # counts up to here survive two roundings of a float32

States = Mapping[str, LIFState]
"""State of every spiking population, by the name of the population."""


@final
class PopulationTrace(NamedTuple):
    """What one population did.

    Parameters
    ----------
    spikes : Tensor of shape [T, B, N, D]
        Spikes, 0 or 1; rates in [0, 1] in a rate-coded twin, activations in an ordinary network.
    membranes : Tensor of shape [T, B, N, D]
        Potentials as compared with the threshold; the currents in a twin or ordinary
        network.
    """

    spikes: Tensor
    membranes: Tensor


@final
class ForwardPass:
    """What travels with the activations through the layers, made new for every call.

    Parameters
    ----------
    steps : int
        T. Activations [1, B, ...] in front of the first neurons stand for T equal steps.
    states : mapping, optional
        States to continue from; a population without one starts fresh.
    keep_states : bool, default False
        Whether `after` is wanted.
    record : bool, default False
        Whether `traces` is wanted.
    tally : bool, default False
        Whether `spikes` and what belongs to them is wanted.
    generator : torch.Generator, optional
        Draws codes and the branches that stochastic depth drops, in the order of the layers: the
        code of a population first, then whether its branch stays.
    code_steps : int or mapping of str to int, optional
        Spikes of which the mean stands for a rate, in a rate-coded twin: of all populations, or of
        each by its name; exact rates without it.
    code : RateCode, default RateCode.BERNOULLI
        How rates become these spikes.
    dtype : torch.dtype, optional
        Type that fused neurons read and return; that of what drives them without one.

    Attributes
    ----------
    mask : Tensor of shape [B, N] or None
        Which tokens are not padding; None if none is, and for images. A text model sets it
        before the first layer.
    after : dict of str to LIFState
        States after the last step.
    traces : dict of str to PopulationTrace
        Spikes and membranes of every population.
    spikes : dict of str to Tensor of shape [T, B]
        Spikes of every population: int64, or float64 sums of exact rates.
    neurons : dict of str to int
        Neurons of every population, for one sample.
    unpadded : dict of str to Tensor of shape [B]
        Those of each sample that are not padding.
    """

    def __init__(
        self,
        steps: int,
        *,
        states: States | None = None,
        keep_states: bool = False,
        record: bool = False,
        tally: bool = False,
        generator: torch.Generator | None = None,
        code_steps: int | Mapping[str, int] | None = None,
        code: RateCode = RateCode.BERNOULLI,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.steps = steps
        self.states = states or {}
        self.keep_states = keep_states
        self.record = record
        self.tally = tally
        self.generator = generator
        self.code_steps = code_steps
        self.rate_code = code
        self.dtype = dtype
        self.mask: Tensor | None = None
        self.after: dict[str, LIFState] = {}
        self.traces: dict[str, PopulationTrace] = {}
        self.spikes: dict[str, Tensor] = {}
        self.neurons: dict[str, int] = {}
        self.unpadded: dict[str, Tensor] = {}

    @property
    def plain(self) -> bool:
        """Whether every population must show what it did, in the type of the weights."""
        return self.record or self.tally

    def silence(self, currents: Tensor) -> Tensor:
        """Return currents [T, B, N, D] with 0 at padding, so that its neurons do not fire."""
        if self.mask is None:
            return currents
        return currents.masked_fill(~self.mask[..., None], 0)

    def code_length(self, name: str) -> int | None:
        """Return the spikes that stand for a rate of a population; None for exact rates."""
        steps = self.code_steps
        return steps[name] if isinstance(steps, Mapping) else steps

    def code(self, name: str, rates: Tensor) -> Tensor:
        """Return rates of a population as its spikes show them."""
        steps = self.code_length(name)
        if steps is None:
            return rates
        return send_rates(rates, steps=steps, code=self.rate_code, generator=self.generator)

    def note(self, name: str, spikes: Tensor, membranes: Tensor) -> None:
        """Record a population, its places flattened to tokens."""
        if self.record:
            self.traces[name] = PopulationTrace(_tokens(spikes), _tokens(membranes))

    def count(self, name: str, spikes: Tensor, *, coded: int | None = 1) -> None:
        """Sum up a population: spikes, means of `coded` spikes, or exact rates."""
        if not self.tally:
            return
        rows = spikes.detach().flatten(2)
        if coded is None:
            self.spikes[name] = rows.sum(dim=2, dtype=torch.float64)
        elif coded == 1:
            self.spikes[name] = rows.count_nonzero(dim=2)
        else:
            counts = rows.double() if coded > _EXACT else rows.float()
            self.spikes[name] = (counts * coded).round_().sum(dim=2, dtype=torch.int64)
        width, places = spikes.shape[-1], rows.shape[2] // spikes.shape[-1]
        self.neurons[name] = width * places
        if self.mask is not None and self.mask.shape[1] == places:
            kept = self.mask.sum(dim=1)
        else:
            kept = rows.new_full(rows.shape[1:2], places, dtype=torch.int64)
        self.unpadded[name] = width * kept


def _tokens(x: Tensor) -> Tensor:
    """Flatten the axes between batch and features to one."""
    return x.reshape(x.shape[0], x.shape[1], -1, x.shape[-1])
