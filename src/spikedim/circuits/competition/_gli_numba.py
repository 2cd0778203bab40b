"""The log-inhibition circuit as one compiled loop per row: the same counts, sooner."""

import functools
import importlib.util
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from spikedim._core import require
from spikedim.circuits.competition._gli_rows import Inhibition, Rows
from spikedim.circuits.competition._gli_state import SLOWEST_GAIN

__all__ = ["advance", "is_available"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_LOCKSTEP_ENTRIES = 2048  # rows x competitors whose membranes and weights stay in the first cache
_LOCKSTEP_ROWS = 8  # the exponential of one row hides behind the membranes of the next


def is_available() -> bool:
    """Whether numba is installed; nothing is imported."""
    return importlib.util.find_spec("numba") is not None


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
    integrate, escape = _kernels()
    lockstep = max(1, min(_LOCKSTEP_ROWS, _LOCKSTEP_ENTRIES // rows.weights.shape[1]))
    state = (rows.counts, rows.feedback, rows.gain, rows.exposure, rows.ceiling)
    rules = (rule.kick, rule.lag, first)
    where = (part.start, part.stop, lockstep)
    if uniforms is None:
        integrate(rows.weights, rows.membranes, *state, *rules, steps, *where)
    else:
        escape(rows.weights, uniforms, *state, *rules, *where)


@functools.cache
def _kernels() -> tuple[Callable[..., None], Callable[..., None]]:
    """Return both loops, compiled at their first call and kept on disk where that is possible."""
    numba = require("numba", extra="fast", purpose="the compiled circuit")
    return _compiled(numba, _integrate), _compiled(numba, _escape)


def _compiled(numba: Any, loop: Callable[..., None]) -> Callable[..., None]:
    """Compile with exact float64 arithmetic: the compiler may reorder or fuse nothing."""
    plain = inspect.unwrap(loop)  # a type hook of the tests wraps every function
    try:
        compiled: Callable[..., None] = numba.njit(nogil=True, cache=True)(plain)
    except RuntimeError:  # no folder to keep it in
        compiled = numba.njit(nogil=True)(plain)
    return compiled


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
