"""Surrogate gradient of the logistic function."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["SigmoidSurrogate"]


@final
@dataclass(frozen=True)
class SigmoidSurrogate(AbstractSurrogate):
    r"""Step with the derivative of a logistic function.

    .. math:: \frac{ds}{du} = a\,\sigma(a x)\,(1 - \sigma(a x)), \qquad x = u - v_{th}

    Parameters
    ----------
    slope : float, default 4.0
        Sharpness a, above 0; the derivative peaks at a / 4.

    Raises
    ------
    InputError
        If `slope` is not a number above 0.

    Notes
    -----
    The choice of Spikformer and its descendants, with slope 4. Area 1.

    Examples
    --------
    >>> import torch
    >>> SigmoidSurrogate()(torch.tensor([-1.0, 0.0]))
    tensor([0., 1.])
    >>> SigmoidSurrogate().derivative(torch.tensor([0.0]))
    tensor([1.])
    """

    slope: float = 4.0

    def derivative(self, distance: Tensor) -> Tensor:
        """Return the derivative at u - v_th, of the shape of `distance`."""
        smooth = torch.sigmoid(self.slope * distance)
        return self.slope * smooth * (1 - smooth)
