"""What a rule set returns: energy of every operation, and of all of them."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Interval, Provenance, Result
from spikedim.energy.operations import OperationKind, Values
from spikedim.energy.pricing._options import PriceOptions

__all__ = ["PricedLine", "PricedOperations"]


@final
@dataclass(frozen=True)
class PricedLine:
    """Energy of one operation of one layer.

    Parameters
    ----------
    layer : str
        Dotted path of the module.
    kind : OperationKind
        What it does.
    values : Values
        Class of the activations that it reads.
    part : str
        To which part of the sum it belongs, a key of `PricedOperations.breakdown_mj`: the first
        of several, empty if nothing is charged.
    energy_mj : float
        Millijoule per inference.
    booked_as : str
        How the rule booked it, e.g. ``"additions"``, ``"multiplications, once"``,
        ``"additions; weights read"``, ``"free: folded"``, ``"left out"``.
    """

    layer: str
    kind: OperationKind
    values: Values
    part: str
    energy_mj: float
    booked_as: str


@final
@dataclass(frozen=True)
class PricedOperations(Result):
    """Energy of one inference under one named rule set.

    Parameters
    ----------
    subject : str
        Name of the model, with its arithmetic if that is not the default.
    source : str
        ``"counted"`` or ``"expected"``, as that of the operations.
    rules : str
        Rule set; energies under different ones cannot be compared.
    options : PriceOptions
        What was chosen where the rule set leaves a choice.
    value_mj : float
        Millijoule per inference.
    low_mj, high_mj : float
        Band of the constants and of the open choices; `band` says which.
    band : str
        What the band covers.
    sample_interval_mj : Interval or None
        95 % interval of the mean over samples at the nominal constants; None of a card or of one
        sample.
    breakdown_mj : dict of float
        Parts that add up to `value_mj`.
    lines : tuple of PricedLine
        One for each operation, in the order of the forward pass, at the nominal constants;
        together with the parts that belong to no layer they add up to `value_mj`.
    constants : tuple of str
        Names of the constants used (see `spikedim.energy.constants`).
    notes : tuple of str
        What the rule leaves out, and what other choices would give.
    weights_fingerprint, data_fingerprint : str
        Identity of what was counted; empty of a card.
    provenance : Provenance
        Version, command, time.
    """

    schema: ClassVar[str] = "spikedim.priced_operations/1"

    subject: str
    source: str
    rules: str
    options: PriceOptions
    value_mj: float
    low_mj: float
    high_mj: float
    band: str
    sample_interval_mj: Interval | None
    breakdown_mj: dict[str, float]
    lines: tuple[PricedLine, ...]
    constants: tuple[str, ...]
    notes: tuple[str, ...]
    weights_fingerprint: str
    data_fingerprint: str
    provenance: Provenance
