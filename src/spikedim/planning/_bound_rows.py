"""The ladder of bounds for every population a plan speaks of."""

from spikedim.bounds import Bound
from spikedim.laws import LawInputs, LawResult
from spikedim.models import Card

__all__ = ["bound_rows"]


def bound_rows(inputs: LawInputs, chosen: LawResult, card: Card | None) -> tuple[Bound, ...]:
    """Return the ladder for the data population and the model's encoding population."""
    return ()
