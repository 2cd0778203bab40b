"""Unequal steps for the populations of one network."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result

__all__ = ["AllocatedPopulation", "Allocation"]


@final
@dataclass(frozen=True)
class AllocatedPopulation:
    """Steps of one population.

    Parameters
    ----------
    name : str
        Its path in the model.
    steps : int
        T_l, at least 1.
    unrounded : float
        T_l of the closed form before rounding and limits.
    trace : float
        c_l: its part of the squared error is c_l / T_l^p, p = 1 of independent spikes and 2 of
        deterministic codes.
    cost : float
        w_l: cost of one of its steps, in `Allocation.unit`.
    spikes_per_step : float
        Spikes of the population in one step, for one sample.
    """

    name: str
    steps: int
    unrounded: float
    trace: float
    cost: float
    spikes_per_step: float


@final
@dataclass(frozen=True)
class Allocation(Result):
    """Steps of every population that minimise a cost at an error, or the error at a cost.

    Parameters
    ----------
    model : str
        Name of the network.
    populations : tuple of AllocatedPopulation
        In the order of the forward pass.
    equal_steps : float
        T that costs the same, or errs the same, if all populations have it.
    cost, equal_cost : float
        Cost of one inference with these steps, and with `equal_steps` everywhere.
    unit : str
        Unit of the costs, e.g. ``"spikes"`` or ``"pJ"``.
    squared_error, equal_squared_error : float
        First-order squared error with these steps, and with `equal_steps` everywhere.
    error_ratio : float
        Squared error with these whole steps over that of equal steps at the same cost, first
        order; below 1.
    bound : float
        The smallest ratio that real-valued steps allow: (sum sqrt(c w))^2 / (sum c sum w).
    latency : int
        The largest T_l: steps until an answer if stages run one after the other in a pipeline.
    latency_cap : int or None
        The most steps that were allowed.
    spikes : float
        Spikes of all populations for one sample.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, time, assumptions.
    """

    schema: ClassVar[str] = "spikedim.allocation/1"

    model: str
    populations: tuple[AllocatedPopulation, ...]
    equal_steps: float
    cost: float
    equal_cost: float
    unit: str
    squared_error: float
    equal_squared_error: float
    error_ratio: float
    bound: float
    latency: int
    latency_cap: int | None
    spikes: float
    notes: tuple[str, ...]
    provenance: Provenance

    @property
    def steps(self) -> dict[str, int]:
        """T of every population: what `code_steps` of a twin takes."""
        return {each.name: each.steps for each in self.populations}
