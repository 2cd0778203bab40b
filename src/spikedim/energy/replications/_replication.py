"""A printed energy beside the same number recomputed."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["Replication"]


@final
@dataclass(frozen=True)
class Replication(Result):
    """One published energy recomputed from the card of its model, and what becomes of it.

    Parameters
    ----------
    name : str
        Which number, e.g. ``"Spikformer-8-384, revision B"``.
    source : str
        Where it is printed.
    printed_mj : float
        Millijoule as printed.
    recomputed_mj : float
        By the rule of the source, from the card and what the source prints beside the energy.
    corrected_mj : float or None
        With the fault that `explanation` names mended; None where nothing needs mending.
    explanation : str
        What the rule does, what it leaves out, and what follows.
    """

    schema: ClassVar[str] = "spikedim.replication/1"

    name: str
    source: str
    printed_mj: float
    recomputed_mj: float
    corrected_mj: float | None
    explanation: str
