"""The error that a deterministic code makes at a given T."""

from torch import Tensor

from spikedim.neurons import SigmaDeltaEncoder

__all__ = ["rounding_error"]


def rounding_error(rates: Tensor, *, steps: int) -> Tensor:
    """Return sigma-delta's mean of `steps` spikes minus the rate, at most 1 / (2 T) in size."""
    return SigmaDeltaEncoder().count(rates, steps=steps).to(rates.dtype) / steps - rates
