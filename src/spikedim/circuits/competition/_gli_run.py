"""Run the log-inhibition circuit over all steps, in pieces of bounded memory."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from spikedim._core import AbstractProgress, SilentProgress
from spikedim.circuits.competition import _gli_numba, _gli_numpy
from spikedim.circuits.competition._gli_rows import Inhibition, Rows
from spikedim.circuits.competition._gli_state import Emission, Update

__all__ = ["gli_backend", "run_rows"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PIECE_STEPS = 1 << 16  # counts are read off the membranes this often: rounding stays below 1e-6
_PIECE_UPDATES = 1 << 30  # below a second, so that Ctrl-C is heard
_PIECE_NUMBERS = 1 << 20  # uniform numbers that are drawn at once: 8 MB
_SMALL = 1 << 27  # numpy's membrane updates in the 0.4 s that loading the compiled loop takes
_CALLS = 3000  # updates in the time of the ten numpy calls of a step
_UPDATES_PER_THREAD = 1 << 22


def gli_backend() -> str:
    """Return what long runs of `gli` use on this machine.

    Returns
    -------
    str
        ``"numba"`` if it is installed (``pip install 'spikedim[fast]'``) and compiles, else
        ``"numpy"``, which is 4 to 20 times slower and gives the same spikes. The first call may
        compile for some seconds.

    Examples
    --------
    >>> gli_backend() in ("numba", "numpy")
    True
    """
    return "numba" if _gli_numba.is_available() else "numpy"


def run_rows(
    logits: Array,
    *,
    steps: int,
    emission: Emission,
    budget: float,
    update: Update,
    generator: np.random.Generator | None = None,
    noise: Array | None = None,
    backend: str | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> Rows:
    """Return the rows after all steps of logits [R, n].

    Escape and random phase need a generator or noise, of shape [T, R, n] and [R, n].
    """
    phases = noise if emission is Emission.RANDOM_PHASE else None
    if emission is Emission.RANDOM_PHASE and phases is None and generator is not None:
        phases = np.asarray(generator.random(logits.shape))
    rows = Rows.start(logits, budget, phases)
    rule = Inhibition.of(update, competitors=logits.shape[1], budget=budget)
    work = logits.size * steps
    if backend is None:
        backend = _chosen_backend(logits.size, steps, escape=emission is Emission.ESCAPE)
    pieces = (
        _drawn_pieces(steps, logits.shape, generator, noise)
        if emission is Emission.ESCAPE
        else _silent_pieces(steps, logits.size)
    )
    task = progress.start("gli: steps", float(steps))
    try:
        for count in _advanced(rows, rule, pieces, backend, _parts(len(logits), work)):
            progress.advance(task, float(count))
    finally:
        progress.finish(task)
    return rows


Piece = tuple[int, int, Array | None]


def _advanced(
    rows: Rows, rule: Inhibition, pieces: Iterator[Piece], backend: str, parts: list[slice]
) -> Iterator[int]:
    """Run piece after piece in place and yield how many steps each was."""
    if backend == "numpy":
        for first, count, drawn in pieces:
            _gli_numpy.advance(rows, rule, first=first, steps=count, uniforms=drawn)
            yield count
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        for first, count, drawn in pieces:
            jobs = [
                pool.submit(
                    _gli_numba.advance,
                    rows,
                    rule,
                    first=first,
                    steps=count,
                    part=part,
                    uniforms=drawn,
                )
                for part in parts
            ]
            for job in jobs:
                job.result()
            yield count


def _chosen_backend(entries: int, steps: int, *, escape: bool) -> str:
    """Return numba where it saves time, if it is there."""
    worth = steps * (entries + _CALLS) >= _SMALL
    return "numba" if worth and _gli_numba.is_available(escape=escape) else "numpy"


def _silent_pieces(steps: int, entries: int) -> Iterator[Piece]:
    """Yield (first step, steps, no noise)."""
    length = max(1, min(_PIECE_STEPS, _PIECE_UPDATES // entries))
    for first in range(1, steps + 1, length):
        yield first, min(length, steps + 1 - first), None


def _drawn_pieces(
    steps: int,
    shape: tuple[int, ...],
    generator: np.random.Generator | None,
    noise: Array | None,
) -> Iterator[Piece]:
    """Yield (first step, steps, uniforms); the piece size does not change the numbers."""
    length = max(1, _PIECE_NUMBERS // (shape[0] * shape[1]))
    for first in range(1, steps + 1, length):
        count = min(length, steps + 1 - first)
        if noise is not None:
            # Writable like drawn numbers: for another type the loop would be compiled again.
            yield first, count, np.require(noise[first - 1 : first - 1 + count], None, ["C", "W"])
        elif generator is not None:
            yield first, count, generator.random((count, *shape))


def _parts(rows: int, work: int) -> list[slice]:
    """Split the rows over as many threads as torch is allowed and the work is worth."""
    threads = max(1, min(torch.get_num_threads(), rows, work // _UPDATES_PER_THREAD))
    edges = np.linspace(0, rows, threads + 1).astype(int).tolist()
    return [slice(a, b) for a, b in itertools.pairwise(edges)]
