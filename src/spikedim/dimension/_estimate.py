"""What an estimator of effective dimension returns."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["CurvePoint", "DimensionEstimate", "LocalSpread"]


@final
@dataclass(frozen=True)
class CurvePoint:
    """One point of d(n): the estimate on random subsets of `n_samples` samples.

    Parameters
    ----------
    n_samples : int
        Size of each subset.
    mean : float
        Mean estimate over the subsets.
    standard_deviation : float
        Standard deviation over the subsets; 0 for a single one.
    replicates : int
        Number of subsets.
    """

    n_samples: int
    mean: float
    standard_deviation: float
    replicates: int


@final
@dataclass(frozen=True)
class LocalSpread:
    """The same estimator on neighbourhoods of single samples: how unequal the data is.

    Parameters
    ----------
    low, median, high : float
        10th, 50th and 90th percentile over the neighbourhoods.
    neighbours : int
        Samples in each neighbourhood, the centre included; no local value exceeds
        ``neighbours - 1``.
    centres : int
        Number of neighbourhoods.
    """

    low: float
    median: float
    high: float
    neighbours: int
    centres: int


@final
@dataclass(frozen=True)
class DimensionEstimate(Result):
    """An effective dimension with its interval and everything needed to judge it.

    Parameters
    ----------
    value : float
        The estimate on all samples.
    low, high : float
        Sampling interval around `value` at `level`, clipped to the estimator's range. It does
        not cover the bias that `still_rising` warns of.
    estimator : str
        Name of the function that made it, e.g. ``"pca95"``.
    layer : str
        View of the data it was measured on, e.g. ``"pixels"``.
    n_samples, n_features : int
        S and D.
    level : float
        Nominal coverage of [low, high].
    interval_method : str
        How [low, high] was made, or why it is missing (then ``low == high == value``).
    parameters : dict of float
        Parameters of the estimator, e.g. ``{"fraction": 0.95}``.
    curve : tuple of CurvePoint
        d(n) on growing random subsets, the full set last.
    still_rising : bool
        True if d still grows with n beyond its noise: `value` is then a lower bound.
    extrapolated : float or None
        1/n extrapolation of the curve to infinitely many samples, None without a curve.
    local : LocalSpread or None
        Spread of the estimate over neighbourhoods of single samples.
    constant_features : int
        Features without any variance (legal; they carry no dimension).
    certified_low, certified_high : float or None
        Bounds on the value for these very samples when the spectrum came from a sketch; both
        equal `value` on the exact path, None where no bound is known.
    spectrum_method : str
        How the spectrum was computed.
    notes : tuple of str
        What a reader must know, one sentence each.
    """

    schema: ClassVar[str] = "spikedim.dimension_estimate/1"

    value: float
    low: float
    high: float
    estimator: str
    layer: str
    n_samples: int
    n_features: int
    level: float = 0.95
    interval_method: str = "none"
    parameters: dict[str, float] = field(default_factory=dict)
    curve: tuple[CurvePoint, ...] = ()
    still_rising: bool = False
    extrapolated: float | None = None
    local: LocalSpread | None = None
    constant_features: int = 0
    certified_low: float | None = None
    certified_high: float | None = None
    spectrum_method: str = "exact"
    notes: tuple[str, ...] = ()
