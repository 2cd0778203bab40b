"""How much a sweep may draw for one run, and how many runs it may have."""

import math

from spikedim._core import InputError, check_integer

__all__ = ["check_drawn_size", "check_runs"]

_MOST = 1 << 25  # entries, 256 MB; a circuit holds about ten arrays of that size
_MOST_RUNS = 1 << 20  # a sweep keeps a few numbers of each


def check_drawn_size(*sizes: tuple[str, int], caller: str) -> tuple[int, ...]:
    """Return the named sizes of an array for a run, small enough for a circuit."""
    shape = tuple(check_integer(value, name=name, caller=caller) for name, value in sizes)
    if math.prod(shape) > _MOST:
        names = " * ".join(name for name, _ in sizes)
        shown = " x ".join(f"{value:,}" if value < 1 << 64 else "2**64 or more" for value in shape)
        raise InputError(
            f"{caller}: `{names}` must be at most {_MOST:,}; got {shown}. Give fewer of them in a "
            "run, and more runs."
        )
    return shape


def check_runs(runs: object, *, caller: str) -> int:
    """Return the number of runs at each value."""
    count = check_integer(runs, name="runs", caller=caller)
    if count > _MOST_RUNS:
        shown = f"{count:,}" if count < 1 << 64 else "2**64 or more"
        raise InputError(f"{caller}: `runs` must be at most {_MOST_RUNS:,}; got {shown}.")
    return count
