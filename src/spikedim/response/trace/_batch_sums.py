"""What all batches say of the whole network: Sigma, K of every sample, gains."""

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.circuits import RateCode
from spikedim.response.networks import AbstractRateNetwork
from spikedim.response.trace._directions import axes, signs
from spikedim.response.trace._output_sums import OutputSums
from spikedim.response.trace._passes import Linearised, linearise
from spikedim.response.trace._room import Footprint, Room
from spikedim.response.trace._sums import PopulationSums

__all__ = ["BatchSums"]

_ALIKE = 1e-2  # of the largest output: rounding stays far below, another sample does not
Array = np.ndarray[Any, np.dtype[np.float64]]


@final
class BatchSums:
    """Sums of a trace, batch by batch.

    Parameters
    ----------
    network : AbstractRateNetwork
        What is looked at.
    code : RateCode
        Its code.
    first : Footprint
        Of the first sample alone.
    exact : bool
        Whether all outputs are looked at.
    caller : str
        Named in errors.
    """

    def __init__(
        self,
        network: AbstractRateNetwork,
        code: RateCode,
        first: Footprint,
        *,
        exact: bool,
        caller: str,
    ) -> None:
        self.network = network
        self.first = first
        self.caller = caller
        self.outputs = OutputSums(keep=exact)
        self.populations = {
            name: PopulationSums(name, code, heads=network.heads.get(name, 0), caller=caller)
            for name in first.populations
        }
        self.sigmas: list[Array] = []
        self.tops: list[Array] = []
        self.probed: list[Array] = []

    def add_exact(self, x: Tensor, room: Room) -> None:
        """Add a batch, all outputs one after the other, a group of populations at a time."""
        batch = self._linearise(x)
        size, count = batch.outputs.shape
        sigma = batch.outputs.new_zeros((size, count, count), dtype=torch.float64)
        gram = torch.zeros_like(sigma)
        for index, group in enumerate(room.groups):
            last = index == len(room.groups) - 1
            for name, stack in self._stacks(batch, group, last=last).items():
                own = self.populations[name]
                pair = own.add_exact(own.note(batch.rates[name]), stack)
                sigma += pair[0]
                gram += pair[1]
        self.sigmas.append(_array(sigma))
        self.tops.append(_array(torch.linalg.eigvalsh(gram)[:, -1].clamp_min(0).sqrt()))

    def add_probed(self, x: Tensor, seeds: list[int], probes: int) -> None:
        """Add a batch in random directions, one at a time."""
        batch = self._linearise(x)
        noises = {name: self.populations[name].note(r) for name, r in batch.rates.items()}
        zero = torch.zeros(len(x), dtype=torch.float64, device=x.device)
        found = dict.fromkeys(noises, (zero, zero))
        totals = []
        for index, direction in enumerate(signs(batch.outputs, seeds, probes)):
            pulled = batch.pull(direction, keep=index < probes - 1)
            total = zero
            for (name, noise), gradient in zip(noises.items(), pulled, strict=True):
                own = self.populations[name]
                more = own.add_probed(noise, gradient, share=1 / probes)
                found[name] = found[name][0] + more[0], found[name][1] + more[1]
                total = total + more[0] * probes
            totals.append(total)
        for name, (traces, gains) in found.items():
            self.populations[name].finish_probed(traces, gains)
        self.probed.append(_array(torch.stack(totals)))

    def _stacks(
        self, batch: Linearised, names: tuple[str, ...], *, last: bool
    ) -> dict[str, Tensor]:
        """Return gradients [m, B, ..., D] of all outputs by the rates of some populations."""
        count = batch.outputs.shape[1]
        stacks = {name: batch.rates[name].new_empty(0) for name in names}
        for index, direction in enumerate(axes(batch.outputs)):
            keep = not last or index < count - 1
            for name, part in zip(
                names, batch.pull(direction, keep=keep, names=names), strict=True
            ):
                if index == 0:
                    stacks[name] = part.new_empty((count, *part.shape))
                stacks[name][index] = part
        return stacks

    def _linearise(self, x: Tensor) -> Linearised:
        """Run a batch, and compare its first sample with what that says alone."""
        batch = linearise(self.network, x, caller=self.caller)
        if tuple(batch.rates) != tuple(self.populations):
            odd = sorted(set(batch.rates) ^ set(self.populations))
            raise InputError(
                f"{self.caller}: `model` must run the same populations for every sample; got "
                f"{', '.join(odd[:3]) or 'another order'} in some only. Mark others."
            )
        if not self.outputs.count:
            self._check_alone(batch.outputs.detach()[0])
        self.outputs.add(batch.outputs)
        return batch

    def _check_alone(self, outputs: Tensor) -> None:
        alone = self.first.outputs
        scale = float(alone.abs().max())
        if outputs.shape != alone.shape or float((outputs - alone).abs().max()) > _ALIKE * scale:
            raise InputError(
                f"{self.caller}: `model` must answer every sample by itself; got other outputs for "
                "one in a batch than alone. Pass `batch_size=1`."
            )


def _array(x: Tensor) -> Array:
    return np.asarray(x.detach().cpu().numpy(), dtype=np.float64)
