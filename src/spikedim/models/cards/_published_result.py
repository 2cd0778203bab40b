"""One printed number: how accurate a model was said to be, and where that was read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

__all__ = ["PublishedResult", "Source"]


class Source(StrEnum):
    """Who says so: the authors' text, the authors' files, or somebody else."""

    PAPER = "paper"
    LOG = "repository log"
    OTHERS = "third party"


@final
@dataclass(frozen=True)
class PublishedResult:
    """A printed accuracy or energy of a model; nothing here was measured by this package.

    Parameters
    ----------
    dataset : str
        What it was measured on; the card's data set unless `note` says why not.
    steps : int or None
        T; None if it is not stated where the number was read.
    accuracy_percent : float or None
        Top-1 accuracy in per cent, in [0, 100]; None if only an energy was printed.
    energy_mj : float or None
        Energy per sample in mJ as printed, by the rules of the source; None if none was printed.
    resolution : int or None
        Side of the image in pixels where it is not the card's.
    kind : Source
        ``"paper"`` (paper or official README), ``"repository log"`` or ``"third party"``.
    source : str
        Where it was read.
    note : str
        What a reader must know before comparing it.
    """

    dataset: str
    steps: int | None
    accuracy_percent: float | None
    energy_mj: float | None
    resolution: int | None
    kind: Source
    source: str
    note: str = ""
