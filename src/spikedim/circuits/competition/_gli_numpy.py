"""The log-inhibition circuit as a numpy loop over steps: the reference, and the fallback."""

from typing import Any

import numpy as np

from spikedim.circuits.competition._gli_rows import Inhibition, Rows
from spikedim.circuits.competition._gli_state import SLOWEST_GAIN

__all__ = ["advance"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_BLOCK_ENTRIES = 32768  # rows x competitors that stay in the second-level cache


def advance(
    rows: Rows, rule: Inhibition, *, first: int, steps: int, uniforms: Array | None = None
) -> None:
    """Run steps first, ..., first + steps - 1 in place; `uniforms` [steps, R, n] mean escape."""
    count, n = rows.weights.shape
    block = max(1, _BLOCK_ENTRIES // n)
    for start in range(0, count, block):
        part = slice(start, start + block)
        if uniforms is None:
            _integrate(rows, rule, part, first, steps)
        else:
            _escape(rows, rule, part, first, uniforms)


def _integrate(rows: Rows, rule: Inhibition, part: slice, first: int, steps: int) -> None:
    """Integrate and fire: v += p; fire and subtract 1 at v >= 1."""
    weights, membranes = rows.weights[part], rows.membranes[part]
    feedback, gain = rows.feedback[part], rows.gain[part]
    before, exposure = membranes.copy(), np.zeros_like(gain)
    drive, spikes = np.empty_like(weights), np.empty_like(weights)
    ones, total = np.ones(weights.shape[1]), np.empty_like(gain)
    for step in range(first, first + steps):
        exposure += gain
        np.multiply(weights, gain[:, None], out=drive)
        np.add(membranes, drive, out=membranes)
        np.greater_equal(membranes, 1.0, out=spikes)
        np.subtract(membranes, spikes, out=membranes)
        np.dot(spikes, ones, out=total)
        _inhibit(feedback, gain, total, rows.ceiling[part], rule, step)
    # What went in and is no longer there was fired; rounding is far below half a spike.
    rows.counts[part] += np.rint(weights * exposure[:, None] + before - membranes).astype(np.int64)
    rows.exposure[part] += exposure


def _escape(rows: Rows, rule: Inhibition, part: slice, first: int, uniforms: Array) -> None:
    """Fire with probability p."""
    weights, feedback, gain = rows.weights[part], rows.feedback[part], rows.gain[part]
    drive, spikes = np.empty_like(weights), np.empty_like(weights)
    counts, exposure = np.zeros_like(weights), np.zeros_like(gain)
    ones, total = np.ones(weights.shape[1]), np.empty_like(gain)
    for step, drawn in enumerate(uniforms, start=first):
        exposure += gain
        np.multiply(weights, gain[:, None], out=drive)
        np.less(drawn[part], drive, out=spikes)
        counts += spikes
        np.dot(spikes, ones, out=total)
        _inhibit(feedback, gain, total, rows.ceiling[part], rule, step)
    rows.counts[part] += counts.astype(np.int64)
    rows.exposure[part] += exposure


def _inhibit(
    feedback: Array, gain: Array, total: Array, ceiling: Array, rule: Inhibition, step: int
) -> None:
    """Set the inhibition of the next step from the spikes of this one, in place."""
    np.take(rule.kick, total.astype(np.intp), out=total, mode="clip")
    total *= max(SLOWEST_GAIN, 1.0 / (step + 1 + rule.lag))
    feedback += total
    np.maximum(feedback, 0.0, out=feedback)
    np.minimum(feedback, ceiling, out=feedback)
    np.negative(feedback, out=gain)
    np.exp(gain, out=gain)
