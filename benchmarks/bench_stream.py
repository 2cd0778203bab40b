"""Covariance sketch of generated float32 images of known spectrum: memory, time, answer.

Each case runs in its own process, whose peak resident memory (torch included) is reported.
Images are coefficients with chosen variances, spread over all pixels by an orthonormal cosine
transform and fixed random signs; so the exact d95 of the very samples is that of the small
covariance of the coefficients. Generation is timed separately and excluded.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.fft
import torch

from spikedim.dimension import CovarianceSketch, pca95
from spikedim.dimension._certificate import certified_rank

CASES = {"low-rank": (600, 1.0), "power-law": (4096, 1.3)}
FULL = (
    ("low-rank", 5_000, 150_528),
    ("low-rank", 10_000, 150_528),
    ("low-rank", 20_000, 150_528),
    ("power-law", 20_000, 150_528),
)
QUICK = (("low-rank", 1_000, 3_072), ("power-law", 1_500, 6_144))


class GeneratedImages:
    """A rereadable stream of float32 images [S, D] with variances i**-decay on `rank` axes."""

    layer, fingerprint, scale, offset, group_size, rereadable = "pixels", "", 1.0, 0.0, 1, True
    dtype = np.dtype(np.float32)

    def __init__(self, n_samples: int, n_features: int, *, rank: int, decay: float) -> None:
        self.shape = (n_samples, n_features)
        self.seconds = 0.0
        rng = np.random.default_rng(7)
        self._deviation = (np.arange(1, rank + 1) ** (-decay / 2)).astype(np.float32)
        self._places = rng.choice(n_features, rank, replace=False)
        self._signs = rng.choice(np.array([-1, 1], dtype=np.float32), n_features)

    def batches(self, batch_size: int | None = None) -> Iterator[np.ndarray[Any, Any]]:
        """Yield at most `batch_size` images; the same samples whatever its value."""
        rng = np.random.default_rng(11)
        step = batch_size or 128
        for start in range(0, self.shape[0], step):
            began = time.perf_counter()
            count = min(step, self.shape[0] - start)
            images = np.empty((count, self.shape[1]), dtype=np.float32)
            for row in range(0, count, 32):
                part = images[row : row + 32]
                values = rng.standard_normal((len(part), len(self._places)), dtype=np.float32)
                part[:] = 0
                part[:, self._places] = values * self._deviation
                part[:] = scipy.fft.idct(part, norm="ortho", workers=2, overwrite_x=True)
                part *= self._signs
                part += 0.5
            self.seconds += time.perf_counter() - began
            yield images

    def exact_d95(self) -> int:
        """Return d95 of these samples from their coefficients."""
        rng = np.random.default_rng(11)
        n_samples, rank = self.shape[0], len(self._places)
        scatter, total = torch.zeros(rank, rank, dtype=torch.float64), torch.zeros(rank)
        for start in range(0, n_samples, 2048):
            shape = (min(2048, n_samples - start), rank)
            values = rng.standard_normal(shape, dtype=np.float32) * self._deviation
            rows = torch.from_numpy(values).double()
            scatter.addmm_(rows.T, rows)
            total = total.double() + rows.sum(dim=0)
        scatter.addr_(total, total, alpha=-1 / n_samples)
        held = torch.linalg.eigvalsh(scatter).flip(0).cumsum(0)
        return int((held < 0.95 * held[-1]).sum()) + 1


def measure(case: str, n_samples: int, n_features: int, budget: str) -> dict[str, Any]:
    """Run one case in this process."""
    torch.set_num_threads(2)
    rank, decay = CASES[case]
    stream = GeneratedImages(n_samples, n_features, rank=rank, decay=decay)
    began = time.perf_counter()
    sketch = CovarianceSketch.from_stream(stream, memory_budget=budget)
    first = time.perf_counter() - began - stream.seconds
    generation = stream.seconds
    began = time.perf_counter()
    once = sketch.spectrum(replicates=0)
    nystrom = time.perf_counter() - began
    began, stream.seconds = time.perf_counter(), 0.0
    twice = sketch.spectrum(stream=stream)
    second = time.perf_counter() - began - stream.seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    estimate = pca95(twice)
    low, high = certified_rank(twice, 0.95)
    return {
        "name": f"{case}, S = {n_samples:,}",
        "n_samples": n_samples,
        "n_features": n_features,
        "sketch_rank": sketch.settings.rank,
        "data_rank": rank,
        "peak_rss_gb": round(peak, 2),
        "first_pass_s_per_1000": round(1000 * first / n_samples, 3),
        "later_passes_s_per_1000": round(1000 * second / n_samples, 3),
        "passes": 3 if "3 passes" in twice.notes[0] else 2,
        "one_pass_finish_s": round(nystrom, 2),
        "generation_s_per_1000": round(1000 * generation / n_samples, 3),
        "d95": estimate.value,
        "d95_low": round(estimate.low, 1),
        "d95_high": round(estimate.high, 1),
        "certified_low": low,
        "certified_high": high,
        "one_pass_certificate": certified_rank(once, 0.95),
        "missing_share": round(twice.missing_variance / twice.total_variance, 6),
        "exact_d95": stream.exact_d95(),
    }


def run(*, quick: bool = False) -> list[dict[str, Any]]:
    """Run every case, each in its own process; `quick` takes seconds."""
    rows = []
    for case, n_samples, n_features in QUICK if quick else FULL:
        command = [sys.executable, "-m", "benchmarks.bench_stream", "--case", case]
        sizes = ["--samples", str(n_samples), "--features", str(n_features)]
        done = subprocess.run([*command, *sizes], check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout))
    return rows


def main() -> None:
    """Print one JSON object per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, seconds")
    parser.add_argument("--case", choices=sorted(CASES), help="run one case in this process")
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--features", type=int, default=150_528)
    parser.add_argument("--budget", default="2.75GB")
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(given.case, given.samples, given.features, given.budget)))
        return
    for row in run(quick=given.quick):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
