"""What closed-form energy rules return."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["BreakEven", "EnergyEstimate"]


@final
@dataclass(frozen=True)
class EnergyEstimate(Result):
    """Energy of one inference under one named rule set.

    Parameters
    ----------
    subject : str
        What runs: ``"snn"``, ``"ann_fp32"`` or ``"qann_<bits>bit"``.
    rules : str
        Rule set, e.g. ``"M0 sop"``, ``"M1 sop+memory"``, ``"M3 compute+movement"``.
    value_mj, low_mj, high_mj : float
        Energy per inference in millijoule and its band.
    breakdown_mj : dict of float
        Parts that add up to `value_mj`.
    band : str
        What the band covers.
    constants : tuple of str
        Names of the constants used (see `spikedim.energy.constants`).
    notes : tuple of str
        What the rule leaves out.
    """

    schema: ClassVar[str] = "spikedim.energy_estimate/1"

    subject: str
    rules: str
    value_mj: float
    low_mj: float
    high_mj: float
    breakdown_mj: dict[str, float] = field(default_factory=dict)
    band: str = ""
    constants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class BreakEven:
    """Mean firing rate below which the spiking net costs less than a twin.

    Parameters
    ----------
    twin, rules : str
        Which twin, under which rule set.
    rate, low, high : float or None
        Spikes per neuron and step, with the band of the constants; None if no rate in (0, 1]
        breaks even (then `reason` says which side always wins).
    reason : str
        Why `rate` is None.
    """

    twin: str
    rules: str
    rate: float | None
    low: float | None
    high: float | None
    reason: str = ""
