"""Surrogate gradient of a triangular window."""

from dataclasses import dataclass
from typing import final

from torch import Tensor

from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["PiecewiseLinearSurrogate"]


@final
@dataclass(frozen=True)
class PiecewiseLinearSurrogate(AbstractSurrogate):
    r"""Step with the derivative of a piecewise quadratic step: a triangular window.

    .. math:: \frac{ds}{du} = a\,\max(0,\, 1 - a |x|), \qquad x = u - v_{th}

    Parameters
    ----------
    slope : float, default 1.0
        Sharpness a, above 0; the derivative peaks at a.

    Raises
    ------
    InputError
        If `slope` is not a number above 0.

    Notes
    -----
    Piecewise linear in the potential. Area 1; no gradient at all further than 1 / a from the
    threshold.

    Examples
    --------
    >>> import torch
    >>> PiecewiseLinearSurrogate()(torch.tensor([-1.0, 0.0]))
    tensor([0., 1.])
    >>> PiecewiseLinearSurrogate().derivative(torch.tensor([0.0]))
    tensor([1.])
    """

    slope: float = 1.0

    def derivative(self, distance: Tensor) -> Tensor:
        """Return the derivative at u - v_th, of the shape of `distance`."""
        return self.slope * (1 - self.slope * distance.abs()).clamp(min=0)
