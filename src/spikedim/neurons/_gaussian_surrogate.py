"""Surrogate gradient of the normal distribution function."""

import math
from dataclasses import dataclass
from typing import final

from torch import Tensor

from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["GaussianSurrogate"]


@final
@dataclass(frozen=True)
class GaussianSurrogate(AbstractSurrogate):
    r"""Step with the derivative of a normal distribution function.

    .. math:: \frac{ds}{du} = \frac{a}{\sqrt{2\pi}}\, e^{-(a x)^2 / 2}, \qquad x = u - v_{th}

    Parameters
    ----------
    slope : float, default 2.0
        Sharpness a, above 0; the derivative peaks at a / sqrt(2 pi).

    Raises
    ------
    InputError
        If `slope` is not a number above 0.

    Notes
    -----
    Equals the exact gradient of the firing probability if the threshold carries Gaussian noise of
    standard deviation 1 / a. Area 1.

    Examples
    --------
    >>> import torch
    >>> GaussianSurrogate()(torch.tensor([-1.0, 0.0]))
    tensor([0., 1.])
    >>> GaussianSurrogate().derivative(torch.tensor([0.0]))
    tensor([0.7979])
    """

    slope: float = 2.0

    def derivative(self, distance: Tensor) -> Tensor:
        """Return the derivative at u - v_th, of the shape of `distance`."""
        return self.slope / math.sqrt(2 * math.pi) * (-0.5 * (self.slope * distance).square()).exp()
