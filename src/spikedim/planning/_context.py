"""What the parts of a plan are computed from."""

from dataclasses import dataclass
from typing import final

from spikedim.dimension import DimensionEstimate, Spectrum
from spikedim.laws import LawInputs, LawResult
from spikedim.models import Card
from spikedim.planning._given import Rows

__all__ = ["Context"]


@final
@dataclass(frozen=True)
class Context:
    """Everything known once the laws have answered.

    Parameters
    ----------
    samples : Samples or Activations
        The data as opened.
    raw : Spectrum
        Spectrum of the flattened data before the map to rates.
    estimates : tuple of DimensionEstimate
        Every estimator on that spectrum as rates.
    inputs : LawInputs
        What the laws were given.
    chosen : LawResult
        The law the answer rests on.
    results : tuple of LawResult
        All laws.
    card : Card or None
        The model.
    """

    samples: Rows
    raw: Spectrum
    estimates: tuple[DimensionEstimate, ...]
    inputs: LawInputs
    chosen: LawResult
    results: tuple[LawResult, ...]
    card: Card | None
