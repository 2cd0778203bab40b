"""One batch: rates, outputs, and the outputs' derivatives by every rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import InputError, NumericsError
from spikedim.response.networks import AbstractRateNetwork, check_rates, frozen

__all__ = ["Linearised", "check_outputs", "linearise"]


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

    def pull(
        self, directions: Tensor, *, keep: bool, names: Sequence[str] | None = None
    ) -> tuple[Tensor, ...]:
        """Return the gradient [B, ..., D] of directions [B, m] times outputs, by population."""
        chosen = self.rates if names is None else names
        if not self.outputs.requires_grad:  # no rate reaches the outputs
            return tuple(torch.zeros_like(self.rates[name]) for name in chosen)
        return torch.autograd.grad(
            self.outputs,
            tuple(self.rates[name] for name in chosen),
            directions,
            retain_graph=keep,
            materialize_grads=True,
        )


def linearise(network: AbstractRateNetwork, x: Tensor, *, caller: str) -> Linearised:
    """Run a batch with exact rates."""
    rates: dict[str, Tensor] = {}

    def note(name: str, found: Tensor) -> Tensor:
        check_rates(name, found, caller=caller)
        # A tensor of its own: what else reads `found`, or writes to what goes on, is no path
        # from these spikes.
        own = found.clone() if found.requires_grad else found.detach().clone().requires_grad_()
        rates[name] = own
        return own.clone()

    with torch.inference_mode(False), torch.enable_grad(), frozen(network.model):
        outputs = network.run(x, note)
    if not rates:
        raise InputError(
            f"{caller}: `model` must run its populations; got none in a forward pass. Mark "
            "submodules that it calls."
        )
    return Linearised(check_outputs(outputs, len(x), caller=caller), rates)


def check_outputs(outputs: Tensor, count: int, *, caller: str) -> Tensor:
    """Return outputs [B, m] of outputs [B, ...], or raise `NumericsError`."""
    flat = outputs.reshape(count, -1)
    if not bool(torch.isfinite(flat).all()):
        raise NumericsError(
            f"{caller}: outputs must be finite; got NaN or infinity. Look at the weights."
        )
    return flat
