"""Steps of a loop, reported to whoever wants to know how far it is."""

from collections.abc import Iterator

from spikedim._core import AbstractProgress

__all__ = ["counted_steps"]

_BATCH = 1024  # a report costs more than a step of a small row


def counted_steps(steps: int, circuit: str, progress: AbstractProgress) -> Iterator[int]:
    """Yield 0, ..., steps - 1 and report every 1,024 of them."""
    task = progress.start(f"{circuit}: steps", float(steps))
    try:
        for first in range(0, steps, _BATCH):
            batch = range(first, min(first + _BATCH, steps))
            yield from batch
            progress.advance(task, float(len(batch)))
    finally:
        progress.finish(task)
