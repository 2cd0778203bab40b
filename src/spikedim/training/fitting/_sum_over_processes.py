"""Sums that all processes of a training share."""

from typing import Any

from torch import Tensor

__all__ = ["sum_over_processes"]


def sum_over_processes(sums: Tensor, fabric: Any) -> list[float]:
    """Return sums [n] of this process, float64 on the processor, added up over all."""
    if fabric.world_size == 1:  # Fabric would move them to a device that may know no float64
        return [float(each) for each in sums.tolist()]
    found: list[float] = fabric.all_reduce(sums, reduce_op="sum").tolist()
    return found
