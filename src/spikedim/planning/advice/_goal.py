"""What has to be reached, and the fewest steps that reach it unchanged."""

from collections.abc import Callable

from spikedim._core import AbstractProgress
from spikedim.bounds import Epsilon
from spikedim.models import Coding
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._sampled import falls_within
from spikedim.training import TrainedRun

__all__ = ["find_goal", "first_good"]

_GRID = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


def find_goal(
    run: TrainedRun,
    half: Half,
    baseline: AbstractCandidate,
    tolerance: float,
    epsilon: Epsilon | None,
    progress: AbstractProgress,
) -> tuple[int, float | None, str, tuple[str, ...]]:
    """Return T of the baseline, what has to be reached, and that in words."""
    coded = run.model.coding is Coding.RATES
    error = None if epsilon is None else _squared(epsilon, half)
    points = f"{100 * tolerance:.3g} points"
    if not coded:
        steps = run.record.steps + run.recipe.neurons.warm_up_steps
        if epsilon is not None:
            return steps, error, f"outputs within {_words(epsilon)}", ()
        return steps, None, f"accuracy within {points} of that at T = {steps}", ()
    goal = (
        f"accuracy within {points} of exact rates"
        if epsilon is None
        else f"outputs within {_words(epsilon)}"
    )

    def good(steps: int) -> bool:
        found = baseline.sample(half, steps)
        if error is None:
            return falls_within(half.reference_right, found.right, tolerance)
        return found.error <= error

    task = progress.start("find the baseline", None)
    fewest = first_good(good)
    progress.finish(task)
    if fewest is None:
        note = f"The goal is not reached by T = {_GRID[-1]}, which is taken for the baseline."
        return _GRID[-1], error, goal, (note,)
    return fewest, error, goal, ()


def first_good(good: Callable[[int], bool]) -> int | None:
    """Return the fewest steps of the grid that are good enough, looking at every second first."""
    low, high = -1, 0
    while not good(_GRID[high]):
        if high == len(_GRID) - 1:
            return None
        low, high = high, min(high + 2, len(_GRID) - 1)
    return _GRID[high - 1] if high - low > 1 and good(_GRID[high - 1]) else _GRID[high]


def _squared(epsilon: Epsilon, half: Half) -> float:
    """Return an error as a squared Frobenius distance."""
    entries = half.reference.shape[1]
    return epsilon.as_squared_fro(entries=entries, mean_square=half.reference_mean_square)


def _words(epsilon: Epsilon) -> str:
    return f"{epsilon.value:g} ({epsilon.kind.value})"
