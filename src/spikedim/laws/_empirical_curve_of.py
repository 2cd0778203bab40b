"""From an evaluation to an empirical curve."""

import math

from spikedim._core import AssumptionError, InputError
from spikedim.laws._empirical_curve import EmpiricalCurve
from spikedim.models import Coding
from spikedim.training import EvaluatedSteps, Evaluation

__all__ = ["REFERENCE_FACTOR", "empirical_curve"]

REFERENCE_FACTOR = 16


def empirical_curve(evaluation: Evaluation) -> EmpiricalCurve:
    """Return error and accuracy against T of a directly coded network that was evaluated.

    Parameters
    ----------
    evaluation : Evaluation
        From `spikedim.training.evaluate`, at two T and at one 16 times the larger of them or more,
        e.g. 2, 4 and 64. Further T between make the line finer.

    Returns
    -------
    EmpiricalCurve
        The line goes through the T of at most a sixteenth of the largest; all T carry accuracies.

    Raises
    ------
    AssumptionError
        If the network is not directly coded.
    InputError
        If fewer than two T are at most a sixteenth of the largest, or an error there is 0.

    Notes
    -----
    Outputs are compared with those at the largest T, which are not exact: where errors fall as
    1 / T their own error is a sixteenth of the one at the last T used, or less.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import evaluate, fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     found = evaluate(folder, steps=(1, 2, 32), samples=16)
    >>> curve = empirical_curve(found)
    >>> curve.steps, curve.reference_steps
    ((1, 2), 32)
    """
    if not evaluation.coding.spiking:
        twin = evaluation.coding is Coding.RATES
        raise AssumptionError(
            f"empirical_curve: `evaluation` must be of a directly coded spiking network; got "
            f"{evaluation.model}, {evaluation.coding.network}. "
            + ("Use the response law." if twin else "It has no steps.")
        )
    points = [point for point in evaluation.points if point.steps is not None]
    last = max(_steps(point) for point in points)
    used = [point for point in points if REFERENCE_FACTOR * _steps(point) <= last]
    if len(used) < 2 or any(point.squared_error <= 0 for point in used):
        raise InputError(
            "empirical_curve: `evaluation` must have errors above 0 at two T or more of at most a "
            f"sixteenth of the largest; got T = {', '.join(str(p.steps) for p in points)}. "
            "Evaluate e.g. at 2, 4 and 64."
        )
    a, b = used[-2:]
    exponent = math.log(a.squared_error / b.squared_error) / math.log(_steps(b) / _steps(a))
    rate = sum(one.rate * one.neurons for one in evaluation.populations) / evaluation.neurons
    return EmpiricalCurve(
        model=evaluation.model,
        steps=tuple(_steps(point) for point in used),
        squared_errors=tuple(point.squared_error for point in used),
        deviations=tuple(point.squared_error_deviation for point in used),
        exponent=exponent,
        reference_steps=last,
        reference_mean_square=evaluation.reference_mean_square,
        outputs=evaluation.classes,
        accuracy_steps=tuple(_steps(point) for point in points),
        accuracies=tuple(point.accuracy for point in points),
        disagreements=tuple(1 - point.agreement for point in points),
        trained_steps=evaluation.trained_steps,
        n_samples=evaluation.samples,
        neurons=evaluation.neurons,
        rate=rate,
        data=evaluation.data,
        split=evaluation.split,
        warnings=_warnings(exponent, evaluation),
        provenance=evaluation.provenance,
    )


def _steps(point: EvaluatedSteps) -> int:
    """Return T of a point that has one."""
    return point.steps or 1


def _warnings(exponent: float, evaluation: Evaluation) -> tuple[str, ...]:
    """Return what is unusual about the line."""
    found = []
    if not 0.5 <= exponent <= 3:
        found.append(
            f"The squared error falls as T^-{exponent:.2g}; 1 to 2 is usual, so trust no T beyond "
            "the last one used."
        )
    if evaluation.points[-1].accuracy < max(p.accuracy for p in evaluation.points) - 0.02:
        found.append("More steps cost accuracy here: a small error is not a right answer.")
    return tuple(found)
