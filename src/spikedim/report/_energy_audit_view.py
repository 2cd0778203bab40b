"""An energy audit as terminal text, as one HTML page, as a picture."""

from collections.abc import Sequence

from rich.console import RenderableType

from spikedim.energy import EnergyAudit
from spikedim.report._energy_audit_rows import rule_names, without_lines
from spikedim.report._energy_audit_tables import energy_audit_table, energy_ratios_table
from spikedim.report._energy_audit_words import (
    energy_audit_advisories,
    energy_audit_lines,
    verdict_claim,
    verdict_lines,
)
from spikedim.report._energy_operations_table import (
    beside_products_table,
    beside_shares_table,
    energy_operations_table,
)
from spikedim.report._page import render_page
from spikedim.report._terminal import result_view

__all__ = ["energy_audit_page", "energy_audit_picture", "energy_audit_view"]

# The page has all of them.
_MOST_ROWS = 12  # of single operations
_MOST_CAUSES = 3  # sentences on what would change the verdict


def energy_audit_view(audit: EnergyAudit, rules: Sequence[str] = ()) -> RenderableType:
    """Return an energy audit for the terminal.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show, the first one operation by operation; all if none of them priced the
        run. The verdict is over all of them whatever is shown.

    Returns
    -------
    RenderableType
        Headline, verdict, energies and ratios under every rule set, the costliest operations,
        what is no product, remarks and warnings, to print with a Rich console.
    """
    tables = (
        energy_audit_table(audit, rules),
        energy_ratios_table(audit, rules),
        energy_operations_table(audit, rules, most=_MOST_ROWS),
        beside_products_table(audit, rules),
        beside_shares_table(audit, rules),
    )
    return result_view(
        audit.headline,
        [table for table in tables if table.rows],
        (*energy_audit_lines(audit, rules), *audit.notes),
        energy_audit_advisories(audit, rules),
        lead=("", f"{verdict_claim(audit)}.", *verdict_lines(audit, causes=_MOST_CAUSES)),
    )


def energy_audit_page(audit: EnergyAudit, rules: Sequence[str] = ()) -> str:
    """Return an energy audit as one HTML page that needs no network.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show, the first one operation by operation; all if none of them priced the
        run.

    Returns
    -------
    str
        HTML below 1.5 MB; every name in it is escaped. The audit is inside it with the energies
        of single operations under the first of these rule sets only, as the page shows them.

    Notes
    -----
    About two seconds, most of it matplotlib.
    """
    # Matplotlib costs most of a second that an audit for the terminal need not pay.
    from spikedim.report._energy_audit_sections import energy_audit_sections

    return render_page(
        without_lines(audit, "".join(rule_names(audit, rules)[:1])),
        title=f"Energy of {audit.model}",
        headline=audit.headline,
        kind="energy_audit",
        sections=energy_audit_sections(audit, rules),
        advisories=energy_audit_advisories(audit, rules),
        readable_by="EnergyAudit.from_json",
    )


def energy_audit_picture(audit: EnergyAudit, rules: Sequence[str] = ()) -> bytes:
    """Return where the energy goes under every rule set as a PNG picture on white.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show; by default all.

    Returns
    -------
    bytes
        A PNG file of 1,920 pixels width.
    """
    from spikedim.report._energy_audit_picture import energy_audit_figure
    from spikedim.report._png import to_png

    return to_png(lambda: energy_audit_figure(audit, rules))
