"""Log-inhibition softmax in float64: compiled loop against the best numpy loop, same counts.

Both loops run the same steps of the same rows in turn, in one process, after one warm-up. The numpy
loop factors the exponential (one per row and step), works in place on blocks of rows that stay in
the cache and reads the counts off the membranes; the compiled loop does the same arithmetic. Ratios
on one thread decide; the run on two threads stands beside them. Counts must be equal.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from spikedim.circuits import Emission, Update
from spikedim.circuits.competition._gli_run import run_rows

THREADS = 2
# name -> emission, rows, competitors, steps, steps of a rehearsal, goal
CASES = {
    "integrate-and-fire, 4,096 rows, n = 64, T = 256": (
        Emission.INTEGRATE_AND_FIRE,
        (4096, 64, 256, 16),
        3.5,
    ),
    "integrate-and-fire, 16 rows, n = 256, T = 65,536": (
        Emission.INTEGRATE_AND_FIRE,
        (16, 256, 65536, 512),
        10.0,
    ),
    "escape, 4,096 rows, n = 64, T = 256": (Emission.ESCAPE, (4096, 64, 256, 16), None),
}


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Allow torch and the numerical libraries this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


def timed(
    z: np.ndarray[Any, Any], steps: int, emission: Emission, backend: str, count: int
) -> tuple[float, np.ndarray[Any, Any]]:
    """Return seconds and counts of one run."""
    with threads(count):
        start = time.perf_counter()
        counts = run_rows(
            z,
            steps=steps,
            emission=emission,
            budget=1.0,
            update=Update.LINEAR,
            generator=np.random.default_rng(1),
            backend=backend,
        ).counts
        return time.perf_counter() - start, counts


def case(name: str, repeats: int, *, quick: bool) -> dict[str, Any]:
    """Return one row: medians, spread, ratios over interleaved rounds, and the answer."""
    emission, (rows, n, steps, few), goal = CASES[name]
    z = np.random.default_rng(0).standard_normal((rows, n))
    steps = few if quick else steps
    runs = {"numpy": ("numpy", 1), "numba": ("numba", 1), "two": ("numba", THREADS)}
    for backend, count in runs.values():
        timed(z, 4, emission, backend, count)
    seconds: dict[str, list[float]] = {key: [] for key in runs}
    counts = {}
    for _ in range(repeats):
        for key, (backend, count) in runs.items():
            taken, counts[key] = timed(z, steps, emission, backend, count)
            seconds[key].append(taken)
    equal = all(np.array_equal(counts["numpy"], other) for other in counts.values())
    ratios = [a / b for a, b in zip(seconds["numpy"], seconds["numba"], strict=True)]
    median = {key: statistics.median(found) for key, found in seconds.items()}
    ratio = median["numpy"] / median["numba"]
    low, high = np.percentile(seconds["numba"], [25, 75])
    return {
        "name": name,
        "seconds": round(median["numba"], 4),
        "iqr_s": round(float(high - low), 4),
        "numpy_seconds": round(median["numpy"], 4),
        "two_threads_seconds": round(median["two"], 4),
        "updates_per_ns": round(z.size * steps / median["numba"] / 1e9, 2),
        "ratio": round(ratio, 2),
        "ratio_low": round(min(ratios), 2),
        "ratio_high": round(max(ratios), 2),
        "answer": int(counts["numba"].sum()),
        "counts_equal": equal,
        "goal": "" if goal is None else f">= {goal:g}x",
        "met": None if goal is None or quick else equal and ratio >= goal,
        "seconds_all": {key: [round(s, 4) for s in found] for key, found in seconds.items()},
    }


def run(repeats: int = 5, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return one row per case; `quick` rehearses on few steps."""
    return [case(name, repeats, quick=quick) for name in CASES]


def main() -> None:
    """Print one JSON object per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    for row in run(given.repeats, quick=given.quick):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
