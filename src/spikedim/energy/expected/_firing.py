"""What a firing rate makes of expected operations."""

from collections.abc import Sequence
from typing import final

import numpy as np

from spikedim._core import FloatArray
from spikedim.energy.operations import SAMPLED, Operation

__all__ = ["Firing"]


@final
class Firing:
    """The fields `SAMPLED` of expected operations, as functions of one firing rate.

    Parameters
    ----------
    operations : sequence of Operation
        What they do: their fields but for those `SAMPLED`.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        def column(values: list[float]) -> FloatArray:
            return np.array(values, np.float64)

        self._macs = column([o.macs for o in operations])
        self._reads = column([float(o.weights * o.passes) for o in operations])
        self._updates = column([float(o.neurons * o.passes) for o in operations])
        self._sparse = np.array([o.accumulates for o in operations], np.bool_)
        # How many positions of one pass each weight serves.
        uses = [o.macs / (o.weights * o.passes) if o.weights else 0.0 for o in operations]
        self._uses = column(uses)
        self._columns = len(SAMPLED)

    def values(self, rate: float) -> FloatArray:
        """Return the values [O, 5] at spikes per neuron and step, in [0, 1]."""
        values = np.zeros((len(self._macs), self._columns))
        values[:, 0] = values[:, 1] = self._macs * np.where(self._sparse, rate, 1.0)
        values[:, 3] = self._reads * self._touched(rate)
        values[:, 4] = self._updates * rate
        return values

    def _touched(self, rate: float) -> FloatArray:
        """Return the share of weights that some spike asks for within one pass.

        A weight stays unread only if all positions that it serves are silent.
        """
        if rate >= 1:
            return np.ones_like(self._uses)
        touched = -np.expm1(self._uses * np.log1p(-rate))
        return np.where(self._sparse, touched, 1.0)
