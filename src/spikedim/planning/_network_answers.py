"""What a number of steps loses in a network that was measured."""

from typing import NamedTuple, final

from spikedim._core import AssumptionError
from spikedim.bounds import EpsilonKind
from spikedim.laws import EmpiricalCurve, LawInputs, output_epsilon
from spikedim.response import ResponseCurve

__all__ = ["AtSteps", "at_steps"]


@final
class AtSteps(NamedTuple):
    """Error and accuracy after T steps, each with a 95 % interval where one is known.

    Parameters
    ----------
    epsilon, epsilon_low, epsilon_high : float
        Error of the outputs in the kind asked for.
    accuracy, accuracy_low, accuracy_high : float or None
        Expected accuracy; None where nothing was measured.
    """

    epsilon: float
    epsilon_low: float | None
    epsilon_high: float | None
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None


def at_steps(inputs: LawInputs, steps: int) -> AtSteps | None:
    """Return what `steps` buy; None without a network."""
    if inputs.curve is not None:
        return _on_curve(inputs.curve, inputs.epsilon.kind, steps)
    if inputs.empirical is not None:
        return _on_line(inputs.empirical, inputs.epsilon.kind, steps)
    return None


def _on_curve(curve: ResponseCurve, kind: EpsilonKind, steps: int) -> AtSteps:
    point = curve.at(steps)
    outputs, mean_square = curve.outputs, curve.reference_mean_square
    value, low, high = (
        output_epsilon(squared, kind, outputs=outputs, mean_square=mean_square)
        for squared in (point.squared_error, point.low, point.high)
    )
    return AtSteps(value, low, high, point.accuracy, point.accuracy_low, point.accuracy_high)


def _on_line(line: EmpiricalCurve, kind: EpsilonKind, steps: int) -> AtSteps:
    error = output_epsilon(
        line.squared_error_at(float(steps)),
        kind,
        outputs=line.outputs,
        mean_square=line.reference_mean_square,
    )
    try:
        accuracy = line.accuracy_at(float(steps))
    except AssumptionError:
        accuracy = None
    return AtSteps(error, None, None, accuracy, None, None)
