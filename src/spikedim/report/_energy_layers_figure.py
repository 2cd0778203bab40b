"""Which layers cost what: the spiking net beside its twin, or beside its dense operations."""

from matplotlib.figure import Figure, FigureBase

from spikedim.energy import EnergyAudit
from spikedim.report._energy_audit_rows import (
    energy_unit,
    layer_energies,
    matched_twin,
    priced_operations,
)
from spikedim.report._format import approximate, count
from spikedim.report._layer_bars import (
    LayerBar,
    draw_layer_bars,
    fold_layers,
    join_layers,
    layer_bars_height,
)
from spikedim.report._style import new_figure
from spikedim.report._words import subject_words

__all__ = [
    "draw_energy_layers",
    "energy_layers_alt",
    "energy_layers_figure",
    "energy_layers_height",
    "has_layers",
]

_MODEL = "(model)"


def has_layers(audit: EnergyAudit, rules: str) -> bool:
    """Tell whether there is a bar to draw."""
    return any(row[1] > 0 for row in _rows(audit, rules)[0])


def _rows(audit: EnergyAudit, rules: str) -> tuple[list[LayerBar], tuple[str, str]]:
    """Return the bars of layers and what the two columns are."""
    twin = matched_twin(audit)
    spent = layer_energies(audit, rules, twin)
    unit = energy_unit([sum(row[1] for row in spent)])
    ours = f"spiking net [{unit.name}]"
    if any(row[2] for row in spent):
        rows = [(name, a * unit.per_mj, b * unit.per_mj) for name, a, b in spent]
        titles = (ours, f"{subject_words(twin)} [{unit.name}]")
    else:
        summed: dict[str, tuple[float, float]] = {}
        for row in priced_operations(audit, rules):
            name = row.operation.layer or _MODEL
            energy, macs = summed.get(name, (0.0, 0.0))
            dense = row.operation.macs / max(row.operation.passes, 1)
            summed[name] = (energy + row.energy_mj * unit.per_mj, macs + dense)
        rows = [(name, a, b) for name, (a, b) in summed.items() if a or b]
        titles = (ours, "MACs of one step")
    return fold_layers(join_layers(rows)), titles


def energy_layers_figure(audit: EnergyAudit, rules: str, width: float) -> Figure:
    """Draw bars aligned on the layer names, `width` points wide."""
    figure = new_figure(width, energy_layers_height(audit, rules))
    draw_energy_layers(figure, audit, rules, narrow=width < 500)
    return figure


def energy_layers_height(audit: EnergyAudit, rules: str) -> float:
    """Return how many points high the chart is."""
    return layer_bars_height(_rows(audit, rules)[0])


def draw_energy_layers(figure: FigureBase, audit: EnergyAudit, rules: str, *, narrow: bool) -> None:
    """Draw the bars on a figure or a part of one."""
    rows, titles = _rows(audit, rules)
    both = draw_layer_bars(figure, rows, titles, narrow=narrow)
    if titles[1].endswith("]"):  # both are energies: one scale
        most = 1.05 * max(max(row[1], row[2]) for row in rows)
        for axes in both:
            axes.set_xlim(0, most)


def energy_layers_alt(audit: EnergyAudit, rules: str) -> str:
    """Say what the chart shows."""
    rows, titles = _rows(audit, rules)
    total = sum(row[1] for row in rows) or 1.0
    other = approximate if titles[1].endswith("]") else count
    parts = [
        f"{name}: {approximate(ours)} ({approximate(100 * ours / total)} %), {other(theirs)}"
        for name, ours, theirs in rows
    ]
    listed = "; ".join(parts)
    return f"Per layer, in the order of the network: {titles[0]}, {titles[1]}. {listed}."
