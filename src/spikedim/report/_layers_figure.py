"""Where neurons, spikes and operations are, layer by layer."""

from matplotlib.figure import Figure

from spikedim.planning import Plan
from spikedim.report._format import approximate, count
from spikedim.report._layer_bars import LayerBar, fold_layers, layer_bars

__all__ = ["layer_rows", "layers_alt", "layers_figure"]


def layer_rows(plan: Plan) -> list[LayerBar]:
    """Return (name, spikes per sample, MACs per step) in the order of the network.

    Of a deeper net the largest layers are kept and the others summed into one row.
    """
    model = plan.model
    if model is None:
        return []
    per_neuron = plan.rate.value * plan.steps
    return fold_layers(
        [
            (name, neurons * per_neuron, float(macs))
            for name, neurons, macs in zip(
                model.layer_names, model.layer_neurons, model.layer_macs, strict=True
            )
        ]
    )


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
    return layer_bars(layer_rows(plan), ("spikes per sample", "MACs per step"), width)


def layers_alt(plan: Plan) -> str:
    """Say what the chart shows."""
    rows = layer_rows(plan)
    total = sum(row[2] for row in rows) or 1.0
    parts = [
        f"{name}: {count(spikes)} spikes, {count(macs)} MACs ({approximate(100 * macs / total)} %)"
        for name, spikes, macs in rows
    ]
    return f"Per layer, in the order of the network. {'; '.join(parts)}."
