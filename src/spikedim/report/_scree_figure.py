"""Scree: how the variance falls off over the principal axes."""

from matplotlib.figure import Figure

from spikedim.dimension import DimensionEstimate
from spikedim.planning import DataSummary
from spikedim.report._format import approximate, count
from spikedim.report._plan_tables import dimension_text
from spikedim.report._style import INK, SERIES, log_axis, new_figure, plain_axes

__all__ = ["scree_alt", "scree_figure"]

_MARKED = ("pca95", "participation_ratio")
_NAMES = {"pca95": "rank for 95 % of the variance", "participation_ratio": "participation ratio"}
_SMALLEST = 1e-9  # of the largest eigenvalue: below is rounding


def scree_figure(
    data: DataSummary, dimensions: tuple[DimensionEstimate, ...], width: float
) -> Figure:
    """Draw eigenvalues against rank on log-log axes.

    Parameters
    ----------
    data : DataSummary
        Holds the eigenvalues.
    dimensions : tuple of DimensionEstimate
        The 95 % rank and the participation ratio are marked if they are here.
    width : float
        Points.

    Returns
    -------
    Figure
        A line, and a vertical line per marked estimate.
    """
    figure = new_figure(width, 320)
    axes = plain_axes(figure)
    points = [
        (rank, value)
        for rank, value in zip(data.eigenvalue_ranks, data.eigenvalues, strict=True)
        if value > _SMALLEST * max(data.eigenvalues)
    ]
    ranks, values = [rank for rank, _ in points], [value for _, value in points]
    axes.plot(ranks, values, color=SERIES[0], marker="o", ms=2.5, lw=1.2)
    for estimate, dash, colour in zip(
        _marked(dimensions), ("--", ":"), (INK, SERIES[1]), strict=False
    ):
        label = f"{_NAMES[estimate.estimator]}: {dimension_text(estimate)}"
        axes.axvline(estimate.value, color=colour, ls=dash, lw=1.6, label=label)
    right = max(2.0, *ranks, *(estimate.value for estimate in _marked(dimensions)))
    log_axis(axes, "x", 0.9, right * 1.15, ticks=6)
    log_axis(axes, "y", min(values) * 0.7, max(values) * 1.5, ticks=6)
    axes.set_xlabel("rank of the principal axis")
    axes.set_ylabel("variance along it")
    if _marked(dimensions):
        figure.legend(loc="outside upper left", ncols=1, handlelength=2.2)
    return figure


def _marked(dimensions: tuple[DimensionEstimate, ...]) -> list[DimensionEstimate]:
    by_name = {estimate.estimator: estimate for estimate in dimensions}
    return [by_name[name] for name in _MARKED if name in by_name]


def scree_alt(data: DataSummary, dimensions: tuple[DimensionEstimate, ...]) -> str:
    """Say what the chart shows."""
    marks = ", ".join(
        f"{_NAMES[estimate.estimator]} {dimension_text(estimate)}"
        for estimate in _marked(dimensions)
    )
    shown = len(data.eigenvalues)
    share = max(data.eigenvalues) / data.total_variance if data.total_variance > 0 else 0.0
    return (
        f"Scree plot of {shown} eigenvalues out of {count(data.n_features)} dimensions. The first "
        f"axis holds {approximate(100 * share)} % of the variance. Marked: {marks or 'nothing'}."
    )
