"""Spike-driven Transformer V2: what re-parametrised convolutions do to its energies."""

from collections.abc import Iterator

from spikedim.energy.replications._printed_operations import MJ_PER_MAC, spiking_macs, stem_mj
from spikedim.energy.replications._replication import Replication
from spikedim.models import card

__all__ = ["sdt_v2_table"]

_STEPS = 4
_SOURCE = "M. Yao et al., 'Spike-driven Transformer V2', ICLR 2024, as quoted by others"
_TABLE = {"31m": 32.8, "55m": 52.4}


def sdt_v2_table() -> Iterator[Replication]:
    """Yield both sizes at the rate that explains the print in the fused form."""
    for size, printed in _TABLE.items():
        released = card(f"sdt-v2-{size}/imagenet")
        fused = card(f"sdt-v2-{size}-fused/imagenet")
        stem = stem_mj(fused, passes=_STEPS)
        inner = _real_mj(fused.macs - spiking_macs(fused) - fused.first_macs)
        rate = (printed - stem - inner) / _spikes_mj(spiking_macs(fused), 1.0)
        all_spikes = stem + _spikes_mj(released.macs - released.first_macs, rate)
        real = released.macs - spiking_macs(released) - released.first_macs
        yield Replication(
            name=f"SDT V2 {size.upper()}",
            source=_SOURCE,
            printed_mj=printed,
            recomputed_mj=all_spikes,
            corrected_mj=stem + _real_mj(real) + _spikes_mj(spiking_macs(released), rate),
            explanation=(
                "it is not said whether re-parametrised convolutions were fused, and no code "
                f"counts. Fused they are {fused.macs / released.macs:.2f} times the operations and "
                f"{fused.parameters / released.parameters:.2f} times the parameters. The printed "
                f"energy is that of the fused form at {rate:.2f} spikes a neuron and step. At that "
                "rate the layers as released would cost the recomputed energy if all of them read "
                "spikes; but the inner convolutions read real values, and as multiplications they "
                "make it the corrected one. The released form does not run on spikes alone."
            ),
        )


def _real_mj(macs: int) -> float:
    """Return the energy of dense operations on real values in all steps."""
    return MJ_PER_MAC * _STEPS * macs


def _spikes_mj(macs: int, rate: float) -> float:
    """Return the energy of firing rate times dense operations in all steps."""
    return 0.9e-9 * _STEPS * macs * rate
