"""From a law to an answer: whole steps, spikes and their intervals."""

import math

from spikedim._core import AssumptionError, NumericsError
from spikedim.laws._causes import combine
from spikedim.laws._inputs import LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._result import Cause, LawResult
from spikedim.laws._target import LawTarget
from spikedim.laws._vacuous import vacuous_warnings

__all__ = ["evaluate", "whole_steps"]

_MAX_STEPS = 1e15


def whole_steps(unrounded: float) -> int:
    """Round T up to a whole number of at least 1, forgiving rounding noise of 1e-9.

    Parameters
    ----------
    unrounded : float
        T as a law gives it, finite.

    Returns
    -------
    int
        Steps.

    Examples
    --------
    >>> whole_steps(0.2), whole_steps(4.0000000001), whole_steps(4.01)
    (1, 4, 5)
    """
    return max(1, math.ceil(unrounded * (1 - 1e-9)))


def evaluate(law: AbstractLaw, inputs: LawInputs) -> LawResult:
    """Return T and spikes under `law`, with an interval that combines its causes.

    Parameters
    ----------
    law : AbstractLaw
        Any law.
    inputs : LawInputs
        What it is asked about.

    Returns
    -------
    LawResult
        ``1 <= low <= steps <= high``; or a row with `reason` where the law does not apply.

    Notes
    -----
    Causes are taken as independent: their distances from T on the log axis add in quadrature.
    Ranges that somebody assumed count like 95 % intervals, so the result is no better calibrated
    than they are. Spikes are n d r T with T rounded up, and their interval is made the same way
    from the whole steps at the ends of each cause.

    Examples
    --------
    See `spikedim.planning.plan`, which calls it for every law.
    """
    try:
        population = law.population(inputs)
        unrounded = law.unrounded_steps(inputs)
        causes = sorted(law.causes(inputs), key=_width, reverse=True)
        vacuous = vacuous_warnings(inputs) if law.target is LawTarget.DATA_ERROR else ()
        warnings = (*law.warnings(inputs), *vacuous)
    except (AssumptionError, NumericsError) as error:
        reason = str(error).removeprefix(f"{law.name}: ")
        return LawResult.not_applicable(
            law.name, reason, reference=law.reference, target=law.target
        )
    if not unrounded <= _MAX_STEPS:
        reason = "needs more than 1e15 steps. Ask for a larger error."
        return LawResult.not_applicable(
            law.name, reason, reference=law.reference, target=law.target
        )
    low, high = combine(unrounded, ((cause.low, cause.high) for cause in causes))

    def spikes(steps: float, rate: float) -> float:
        return population.neurons * rate * whole_steps(steps)

    count = spikes(unrounded, law.firing_rate(inputs).value)
    fewest, most = combine(
        count,
        ((spikes(c.low, c.low_rate), spikes(c.high, c.high_rate)) for c in causes),
    )
    return LawResult(
        law=law.name,
        steps=whole_steps(unrounded),
        low=whole_steps(low),
        high=whole_steps(min(high, _MAX_STEPS)),
        unrounded=unrounded,
        population=population,
        spikes=count,
        spikes_low=fewest,
        spikes_high=most,
        causes=tuple(causes),
        assumptions=law.assumptions,
        reference=law.reference,
        warnings=warnings,
        target=law.target,
    )


def _width(cause: Cause) -> float:
    """Width of a cause on the log axis."""
    tiny = 1e-300
    return math.log((cause.high + tiny) / (cause.low + tiny))
