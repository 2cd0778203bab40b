"""All charts of an energy audit on one sheet."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from spikedim.energy import EnergyAudit
from spikedim.report._chart import WIDE
from spikedim.report._energy_audit_rows import rule_names
from spikedim.report._energy_layers_figure import (
    draw_energy_layers,
    energy_layers_height,
    has_layers,
)
from spikedim.report._energy_parts_figure import draw_parts, parts_height
from spikedim.report._format import shorten
from spikedim.report._style import TEXT_SIZE, new_figure

__all__ = ["energy_audit_figure"]

_TITLE = 26.0  # points above each part


def energy_audit_figure(audit: EnergyAudit, rules: Sequence[str] = ()) -> Figure:
    """Draw the parts of the energy under every rule set, below them the layers under the first."""
    names = rule_names(audit, rules)
    heights = [parts_height(audit, WIDE, names)]
    if names and has_layers(audit, names[0]):
        heights.append(_TITLE + energy_layers_height(audit, names[0]))
    figure = new_figure(WIDE, _TITLE + sum(heights))
    name = f"{audit.model} on {audit.data}, {audit.split}, T = {audit.steps:,}"
    figure.suptitle(shorten(name, 80), x=0.01, ha="left", size=12, weight="bold")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    draw_parts(figure.add_subfigure(grid[0]), audit, WIDE, names)
    if len(heights) > 1:
        low = figure.add_subfigure(grid[1])
        title = f"Layer by layer under {shorten(names[0], 60)}"
        low.suptitle(title, x=0.01, ha="left", size=TEXT_SIZE + 1, weight="bold")
        draw_energy_layers(low, audit, names[0], narrow=False)
    return figure
