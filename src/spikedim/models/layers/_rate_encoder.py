"""The place in a rate-coded population where rates become spikes."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers._forward_pass import ForwardPass

__all__ = ["RateEncoder"]


@final
class RateEncoder(nn.Module):
    """Rates in [0, 1] in, means of spikes out; the rates themselves if nothing codes them.

    Notes
    -----
    A module, so that a forward hook can say what the spikes of this place are.
    """

    def forward(self, rates: Tensor, context: ForwardPass, name: str = "") -> Tensor:
        """Return `rates` of the population `name` as the spikes of the forward pass show them."""
        return context.code(name, rates)
