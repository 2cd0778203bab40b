"""Steps against error, as a curve with its band."""

from collections.abc import Sequence

from spikedim._core import AssumptionError, check_positive
from spikedim.laws._causes import combine
from spikedim.laws._inputs import LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._result import LawCurve

__all__ = ["curve"]


def curve(law: AbstractLaw, inputs: LawInputs, epsilons: Sequence[float]) -> LawCurve:
    """Return unrounded steps with their interval on a grid of errors.

    Parameters
    ----------
    law : AbstractLaw
        Any law.
    inputs : LawInputs
        What it is asked about; the value of its epsilon is replaced by each grid point.
    epsilons : sequence of float
        Grid in the kind of ``inputs.epsilon``, above 0, increasing.

    Returns
    -------
    LawCurve
        T before rounding up but at least 1, so that it can be drawn on a log axis; grid points
        where the law does not apply are left out.

    Raises
    ------
    InputError
        If a grid point is not above 0.
    AssumptionError
        If the law applies at no grid point.

    Examples
    --------
    See `spikedim.planning.plan`, which draws every applicable law.
    """
    points = []
    refused: AssumptionError | None = None
    for epsilon in epsilons:
        value = check_positive(epsilon, name="epsilons", caller="curve")
        at = inputs.with_epsilon(value)
        try:
            steps = law.unrounded_steps(at)
            low, high = combine(steps, ((cause.low, cause.high) for cause in law.causes(at)))
        except AssumptionError as error:
            refused = error
            continue
        points.append((value, max(1.0, steps), max(1.0, low), max(1.0, high)))
    if refused is not None and not points:
        raise refused
    grid, steps_, lows, highs = zip(*points, strict=True) if points else ((), (), (), ())
    return LawCurve(law.name, grid, steps_, lows, highs)
