"""Entry-level statistics of samples, gathered in the pass that builds the covariance."""

from typing import final

import torch
from torch import Tensor

__all__ = ["Entries"]


@final
class Entries:
    """Range of every feature and the sums behind the fourth moment of the distance to the mean."""

    def __init__(self) -> None:
        self.lowest = torch.empty(0)
        self.highest = torch.empty(0)
        self._shift = torch.empty(0)
        self._fourth = 0.0
        self._skew = torch.empty(0)
        self._n = 0

    def update(self, rows: Tensor, *, fourth: bool) -> None:
        """Add raw rows [b, D] of any real type; `fourth` also gathers the fourth moment."""
        low, high = rows.amin(dim=0), rows.amax(dim=0)
        if self._n == 0:
            self.lowest, self.highest = low, high
            if fourth:
                self._shift = rows[:1024].double().mean(dim=0).round()
                self._skew = torch.zeros_like(self._shift)
        else:
            self.lowest = torch.minimum(self.lowest, low)
            self.highest = torch.maximum(self.highest, high)
        self._n += len(rows)
        if fourth:
            # Integers below 2**24 are exact in float32, which halves the traffic.
            wide = torch.float64 if rows.is_floating_point() else torch.float32
            for chunk in torch.split(rows, 512):
                moved = chunk.to(wide) - self._shift.to(wide)
                squares = moved.square().sum(dim=1)
                self._fourth += squares.double().square().sum().item()
                self._skew += (squares @ moved).double()

    def constant(self, *, epsilon: float) -> Tensor:
        """Return a mask [D] of features whose range is no more than rounding noise."""
        low, high = self.lowest.double(), self.highest.double()
        return (high - low) <= 8 * epsilon * torch.maximum(low.abs(), high.abs())

    def norm_fourth_moment(self, mean: Tensor, covariance: Tensor) -> float:
        """Return the mean fourth power of the distance to `mean`.

        With y = x - shift, q = |y|^2 and delta = mean(y), expanding |y - delta|^4 leaves only
        sum(q^2), sum(q y) and the scatter matrix, so that one pass is enough.
        """
        delta = mean - self._shift
        size = delta @ delta
        total = (
            self._fourth
            + (self._n - 1) * (4 * (delta @ (covariance @ delta)) + 2 * size * covariance.trace())
            + 3 * self._n * size.square()
            - 4 * (delta @ self._skew)
        )
        return max(float(total), 0.0) / self._n
