"""d(n): the estimate on growing random subsets of the samples."""

from matplotlib.figure import Figure

from spikedim.dimension import DimensionEstimate
from spikedim.report._format import approximate, count, shorten
from spikedim.report._style import SERIES, log_axis, new_figure, plain_axes

__all__ = ["curve_alt", "curve_figure", "with_curves"]

_MOST_CURVES = 3
_MARKERS = ("o", "s", "^")
_FIRST = ("pca95", "participation_ratio", "effective_rank")


def with_curves(dimensions: tuple[DimensionEstimate, ...]) -> list[DimensionEstimate]:
    """Pick the estimates to draw: those with a curve, the best known first, at most three."""
    found = [estimate for estimate in dimensions if len(estimate.curve) > 1]
    rank = {name: place for place, name in enumerate(_FIRST)}
    return sorted(found, key=lambda one: rank.get(one.estimator, len(rank)))[:_MOST_CURVES]


def curve_figure(dimensions: tuple[DimensionEstimate, ...], width: float) -> Figure:
    """Draw the estimates against the number of samples.

    Parameters
    ----------
    dimensions : tuple of DimensionEstimate
        At least one with a curve.
    width : float
        Points.

    Returns
    -------
    Figure
        One line with error bars per estimator, the interval at the full sample.
    """
    chosen = with_curves(dimensions)
    figure = new_figure(width, 286 + 17 * len(chosen))
    axes = plain_axes(figure)
    for number, estimate in enumerate(chosen):
        counts = [point.n_samples for point in estimate.curve]
        means = [point.mean for point in estimate.curve]
        spreads = [point.standard_deviation for point in estimate.curve]
        remark = ", still rising" if estimate.still_rising else ""
        axes.errorbar(
            counts,
            means,
            yerr=spreads,
            color=SERIES[number],
            marker=_MARKERS[number],
            ms=5,
            capsize=3,
            label=f"{shorten(estimate.estimator, 28)}{remark}",
        )
        axes.fill_between(
            [counts[-1] * 0.93, counts[-1] * 1.07],
            estimate.low,
            estimate.high,
            color=SERIES[number],
            alpha=0.35,
            lw=0,
        )
    sizes = [point.n_samples for estimate in chosen for point in estimate.curve]
    log_axis(axes, "x", min(sizes) * 0.85, max(sizes) * 1.18, ticks=5)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("samples n")
    axes.set_ylabel("d(n)")
    figure.legend(loc="outside upper left", ncols=1, handlelength=2.2)
    return figure


def curve_alt(dimensions: tuple[DimensionEstimate, ...]) -> str:
    """Say what the chart shows."""
    parts = [
        f"{estimate.estimator} goes from {approximate(estimate.curve[0].mean, 3)} at "
        f"{count(estimate.curve[0].n_samples)} samples to "
        f"{approximate(estimate.curve[-1].mean, 3)} at {count(estimate.curve[-1].n_samples)} and "
        f"is {'still rising' if estimate.still_rising else 'level'}"
        for estimate in with_curves(dimensions)
    ]
    return f"Effective dimension against the number of samples: {'; '.join(parts)}."
