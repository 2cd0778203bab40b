"""Rows of logits: the exact softmax, its entropy, and a result made from spike counts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from spikedim._core import Provenance
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import Wiring

__all__ = [
    "FARTHEST",
    "MEASURED_ENTRIES",
    "below_max",
    "entropy_bits",
    "is_measured",
    "relative_weights",
    "rows_result",
    "softmax_rows",
    "unmeasured_reason",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

FARTHEST: dict[int | float, float] = {1: 2.0, 2: 2.0**0.5}
"""How far apart two distributions can be, by the order of the norm."""

MEASURED_ENTRIES = 4096 * 256  # up to here the error is measured unless the caller says otherwise


def below_max(logits: Array) -> Array:
    """Return ``z - max z`` over the last axis; what is too far below for float64 is -inf."""
    with np.errstate(over="ignore"):  # 1e308 and -1e308 in a row
        return np.asarray(logits - logits.max(axis=-1, keepdims=True))


def relative_weights(logits: Array) -> Array:
    """Return ``exp(z - max z)``: what the strongest drive leaves of each drive."""
    return np.asarray(np.exp(below_max(logits)))


def softmax_rows(logits: Array) -> Array:
    """Return the exact softmax over the last axis; minus infinity gives exactly 0."""
    weights = relative_weights(logits)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def entropy_bits(rows: Array) -> Array:
    """Return the Shannon entropy over the last axis, in bits."""
    logs = np.log2(rows, out=np.zeros_like(rows), where=rows > 0)
    return np.asarray(-(rows * logs).sum(axis=-1) + 0.0)


def is_measured(entries: int, measure_error: bool | None) -> bool:
    """Whether the error is measured: as asked, by default up to 4,096 x 256 entries."""
    return entries <= MEASURED_ENTRIES if measure_error is None else measure_error


def unmeasured_reason(entries: int, measure_error: bool | None) -> str:
    """Return why an error is not measured; empty if it is."""
    if is_measured(entries, measure_error):
        return ""
    if measure_error is False:
        return "the error was not asked for"
    return f"the error of more than {MEASURED_ENTRIES:,} entries is measured only on request"


def rows_result(
    circuit: str,
    logits: Array,
    counts: Counts,
    *,
    theorem: Theorem,
    order: int | float,
    bounds: Callable[[Counts, Array], Array] | None,
    rms_law: Callable[[Array], float | None],
    steps: int,
    wiring: Wiring,
    other_spikes: tuple[SpikeCount, ...] = (),
    measure_error: bool | None = None,
    exact: Callable[[Array], Array] = softmax_rows,
    divisors: Counts | None = None,
    free_bounds: Array | None = None,
    reason: str = "",
    command: str = "",
) -> CircuitResult:
    """Make the result of a softmax-like circuit from its spike counts.

    `logits` has shape [..., n] and `counts` [R, n], one row of spike counts per row of logits.
    The error of a row is its l1 or l2 norm (`order`); a bound beyond what two distributions can
    differ by is cut to that. `bounds` gets counts and exact rows of the
    rows that spoke and returns one bound per row. `rms_law` gets the exact rows and predicts the
    RMS of the l2 row error. `divisors` [R] turn counts into values, where these are not shares of
    the spikes of a row. `free_bounds` need no exact rows: one per row that spoke, for a run whose
    error is not measured. `reason` says why there is no theorem.
    """
    totals = counts.sum(axis=1)
    silent = totals == 0
    value = counts / (np.maximum(totals, 1) if divisors is None else divisors)[:, None]
    shape = logits.shape
    measured = is_measured(logits.size, measure_error)
    target = errors = rms = law = None
    limits = free_bounds
    if measured:
        target = exact(logits.reshape(value.shape))
        gap = value - target
        errors = np.linalg.norm(gap, ord=order, axis=1)[~silent]
        limits = None if bounds is None else bounds(counts[~silent], target[~silent])
        rms = float(np.sqrt((gap[~silent] ** 2).sum(axis=1).mean())) if len(errors) else None
        law = rms_law(target)
    spikes = (
        SpikeCount(
            "competitors", counts.size, int(totals.sum()), float(totals.sum() / counts.size / steps)
        ),
        *other_spikes,
    )
    if limits is not None and divisors is None and order in FARTHEST:
        limits = np.minimum(limits, FARTHEST[order])
    certificate = certify(
        theorem,
        errors=errors,
        bounds=limits,
        rms_error=rms,
        rms_law=law,
        neurons=wiring.neurons,
        synapses=wiring.synapses,
        steps=steps,
        spikes=sum(part.spikes for part in spikes),
        silent_rows=int(silent.sum()),
        reason="; ".join(filter(None, [reason, unmeasured_reason(logits.size, measure_error)])),
    )
    return CircuitResult(
        circuit=circuit,
        value=value.reshape(shape),
        target=None if target is None else target.reshape(shape),
        silent=silent.reshape(shape[:-1]),
        spikes=spikes,
        row_spikes=totals.reshape(shape[:-1]),
        row_entropy_bits=None if target is None else entropy_bits(target).reshape(shape[:-1]),
        certificate=certificate,
        wiring=wiring,
        provenance=Provenance.now(command=command or f"spikedim.circuits.{circuit}"),
    )
