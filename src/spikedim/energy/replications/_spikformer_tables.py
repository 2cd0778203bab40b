"""Both energy tables of Spikformer, and its re-count by others."""

from collections.abc import Iterator

from spikedim.energy.pricing import Rules
from spikedim.energy.replications._printed_operations import counts_of, energy_mj, stem_mj
from spikedim.energy.replications._replication import Replication
from spikedim.models import card

__all__ = ["spikformer_tables"]

_STEPS = 4
_SOURCE = "Z. Zhou et al., 'Spikformer', arXiv 2209.15425 and ICLR 2023, results table"
_RECOUNT = "C. Zhou et al., 'Spikingformer', arXiv 2304.11954, results table"

# size: synaptic operations (G), energy of the first and of the second revision (mJ)
_TABLE = {
    "8-384": (6.82, 0.525, 7.734),
    "6-512": (8.69, 0.669, 9.417),
    "8-512": (11.09, 0.854, 11.577),
    "10-512": (13.67, 1.053, 13.899),
    "8-768": (22.09, 1.701, 21.477),
}
_RECOUNTED = ("8-512", 18.82)


def spikformer_tables() -> Iterator[Replication]:
    """Yield every size under both revisions, and the re-count of one."""
    for size in _TABLE:
        yield _first(size)
    for size in _TABLE:
        yield _second(size)
    yield _recount()


def _first(size: str) -> Replication:
    """Return the energy of the first revision."""
    operations, printed, second = _TABLE[size]
    model = card(f"spikformer-{size}/imagenet")
    counts = counts_of(model, operations * 1e9, steps=_STEPS)
    corrected = 0.9 * operations + stem_mj(model, passes=_STEPS)
    return Replication(
        name=f"Spikformer-{size}, revision A",
        source=_SOURCE,
        printed_mj=printed,
        recomputed_mj=energy_mj(counts, Rules.SPIKFORMER_A),
        corrected_mj=corrected,
        explanation=(
            f"77 fJ for each of {operations} G synaptic operations, and no stem. Others trace the "
            "77 fJ to a chip of 256 neurons; the second revision charges 0.9 pJ, 11.7 times as "
            f"much, and prints {second} mJ. Corrected: 0.9 pJ and the network's own stem in every "
            "step."
        ),
    )


def _second(size: str) -> Replication:
    """Return the energy of the second revision, whose stem is that of one width."""
    operations, _, printed = _TABLE[size]
    model = card(f"spikformer-{size}/imagenet")
    own = stem_mj(model, passes=_STEPS)
    counts = counts_of(model, operations * 1e9, steps=_STEPS)
    right = "the right stem for this width" if model.width == 512 else "not the stem of this width"
    return Replication(
        name=f"Spikformer-{size}, revision B",
        source=_SOURCE,
        printed_mj=printed,
        recomputed_mj=energy_mj(counts, Rules.SPIKFORMER_B),
        corrected_mj=0.9 * operations + own,
        explanation=(
            f"0.9 pJ for each of {operations} G synaptic operations and 1.596 mJ for the stem, the "
            "same at every width: 4.6 pJ for the 0.347 G multiply-accumulates of width 512 in "
            f"{_STEPS} steps, {right}. Its own stem costs {own:.3f} mJ in every step, and a "
            "quarter of it if the image passes once. Head, memory and neurons are not counted, and "
            "sums of spikes count as repeated additions."
        ),
    )


def _recount() -> Replication:
    """Return the re-count that prices sums of spikes as multiplications."""
    size, printed = _RECOUNTED
    operations, _, second = _TABLE[size]
    model = card(f"spikformer-{size}/imagenet")
    summed = sum(row.macs for row in model.layers if row.integer_input) * _STEPS
    counts = counts_of(model, operations * 1e9, steps=_STEPS)
    implied = (printed - second) / (4.6 - 0.9)
    return Replication(
        name=f"Spikformer-{size}, re-counted",
        source=_RECOUNT,
        printed_mj=printed,
        recomputed_mj=energy_mj(counts, Rules.SPIKINGFORMER),
        corrected_mj=None,
        explanation=(
            "said to price layers that read sums of spikes as multiply-accumulates. The tool that "
            f"was released books them densely: {summed / 1e9:.2f} G multiply-accumulates, "
            f"{4.6e-9 * summed:.1f} mJ alone, so that it cannot have printed {printed} mJ. The "
            f"difference to revision B is 3.7 pJ for {implied:.2f} G: one multiplication for each "
            "operation on a sum of spikes. How many there are follows from the print only."
        ),
    )
