"""Which effective dimension does CIFAR-10 have? Every view, every estimator, one table.

Run it with ``make -C studies/cifar10_dimension``; it writes result.json and the table in README.md.
"""

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spikedim._core import write_atomic
from spikedim.data import open_samples
from spikedim.dimension import DimensionEstimate, covariance_spectrum, pca95
from spikedim.planning import measure

HERE = Path(__file__).parent
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
SUBSET = 85
DRAWS = 200
VIEWS = ("pixels", "pooled:4", "patches:4", "patches:16")


def commit() -> str:
    """Return the commit this study ran at, marked if the tree differed from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def row(view: str, estimate: DimensionEstimate) -> dict[str, Any]:
    """Return one line of the table."""
    return {
        "view": view,
        "estimator": estimate.estimator,
        "parameters": estimate.parameters,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "still_rising": estimate.still_rising,
        "n_samples": estimate.n_samples,
        "n_features": estimate.n_features,
    }


def section(result: dict[str, Any]) -> str:
    """Return the result section of the README."""
    small = result["small_subsets"]
    lines = ["| estimator | " + " | ".join(VIEWS) + " |", "|---|" + "---|" * len(VIEWS)]
    for name in dict.fromkeys(line["estimator"] for line in result["table"]):
        found = {line["view"]: line for line in result["table"] if line["estimator"] == name}
        cells = [
            f"{found[view]['value']:.3g} ({found[view]['low']:.3g}–{found[view]['high']:.3g})"
            + (", still rising" if found[view]["still_rising"] else "")
            for view in VIEWS
        ]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(
        [
            *lines,
            "",
            (
                f"`pca95` of pixels on {small['draws']} random subsets of {small['images']} "
                f"images: {small['mean']:.1f} ± {small['standard_deviation']:.1f} (standard "
                f"deviation; 95 % of the subsets lie in {small['low']:.0f}–{small['high']:.0f})."
            ),
            "",
            (
                f"Seed {result['seed']}; {result['machine']}; commit `{result['commit']}`; data "
                f"`{result['data']}`; {result['seconds']:.0f} s for the table."
            ),
        ]
    )


def small_subsets() -> dict[str, float]:
    """Return PCA-95 of many random subsets of a few images: mean, standard deviation, range."""
    images = open_samples("cifar10").to_numpy()
    generator = np.random.default_rng(SEED)
    values = []
    for _ in range(DRAWS):
        rows = np.sort(generator.choice(len(images), SUBSET, replace=False))
        values.append(pca95(covariance_spectrum(images[rows], replicates=0)).value)
    return {
        "images": SUBSET,
        "draws": DRAWS,
        "mean": float(np.mean(values)),
        "standard_deviation": float(np.std(values, ddof=1)),
        "low": float(np.quantile(values, 0.025)),
        "high": float(np.quantile(values, 0.975)),
    }


def main() -> None:
    """Measure every view and write result.json."""
    began = time.perf_counter()
    table = []
    for view in VIEWS:
        found = measure("cifar10", layer=view, generator=np.random.default_rng(SEED))
        table += [row(view, estimate) for estimate in found.dimensions]
        fingerprint = found.provenance.data_fingerprint
    result = {
        "claim": "CIFAR-10 has an effective dimension of 47 +- 3 (PCA-95)",
        "command": "make -C studies/cifar10_dimension",
        "commit": commit(),
        "seed": SEED,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads",
        "seconds": round(time.perf_counter() - began, 1),
        "data": fingerprint,
        "table": table,
        "small_subsets": small_subsets(),
    }
    write_atomic(HERE / "result.json", json.dumps(result, indent=2, allow_nan=False) + "\n")
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomic(README, f"{before}{BEGIN}\n{section(result)}\n{END}{after}")


if __name__ == "__main__":
    main()
