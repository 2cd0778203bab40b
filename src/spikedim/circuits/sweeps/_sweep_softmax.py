"""Softmax circuits over T: which error, at which price in spikes, against which theorem."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    check_integer,
    check_positive,
    fingerprint_arrays,
)
from spikedim.circuits._checks import check_logits
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import FARTHEST
from spikedim.circuits.competition._cup import cup
from spikedim.circuits.competition._gli import gli
from spikedim.circuits.competition._published_diagonal_wta import published_diagonal_wta
from spikedim.circuits.competition._published_subtractive_wta import published_subtractive_wta
from spikedim.circuits.competition._race import race
from spikedim.circuits.competition._sparsemax import sparsemax
from spikedim.circuits.sweeps._array_file import given_array
from spikedim.circuits.sweeps._drawn_size import check_drawn_size, check_runs
from spikedim.circuits.sweeps._sweep import Run, sweep
from spikedim.circuits.sweeps._sweep_result import CircuitSweep

__all__ = ["sweep_softmax"]

_CALLER = "sweep_softmax"
_RUNS = 4

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True)
class _Mode:
    """A softmax circuit: how to run it, in words, the slope, norm and law of its theorem."""

    call: Callable[..., CircuitResult]
    words: str
    random: bool
    slope: float | None
    norm: int | None = None
    law: str = ""


_MODES = {
    "gli": _Mode(gli, "gli (integrate and fire", False, -1.0, 1, "heuristic"),
    "gli_random_phase": _Mode(
        partial(gli, emission="random_phase"),
        "gli (integrate and fire from a random phase",
        True,
        -1.0,
        1,
        "heuristic",
    ),
    "gli_escape": _Mode(
        partial(gli, emission="escape"), "gli (escape", True, -0.5, 2, "exact for long runs"
    ),
    "race": _Mode(race, "race (first spike wins", True, -0.5, 2, "exact"),
    "cup": _Mode(cup, "cup (fullest membrane wins", False, -1.0, 2),
    "sparsemax": _Mode(sparsemax, "sparsemax (integral subtractive inhibition", False, None),
    "published_subtractive": _Mode(
        published_subtractive_wta, "published subtractive inhibition (literal", False, None
    ),
    "published_diagonal": _Mode(
        published_diagonal_wta, "published diagonal inhibition (literal", False, None
    ),
}
_WITH_BUDGET = ("gli", "gli_random_phase", "gli_escape")


def sweep_softmax(
    *,
    steps: Sequence[int],
    mode: str = "gli",
    n: int = 64,
    rows: int = 16,
    scale: float = 1.0,
    logits: Any | None = None,
    budget: float = 1.0,
    runs: int | None = None,
    slope_from: int | None = None,
    seed: int = 0,
    command: str | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitSweep:
    """Run one softmax circuit at each T on normal logits, or on your own.

    Parameters
    ----------
    steps : sequence of int
        Values of T, each at least 1.
    mode : str
        ``"gli"``, ``"gli_random_phase"``, ``"gli_escape"``, ``"race"``, ``"cup"``,
        ``"sparsemax"`` (whose target is sparsemax), ``"published_subtractive"`` or
        ``"published_diagonal"``.
    n, rows : int
        Entries of a row, and rows of a run, of drawn logits.
    scale : float
        Standard deviation of drawn logits, above 0.
    logits : array, Tensor or path of a .npy or .npz file, optional
        Logits [..., n] to use in place of drawn ones, the same in every run.
    budget : float
        Spikes per step of a row; only `gli` has one.
    runs : int, optional
        Runs at each T, each with rows of its own; by default 4, and 1 for given logits and a
        circuit without randomness.
    slope_from : int, optional
        Smallest T of the slope fit, see `sweep`.
    seed : int
        Run r draws its logits from ``numpy.random.default_rng([seed, 0, r])``.
    command : str, optional
        How it was asked for.
    progress : AbstractProgress
        Told of every run.

    Returns
    -------
    CircuitSweep
        Errors are l2 norms of rows, those of the theorem as it says.

    Raises
    ------
    InputError
        If an argument is out of its range or `logits` is no array of logits.

    Examples
    --------
    >>> found = sweep_softmax(steps=[64, 128, 256, 512], n=8, rows=4)
    >>> found.holds, round(found.slope.value, 1)
    (True, -1.0)
    """
    name = check_choice(mode, _MODES, name="mode", caller=_CALLER)
    chosen = _MODES[name]
    settings = {"mode": name}
    options: dict[str, Any] = {}
    if name in _WITH_BUDGET:
        options["budget"] = check_positive(budget, name="budget", caller=_CALLER)
        settings["budget"] = f"{options['budget']:g} spikes per row and step"
    elif budget != 1:
        raise InputError(
            f"{_CALLER}: `budget` must be left at 1 for mode {name!r}; got {budget!r}. "
            f"Modes with a budget: {', '.join(_WITH_BUDGET)}."
        )
    if logits is None:
        count = _RUNS if runs is None else check_runs(runs, caller=_CALLER)
        shape = check_drawn_size(("rows", rows), ("n", n), caller=_CALLER)
        deviation = check_positive(scale, name="scale", caller=_CALLER)
        check_integer(seed, name="seed", caller=_CALLER, minimum=0)
        settings["logits"] = f"normal, standard deviation {scale:g}, new ones in each run"
        fingerprint = ""
    else:
        array = check_logits(given_array(logits, name="logits", caller=_CALLER), caller=_CALLER)
        given = array.reshape(-1, array.shape[-1])
        shape = given.shape
        count = _RUNS if chosen.random else 1
        count = count if runs is None else check_runs(runs, caller=_CALLER)
        settings["logits"] = "given, the same in each run"
        fingerprint = fingerprint_arrays(array)

    def drawn(number: int) -> Array:
        """Return the logits of a run; drawn again at every T, so that no run's are kept."""
        if logits is not None:
            return given
        return np.random.default_rng([seed, 0, number]).normal(0.0, deviation, shape)

    settings |= {"n": f"{shape[1]}", "rows": f"{shape[0]} per run", "runs": f"{count}"}
    return sweep(
        [
            _run(chosen, partial(drawn, k), options)
            for k in range(1 if logits is not None else count)
        ],
        circuit=name,
        settings=settings,
        steps=steps,
        runs=count,
        expected_slope=chosen.slope,
        slope_from=slope_from,
        seed=seed,
        subject=f"{chosen.words}, n = {shape[1]:,}, {shape[0]:,} row{'s'[: shape[0] != 1]})",
        quantity="row error (l2)",
        law=chosen.law,
        copies=shape[0],
        copy="row",
        vacuous_bound=None if chosen.norm is None else FARTHEST[chosen.norm],
        data_fingerprint=fingerprint,
        command=command,
        progress=progress,
    )


def _run(mode: _Mode, logits: Callable[[], Array], options: dict[str, Any]) -> Run:
    """Return the circuit on the logits of one run; only a random one gets the generator."""

    def run(steps: int, generator: np.random.Generator) -> CircuitResult:
        source = {"generator": generator} if mode.random else {}
        return mode.call(logits(), steps=steps, measure_error=True, **source, **options)

    return run
