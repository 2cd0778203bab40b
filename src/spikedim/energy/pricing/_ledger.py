"""The charges of one network under one rule set, added up: a linear form in what was counted."""

from typing import NamedTuple, final

import numpy as np

from spikedim._core import FloatArray
from spikedim.energy.operations import SAMPLED, OperationCounts
from spikedim.energy.pricing._options import PriceOptions
from spikedim.energy.pricing._rule_set import AbstractRuleSet

__all__ = ["Ledger", "open_ledger", "sampled_values"]

_COLUMNS = {name: column for column, name in enumerate(SAMPLED)}


@final
class Ledger(NamedTuple):
    """Energy as a linear form in the fields `SAMPLED` of every operation.

    Parameters
    ----------
    fixed_pj : float
        Picojoule whatever the spikes.
    per_pj : FloatArray of shape [O, 5]
        Picojoule for each unit of each field.
    """

    fixed_pj: float
    per_pj: FloatArray

    def energy_mj(self, values: FloatArray) -> float:
        """Return the millijoule of operations with the values [O, 5]."""
        return (self.fixed_pj + float(np.vdot(self.per_pj, values))) * 1e-9

    def energies_mj(self, samples: FloatArray) -> FloatArray:
        """Return the millijoule of each sample of [S, O, 5]."""
        energies = self.fixed_pj + np.tensordot(samples, self.per_pj, axes=2)
        return np.asarray(energies * 1e-9, np.float64)


def open_ledger(rules: AbstractRuleSet, counts: OperationCounts, options: PriceOptions) -> Ledger:
    """Return what a rule set charges, without the values it is charged for."""
    fixed, per = 0.0, np.zeros((len(counts.operations), len(SAMPLED)))
    for operation, _, _, per_pj, field, fixed_pj in rules.charges(counts, options):
        fixed += fixed_pj
        if operation is not None and field:
            per[operation, _COLUMNS[field]] += per_pj
    return Ledger(fixed, per)


def sampled_values(counts: OperationCounts) -> FloatArray:
    """Return the fields `SAMPLED` of every operation, [O, 5]: means over samples."""
    rows = [[float(getattr(o, name)) for name in SAMPLED] for o in counts.operations]
    return np.array(rows, np.float64).reshape(len(rows), len(SAMPLED))
