"""The log-inhibition circuit as one compiled loop per row: the same counts, sooner."""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from spikedim._core import MissingExtraError, load_numba
from spikedim.circuits.competition._gli_rows import Inhibition, Rows
from spikedim.circuits.competition._gli_state import SLOWEST_GAIN

__all__ = ["advance", "is_available"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_LOCKSTEP_ENTRIES = 2048  # rows x competitors whose membranes and weights stay in the first cache
_LOCKSTEP_ROWS = 8  # the exponential of one row hides behind the membranes of the next


def is_available(*, escape: bool = False) -> bool:
    """Whether a loop compiles here; the first call loads numba and compiles or reads the loop."""
    return _kernel(escape) is not None


def advance(
    rows: Rows,
    rule: Inhibition,
    *,
    first: int,
    steps: int,
    part: slice,
    uniforms: Array | None = None,
) -> None:
    """Run steps first, ..., first + steps - 1 of some rows in place, without holding the GIL."""
    kernel = _kernel(uniforms is not None)
    if kernel is None:
        raise MissingExtraError(
            "gli: the compiled loop does not load. Install it with: pip install 'spikedim[fast]'"
        )
    lockstep = max(1, min(_LOCKSTEP_ROWS, _LOCKSTEP_ENTRIES // rows.weights.shape[1]))
    state = (rows.counts, rows.feedback, rows.gain, rows.exposure, rows.ceiling)
    rules = (rule.kick, rule.lag, first)
    where = (part.start, part.stop, lockstep)
    if uniforms is None:
        kernel(rows.weights, rows.membranes, *state, *rules, steps, *where)
    else:
        kernel(rows.weights, uniforms, *state, *rules, *where)


@functools.cache
def _kernel(escape: bool) -> Callable[..., None] | None:
    """Return a loop, compiled and kept on disk where that is possible; None if it cannot be."""
    numba = load_numba()
    if numba is None:
        return None
    plain = inspect.unwrap(_escape if escape else _integrate)  # tests wrap every function
    for cache in (True, False):  # no folder to keep it in, or a file there that is cut short
        try:
            # Exact float64 arithmetic: the compiler may reorder or fuse nothing.
            kernel: Callable[..., None] = numba.njit(nogil=True, cache=cache)(plain)
            _rehearse(kernel, escape)
        except Exception:  # a damaged cache, or a compiler that fails: try without, then numpy
            continue
        return kernel
    return None


def _rehearse(kernel: Callable[..., None], escape: bool) -> None:
    """Run one step of one competitor, which compiles the loop or reads it from disk."""
    one, row = np.ones((1, 1)), np.ones(1)
    counts = np.zeros((1, 1), dtype=np.int64)
    state = (counts, row.copy(), row.copy(), row.copy(), row, np.ones(2), 1, 1)
    if escape:
        kernel(one, np.ones((1, 1, 1)), *state, 0, 1, 1)
    else:
        kernel(one, one.copy(), *state, 1, 0, 1, 1)


def _integrate(
    weights: Array,
    membranes: Array,
    counts: Counts,
    feedback: Array,
    gain: Array,
    exposure: Array,
    ceiling: Array,
    kick: Array,
    lag: int,
    first: int,
    steps: int,
    start: int,
    stop: int,
    lockstep: int,
) -> None:
    """Integrate and fire, a few rows in lockstep."""
    n = weights.shape[1]
    before = np.empty((lockstep, n))
    seen = np.empty(lockstep)
    for top in range(start, stop, lockstep):
        bottom = min(top + lockstep, stop)
        for r in range(top, bottom):
            before[r - top, :] = membranes[r]
            seen[r - top] = 0.0
        for step in range(first, first + steps):
            eta = max(SLOWEST_GAIN, 1.0 / (step + 1 + lag))
            for r in range(top, bottom):
                scale = gain[r]
                row, v = weights[r], membranes[r]
                fired = 0
                for i in range(n):
                    raised = v[i] + row[i] * scale
                    spike = raised >= 1.0
                    v[i] = raised - 1.0 if spike else raised
                    fired += spike
                seen[r - top] += scale
                feedback[r] = min(max(feedback[r] + eta * kick[fired], 0.0), ceiling[r])
                gain[r] = math.exp(-feedback[r])
        for r in range(top, bottom):
            exposure[r] += seen[r - top]
            for i in range(n):
                went_in = weights[r, i] * seen[r - top] + before[r - top, i]
                counts[r, i] += np.int64(np.rint(went_in - membranes[r, i]))


def _escape(
    weights: Array,
    uniforms: Array,
    counts: Counts,
    feedback: Array,
    gain: Array,
    exposure: Array,
    ceiling: Array,
    kick: Array,
    lag: int,
    first: int,
    start: int,
    stop: int,
    lockstep: int,
) -> None:
    """Fire with probability p, a few rows in lockstep."""
    n = weights.shape[1]
    for top in range(start, stop, lockstep):
        bottom = min(top + lockstep, stop)
        for k in range(uniforms.shape[0]):
            step = first + k
            eta = max(SLOWEST_GAIN, 1.0 / (step + 1 + lag))
            for r in range(top, bottom):
                scale = gain[r]
                row, drawn, spikes = weights[r], uniforms[k, r], counts[r]
                fired = 0
                for i in range(n):
                    spike = drawn[i] < row[i] * scale
                    spikes[i] += spike
                    fired += spike
                exposure[r] += scale
                feedback[r] = min(max(feedback[r] + eta * kick[fired], 0.0), ceiling[r])
                gain[r] = math.exp(-feedback[r])
