"""Why T is uncertain: one cause at a time, then all together."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from spikedim._core import AssumptionError
from spikedim.bounds import EpsilonKind
from spikedim.laws._inputs import LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._result import Cause

__all__ = [
    "FIRING_RATE",
    "combine",
    "lipschitz_cause",
    "range_cause",
    "rate_cause",
    "sampling_cause",
    "tail_cause",
]

FIRING_RATE = "firing rate"
_NORMAL_95 = 1.959963984540054


def combine(point: float, ends: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return [low, high] around `point` from independent causes.

    Each pair is the quantity at the two ends of one cause alone. The distances to `point` on the
    log axis add in quadrature, which is exact to first order for independent causes.

    Parameters
    ----------
    point : float
        The quantity with every cause at its point value, >= 0.
    ends : iterable of (float, float)
        The quantity at both ends of each cause, >= 0, in either order.

    Returns
    -------
    tuple of float
        ``low <= point <= high``.

    Examples
    --------
    >>> low, high = combine(4.0, [(2.0, 8.0), (4.0, 4.0)])
    >>> round(low, 9), round(high, 9)
    (2.0, 8.0)
    """
    pairs = [(min(pair), max(pair)) for pair in ends]
    if point == 0:
        return 0.0, max([0.0, *(high for _, high in pairs)])
    down = math.hypot(*(_log_ratio(point, low) for low, _ in pairs))
    up = math.hypot(*(_log_ratio(high, point) for _, high in pairs))
    return point * math.exp(-down), point * math.exp(min(up, 600.0))


def _log_ratio(above: float, below: float) -> float:
    """Log of a ratio, 0 where the order is the other way round."""
    if above <= below:
        return 0.0
    return math.inf if below == 0 else math.log(above / below)


def range_cause(
    law: AbstractLaw,
    name: str,
    vary: Callable[[float], LawInputs],
    values: tuple[float, float],
) -> tuple[Cause, ...]:
    """Return the cause of one input at both ends of its range; none if the range is a point."""
    if values[0] == values[1]:
        return ()
    ends = []
    for value in values:
        varied = vary(value)
        ends.append((law.unrounded_steps(varied), law.firing_rate(varied).value))
    (low, low_rate), (high, high_rate) = sorted(ends, key=lambda end: end[0])
    return (Cause(name, low, high, low_rate, high_rate),)


def rate_cause(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the cause of the firing rate's range."""
    rate = inputs.rate
    return range_cause(law, FIRING_RATE, inputs.with_rate, (rate.low, rate.high))


def lipschitz_cause(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the cause of L's range; none for a relative error, where L cancels."""
    if inputs.epsilon.kind is EpsilonKind.RELATIVE:
        return ()
    bounds = (inputs.lipschitz.low, inputs.lipschitz.high)
    return range_cause(law, "Lipschitz constant L", inputs.with_lipschitz, bounds)


def sampling_cause(law: AbstractLaw, inputs: LawInputs) -> tuple[Cause, ...]:
    """Return the cause of having S samples only: delete-d jackknife over the largest subsets.

    Notes
    -----
    With subsets of m of S samples the variance is m / (S - m) times the mean squared deviation
    of T over the subsets (Shao and Wu 1989).
    """
    spectrum = inputs.spectrum
    sizes = [part.n_samples for part in spectrum.subsets if part.n_samples < spectrum.n_samples]
    if not sizes:
        return ()
    size = max(sizes)
    steps = []
    for part in spectrum.subsets:
        if part.n_samples == size:
            sub = replace(
                spectrum,
                eigenvalues=part.eigenvalues,
                total_variance=part.total_variance,
                n_samples=part.n_samples,
            )
            try:
                steps.append(law.unrounded_steps(replace(inputs, spectrum=sub)))
            except AssumptionError:
                return ()
    if len(steps) < 2:
        return ()
    mean = math.fsum(steps) / len(steps)
    variance = math.fsum((value - mean) ** 2 for value in steps) / len(steps)
    spread = _NORMAL_95 * math.sqrt(variance * size / (spectrum.n_samples - size))
    point, rate = law.unrounded_steps(inputs), law.firing_rate(inputs).value
    if spread == 0:
        return ()
    low = max(0.0, point - spread)
    return (Cause("sampling of the spectrum", low, point + spread, rate, rate),)


def tail_cause(law: AbstractLaw, inputs: LawInputs, least: float) -> tuple[Cause, ...]:
    """Return the cause of a spectrum's unseen tail, given T at its most favourable shape."""
    point, rate = law.unrounded_steps(inputs), law.firing_rate(inputs).value
    return (
        (Cause("unseen tail of the spectrum", least, point, rate, rate),) if least < point else ()
    )
