"""What every population alone does to the outputs at its steps."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.circuits import RateCode

__all__ = ["PopulationError", "PopulationErrors"]


@final
@dataclass(frozen=True)
class PopulationError:
    """Error of the outputs when one population spikes and all others say their rates.

    Parameters
    ----------
    name : str
        Its path in the model.
    steps : int
        T_l that it had.
    squared_error, deviation : float
        Mean squared Frobenius error, and its standard error over samples.
    trace : float
        T_l^p times `squared_error`: what stands in the place of c_l at these steps.
    first_order : float
        c_l.
    ratio : float or None
        `trace` over `first_order`: 1 where the first order holds; None if that is 0.
    ratio_deviation : float or None
        Standard error of `ratio` over samples.
    """

    name: str
    steps: int
    squared_error: float
    deviation: float
    trace: float
    first_order: float
    ratio: float | None
    ratio_deviation: float | None


@final
@dataclass(frozen=True)
class PopulationErrors(Result):
    """Errors of all populations, one at a time: which of them break the law of first order.

    Parameters
    ----------
    model : str
        Name of the network.
    code : RateCode
        Code of every population.
    exponent : int
        p of the law c_l / T_l^p.
    populations : tuple of PopulationError
        In the order of the forward pass.
    n_samples, passes : int
        Samples, and independent codes of each.
    total : float
        Sum of the squared errors: the error of all together where they add.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, time.
    """

    schema: ClassVar[str] = "spikedim.population_errors/1"

    model: str
    code: RateCode
    exponent: int
    populations: tuple[PopulationError, ...]
    n_samples: int
    passes: int
    total: float
    notes: tuple[str, ...]
    provenance: Provenance

    @property
    def traces(self) -> dict[str, float]:
        """T_l^p times the squared error of every population: `traces` of `allocate`."""
        return {each.name: each.trace for each in self.populations}
