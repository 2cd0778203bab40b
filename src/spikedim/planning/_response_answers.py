"""What spike noise does to a network, in numbers that somebody asked for."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.bounds import Epsilon
from spikedim.laws import output_epsilon
from spikedim.response import CurvePoint, ResponseCurve, ResponseSimulation, ResponseTrace

__all__ = ["ResponseAnswers"]


@final
@dataclass(frozen=True)
class ResponseAnswers(Result):
    """The response of a rate-coded network: K by population, its curve, answers both ways.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    name : str
        Name of the run's folder, or of the model.
    data, split : str
        Samples that were looked at.
    trained : bool
        Whether the weights were trained.
    trace : ResponseTrace
        K and its parts; without the covariances and outputs of single samples.
    curve : ResponseCurve
        Error and accuracy at every T.
    points : tuple of CurvePoint
        The T that were asked for, ascending.
    epsilon : Epsilon
        Error of the outputs that was asked for.
    steps_for_error, steps_for_error_low, steps_for_error_high : int
        T that meets it, with its 95 % interval.
    tolerance : float
        Accuracy that may be lost.
    steps_for_accuracy, steps_for_accuracy_low, steps_for_accuracy_high : int or None
        T that loses no more, with its 95 % interval; None if the curve has no accuracy.
    simulation : ResponseSimulation or None
        What was measured at `points`, without single samples; None unless asked for.
    warnings : tuple of str
        What a reader must know, the scope first.
    provenance : Provenance
        Version, command, seed, time, assumptions.
    """

    schema: ClassVar[str] = "spikedim.response_answers/1"

    headline: str
    name: str
    data: str
    split: str
    trained: bool
    trace: ResponseTrace
    curve: ResponseCurve
    points: tuple[CurvePoint, ...]
    epsilon: Epsilon
    steps_for_error: int
    steps_for_error_low: int
    steps_for_error_high: int
    tolerance: float
    steps_for_accuracy: int | None
    steps_for_accuracy_low: int | None
    steps_for_accuracy_high: int | None
    simulation: ResponseSimulation | None
    warnings: tuple[str, ...]
    provenance: Provenance

    def error_of(self, squared_error: float) -> float:
        """Return a squared Frobenius error as an error in the kind of `epsilon`."""
        return output_epsilon(
            squared_error,
            self.epsilon.kind,
            outputs=self.curve.outputs,
            mean_square=self.curve.reference_mean_square,
        )
