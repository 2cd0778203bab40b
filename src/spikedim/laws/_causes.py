"""Why T is uncertain: one cause at a time, then all together."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from scipy import stats

from spikedim._core import AssumptionError
from spikedim.bounds import EpsilonKind
from spikedim.dimension import SubsetSpectrum
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
_MIN_REPLICATES = 4


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
    """Return the cause of having S samples only, from T on random subsets.

    Notes
    -----
    T on subsets of m out of P samples, drawn without replacement, has the variance
    s^2 / (1 - m / P) that independent sets of m would show; S samples have m / S of that. With
    P = S this is the delete-d jackknife (Shao and Wu 1989).
    """
    spectrum = inputs.spectrum
    by_size: dict[int, list[SubsetSpectrum]] = {}
    for part in spectrum.subsets:
        drawn_from = part.population or spectrum.n_samples
        if part.eigenvalues.size > 0 and part.n_samples < drawn_from:
            by_size.setdefault(part.n_samples, []).append(part)
    sizes = [size for size, parts in by_size.items() if len(parts) >= _MIN_REPLICATES]
    if not sizes:
        return ()
    parts = by_size[max(sizes)]
    try:
        steps = [law.unrounded_steps(_on_subset(inputs, part)) for part in parts]
    except AssumptionError:
        return ()
    size, drawn_from = parts[0].n_samples, parts[0].population or spectrum.n_samples
    share = size * drawn_from / (drawn_from - size) / spectrum.n_samples
    deviation = math.sqrt(share * float(np.var(steps, ddof=1)))
    spread = float(stats.t.ppf(0.975, len(steps) - 1)) * deviation
    if spread == 0:
        return ()
    point, rate = law.unrounded_steps(inputs), law.firing_rate(inputs).value
    low = max(0.0, point - spread)
    return (Cause("sampling of the spectrum", low, point + spread, rate, rate),)


def _on_subset(inputs: LawInputs, part: SubsetSpectrum) -> LawInputs:
    """Return the inputs with the spectrum of a subset."""
    subset = replace(
        inputs.spectrum,
        eigenvalues=part.eigenvalues,
        total_variance=part.total_variance,
        n_samples=part.n_samples,
    )
    return replace(inputs, spectrum=subset)


def tail_cause(law: AbstractLaw, inputs: LawInputs, least: float) -> tuple[Cause, ...]:
    """Return the cause of a spectrum's unseen tail, given T at its most favourable shape."""
    point, rate = law.unrounded_steps(inputs), law.firing_rate(inputs).value
    return (
        (Cause("unseen tail of the spectrum", least, point, rate, rate),) if least < point else ()
    )
