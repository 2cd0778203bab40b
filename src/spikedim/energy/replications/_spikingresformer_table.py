"""SpikingResformer's energies, which have neither stem nor classifier."""

from collections.abc import Iterator

from spikedim.energy.pricing import Rules
from spikedim.energy.replications._printed_operations import counts_of, energy_mj, stem_mj
from spikedim.energy.replications._replication import Replication
from spikedim.models import card

__all__ = ["spikingresformer_table"]

_STEPS = 4
_SOURCE = "X. Shi et al., 'SpikingResformer', CVPR 2024, as quoted by others"
# size: synaptic operations (G), energy (mJ)
_TABLE = {"ti": (2.73, 2.46), "m": (6.07, 5.46)}


def spikingresformer_table() -> Iterator[Replication]:
    """Yield the sizes whose operations and energies were read."""
    for size, (operations, printed) in _TABLE.items():
        model = card(f"spikingresformer-{size}/imagenet")
        counts = counts_of(model, operations * 1e9, steps=_STEPS)
        recomputed = energy_mj(counts, Rules.SPIKINGRESFORMER)
        once, every = (stem_mj(model, passes=passes) for passes in (1, _STEPS))
        yield Replication(
            name=f"SpikingResformer-{size.capitalize()}",
            source=_SOURCE,
            printed_mj=printed,
            recomputed_mj=recomputed,
            corrected_mj=recomputed + once,
            explanation=(
                f"0.9 pJ for each of {operations} G exact synaptic operations. The monitor skips "
                f"the 7 x 7 convolution that reads the image, {model.first_macs / 1e6:.1f} M "
                f"multiply-accumulates: {once:.3f} mJ if the image passes once, which gives "
                f"{recomputed + once:.2f} mJ, and {every:.3f} mJ in every step, which gives "
                f"{recomputed + every:.2f} mJ. It skips the classifier too, which reads real "
                "values."
            ),
        )
