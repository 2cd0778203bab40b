"""A circuit run at many T: its measured error beside its theorem, and how fast it falls."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    WeakResultWarning,
    check_integer,
)
from spikedim.circuits._certificate import Theorem, worst_row
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._sweep_fit import fit_slope, pooled_rms
from spikedim.circuits._sweep_headline import headline
from spikedim.circuits._sweep_result import CircuitSweep, RowPoint, SweepPoint, all_hold

__all__ = ["Run", "sweep"]

Run = Callable[[int, np.random.Generator], CircuitResult]

_MOST_ROWS = 64  # rows kept at each point
_IMPLAUSIBLE = 1e-4  # probability below which failures are no bad luck
_SILENT = SilentProgress()


def sweep(
    run: Run | Sequence[Run],
    *,
    circuit: str,
    settings: Mapping[str, str],
    steps: Sequence[int],
    runs: int = 8,
    expected_slope: float | None = None,
    slope_from: int | None = None,
    seed: int = 0,
    subject: str | None = None,
    axis: str = "T",
    axis_name: str = "time steps T",
    quantity: str | None = None,
    error_axes: int = 1,
    notes: Sequence[str] = (),
    data_fingerprint: str = "",
    command: str | None = None,
    progress: AbstractProgress = _SILENT,
) -> CircuitSweep:
    """Run a circuit at each of `steps`, several times, and fit how its error changes.

    Parameters
    ----------
    run : callable or sequence of callable
        Called with T and a generator, returns a `CircuitResult`. Of a sequence, run number r
        uses item ``r % len(run)``: one item for each input.
    circuit : str
        Name of the circuit.
    settings : mapping of str
        Every setting by name, kept with the result.
    steps : sequence of int
        Values to sweep, each at least 1.
    runs : int
        Runs at each value.
    expected_slope : float, optional
        Slope that the theorem predicts.
    slope_from : int, optional
        Smallest value used for the slope; by default 64 if that leaves three, otherwise all.
    seed : int
        Run r at value T gets ``numpy.random.default_rng([seed, T, r])``: a point does not depend
        on which others are swept.
    subject : str, optional
        The circuit and its settings in words; by default `circuit`.
    axis, axis_name : str
        Symbol and meaning of what is swept.
    quantity : str, optional
        What the RMS error is of; by default ``"error"``.
    error_axes : int
        How many trailing axes of the value one error is the norm over: 0 for entries, 1 for rows,
        2 for matrices.
    notes : sequence of str
        Remarks to keep with the result.
    data_fingerprint : str
        Content fingerprint of given inputs.
    command : str, optional
        How it was asked for; by default the command line of this process.
    progress : AbstractProgress
        Told of every run.

    Returns
    -------
    CircuitSweep
        Points, slope with its interval, verdict.

    Raises
    ------
    InputError
        If `steps` is empty or holds a value below 1, if `runs` < 1, or if a run refuses its input.

    Notes
    -----
    Cost: the runs. The slope interval is that of the fit (t, n - 2 degrees of freedom): it does
    not know that errors of one input at many T are related.

    Examples
    --------
    >>> from spikedim.circuits import cup
    >>> got = sweep(
    ...     lambda steps, generator: cup([0.0, 1.0, 2.0], steps=steps),
    ...     circuit="cup", settings={"n": "3"}, steps=[50, 100, 200, 400], runs=1,
    ...     expected_slope=-1.0,
    ... )
    >>> got.holds, len(got.points)
    (True, 4)
    """
    values = sorted({check_integer(value, name="steps", caller="sweep") for value in steps})
    if not values:
        raise InputError("sweep: `steps` must have at least one value; got none.")
    check_integer(runs, name="runs", caller="sweep")
    check_integer(seed, name="seed", caller="sweep", minimum=0)
    cases = [run] if callable(run) else list(run)
    if not cases:
        raise InputError("sweep: `run` must be a callable or a sequence of them; got none.")
    axes = check_integer(error_axes, name="error_axes", caller="sweep", minimum=0)
    if slope_from is not None:
        check_integer(slope_from, name="slope_from", caller="sweep")
    task = progress.start(f"{circuit}: runs", float(sum(values) * runs))
    try:
        points, theorem, weak = _measured(
            cases, values, runs, seed, axes, lambda at: progress.advance(task, float(at))
        )
    finally:
        progress.finish(task)
    slope, why = fit_slope(values, [point.rms_error for point in points], first=slope_from)
    found = CircuitSweep(
        headline="",
        circuit=circuit,
        subject=subject or circuit,
        settings=dict(settings),
        axis=axis,
        axis_name=axis_name,
        quantity=quantity or "error",
        theorem=theorem,
        points=tuple(points),
        slope=slope,
        expected_slope=expected_slope,
        provenance=Provenance.now(
            command=command,
            data_fingerprint=data_fingerprint,
            seed=seed,
            assumptions=tuple(entry.text for entry in theorem.assumptions),
        ),
        slope_reason=why,
        notes=(*notes, *weak),
    )
    return replace(found, headline=headline(found))


def _measured(
    cases: Sequence[Run],
    values: Sequence[int],
    runs: int,
    seed: int,
    error_axes: int,
    done: Callable[[int], None],
) -> tuple[list[SweepPoint], Theorem, dict[str, None]]:
    """Return the points, the theorem of the largest value, and the warnings of weak results."""
    points, theorem = [], Theorem("", "", "")
    weak: dict[str, None] = {}
    for at in values:
        records = []
        for number in range(runs):
            generator = np.random.default_rng([seed, at, number])
            result = _watched(cases[number % len(cases)], at, generator, weak)
            theorem = result.certificate.theorem
            records.append(_record(result, error_axes))
            done(at)
        points.append(_point(at, records, theorem))
    return points, theorem, weak


def _watched(
    run: Run, at: int, generator: np.random.Generator, weak: dict[str, None]
) -> CircuitResult:
    """Run once; keep a warning of a weak result as a note, pass any other on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(at, generator)
    for entry in caught:
        if issubclass(entry.category, WeakResultWarning):
            weak[str(entry.message)] = None
        else:
            warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
    return result


@final
@dataclass(frozen=True)
class _Record:
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


def _record(result: CircuitResult, error_axes: int) -> _Record:
    """Reduce a result to numbers, so that a sweep needs the memory of one run."""
    found, entropy = result.certificate, result.row_entropy_bits
    return _Record(
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
    return float(np.sqrt(np.square(result.target).sum() / max(1, math.prod(counted))))


def _rows(result: CircuitResult) -> tuple[RowPoint, ...]:
    """Return the rows that have a value, where there are rows and the error was measured."""
    if result.row_spikes is None or result.row_entropy_bits is None or result.target is None:
        return ()
    if result.value.shape[:-1] != result.row_spikes.shape:
        return ()  # the rows are inside the circuit, e.g. of an attention
    errors = np.linalg.norm(result.value - result.target, axis=-1)
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


def _point(at: int, records: Sequence[_Record], theorem: Theorem) -> SweepPoint:
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
        relative_error=None if rms is None or not reference else rms / reference,
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


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, None if a value is missing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _verdict(records: Sequence[_Record], failures: int, probability: float) -> bool | None:
    """Judge the runs at one value; a theorem that may fail is allowed as many failures."""
    if any(record.silent_rows and record.holds is False for record in records):
        return False
    if failures and probability > 0:
        from scipy.stats import binom  # costs 0.3 s when first imported

        return bool(binom.sf(failures - 1, len(records), probability) >= _IMPLAUSIBLE)
    return all_hold([record.holds for record in records])
