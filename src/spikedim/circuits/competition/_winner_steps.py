"""One step of any softmax circuit, for scores that may change from step to step."""

from typing import Any

import numpy as np

from spikedim.circuits._rows import below_max, softmax_rows
from spikedim.circuits.competition._gli_state import Emission, GLIState, gli_step, init_gli_state
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["WinnerState", "draws_phases", "draws_steps", "start_winners", "step_winners"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

WinnerState = GLIState | Array


def draws_steps(mode: SoftmaxMode) -> bool:
    """Whether a circuit needs uniform numbers in every step."""
    return mode in (SoftmaxMode.RACE, SoftmaxMode.GLI_ESCAPE)


def draws_phases(mode: SoftmaxMode) -> bool:
    """Whether a circuit needs uniform numbers before the first step, and only there."""
    return mode is SoftmaxMode.GLI_RANDOM_PHASE


def start_winners(scores: Array, mode: SoftmaxMode, *, phases: Array | None) -> WinnerState:
    """Return the state before the first step of rows [..., n]; phases are for whom they concern."""
    if mode in (SoftmaxMode.GLI, SoftmaxMode.GLI_RANDOM_PHASE, SoftmaxMode.GLI_ESCAPE):
        return init_gli_state(scores, phases=phases if draws_phases(mode) else None)
    return np.zeros(scores.shape)


def step_winners(
    state: WinnerState, scores: Array, mode: SoftmaxMode, *, uniforms: Array | None
) -> tuple[Counts, WinnerState]:
    """Return the spikes of one step, 0 or 1, and the state after it."""
    if isinstance(state, GLIState):
        escape = mode is SoftmaxMode.GLI_ESCAPE
        emission = Emission.ESCAPE if escape else Emission.INTEGRATE_AND_FIRE
        return gli_step(state, scores, emission=emission, uniforms=uniforms if escape else None)
    if uniforms is not None and mode is SoftmaxMode.RACE:
        with np.errstate(divide="ignore"):  # a uniform number of 0 arrives at once
            arrivals = np.log(-np.log1p(-uniforms))
        drives = below_max(scores)  # a large offset would swallow the digits of the arrivals
        arrivals = np.where(np.isneginf(drives), np.inf, arrivals - drives)
        return _one_hot(arrivals.argmin(axis=-1), scores.shape[-1]), state
    membranes = state + softmax_rows(scores)  # cup: in units of the pooled drive, paid by one
    spikes = _one_hot(membranes.argmax(axis=-1), scores.shape[-1])
    return spikes, membranes - spikes


def _one_hot(winner: Counts, n: int) -> Counts:
    """Return 1 at the winner of each row, else 0."""
    return np.asarray(winner[..., None] == np.arange(n), dtype=np.int64)
