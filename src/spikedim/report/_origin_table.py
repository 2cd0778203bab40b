"""What a result was made of, and by what: one table for every kind of result."""

from collections.abc import Mapping

from spikedim._core import Provenance
from spikedim.report._table import Column, Table

__all__ = ["origin_table"]


def origin_table(facts: Mapping[str, str], origin: Provenance) -> Table:
    """List `facts` that are not empty, then seed, command, versions, platform and time."""
    found = {
        **facts,
        "seed": "none" if origin.seed is None else str(origin.seed),
        "command": origin.command,
        "spikedim": origin.spikedim_version,
        "libraries": ", ".join(f"{name} {number}" for name, number in origin.versions.items()),
        "platform": origin.platform,
        "made": origin.created,
    }
    rows = tuple((name, value) for name, value in found.items() if value)
    return Table("Provenance", (Column("fact"), Column("value")), rows)
