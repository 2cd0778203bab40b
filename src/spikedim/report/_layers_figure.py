"""Where neurons, spikes and operations are, layer by layer."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from spikedim.planning import Plan
from spikedim.report._format import approximate, count, shorten
from spikedim.report._style import INK, SERIES, axis_number, new_figure

__all__ = ["layer_rows", "layers_alt", "layers_figure"]

_MOST_LAYERS = 48
_LABEL = 22  # characters


def layer_rows(plan: Plan) -> list[tuple[str, float, float]]:
    """Return (name, spikes per sample, MACs per step) in the order of the network.

    Of a deeper net the largest layers are kept and the others summed into one row.
    """
    model = plan.model
    if model is None:
        return []
    per_neuron = plan.rate.value * plan.steps
    rows = [
        (name, neurons * per_neuron, float(macs))
        for name, neurons, macs in zip(
            model.layer_names, model.layer_neurons, model.layer_macs, strict=True
        )
    ]
    if len(rows) <= _MOST_LAYERS:
        return rows
    least = sorted((row[2] for row in rows), reverse=True)[_MOST_LAYERS - 2]
    kept = [row for row in rows if row[2] >= least][: _MOST_LAYERS - 1]
    others = [row for row in rows if row not in kept]
    summed = (f"{len(others)} others", sum(r[1] for r in others), sum(r[2] for r in others))
    return [*kept, summed]


def layers_figure(plan: Plan, width: float) -> Figure:
    """Draw bars aligned on the layer names.

    Parameters
    ----------
    plan : Plan
        A plan with a model.
    width : float
        Points.

    Returns
    -------
    Figure
        Left spikes per sample, right MACs per step.
    """
    rows = layer_rows(plan)
    figure = new_figure(width, 17 * len(rows) + 70)
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(rows))
    for axes, column, colour, title in (
        (left, 1, SERIES[0], "spikes per sample"),
        (right, 2, SERIES[1], "MACs per step"),
    ):
        axes.barh(places, [row[column] for row in rows], color=colour, height=0.72)
        axes.set_xlabel(title)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(2 if width < 500 else 5))
        axes.xaxis.set_major_formatter(FuncFormatter(axis_number))
        axes.tick_params(axis="y", length=0)
    left.set_yticks(
        list(places),
        [shorten(row[0], 14 if width < 500 else _LABEL) for row in rows],
        color=INK,
    )
    left.set_ylim(len(rows) - 0.4, -0.6)
    return figure


def layers_alt(plan: Plan) -> str:
    """Say what the chart shows."""
    rows = layer_rows(plan)
    total = sum(row[2] for row in rows) or 1.0
    parts = [
        f"{name}: {count(spikes)} spikes, {count(macs)} MACs ({approximate(100 * macs / total)} %)"
        for name, spikes, macs in rows
    ]
    return f"Per layer, in the order of the network. {'; '.join(parts)}."
