"""Loops compiled by numba: whether they can be had, and on which threads they run."""

import functools
import importlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["load_loops", "load_numba", "run_ranges"]

_Answer = TypeVar("_Answer")


def load_numba() -> Any | None:
    """Return numba, or None if it is absent, does not import or may not compile."""
    try:
        numba = importlib.import_module("numba")
    except Exception:  # e.g. built for another numpy: every caller has the same loop without it
        return None
    return None if numba.config.DISABLE_JIT else numba


def load_loops(module: str) -> Any | None:
    """Return a module of compiled loops; None where numba does not load or cannot define them."""
    if load_numba() is None:
        return None
    try:
        return importlib.import_module(module)
    except (ImportError, AttributeError):  # a numba without what the loops are written with
        return None


def run_ranges(
    part: Callable[[int, int], _Answer], ranges: Sequence[tuple[int, int]]
) -> list[_Answer]:
    """Return what `part` returns for every range, each on a thread, the first on this one."""
    first, *others = ranges
    if not others:
        return [part(*first)]
    pool = _pool(os.getpid(), len(others))
    waiting = [pool.submit(part, *one) for one in others]
    return [part(*first), *(one.result() for one in waiting)]


@functools.lru_cache(maxsize=4)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:  # noqa: ARG001
    """Return the threads of this process; a fork inherits the object but not its threads."""
    return ThreadPoolExecutor(threads, thread_name_prefix="spikedim")
