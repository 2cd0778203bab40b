"""What a theorem returns: a number with its unit, assumptions and reference."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, final

from spikedim._core import AssumptionError, Result

__all__ = ["Assumption", "Bound", "BoundKind", "Entries"]


class BoundKind(StrEnum):
    """What a bound says about the quantity it names."""

    LOWER = "lower"  # no system of the stated class does better
    UPPER = "upper"  # some explicit system does at least this well
    EXACT = "exact"  # holds with equality under the assumptions
    ESTIMATE = "estimate"  # near the truth as far as a law is, on neither side for certain
    PUBLISHED = "published"  # stated in the literature; see `verdict`


class Entries(StrEnum):
    """Whose entries a bound speaks of."""

    GIVEN = "given"  # those whose mean and spread were given
    ANY = "any"  # whatever lies in [0, 1]
    SMOOTH = "smooth"  # those of a smooth density
    GAUSSIAN = "gaussian"  # a Gaussian source with the given covariance
    UNIFORM = "uniform"  # independent and uniform on [0, 1]
    WORST = "worst"  # the hardest there are


@final
@dataclass(frozen=True)
class Assumption:
    """One assumption of a theorem.

    Parameters
    ----------
    text : str
        The assumption in one sentence.
    holds : bool or None
        Whether the arguments satisfy it; None if only the user can know.
    """

    text: str
    holds: bool | None = None


@final
@dataclass(frozen=True)
class Bound(Result):
    """A theorem applied to numbers.

    Parameters
    ----------
    name : str
        Name of the function that made it.
    value : float or None
        The bound; None if it does not apply (then `reason` says why).
    unit : str
        ``"steps"``, ``"spikes"``, ``"bits"``, ...
    kind : BoundKind
        Lower, upper, exact, estimate or published.
    population : str
        Which neurons the number speaks of, e.g. ``"64 x 384 encoding population"``.
    assumptions : tuple of Assumption
        Numbered as in the docstring of the function.
    reference : str
        Author, title, venue, year, theorem or equation number.
    verdict : str
        For published forms: under which assumption it is false or unproved. Else empty.
    reason : str
        Why it does not apply; empty if it does.
    note : str
        What a reader should know of this value, e.g. that the bound is vacuous here.
    entries : Entries or None
        Whose entries it speaks of, where `ladder` made it; None for published forms.
    layer : str
        In a plan: ``"data"``, or the spiking layer of the model that `population` describes.
    """

    schema: ClassVar[str] = "spikedim.bound/1"

    name: str
    value: float | None
    unit: str
    kind: BoundKind
    population: str
    assumptions: tuple[Assumption, ...]
    reference: str
    verdict: str = ""
    reason: str = ""
    note: str = ""
    entries: Entries | None = None
    layer: str = ""

    @property
    def holds_for_data(self) -> bool:
        """Whether it is true of the population whose mean and spread were given.

        What suffices for the hardest entries suffices for all; what is impossible for other
        entries may be possible for these.
        """
        proved = {Entries.GIVEN, Entries.ANY, Entries.SMOOTH}
        if self.kind is BoundKind.UPPER:
            proved.add(Entries.WORST)
        return self.entries in proved

    @classmethod
    def not_applicable(
        cls, name: str, *, unit: str, kind: BoundKind, population: str, reason: str
    ) -> "Bound":
        """Return the row that a plan shows where a direct call would raise."""
        return cls(name, None, unit, kind, population, (), "", reason=reason)

    @staticmethod
    def require(name: str, assumptions: tuple[Assumption, ...]) -> None:
        """Raise `AssumptionError` citing the first of `assumptions` that fails."""
        for number, assumption in enumerate(assumptions, start=1):
            if assumption.holds is False:
                raise AssumptionError(f"{name}: assumption {number} fails: {assumption.text}")
