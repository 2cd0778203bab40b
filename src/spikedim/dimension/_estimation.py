"""From a formula on one spectrum to an estimate with interval, d(n), spread and flags."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import stats

from spikedim._core import DEFAULT_MEMORY_BUDGET, SilentProgress, check_integer
from spikedim.dimension._covariance_spectrum import spectrum_of_source
from spikedim.dimension._estimate import CurvePoint, DimensionEstimate, LocalSpread
from spikedim.dimension._measure import Detail, Path, choose_path, measure_spectrum
from spikedim.dimension._source import open_source
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum

__all__ = ["AnySpectrum", "Draws", "Formula", "estimate", "judge", "spectrum_of"]

AnySpectrum: TypeAlias = Spectrum | SubsetSpectrum
Formula: TypeAlias = Callable[[AnySpectrum], float]

_LEVEL = 0.95
_MIN_REPLICATES = 4
_METHOD = "delete-d jackknife"
_NO_INTERVAL = (
    f"none: too few random subsets (fewer than 8 samples, or replicates below {_MIN_REPLICATES})"
)
_PARTIAL_FROM = 1024
_PARTIAL_POOL = 1024


class Draws(NamedTuple):
    """Values of an estimator on subsets of one size."""

    n_samples: int
    values: list[float]
    population: int


class Judgement(NamedTuple):
    """What subsets say about a value."""

    low: float
    high: float
    method: str
    curve: tuple[CurvePoint, ...]
    limit: float | None
    rising: bool
    notes: tuple[str, ...]


def spectrum_of(
    x: Any,
    *,
    caller: str,
    detail: Detail = Detail.ALL,
    fraction: float = 1.0,
    replicates: int = 16,
) -> Spectrum:
    """Return `x` if it is a `Spectrum`, else measure as much of it as `detail` asks for."""
    if isinstance(x, Spectrum):
        return x
    source = open_source(x, layer="features", caller=caller)
    small = min(source.shape) < _PARTIAL_FROM
    sketched = choose_path(source, memory_budget=DEFAULT_MEMORY_BUDGET) is Path.SKETCH
    if detail is Detail.ALL or small or sketched:
        return spectrum_of_source(
            source,
            replicates=replicates,
            memory_budget=DEFAULT_MEMORY_BUDGET,
            generator=None,
            progress=SilentProgress(),
        )
    check_integer(replicates, name="replicates", caller=caller, minimum=0)
    return measure_spectrum(
        source,
        detail=detail,
        fraction=fraction,
        replicates=replicates,
        pool_rows=_PARTIAL_POOL,
        memory_budget=DEFAULT_MEMORY_BUDGET,
        generator=np.random.default_rng(0),
        progress=SilentProgress(),
    )


def estimate(
    spectrum: Spectrum,
    formula: Formula,
    *,
    estimator: str,
    least: float = 1.0,
    most: float | None = None,
    parameters: dict[str, float] | None = None,
    certified: tuple[float | None, float | None] | None = None,
    notes: tuple[str, ...] = (),
    whole: bool = False,
) -> DimensionEstimate:
    """Evaluate `formula` on the spectrum, its subsets and its neighbourhoods.

    `formula` may return NaN on a subset that it cannot judge; that subset is left out. `least`
    and `most` are the range of the estimator, by default [1, min(S - 1, varying features)].
    The interval of a `whole` number allows for its rounding, and its ends are rounded outwards.
    """
    varying = spectrum.n_features - spectrum.constant_features
    most = float(min(spectrum.n_samples - 1, varying)) if most is None else most
    value = min(max(formula(spectrum), least), most)
    found = judge(
        value,
        _evaluate(spectrum, formula),
        n_samples=spectrum.n_samples,
        least=least,
        most=most,
        ceiling=float(varying),
        grain=1.0 if whole else 0.0,
    )
    if whole:
        found = found._replace(low=float(math.floor(found.low)), high=float(math.ceil(found.high)))
    exact = (value, value) if spectrum.exact else (None, None)
    certified_low, certified_high = exact if certified is None else certified
    return DimensionEstimate(
        value=value,
        low=found.low,
        high=found.high,
        estimator=estimator,
        layer=spectrum.layer,
        n_samples=spectrum.n_samples,
        n_features=spectrum.n_features,
        level=_LEVEL,
        interval_method=found.method,
        parameters=parameters or {},
        curve=found.curve,
        still_rising=found.rising,
        extrapolated=found.limit,
        local=_local(spectrum, formula),
        constant_features=spectrum.constant_features,
        certified_low=certified_low,
        certified_high=certified_high,
        spectrum_method=spectrum.method,
        notes=(*spectrum.notes, *notes, *found.notes),
    )


def judge(
    value: float,
    draws: Sequence[Draws],
    *,
    n_samples: int,
    least: float,
    most: float,
    ceiling: float,
    grain: float = 0.0,
) -> Judgement:
    """Return interval, curve and flags of a value from its values on random subsets.

    The interval is clipped to [least, most], the extrapolation to [least, ceiling]. Values are
    multiples of `grain`.
    """
    low, high, method = _jackknife(value, draws, n_samples=n_samples, grain=grain)
    low, high = max(low, min(least, value)), min(high, max(most, value))
    curve = _curve(draws, value, n_samples=n_samples)
    fit = _extrapolate(value, draws, n_samples=n_samples)
    if fit is None:
        return Judgement(low, high, method, curve, None, rising=False, notes=())
    limit, error = min(max(fit[0], least), max(ceiling, value)), fit[1]
    rising = limit > value + max((high - low) / 2, 0.01 * value, 2 * error)
    note = (
        f"d still rises with the number of samples: {value:.4g} is a lower bound "
        f"(extrapolation to infinitely many samples: {limit:.4g})."
    )
    return Judgement(low, high, method, curve, limit, rising, (note,) if rising else ())


def _evaluate(spectrum: Spectrum, formula: Formula) -> list[Draws]:
    """Return the values on subsets, sizes growing."""
    by_size: dict[int, Draws] = {}
    for part in spectrum.subsets:
        population = part.population or spectrum.n_samples
        found = formula(part)
        if math.isfinite(found):
            draws = by_size.setdefault(part.n_samples, Draws(part.n_samples, [], population))
            draws.values.append(found)
    return [by_size[size] for size in sorted(by_size)]


def _jackknife(
    value: float, draws: Sequence[Draws], *, n_samples: int, grain: float
) -> tuple[float, float, str]:
    r"""Return the ends of a 95 % interval around `value` and the name of the method.

    Subsets of m rows drawn without replacement from R rows vary by sigma^2 (1/m - 1/R), so
    SE^2 = (1/S) m R / (R - m) mean((theta - mean theta)^2); with R = S this is the delete-d
    jackknife m / (S - m), and with m = S / 2 the half-sample formula. The bootstrap is not
    used: its repeated rows lower the rank, which biases every dimension down. Subsets that all
    round to one value still vary by the variance of rounding, grain^2 / 12.
    """
    usable = [d for d in draws if len(d.values) >= _MIN_REPLICATES and d.population > d.n_samples]
    if not usable:
        return value, value, _NO_INTERVAL
    largest = usable[-1]
    m, r, b = largest.n_samples, largest.population, len(largest.values)
    spread = max(float(np.var(largest.values, ddof=1)), grain**2 / 12)
    variance = spread * m * r / (r - m) / n_samples
    half = float(stats.t.ppf((1 + _LEVEL) / 2, b - 1)) * variance**0.5
    return value - half, value + half, f"{_METHOD}, {b} subsets of {m} from {r}"


def _curve(draws: Sequence[Draws], value: float, *, n_samples: int) -> tuple[CurvePoint, ...]:
    """Return d(n), the full set last."""
    points = [
        CurvePoint(
            d.n_samples,
            float(np.mean(d.values)),
            float(np.std(d.values, ddof=1)) if len(d.values) > 1 else 0.0,
            len(d.values),
        )
        for d in draws
    ]
    return (*points, CurvePoint(n_samples, value, 0.0, 1)) if points else ()


def _extrapolate(
    value: float, draws: Sequence[Draws], *, n_samples: int
) -> tuple[float, float] | None:
    """Return the limit of d(n) = a + b / n and its standard error.

    The line passes through d(S) and is fitted to the two largest subset sizes by weighted least
    squares. The error of a mean over subsets holds the spread between them and, when they come
    from a pool of R < S rows, the deviation of that pool.
    """
    information, push = 0.0, 0.0
    for d in [d for d in draws if len(d.values) > 1 and d.n_samples < n_samples][-2:]:
        m, r, b = d.n_samples, d.population, len(d.values)
        spread = float(np.var(d.values, ddof=1))
        pool = spread * m * r / (r - m) * (1 / r - 1 / n_samples) if r < n_samples else 0.0
        # A spread of 0 (whole-number estimates) must not give infinite weight.
        error = spread / b + pool + (1e-3 * max(value, 1.0)) ** 2
        reach = 1 / m - 1 / n_samples
        information += reach**2 / error
        push += reach * (float(np.mean(d.values)) - value) / error
    if information == 0:
        return None
    return value - push / information / n_samples, information**-0.5 / n_samples


def _local(spectrum: Spectrum, formula: Formula) -> LocalSpread | None:
    """Return percentiles of the estimator over neighbourhoods."""
    if not spectrum.neighbourhoods:
        return None
    values = [v for v in map(formula, spectrum.neighbourhoods) if math.isfinite(v)]
    if not values:
        return None
    low, median, high = (float(v) for v in np.percentile(values, [10, 50, 90]))
    size = spectrum.neighbourhoods[0].n_samples
    return LocalSpread(low, median, high, neighbours=size, centres=len(values))
