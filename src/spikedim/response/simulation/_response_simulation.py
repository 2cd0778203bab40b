"""What spike noise did to the outputs when it was simulated."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import FloatArray, Interval, Provenance, Result
from spikedim.circuits import RateCode

__all__ = ["ResponseSimulation", "SimulatedPoint"]


@final
@dataclass(frozen=True)
class SimulatedPoint:
    """Errors and answers with one number of steps, or one allocation of steps.

    Parameters
    ----------
    steps : int
        T of every population; the largest one of an allocation.
    allocation : dict of str to int
        T of each population; empty if all have `steps`.
    squared_error : float
        Mean squared Frobenius distance of the outputs from the exact ones.
    squared_error_deviation : float
        Its standard error over samples.
    bias_share : float or None
        Share of `squared_error` that no averaging over codes removes, in [0, 1]; None for a
        single pass of a random code.
    agreement : float
        Share of answers that are those of exact rates.
    accuracy : float or None
        Share of right answers; None without targets.
    accuracy_interval : Interval or None
        Wilson's interval of it over samples.
    spikes : float
        Spikes of all populations for one sample.
    passes : int
        Independent codes that were averaged.
    """

    steps: int
    allocation: dict[str, int]
    squared_error: float
    squared_error_deviation: float
    bias_share: float | None
    agreement: float
    accuracy: float | None
    accuracy_interval: Interval | None
    spikes: float
    passes: int


@final
@dataclass(frozen=True)
class ResponseSimulation(Result):
    """Measured errors of a rate-coded network at several numbers of steps.

    Parameters
    ----------
    model : str
        Name of the network.
    code : RateCode
        Code of every population.
    points : tuple of SimulatedPoint
        In the order asked for.
    n_samples, outputs : int
        S and m, entries of one output.
    reference_accuracy : float or None
        Accuracy with exact rates; None without targets.
    reference_mean_square, reference_variance : float
        Mean squared length of the exact outputs, and the trace of their covariance.
    sample_errors : FloatArray of shape [P, S]
        Squared error of every sample at every point, mean over passes.
    sample_right : FloatArray of shape [P, S]
        Share of passes that answered each sample right; [P, 0] without targets.
    sample_agreed : FloatArray of shape [P, S]
        Share of passes whose answer was that of exact rates.
    shift : FloatArray of shape [P, m]
        Mean over samples and passes of outputs minus exact outputs.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, time.
    """

    schema: ClassVar[str] = "spikedim.response_simulation/1"

    model: str
    code: RateCode
    points: tuple[SimulatedPoint, ...]
    n_samples: int
    outputs: int
    reference_accuracy: float | None
    reference_mean_square: float
    reference_variance: float
    sample_errors: FloatArray
    sample_right: FloatArray
    sample_agreed: FloatArray
    shift: FloatArray
    notes: tuple[str, ...]
    provenance: Provenance

    def at(self, steps: int) -> SimulatedPoint:
        """Return the point where every population had `steps` steps.

        Raises
        ------
        KeyError
            If that was not simulated.
        """
        for point in self.points:
            if point.steps == steps and not point.allocation:
                return point
        raise KeyError(steps)
