"""Surrogate gradient of the arc tangent."""

import math
from dataclasses import dataclass
from typing import final

from torch import Tensor

from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["ATanSurrogate"]


@final
@dataclass(frozen=True)
class ATanSurrogate(AbstractSurrogate):
    r"""Step with the derivative of an arc tangent.

    .. math:: \frac{ds}{du} = \frac{a / 2}{1 + (\pi a x / 2)^2}, \qquad x = u - v_{th}

    Parameters
    ----------
    slope : float, default 2.0
        Sharpness a, above 0; the derivative peaks at a / 2.

    Raises
    ------
    InputError
        If `slope` is not a number above 0.

    Notes
    -----
    The choice of SpikingResformer and SpikeGPT, with slope 2. Area 1, but heavy tails: some
    gradient is left even far from the threshold.

    Examples
    --------
    >>> import torch
    >>> ATanSurrogate()(torch.tensor([-1.0, 0.0]))
    tensor([0., 1.])
    >>> ATanSurrogate().derivative(torch.tensor([0.0]))
    tensor([1.])
    """

    slope: float = 2.0

    def derivative(self, distance: Tensor) -> Tensor:
        """Return the derivative at u - v_th, of the shape of `distance`."""
        return self.slope / 2 / (1 + (math.pi / 2 * self.slope * distance).square())
