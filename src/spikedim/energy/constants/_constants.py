"""Energy constants with unit, word width, node, source, confidence and band kept together."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import ClassVar, final

from spikedim._core import Result, check_choice
from spikedim.energy.constants._table import CONSTANTS_VERSION, ROWS

__all__ = ["CONSTANTS_VERSION", "Confidence", "Constant", "band", "constants", "price"]


class Confidence(StrEnum):
    """How far a constant can be trusted."""

    HIGH = "high"  # printed in the primary source and restated elsewhere
    MEDIUM = "medium"  # read in a secondary source, or its unit is open to more than one reading
    LOW = "low"  # seen in one place only, which nobody reviewed


@final
@dataclass(frozen=True)
class Constant(Result):
    """One energy constant.

    Parameters
    ----------
    name : str
        Name used in `EnergyEstimate.constants` and `PricedOperations.constants`.
    value : float
        Its value in `unit`.
    low, high : float
        What other sources, or other readings of the same source, give; equal to `value` where
        nobody disagrees. `scope` has the reason.
    unit : str
        ``"pJ"`` per operation, ``"pJ/word"``, ``"pJ/bit"``, ``"pJ/byte"``, ``"pJ/hop"``,
        ``"pJ/bit/hop"`` or ``"hops"``.
    word_bits : int or None
        Width of the word it was stated for, None where the unit is per bit or not stated.
    node_nm : int or None
        Technology node in nanometre, None if the source gives none.
    source : str
        Where it comes from.
    confidence : Confidence
        High, medium or low.
    scope : str
        What it covers and what to beware of.
    """

    schema: ClassVar[str] = "spikedim.constant/1"

    name: str
    value: float
    low: float
    high: float
    unit: str
    word_bits: int | None
    node_nm: int | None
    source: str
    confidence: Confidence
    scope: str


@cache
def constants() -> tuple[Constant, ...]:
    """List every energy constant the package knows.

    Returns
    -------
    tuple of Constant
        Value, band, unit, word width, node, source, confidence and scope of each.

    Notes
    -----
    Version 2 of the table (`spikedim.energy.constants.CONSTANTS_VERSION`). Loihi 2 has no
    published energy per synaptic operation, so none is listed; figures known only from memory
    are not listed either. Band ends are what a named source prints, never a guess.

    References
    ----------
    .. [1] M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.
    .. [2] Z. Yan et al., "Reconsidering the energy efficiency of spiking neural networks
       inference from analytical perspectives", arXiv 2409.08290v4, 2026.
    .. [3] M. Davies et al., "Loihi: a neuromorphic manycore processor with on-chip learning",
       IEEE Micro 38(1), 2018, Table 2.

    Examples
    --------
    >>> next(c for c in constants() if c.name == "fp32_mac").value
    4.6
    >>> synop = next(c for c in constants() if c.name == "truenorth_synop")
    >>> synop.low, synop.value, synop.high
    (2.5, 2.5, 26.0)
    """
    return tuple(
        Constant(name, value, low, high, unit, word, node, source, Confidence(trust), scope)
        for name, value, low, high, unit, word, node, source, trust, scope in ROWS
    )


def _find(name: str) -> Constant:
    """Return one constant by name."""
    table = {constant.name: constant for constant in constants()}
    return table[check_choice(name, table, name="name", caller="constants")]


def price(name: str) -> float:
    """Return the value of one constant."""
    return _find(name).value


def band(name: str) -> tuple[float, float]:
    """Return the low and the high end of one constant."""
    constant = _find(name)
    return constant.low, constant.high
