"""Stochastic depth: how often the branches of each block are dropped."""

__all__ = ["drop_rates"]


def drop_rates(largest: float, blocks: int) -> tuple[float, ...]:
    """Return probabilities that grow linearly from 0 at the first block to `largest`."""
    return tuple(largest * index / max(blocks - 1, 1) for index in range(blocks))
