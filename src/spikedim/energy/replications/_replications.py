"""Every published energy that was recomputed."""

from spikedim.energy.replications._qkformer_table import qkformer_table
from spikedim.energy.replications._replication import Replication
from spikedim.energy.replications._sdt_v2_table import sdt_v2_table
from spikedim.energy.replications._spikformer_issue import spikformer_issue
from spikedim.energy.replications._spikformer_tables import spikformer_tables
from spikedim.energy.replications._spikingformer_log import spikingformer_log
from spikedim.energy.replications._spikingresformer_table import spikingresformer_table

__all__ = ["replications"]


def replications() -> tuple[Replication, ...]:
    """Recompute published energies from the cards, with what explains each difference.

    Returns
    -------
    tuple of Replication
        Printed, recomputed and corrected millijoule of each, in the order of the papers.

    Notes
    -----
    Where a table prints synaptic operations but no firing rates, one mean rate is taken that
    gives them; the energies here do not depend on how it is spread over layers, except where
    `Replication.explanation` says so.

    References
    ----------
    .. [1] Z. Zhou et al., "Spikformer", ICLR 2023.
    .. [2] C. Zhou et al., "Spikingformer", arXiv 2304.11954.
    .. [3] X. Shi et al., "SpikingResformer", CVPR 2024.

    Examples
    --------
    >>> wide = next(r for r in replications() if r.name == "Spikformer-8-768, revision B")
    >>> wide.printed_mj, round(wide.recomputed_mj, 2), round(wide.corrected_mj, 2)
    (21.477, 21.48, 22.27)
    """
    return (
        *spikformer_tables(),
        spikformer_issue(),
        spikingformer_log(),
        *sdt_v2_table(),
        *qkformer_table(),
        *spikingresformer_table(),
    )
