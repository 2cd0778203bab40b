"""How tensors get to the compiled loops, and on which threads."""

import functools
import importlib
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["DTYPES", "as_array", "inner_dtype", "kernels", "like_array", "share"]

DTYPES = (torch.float32, torch.float64, torch.bfloat16)


@functools.cache
def kernels() -> Any:
    """Return the module of the loops; None where numba is absent, broken or switched off."""
    try:
        numba = importlib.import_module("numba")
        if numba.config.DISABLE_JIT:
            return None
        return importlib.import_module("spikedim.models.layers._map_kernels")
    except Exception:  # e.g. built for another numpy: plain operations give the same numbers
        return None


def inner_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the type that loops over `dtype` compute in."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def like_array(dtype: torch.dtype) -> np.ndarray[Any, np.dtype[Any]]:
    """Return an array of the type that loops over `dtype` compute in."""
    return np.empty(1, "f8" if dtype == torch.float64 else "f4")


def as_array(x: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the memory of a contiguous tensor, that of bfloat16 as 16 bits."""
    if x.dtype == torch.bfloat16:
        return x.view(torch.int16).numpy().view(np.uint16)
    return x.numpy()


def share(part: Callable[[int, int], Any], count: int, *, smallest: int = 1) -> None:
    """Run `part` over ranges of 0 to `count`, one for each thread torch may use."""
    threads = max(1, min(torch.get_num_threads(), count // smallest))
    cuts = [count * i // threads for i in range(threads + 1)]
    if threads == 1:
        part(0, count)
        return
    others = [
        _pool(os.getpid(), threads - 1).submit(part, a, b) for a, b in itertools.pairwise(cuts[1:])
    ]
    part(0, cuts[1])
    for other in others:
        other.result()


@functools.lru_cache(maxsize=4)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:  # noqa: ARG001
    """Return the threads of this process; a fork inherits the object but not its threads."""
    return ThreadPoolExecutor(threads, thread_name_prefix="spikedim")
