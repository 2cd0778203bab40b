"""Steps of the stages of attention: three codes and the softmax rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from spikedim._core import InputError
from spikedim.circuits._checks import check_steps

__all__ = ["POPULATIONS", "StageSteps", "check_allocation", "equal_steps"]

POPULATIONS = ("query code", "key code", "value code", "competitors")


@final
@dataclass(frozen=True)
class StageSteps:
    """T of the query, key and value encoders, and of the softmax circuits."""

    query: int
    key: int
    value: int
    rows: int

    @property
    def codes(self) -> tuple[int, int, int]:
        """T of the encoders."""
        return self.query, self.key, self.value

    @property
    def equal(self) -> bool:
        """Whether all are the same."""
        return len({*self.codes, self.rows}) == 1

    @property
    def longest(self) -> int:
        """The largest of them."""
        return max(*self.codes, self.rows)


def equal_steps(steps: int | StageSteps) -> StageSteps:
    """Return steps of stages, which all have the same if a number is given."""
    return steps if isinstance(steps, StageSteps) else StageSteps(steps, steps, steps, steps)


def check_allocation(steps: int, allocation: Any | None, *, caller: str) -> StageSteps:
    """Return the steps of every stage: those of the allocation, `steps` where it names none."""
    if allocation is None:
        return equal_steps(steps)
    if not isinstance(allocation, Mapping):
        raise InputError(
            f"{caller}: `allocation` must map names of populations to steps; got "
            f"{type(allocation).__name__}. Write e.g. {{'value code': 64}}."
        )
    odd = [name for name in allocation if name not in POPULATIONS]
    if odd:
        raise InputError(
            f"{caller}: `allocation` must name populations of the circuit; got {odd[0]!r}. Choose "
            f"from {', '.join(POPULATIONS)}."
        )
    found = [
        check_steps(allocation.get(name, steps), caller=caller, name="allocation")
        for name in POPULATIONS
    ]
    return StageSteps(*found)
