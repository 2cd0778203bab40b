"""Where steps and samples lie in a tensor that holds both."""

from dataclasses import dataclass
from typing import final

from torch import Tensor

__all__ = ["Layout"]


@final
@dataclass(frozen=True)
class Layout:
    """Steps and samples of one forward pass.

    Parameters
    ----------
    steps : int
        T.
    batch : int
        B.
    time_axis : int
        0 if steps come before samples in the input, 1 if samples come first.
    """

    steps: int
    batch: int
    time_axis: int = 0

    @property
    def items(self) -> int:
        """Pairs of a step and a sample."""
        return self.steps * self.batch

    def is_whole(self, items: int) -> bool:
        """Say whether so many items are all steps of all samples, not those of one step."""
        return self.steps > 1 and items == self.items

    def by_step(self, values: Tensor, time_axis: int = 0) -> Tensor:
        """Return values of items [T B], of one step [B] or of any number as rows [P, B]."""
        if len(values) == self.items and time_axis == 1:
            return values.reshape(self.batch, self.steps).t()
        if len(values) % self.batch:  # no axis of samples: each has its share
            return (values.sum() / self.batch).expand(1, self.batch)
        return values.reshape(-1, self.batch)

    def is_time(self, x: Tensor, axis: int, time_axis: int) -> bool:
        """Say whether an axis of `x` is that of the steps, where they are expected."""
        axis = axis % max(x.ndim, 1)
        if self.steps < 2 or x.ndim <= axis or x.shape[axis] != self.steps:
            return False
        return axis == time_axis and (axis == 0 or x.shape[0] == self.batch)
