"""Which populations the error comes from, beside where the spikes are."""

from matplotlib.figure import Figure

from spikedim.planning import ResponseAnswers
from spikedim.report._format import percent
from spikedim.report._layer_bars import (
    LayerBar,
    fold_layers,
    join_layers,
    layer_bars,
    layer_bars_height,
)

__all__ = ["SHARE_TITLES", "response_shares_alt", "response_shares_figure", "share_bars"]

SHARE_TITLES = ("share of K [%]", "share of spikes [%]")


def share_bars(found: ResponseAnswers) -> list[LayerBar]:
    """Return a bar for each population, neighbours of one module together if there are many."""
    spikes = found.trace.spikes_per_step or 1.0
    rows = [
        (row.name, 100 * row.share, 100 * row.neurons * row.rate / spikes)
        for row in found.trace.populations
    ]
    return fold_layers(join_layers(rows))


def response_shares_figure(found: ResponseAnswers, width: float) -> Figure:
    """Draw bars aligned on the names of populations, `width` points wide."""
    narrow = ("of K [%]", "of spikes [%]")
    return layer_bars(share_bars(found), narrow if width < 500 else SHARE_TITLES, width)


def response_shares_height(found: ResponseAnswers) -> float:
    """Return how many points high the chart is."""
    return layer_bars_height(share_bars(found))


def response_shares_alt(found: ResponseAnswers) -> str:
    """Say what the chart shows."""
    parts = [
        f"{name}: {percent(k / 100)}, {percent(spikes / 100)}"
        for name, k, spikes in share_bars(found)
    ]
    return f"Per population, {SHARE_TITLES[0]} and {SHARE_TITLES[1]}: {'; '.join(parts)}."
