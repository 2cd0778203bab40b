"""The sections of the page of an energy audit."""

from collections.abc import Sequence

from spikedim.energy import EnergyAudit
from spikedim.report._chart import Chart, draw
from spikedim.report._energy_audit_rows import rule_names
from spikedim.report._energy_audit_tables import (
    break_even_table,
    choices_table,
    constants_table,
    energy_audit_origins_table,
    energy_audit_table,
    energy_ratios_table,
    expected_table,
    unknown_table,
    verdict_table,
)
from spikedim.report._energy_audit_words import (
    beside_claim,
    energies_claim,
    energy_audit_lines,
    layers_claim,
    unknown_claim,
    verdict_claim,
    verdict_lines,
)
from spikedim.report._energy_layers_figure import (
    energy_layers_alt,
    energy_layers_figure,
    has_layers,
)
from spikedim.report._energy_operations_table import (
    beside_products_table,
    beside_shares_table,
    energy_operations_table,
)
from spikedim.report._energy_parts_figure import energy_parts, parts_alt, parts_figure
from spikedim.report._sections import Section
from spikedim.report._table import Table

__all__ = ["energy_audit_sections"]

_EXACT = (
    "Synaptic operations are exact: zeros of a padding and groups are respected, and of two "
    "activations only pairs that are both active count. Rate times MACs is what papers report in "
    "their place."
)


def energy_audit_sections(audit: EnergyAudit, rules: Sequence[str] = ()) -> tuple[Section, ...]:
    """Return the sections of an audit, those without content left out."""
    names = rule_names(audit, rules)
    sections = [
        Section(
            "verdict",
            "The published ratio",
            verdict_claim(audit),
            lines=verdict_lines(audit),
            tables=_filled(energy_ratios_table(audit, names)),
        ),
        Section(
            "energies",
            "Energy under every rule set",
            energies_claim(audit, names),
            charts=_parts_charts(audit, names),
            lines=energy_audit_lines(audit, names),
            tables=_filled(
                energy_audit_table(audit, names),
                expected_table(audit, names),
            ),
        ),
    ]
    if audit.unknown:
        claim = unknown_claim(audit.unknown)
        sections.append(Section("unknown", "Not counted", claim, tables=(unknown_table(audit),)))
    if names:
        sections += _operation_sections(audit, names)
    if tables := _filled(verdict_table(audit), break_even_table(audit, names)):
        claim = "Every ratio behind the verdict, and where it turns"
        sections.append(Section("readings", "Readings", claim, tables=tables))
    sections.append(
        Section(
            "origin",
            "Provenance",
            f"{audit.model}, counted on {audit.n_samples:,} samples of {audit.data}, {audit.split}",
            tables=(energy_audit_origins_table(audit),),
            lines=(*audit.notes, *audit.provenance.assumptions),
        )
    )
    return tuple(sections)


def _filled(*tables: Table) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)


def _parts_charts(audit: EnergyAudit, names: Sequence[str]) -> tuple[Chart, ...]:
    if not energy_parts(audit, names):
        return ()
    chart = draw(
        "parts",
        lambda width: parts_figure(audit, width, names),
        alt=parts_alt(audit, names),
        caption="A panel for each rule set, all on axes of their own that begin at 0: energies "
        "under different rule sets cannot be compared. Thin lines are the bands of constants and "
        "choices. The factor is the energy of the twin over that of the spiking net as drawn, in "
        "fp32: above 1 the spiking net wins.",
    )
    return (chart,)


def _operation_sections(audit: EnergyAudit, names: Sequence[str]) -> list[Section]:
    """Return what is said of single operations, of what is no product, and of the prices."""
    rules = names[0]
    charts: tuple[Chart, ...] = ()
    if has_layers(audit, rules):
        charts = (
            draw(
                "layers",
                lambda width: energy_layers_figure(audit, rules, width),
                alt=energy_layers_alt(audit, rules),
                caption=f"Layers from input (top) to output, under {rules}.",
            ),
        )
    return [
        Section(
            "layers",
            "Layer by layer",
            layers_claim(audit, rules),
            charts=charts,
            tables=(energy_operations_table(audit, names),),
            lines=(_EXACT,),
        ),
        Section(
            "beside",
            "Beside products",
            beside_claim(audit, names),
            tables=_filled(beside_shares_table(audit, names), beside_products_table(audit, names)),
        ),
        Section(
            "choices",
            "Choices and constants",
            "What each rule set chose, charged and left out",
            tables=(choices_table(audit, names), constants_table(audit, names)),
        ),
    ]
