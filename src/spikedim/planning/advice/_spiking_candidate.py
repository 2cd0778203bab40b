"""A directly coded network whose answer begins later, or whose neurons start elsewhere."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import FloatArray
from spikedim.models import AbstractSpikingTransformer
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._energy_rates import EnergyRates, stepped_mj
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._sampled import Sampled

__all__ = ["Recording", "SpikingCandidate", "record"]


@final
@dataclass(frozen=True, eq=False)
class Recording:
    """One long run of some samples.

    Parameters
    ----------
    outputs : Tensor of shape [T, S, C]
        Logits of every step.
    spikes : dict of str to Tensor of shape [T, S]
        Spikes of every population in every step.
    """

    outputs: Tensor
    spikes: dict[str, Tensor]


def record(
    model: AbstractSpikingTransformer, batches: tuple[Tensor, ...], *, steps: int
) -> Recording:
    """Run samples for `steps` steps."""
    counts = [model.count_spikes(x, steps=steps) for x in batches]
    return Recording(
        torch.cat([count.outputs.double() for count in counts], dim=1),
        {
            name: torch.cat([count.spikes[name].double() for count in counts], dim=1)
            for name in counts[0].spikes
        },
    )


@final
class SpikingCandidate(AbstractCandidate):
    """Prefixes of long runs; the first steps may be left out of the answer.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        The network that was recorded.
    recordings : dict of str to Recording
        By the name of the half.
    skip : int
        Steps whose outputs are left out; they are part of T.
    """

    def __init__(
        self,
        model: AbstractSpikingTransformer,
        recordings: dict[str, Recording],
        *,
        skip: int = 0,
    ) -> None:
        super().__init__(least_steps=skip + 1)
        self.model = model
        self.recordings = recordings
        self.skip = skip

    def allocation(self, steps: int) -> dict[str, int]:  # noqa: ARG002
        """Return nothing: all populations run in step."""
        return {}

    def latency(self, steps: int) -> int:
        """Return T."""
        return steps

    def energy_mj(self, half: Half, steps: int, rates: EnergyRates) -> float:
        """Return millijoule of the spikes and of what no spike causes, or of what was counted."""
        if not rates.linear:
            return stepped_mj(self.model, half.inputs[0], steps=steps, rules=rates.rules)
        return rates.of(self.sample(half, steps).spikes)

    def _sample(self, half: Half, steps: int) -> Sampled:
        found = self.recordings[half.name]
        outputs = found.outputs[self.skip : steps].mean(dim=0)
        reference, targets = torch.cat(half.references), torch.cat(half.targets)
        answers = outputs.argmax(dim=1)
        errors = (outputs - reference).square().sum(dim=1)
        spikes = {name: fired[:steps].sum(dim=0) for name, fired in found.spikes.items()}
        agreed = answers == reference.argmax(dim=1)
        totals = torch.stack(list(spikes.values())).sum(dim=0)
        return Sampled(
            _array(errors),
            _array(answers == targets),
            _array(agreed),
            _array(totals),
            {name: float(fired.mean()) for name, fired in spikes.items()},
        )


def _array(x: Tensor) -> FloatArray:
    return np.asarray(x.double().cpu().numpy())
