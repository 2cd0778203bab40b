"""Exact dimension of CIFAR-10 pixels (50,000 x 3,072 bytes) against scikit-learn.

Ours and the peers take turns in one process with the same number of threads, after one warm-up on
a part of the data. scikit-learn gets float32, its fastest input (on bytes it converts to float64
and takes longer); the conversion is not timed. Memory is the peak above the loaded data, each case
in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from spikedim.data import fetch, open_samples
from spikedim.dimension import covariance_spectrum, participation_ratio, pca95

THREADS = 2
FULL_REPEATS = 2
STATUS = Path("/proc/self/status")


def pixels() -> np.ndarray[Any, Any]:
    """Return the training images, uint8 [50000, 3072]."""
    fetch("cifar10")
    return open_samples("cifar10", layer="pixels").to_numpy()


def through_pca(x: np.ndarray[Any, Any], solver: str) -> tuple[float, float]:
    """Return d95 and the participation ratio from scikit-learn's eigenvalues."""
    found = PCA(svd_solver=solver).fit(x).explained_variance_.astype(np.float64)
    held = np.cumsum(found)
    d95 = float(np.searchsorted(held, 0.95 * held[-1]) + 1)
    return d95, float(held[-1] ** 2 / np.square(found).sum())


def _wide(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return x.astype(np.float32)


# name -> what to time (given bytes and float32), what it answers
CASES: dict[str, Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], float]] = {
    "pca95": lambda x, _: pca95(x, replicates=0).value,
    "pca95 with interval": lambda x, _: pca95(x).value,
    "participation_ratio": lambda x, _: participation_ratio(x, replicates=0).value,
    "participation_ratio with interval": lambda x, _: participation_ratio(x).value,
    "covariance_spectrum, no subsets": lambda x, _: (
        pca95(covariance_spectrum(x, replicates=0)).value
    ),
    "covariance_spectrum": lambda x, _: pca95(covariance_spectrum(x)).value,
    "scikit-learn PCA(0.95, covariance_eigh)": lambda _, w: float(
        PCA(0.95, svd_solver="covariance_eigh").fit(w).n_components_
    ),
    "scikit-learn PCA(0.95, full)": lambda _, w: float(
        PCA(0.95, svd_solver="full").fit(w).n_components_
    ),
    "participation ratio through PCA(full)": lambda _, w: through_pca(w, "full")[1],
}
SLOW = ("scikit-learn PCA(0.95, full)", "participation ratio through PCA(full)")
GOALS = {
    "pca95": [("scikit-learn PCA(0.95, covariance_eigh)", 5), ("scikit-learn PCA(0.95, full)", 25)],
    "participation_ratio": [("participation ratio through PCA(full)", 30)],
}
GOAL_MEMORY = 1.0


def timings(
    x: np.ndarray[Any, Any], names: list[str], repeats: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return seconds of every case over interleaved rounds, and the answers."""
    wide = _wide(x)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    answers = {}
    for name in names:
        CASES[name](x[:4096], wide[:4096])
    for turn in range(repeats):
        for name in names:
            if name in SLOW and turn >= FULL_REPEATS:
                continue
            start = time.perf_counter()
            answers[name] = CASES[name](x, wide)
            seconds[name].append(time.perf_counter() - start)
    return seconds, answers


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Return the ratio of medians and the range over rounds that both ran in."""
    rounds = [b / a for a, b in zip(ours, theirs, strict=False)]
    median = float(np.median(theirs) / np.median(ours))
    return {"ratio": round(median, 2), "low": round(min(rounds), 2), "high": round(max(rounds), 2)}


def added_gigabytes(name: str) -> float:
    """Measure the peak of one case in this process, above what it holds before."""
    x = pixels()
    wide = _wide(x) if name.startswith(("scikit", "participation ratio through")) else x[:1]
    CASES[name](x[:64], wide[:64])
    before = _kilobytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    CASES[name](x, wide)
    return (_kilobytes("VmHWM") - before) / 2**20


def _kilobytes(key: str) -> int:
    line = next(s for s in STATUS.read_text(encoding="ascii").splitlines() if s.startswith(key))
    return int(line.split()[1])


def run(
    repeats: int = 5, *, quick: bool = False, memory: bool = True, names: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return one row per case: answer, median, spread, memory, and ratios to the peers.

    `quick` rehearses on 4,096 images without the slow peers.
    """
    chosen = [name for name in CASES if not names or name in names]
    x = pixels()
    if quick:
        x, chosen = x[:4096], [name for name in chosen if name not in SLOW]
    torch.set_num_threads(THREADS)
    with threadpool_limits(THREADS):
        seconds, answers = timings(x, chosen, repeats)
    rows = []
    for name in chosen:
        low, median, high = np.percentile(seconds[name], [25, 50, 75])
        row: dict[str, Any] = {
            "name": name,
            "answer": round(answers[name], 3),
            "seconds": round(float(median), 3),
            "iqr_s": round(float(high - low), 3),
            "seconds_all": [round(s, 3) for s in seconds[name]],
            "added_peak_gb": _memory_of(name) if memory else None,
            "goal": "",
            "met": None,
        }
        goals = [(peer, least) for peer, least in GOALS.get(name, []) if peer in seconds]
        found = [(peer, least, ratio(seconds[name], seconds[peer])) for peer, least in goals]
        if found:
            row["ratios"] = [{"peer": peer, "goal": least, **r} for peer, least, r in found]
            row["goal"] = "; ".join(
                f">= {least}x {peer}: {r['ratio']:.1f} [{r['low']:.1f}, {r['high']:.1f}]"
                for peer, least, r in found
            )
            enough = row["added_peak_gb"] is None or row["added_peak_gb"] <= GOAL_MEMORY
            row["met"] = enough and all(r["ratio"] >= least for _, least, r in found)
        rows.append(row)
    return rows


def _memory_of(name: str) -> float:
    command = [sys.executable, "-m", "benchmarks.bench_exact", "--memory-of", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return round(float(done.stdout), 3)


def main() -> None:
    """Print one JSON object per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory-of", choices=sorted(CASES), help="measure one case here")
    parser.add_argument("--no-memory", action="store_true", help="time only")
    parser.add_argument("--case", action="append", choices=sorted(CASES), help="only these")
    given = parser.parse_args()
    torch.set_num_threads(THREADS)
    if given.memory_of:
        print(added_gigabytes(given.memory_of))
        return
    for row in run(given.repeats, memory=not given.no_memory, names=tuple(given.case or ())):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
