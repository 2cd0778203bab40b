"""What a sweep keeps of a run, and the point that all runs at one value make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits._certificate import Theorem, all_hold, worst_row
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.sweeps._sweep_fit import pooled_rms
from spikedim.circuits.sweeps._sweep_result import RowPoint, SweepPoint

__all__ = ["RunRecord", "point_of", "record_of"]

_MOST_ROWS = 64  # rows kept at each point
_IMPLAUSIBLE = 1e-2  # probability below which so many failures are no bad luck


@final
@dataclass(frozen=True)
class RunRecord:
    """What a point keeps of one run."""

    steps: int
    spikes: int
    rms_error: float | None
    rms_law: float | None
    reference: float | None
    error: float | None
    bound: float | None
    holds: bool | None
    silent_rows: int
    row_spikes: float | None
    row_entropy_bits: float | None
    rows: tuple[RowPoint, ...]
    neurons: int
    synapses: int
    reason: str


def record_of(result: CircuitResult, error_axes: int) -> RunRecord:
    """Reduce a result to numbers, so that a sweep needs the memory of one run."""
    found, entropy = result.certificate, result.row_entropy_bits
    return RunRecord(
        steps=found.steps,
        spikes=found.spikes,
        rms_error=found.rms_error,
        rms_law=found.rms_law,
        reference=_reference(result, error_axes),
        error=found.error,
        bound=found.bound,
        holds=found.holds,
        silent_rows=int(result.silent.sum()),
        row_spikes=None if result.row_spikes is None else float(result.row_spikes.mean()),
        row_entropy_bits=None if entropy is None else float(entropy.mean()),
        rows=_rows(result),
        neurons=found.neurons,
        synapses=found.synapses,
        reason=found.reason,
    )


def _reference(result: CircuitResult, error_axes: int) -> float | None:
    """Return the RMS, over all errors, of the norm of the exact value."""
    if result.target is None:
        return None
    counted = result.target.shape[: result.target.ndim - error_axes]
    size = float(np.linalg.norm(result.target.ravel() / _scale(result.target)))
    return _scale(result.target) * size / math.sqrt(max(1, math.prod(counted)))


def _scale(x: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the largest size of an entry, by which squares of all are finite; 1 for zeros."""
    return float(np.abs(x).max(initial=0.0)) or 1.0


def _rows(result: CircuitResult) -> tuple[RowPoint, ...]:
    """Return the rows that have a value, where there are rows and the error was measured."""
    if result.row_spikes is None or result.row_entropy_bits is None or result.target is None:
        return ()
    if result.value.shape[:-1] != result.row_spikes.shape:
        return ()  # the rows are inside the circuit, e.g. of an attention
    gap = result.value - result.target
    errors = _scale(gap) * np.linalg.norm(gap / _scale(gap), axis=-1)
    kept = ~result.silent.ravel()
    return tuple(
        RowPoint(entropy, spikes, error)
        for entropy, spikes, error, keep in zip(
            result.row_entropy_bits.ravel().tolist(),
            result.row_spikes.ravel().tolist(),
            errors.ravel().tolist(),
            kept.tolist(),
            strict=True,
        )
        if keep
    )


def point_of(at: int, records: Sequence[RunRecord], theorem: Theorem) -> SweepPoint:
    """Put the runs at one value together."""
    rms = law = low = high = error = bound = None
    if all(record.rms_error is not None for record in records):
        rms, low, high = pooled_rms([x.rms_error for x in records if x.rms_error is not None])
    if all(record.rms_law is not None for record in records):
        law = pooled_rms([x.rms_law for x in records if x.rms_law is not None])[0]
    known = [record.reference for record in records if record.reference is not None]
    reference = pooled_rms(known)[0] if known else None
    pairs = [(x.error, x.bound) for x in records if x.error is not None and x.bound is not None]
    if pairs:
        error, bound = worst_row(*zip(*pairs, strict=True))
    else:
        errors = [x.error for x in records if x.error is not None]
        error = max(errors, default=None)
        bound = max((x.bound for x in records if x.bound is not None), default=None)
    silent = sum(record.silent_rows for record in records)
    failures = sum(record.holds is False and not record.silent_rows for record in records)
    rows = [row for record in records for row in record.rows]
    reasons = list(dict.fromkeys(record.reason for record in records if record.reason))
    return SweepPoint(
        at=at,
        steps=records[0].steps,
        runs=len(records),
        spikes=float(np.mean([record.spikes for record in records])),
        rms_error=rms,
        rms_low=low,
        rms_high=high,
        rms_law=law,
        relative_error=_share(rms, reference),
        error=error,
        bound=bound,
        holds=_verdict(records, failures, theorem.failure_probability),
        failures=failures,
        silent_rows=silent,
        row_spikes=_mean([x.row_spikes for x in records]),
        row_entropy_bits=_mean([x.row_entropy_bits for x in records]),
        rows=tuple(rows[:: -(-len(rows) // _MOST_ROWS)]) if rows else (),
        neurons=records[0].neurons,
        synapses=records[0].synapses,
        reason=f"{reasons[0]}{' (and others)' * (len(reasons) > 1)}" if reasons else "",
    )


def _share(error: float | None, reference: float | None) -> float | None:
    """Return the error over the exact value, None if one is not known or there is no such share."""
    if error is None or not reference:
        return None
    share = error / reference
    return share if math.isfinite(share) else None


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, None if a value is missing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _verdict(records: Sequence[RunRecord], failures: int, probability: float) -> bool | None:
    """Judge the runs at one value; a theorem that may fail is allowed as many as are likely."""
    if any(record.silent_rows and record.holds is False for record in records):
        return False
    if failures and probability > 0:
        from scipy.stats import binom  # costs 0.3 s when first imported

        if binom.sf(failures - 1, len(records), probability) >= _IMPLAUSIBLE:
            return all_hold(record.holds for record in records if record.holds is not False)
    return all_hold(record.holds for record in records)
