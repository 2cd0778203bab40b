"""What `measure` returns."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.dimension import DimensionEstimate
from spikedim.planning._plan import Advisory, DataSummary

__all__ = ["Measurement"]


@final
@dataclass(frozen=True)
class Measurement(Result):
    """Every effective dimension of one view of one data set.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    data : DataSummary
        The data; its scree and its counts are those of the rows that were measured.
    rows_are : str
        What a row is: ``"samples"``, or ``"tokens"`` when a layer of n tokens was measured token
        by token.
    dimensions : tuple of DimensionEstimate
        Every estimator, each with its interval, curve d(n) and local spread.
    advisories : tuple of Advisory
        Warnings, the most important first.
    provenance : Provenance
        Command, versions, fingerprint, RNG seed, assumptions.
    notes : tuple of str
        Estimators that were left out and why, and other remarks.
    """

    schema: ClassVar[str] = "spikedim.measurement/1"

    headline: str
    data: DataSummary
    rows_are: str
    dimensions: tuple[DimensionEstimate, ...]
    advisories: tuple[Advisory, ...]
    provenance: Provenance
    notes: tuple[str, ...] = ()
