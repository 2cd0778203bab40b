"""From a formula on one spectrum to an estimate with interval, d(n), spread and flags."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import stats

from spikedim._core import InputError
from spikedim.dimension._covariance_spectrum import covariance_spectrum
from spikedim.dimension._estimate import CurvePoint, DimensionEstimate, LocalSpread
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum

__all__ = [
    "AnySpectrum",
    "Formula",
    "curve_of",
    "estimate",
    "extrapolate",
    "jackknife",
    "spectrum_of",
]

AnySpectrum: TypeAlias = Spectrum | SubsetSpectrum
Formula: TypeAlias = Callable[[AnySpectrum], float]

_LEVEL = 0.95
_MIN_REPLICATES = 4
_METHOD = "delete-d jackknife"


class Draws(NamedTuple):
    """Values of an estimator on subsets of one size."""

    n_samples: int
    values: list[float]
    population: int


def spectrum_of(x: Any, *, caller: str) -> Spectrum:
    """Return `x` if it is a `Spectrum`, else measure it with the defaults."""
    if isinstance(x, Spectrum):
        return x
    try:
        return covariance_spectrum(x)
    except InputError as error:
        # The reader called the estimator, not the function behind it.
        raise InputError(str(error).replace("covariance_spectrum:", f"{caller}:", 1)) from None


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
) -> DimensionEstimate:
    """Evaluate `formula` on the spectrum, its subsets and its neighbourhoods."""
    varying = spectrum.n_features - spectrum.constant_features
    most = float(min(spectrum.n_samples - 1, varying)) if most is None else most
    value = min(max(formula(spectrum), least), most)
    draws = _evaluate(spectrum, formula)
    low, high, method = jackknife(value, draws, n_samples=spectrum.n_samples)
    low, high = max(low, min(least, value)), min(high, max(most, value))
    curve = curve_of(draws, value, n_samples=spectrum.n_samples)
    limit = extrapolate(curve)
    if limit is not None:
        limit = max(limit, least)
    rising = limit is not None and limit > value + max((high - low) / 2, 0.01 * value)
    if rising:
        notes = (
            *notes,
            f"d still rises with the number of samples: {value:.4g} is a lower bound "
            f"(extrapolation to infinitely many samples: {limit:.4g}).",
        )
    exact = (value, value) if spectrum.exact else (None, None)
    certified_low, certified_high = exact if certified is None else certified
    return DimensionEstimate(
        value=value,
        low=low,
        high=high,
        estimator=estimator,
        layer=spectrum.layer,
        n_samples=spectrum.n_samples,
        n_features=spectrum.n_features,
        level=_LEVEL,
        interval_method=method,
        parameters=parameters or {},
        curve=curve,
        still_rising=rising,
        extrapolated=limit,
        local=_local(spectrum, formula),
        constant_features=spectrum.constant_features,
        certified_low=certified_low,
        certified_high=certified_high,
        spectrum_method=spectrum.method,
        notes=(*spectrum.notes, *notes),
    )


def _evaluate(spectrum: Spectrum, formula: Formula) -> list[Draws]:
    """Return the values on subsets, sizes growing."""
    by_size: dict[int, Draws] = {}
    for part in spectrum.subsets:
        population = part.population or spectrum.n_samples
        draws = by_size.setdefault(part.n_samples, Draws(part.n_samples, [], population))
        draws.values.append(formula(part))
    return [by_size[size] for size in sorted(by_size)]


def jackknife(value: float, draws: Sequence[Draws], *, n_samples: int) -> tuple[float, float, str]:
    r"""Return the ends of a 95 % interval around `value` and the name of the method.

    Subsets of m rows drawn without replacement from R rows vary by sigma^2 (1/m - 1/R), so
    SE^2 = (1/S) m R / (R - m) mean((theta - mean theta)^2); with R = S this is the delete-d
    jackknife m / (S - m), and with m = S / 2 the half-sample formula. The bootstrap is not
    used: its repeated rows lower the rank, which biases every dimension down.
    """
    usable = [d for d in draws if len(d.values) >= _MIN_REPLICATES and d.population > d.n_samples]
    if not usable:
        return value, value, "none: no random subsets (fewer than 8 samples, or replicates=0)"
    largest = usable[-1]
    m, r, b = largest.n_samples, largest.population, len(largest.values)
    variance = float(np.var(largest.values, ddof=1)) * m * r / (r - m) / n_samples
    half = float(stats.t.ppf((1 + _LEVEL) / 2, b - 1)) * variance**0.5
    return value - half, value + half, f"{_METHOD}, {b} subsets of {m} from {r}"


def curve_of(draws: Sequence[Draws], value: float, *, n_samples: int) -> tuple[CurvePoint, ...]:
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


def extrapolate(curve: Sequence[CurvePoint]) -> float | None:
    """Return the limit a of a least-squares fit d(n) = a + b / n to the three largest sizes."""
    last = curve[-3:]
    if len(last) < 2:
        return None
    inverse = np.array([1 / point.n_samples for point in last])
    slope, limit = np.polyfit(inverse / inverse.max(), [point.mean for point in last], 1)
    return float(limit)


def _local(spectrum: Spectrum, formula: Formula) -> LocalSpread | None:
    """Return percentiles of the estimator over neighbourhoods."""
    if not spectrum.neighbourhoods:
        return None
    values = [formula(part) for part in spectrum.neighbourhoods]
    low, median, high = (float(v) for v in np.percentile(values, [10, 50, 90]))
    size = spectrum.neighbourhoods[0].n_samples
    return LocalSpread(low, median, high, neighbours=size, centres=len(values))
