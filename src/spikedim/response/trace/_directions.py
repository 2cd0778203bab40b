"""Directions of the outputs in which derivatives are taken."""

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["axes", "sample_seeds", "signs"]

_SEEDS = (1 << 63) - 1


def axes(outputs: Tensor) -> Iterator[Tensor]:
    """Yield every output by itself, [B, m]."""
    batch, count = outputs.shape
    for index in range(count):
        direction = outputs.new_zeros(1, count)
        direction[0, index] = 1
        yield direction.expand(batch, count)


def sample_seeds(samples: int, generator: torch.Generator) -> list[int]:
    """Return a seed of its own for every sample, so that batches do not matter."""
    drawn = torch.randint(
        _SEEDS, (samples,), generator=generator, device=generator.device, dtype=torch.int64
    )
    return [int(seed) for seed in drawn]


def signs(outputs: Tensor, seeds: list[int], probes: int) -> Iterator[Tensor]:
    """Yield directions [B, m] of independent random signs, one at a time."""
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    count = outputs.shape[1]
    for _ in range(probes):
        drawn = [torch.randint(2, (count,), generator=source) for source in sources]
        yield (2 * torch.stack(drawn) - 1).to(outputs)
