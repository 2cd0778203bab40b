"""Whether more threads help here: they do not where another process holds a core."""

import time
from collections.abc import Callable

import torch

__all__ = ["thread_slowdown"]

_SIDE = 128
_CALLS = 40
_SECONDS = 0.25  # per number of threads; one stalled call may outlast it


def _solve() -> None:
    """Find the eigenvalues of a small symmetric matrix, whose solver waits for every thread."""
    line = torch.arange(_SIDE, dtype=torch.float64)
    torch.linalg.eigvalsh(torch.exp(-(line[:, None] - line).square() / _SIDE))


def thread_slowdown(
    work: Callable[[], object] = _solve, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the time of small eigenvalue problems on all threads over that on one.

    Means and not medians: a thread without a core stalls a few calls for very long.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        return 1.0
    try:
        alone = _mean(1, work, clock)
        return _mean(threads, work, clock) / alone
    finally:
        torch.set_num_threads(threads)


def _mean(threads: int, work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the mean time of one call."""
    torch.set_num_threads(threads)
    work()  # the first call starts the threads
    start, calls, spent = clock(), 0, 0.0
    while calls < _CALLS and spent <= _SECONDS:
        work()
        calls, spent = calls + 1, clock() - start
    return spent / calls
