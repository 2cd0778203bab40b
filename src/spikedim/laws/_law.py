"""How many steps for which error: the interface every law keeps."""

from abc import ABC, abstractmethod
from typing import ClassVar

from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._result import Cause
from spikedim.laws._target import LawTarget
from spikedim.models import Population

__all__ = ["AbstractLaw"]


class AbstractLaw(ABC):
    """One law: unrounded T from inputs, and what makes it uncertain.

    Notes
    -----
    A law is stateless. `unrounded_steps` falls (or stays) as epsilon grows; `epsilon_at` relies
    on that, but for a law of accuracy, which epsilon does not move. Anything else about a law
    (rounding, intervals, curves) is done by `evaluate`, `epsilon_at` and `curve`, the same way for
    all.
    """

    name: ClassVar[str]
    catch: ClassVar[str]
    reference: ClassVar[str]
    assumptions: ClassVar[tuple[str, ...]]
    target: ClassVar[LawTarget] = LawTarget.DATA_ERROR

    @abstractmethod
    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T before rounding, >= 0; raise `AssumptionError` where the law is silent."""

    @abstractmethod
    def population(self, inputs: LawInputs) -> Population:
        """Return the population whose steps these are; raise `AssumptionError` without one."""

    @abstractmethod
    def firing_rate(self, inputs: LawInputs) -> Assumed:
        """Return the mean firing rate of that population."""

    @abstractmethod
    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return what makes T uncertain, one cause at a time."""

    @abstractmethod
    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the flags that these inputs raise."""
