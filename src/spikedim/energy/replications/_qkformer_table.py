"""QKFormer at one and at four steps: why four steps cost more than four times one."""

from collections.abc import Iterator

from spikedim.energy.replications._printed_operations import spiking_macs, stem_mj
from spikedim.energy.replications._replication import Replication
from spikedim.models import card

__all__ = ["qkformer_table"]

_SOURCE = "C. Zhou et al., 'QKFormer', NeurIPS 2024, results table"
_PRINTED = {1: 8.52, 4: 38.91}


def qkformer_table() -> Iterator[Replication]:
    """Yield the largest model at four steps, recomputed from one."""
    model = card("qkformer-10-768/imagenet")
    one, four = _PRINTED[1], _PRINTED[4]
    stem = stem_mj(model, passes=1)
    rates = {
        steps: (printed - steps * stem) / (0.9e-9 * steps * spiking_macs(model))
        for steps, printed in _PRINTED.items()
    }
    yield Replication(
        name="QKFormer-10-768, T = 4 from T = 1",
        source=_SOURCE,
        printed_mj=four,
        recomputed_mj=4 * one,
        corrected_mj=four - 3 * stem,
        explanation=(
            f"{four / one:.2f} times the {one} mJ of T = 1, not 4 times. With 4.6 pJ for the "
            f"stem in every step the printed energies mean {rates[1]:.3f} spikes a neuron and step "
            f"at T = 1 and {rates[4]:.3f} at T = 4, {rates[4] / rates[1]:.2f} times as many: "
            "membranes start empty, which alone makes a first step fire less. Sums of spikes count "
            "by their mean, and the released code lets membranes leak from image to image, which "
            "moves the rates too. Corrected: the stem once."
        ),
    )
