"""One batch: rates, outputs, and the outputs' derivatives by every rate."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import InputError, NumericsError
from spikedim.response.networks import AbstractRateNetwork

__all__ = ["Linearised", "linearise"]


@final
@dataclass(frozen=True, eq=False)
class Linearised:
    """A batch with the graph that its derivatives come from.

    Parameters
    ----------
    outputs : Tensor of shape [B, m]
        Exact outputs, flattened.
    rates : dict of str to Tensor
        Rates [B, ..., D] of every population, in the order of the forward pass.
    """

    outputs: Tensor
    rates: dict[str, Tensor]

    def pull(self, directions: Tensor, *, keep: bool) -> tuple[Tensor, ...]:
        """Return the gradient [B, ..., D] of directions [B, m] times outputs, by population."""
        return torch.autograd.grad(
            self.outputs,
            tuple(self.rates.values()),
            directions,
            retain_graph=keep,
            materialize_grads=True,
        )


def linearise(network: AbstractRateNetwork, x: Tensor, *, caller: str) -> Linearised:
    """Run a batch with exact rates."""
    rates: dict[str, Tensor] = {}

    def note(name: str, found: Tensor) -> Tensor:
        check_rates(name, found, caller=caller)
        kept = found if found.requires_grad else found.detach().requires_grad_()
        rates[name] = kept
        return kept

    with torch.enable_grad():
        outputs = network.run(x, note)
    if not rates:
        raise InputError(
            f"{caller}: `model` must run its populations; got none in a forward pass. Mark "
            "submodules that it calls."
        )
    flat = outputs.reshape(len(x), -1)
    if not bool(torch.isfinite(flat).all()):
        raise NumericsError(
            f"{caller}: outputs must be finite; got NaN or infinity. Look at the weights."
        )
    return Linearised(flat, rates)


def check_rates(name: str, rates: Tensor, *, caller: str) -> None:
    """Raise `InputError` unless rates lie in [0, 1]."""
    low, high = (float(end) for end in rates.detach().aminmax())
    if not 0 <= low <= high <= 1:
        raise InputError(
            f"{caller}: `model` must have rates in [0, 1]; got [{low:.4g}, {high:.4g}] in "
            f"{name!r}. Clip them, or mark another submodule."
        )
