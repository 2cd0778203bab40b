"""Where the parameters and operations of a model are, layer by layer."""

from matplotlib.figure import Figure

from spikedim.models import Card
from spikedim.report._format import approximate, count
from spikedim.report._layer_bars import LayerBar, fold_layers, join_layers, layer_bars

__all__ = ["model_alt", "model_bars", "model_claim", "model_figure"]


def model_bars(card: Card) -> list[LayerBar]:
    """Return (name, parameters, MACs per step) of the layers that have any, in order.

    Where there are too many, they are those of modules.
    """
    rows = [
        (row.name, float(row.parameters), float(row.macs))
        for row in card.layers
        if row.parameters or row.macs
    ]
    return fold_layers(join_layers(rows))


def model_figure(card: Card, width: float) -> Figure:
    """Draw bars aligned on the layer names, `width` points wide: parameters, MACs per step."""
    return layer_bars(model_bars(card), ("parameters", "MACs per step"), width)


def model_claim(card: Card) -> str:
    """Say which layer works most."""
    row = max(card.layers, key=lambda row: row.macs)
    share = approximate(100 * row.macs / max(card.macs, 1))
    return f"{row.name} alone needs {share} % of the operations"


def model_alt(card: Card) -> str:
    """Say what the chart shows."""
    parts = [
        f"{name}: {count(parameters)} parameters, {count(macs)} MACs"
        for name, parameters, macs in model_bars(card)
    ]
    return f"Per layer, in the order of the network. {'; '.join(parts)}."
