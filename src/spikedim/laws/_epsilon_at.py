"""A law read backwards: the error that a number of steps buys."""

import math

from scipy.optimize import brentq

from spikedim._core import AssumptionError, NumericsError, check_positive
from spikedim.laws._inputs import LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._target import LawTarget

__all__ = ["epsilon_at"]

_WIDEST = 2.0**200
_BEYOND = 700.0  # log of more steps than any law returns


def epsilon_at(law: AbstractLaw, inputs: LawInputs, *, steps: float) -> float:
    """Return the smallest error target that `steps` meet under `law`.

    Parameters
    ----------
    law : AbstractLaw
        Any law.
    inputs : LawInputs
        What it is asked about; the value of its epsilon is not used, its kind is.
    steps : float
        T, above 0.

    Returns
    -------
    float
        Epsilon in the kind of ``inputs.epsilon``.

    Raises
    ------
    InputError
        If `steps` is not above 0.
    AssumptionError
        If the law applies to no error, or speaks of accuracy.
    NumericsError
        If no error within floating point needs that many steps.

    Notes
    -----
    Bracketing and a root search on log epsilon: laws fall with epsilon, so the answer is unique.
    About 20 evaluations of the law.

    Examples
    --------
    See `spikedim.planning.plan`, which asks it for T = 4.
    """
    target = check_positive(steps, name="steps", caller="epsilon_at")
    if law.target is LawTarget.ACCURACY:
        raise AssumptionError(
            f"epsilon_at: `law` must speak of an error; got {law.name}, which speaks of accuracy."
        )
    refusals: list[AssumptionError] = []

    def excess(log_epsilon: float) -> float:
        try:
            found = law.unrounded_steps(inputs.with_epsilon(math.exp(log_epsilon)))
        except AssumptionError as error:  # an error below the floor of the law: infinitely many
            refusals.append(error)
            return _BEYOND
        return math.log(max(found, 1e-300) / target)

    low = high = math.log(inputs.epsilon.value)
    step = math.log(2.0)
    while excess(high) > 0:
        low, high, step = high, high + step, 2 * step
        _check_range(law, high, refusals)
    step = math.log(2.0)
    while excess(low) <= 0:
        high, low, step = low, low - step, 2 * step
        _check_range(law, low, [])
    # As close as floating point goes: near the variance of the data T changes fast with epsilon.
    return math.exp(brentq(excess, low, high, xtol=1e-15, rtol=1e-15))


def _check_range(law: AbstractLaw, log_epsilon: float, refusals: list[AssumptionError]) -> None:
    """Stop a search that leaves floating point, for the law's own reason if it gave one."""
    if abs(log_epsilon) > math.log(_WIDEST):
        if refusals:
            raise refusals[-1]
        raise NumericsError(
            f"epsilon_at: no error within floating point needs that many steps under {law.name}."
        )
