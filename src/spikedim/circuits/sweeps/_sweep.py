"""A circuit run at many T: its measured error beside its theorem, and how fast it falls."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    WeakResultWarning,
    check_integer,
)
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.sweeps._drawn_size import check_runs
from spikedim.circuits.sweeps._sweep_fit import fit_slope
from spikedim.circuits.sweeps._sweep_headline import headline
from spikedim.circuits.sweeps._sweep_point import point_of, record_of
from spikedim.circuits.sweeps._sweep_result import CircuitSweep, SweepPoint

__all__ = ["Run", "sweep"]

Run = Callable[[int, np.random.Generator], CircuitResult]

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
    law: str = "",
    copies: int = 1,
    copy: str = "",
    vacuous_bound: float | None = None,
    data_fingerprint: str = "",
    command: str | None = None,
    progress: AbstractProgress = _SILENT,
) -> CircuitSweep:
    """Run a circuit at each of `steps`, several times, and fit how its error changes.

    Parameters
    ----------
    run : callable or sequence of callable
        Called with T and a generator, returns a `CircuitResult`. Of a sequence, run number r
        uses item ``r % len(run)``: one item for each input, which it may draw when it is called.
    circuit : str
        Name of the circuit.
    settings : mapping of str
        Every setting by name, kept with the result.
    steps : sequence of int
        Values to sweep, each from 1 to 2**40.
    runs : int
        Runs at each value, from 1 to 2**20.
    expected_slope : float, optional
        Slope that the theorem predicts.
    slope_from : int, optional
        Smallest value used for the slope; by default 64 if that leaves five, otherwise all.
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
    law : str
        What the error law is: exact, first order, at most.
    copies : int
        Independent copies of the circuit that a run holds.
    copy : str
        What one copy computes, e.g. ``"row"``.
    vacuous_bound : float, optional
        Bound that any output keeps: a bound of this size promises nothing.
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
        If `steps` is empty, if one of them or `runs` is out of its range, or if a run refuses
        its input.

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
    values = sorted({check_steps(value, caller="sweep") for value in steps})
    if not values:
        raise InputError("sweep: `steps` must have at least one value; got none.")
    check_runs(runs, caller="sweep")
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
        law=law,
        copies=copies,
        copy=copy,
        vacuous_bound=vacuous_bound,
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
            records.append(record_of(result, error_axes))
            done(at)
        points.append(point_of(at, records, theorem))
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
