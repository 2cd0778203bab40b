"""A rate-coded twin with a code, perhaps changed."""

from collections.abc import Callable, Mapping
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim.circuits import RateCode
from spikedim.models import AbstractSpikingTransformer
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._energy_rates import EnergyRates, counted_mj
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._sampled import Sampled

__all__ = ["CodedCandidate"]

_CODE = 0x616476  # keeps these draws apart from all others of the same seed


@final
class CodedCandidate(AbstractCandidate):
    """A twin whose outputs are compared with exact rates.

    Parameters
    ----------
    model_at : callable
        The twin for a T: the same one, or one that was fitted to that T.
    number : int
        Keeps its random codes apart from those of other candidates.
    seed : int
        Of its codes.
    code : RateCode
        Of every population.
    allocate : callable or None
        T of every population that costs as much as equal T; None for equal ones.
    draws : int
        Independent codes that are averaged; a deterministic code runs once.
    counted : bool
        Whether the operations of the changed network are counted, which has others than the run.
    own_reference : bool
        Whether errors are measured against the exact outputs of the changed network itself, in
        units of their variance over samples times that of the reference.
    """

    def __init__(
        self,
        model_at: Callable[[int], AbstractSpikingTransformer],
        *,
        number: int,
        seed: int,
        code: RateCode = RateCode.BERNOULLI,
        allocate: Callable[[int], Mapping[str, int]] | None = None,
        draws: int = 3,
        counted: bool = False,
        own_reference: bool = False,
    ) -> None:
        super().__init__()
        self.model_at = model_at
        self.number = number
        self.seed = seed
        self.code = code
        self.allocate = allocate
        self.draws = 1 if code is RateCode.SIGMA_DELTA else draws
        self.counted = counted
        self.own_reference = own_reference

    def allocation(self, steps: int) -> dict[str, int]:
        """Return the T of every population; empty if all have the same."""
        return {} if self.allocate is None else dict(self.allocate(steps))

    def latency(self, steps: int) -> int:
        """Return the largest T."""
        return max(self.allocation(steps).values(), default=steps)

    def energy_mj(self, half: Half, steps: int, rates: EnergyRates) -> float:
        """Return millijoule of the spikes and of what no spike causes, or of what was counted."""
        if rates.linear and not self.counted:
            return rates.of(self.sample(half, steps).spikes)
        lengths = self.allocation(steps) or steps
        return counted_mj(self.model_at(steps), half.inputs[0], lengths, rates.rules)

    def _sample(self, half: Half, steps: int) -> Sampled:
        model = self.model_at(steps)
        lengths = self.allocation(steps) or steps
        exact = self._exact(model, half)
        errors, right, agreed, totals = np.zeros((4, self.draws, len(half)))
        fired: dict[str, float] = {}
        for draw in range(self.draws):
            generator = self._generator(half, steps, draw, model.head.weight.device)
            start = 0
            for (x, targets, _), reference in zip(half.batches(), exact, strict=True):
                count = model.count_spikes(
                    x, code_steps=lengths, code=self.code, generator=generator
                )
                outputs = count.outputs.mean(dim=0)
                rows = slice(start, start + len(x))
                found = (outputs - reference).double().square().sum(dim=1)
                errors[draw, rows] = found.cpu().numpy()
                right[draw, rows] = (outputs.argmax(dim=1) == targets).cpu().numpy()
                same = outputs.argmax(dim=1) == reference.argmax(dim=1)
                agreed[draw, rows] = same.cpu().numpy()
                for name, spikes in count.spikes.items():
                    own = spikes.double().sum(dim=0).cpu().numpy()
                    totals[draw, rows] += own
                    part = float(own.sum()) / (self.draws * len(half))
                    fired[name] = fired.get(name, 0.0) + part
                start += len(x)
        scale = self._scale(half, exact)
        return Sampled(
            errors.mean(axis=0) * scale,
            right.mean(axis=0),
            agreed.mean(axis=0),
            totals.mean(axis=0),
            fired,
        )

    def _exact(self, model: AbstractSpikingTransformer, half: Half) -> tuple[Tensor, ...]:
        """Return the outputs that errors are measured against."""
        if not self.own_reference:
            return half.references
        with torch.no_grad():
            return tuple(model(x) for x in half.inputs)

    def _scale(self, half: Half, exact: tuple[Tensor, ...]) -> float:
        """Return what brings errors to the unit of the reference."""
        if not self.own_reference:
            return 1.0
        own = float(torch.cat(exact).double().var(dim=0, correction=0).sum())
        return half.reference_variance / own if own > 0 else 1.0

    def _generator(
        self, half: Half, steps: int, draw: int, device: torch.device
    ) -> torch.Generator:
        key = (_CODE, half.number, self.number, steps, draw)
        words = np.random.SeedSequence(self.seed, spawn_key=key).generate_state(1, np.uint64)
        return torch.Generator(device).manual_seed(int(words[0]))
