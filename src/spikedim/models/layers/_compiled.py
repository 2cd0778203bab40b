"""How tensors get to the compiled loops, and on which threads."""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikedim._core import load_loops, run_ranges

__all__ = ["DTYPES", "as_array", "inner_dtype", "kernels", "like_array", "share"]

DTYPES = (torch.float32, torch.float64, torch.bfloat16)


@functools.cache
def kernels() -> Any:
    """Return the module of the loops; None where numba is absent, broken or switched off."""
    return load_loops("spikedim.models.layers._map_kernels")


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
    run_ranges(part, list(itertools.pairwise(cuts)))
