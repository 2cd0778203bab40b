"""The response law against simulating T = 1, 2, 4, ..., 256.

Kept twins, test images. One round measures, in turn: a pass with exact rates,
K, the curve through T = 1 and 4 and the adaptive curve (both with K at hand), and one coded pass at
each of nine T. A coded pass draws counts at once and costs about the same at every T, so the nine
passes are what plain simulation costs here. Whoever runs a network step by step pays a pass a step:
256 for the longest T, with all shorter ones given away as its prefixes.

Equal accuracy: both are repeated with other draws on the same samples, and held against a long
simulation whose passes are shared out by how much a sample errs. A few samples make up most of the
error of a trained net, so plain passes, as many for every sample, scatter widely; the number of
them that makes their squared errors as close (root mean square of the log over rounds, bias
included, median over T >= 2) as those of the curve, at least one, multiplies the cost of
simulation. Times are medians over rounds, ratios those of the medians, with the lowest and highest
ratio of a round. The last lines tell what is cheaper where one plain pass is good enough.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikedim.models import AbstractSpikingTransformer
from spikedim.response import ResponseCurve, response_curve, response_trace, simulate_response
from spikedim.training import open_examples, open_run

STUDIES = Path(__file__).resolve().parents[1] / "studies"
# name -> kept run, samples, samples of a rehearsal
CASES = {
    "digits-twin, 64 samples": ("cpu_training/runs/digits-twin", 64, 8),
    "mnist-noise, 32 samples": ("cpu_training/runs/mnist-noise", 32, 4),
    "cifar10-twin, 16 samples": ("cpu_training/runs/cifar10-twin", 16, 2),
}
STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
FEW_STEPS = (1, 2, 4, 8, 16)
REFERENCE_PASSES = 24
GOAL = 20.0
EXACT, TRACE, TWO, ADAPTIVE, PLAIN = "exact", "K", "two points", "adaptive", "simulated"


def opened(folder: str, count: int) -> tuple[AbstractSpikingTransformer, Tensor]:
    """Return a trained twin and test images."""
    run = open_run(STUDIES / folder)
    examples = open_examples(run.record.data, validation=run.recipe.validation).test
    chosen = np.linspace(0, len(examples) - 1, count).astype(int)
    return run.model.eval(), examples.normalise(examples.take(chosen)[0])


def jobs(model: AbstractSpikingTransformer, x: Tensor) -> dict[str, Callable[[int], Any]]:
    """Return what is timed; each takes the number of a round, which seeds its draws."""
    trace = response_trace(model, x)

    def exact(_: int) -> Tensor:
        with torch.no_grad():
            return model(x)

    def curve(number: int, **options: Any) -> ResponseCurve:
        draw = torch.Generator().manual_seed(number)
        return response_curve(model, x, trace=trace, generator=draw, **options)

    def plain(number: int) -> list[float]:
        draw = torch.Generator().manual_seed(1000 + number)
        found = simulate_response(model, x, steps=STEPS, generator=draw)
        return [point.squared_error for point in found.points]

    return {
        EXACT: exact,
        TRACE: lambda _: response_trace(model, x),
        TWO: lambda number: curve(number, calibration=(1, 4), passes=1),
        ADAPTIVE: curve,
        PLAIN: plain,
    }


def reference(model: AbstractSpikingTransformer, x: Tensor, *, quick: bool) -> list[float]:
    """Return squared errors of a long simulation, more of it where samples err more."""
    draw = torch.Generator().manual_seed(10**6)
    passes = 1 if quick else REFERENCE_PASSES
    return list(
        response_curve(
            model, x, calibration=STEPS, passes=passes, generator=draw
        ).calibration_errors
    )


def miss(found: list[list[float]], truth: list[float]) -> np.ndarray:
    """Return mean squared deviations of the logs over rounds, for T >= 2."""
    return np.square(np.log(np.array(found) / np.array(truth)))[:, 1:].mean(axis=0)


def comparison(
    seconds: dict[str, list[float]],
    curves: list[ResponseCurve],
    plain: list[list[float]],
    truth: list[float],
    key: str,
) -> dict[str, Any]:
    """Return cost, accuracy and ratios of one form of the curve."""
    said = [[curve.at(count).squared_error for count in STEPS] for curve in curves]
    passes = max(1.0, float(np.median(miss(plain, truth) / miss(said, truth))))
    off = np.sqrt(miss(said, truth))
    given = [passes * a / b for a, b in zip(seconds[PLAIN], seconds[key], strict=True)]
    whole = [
        passes * a / (b + c)
        for a, b, c in zip(seconds[PLAIN], seconds[key], seconds[TRACE], strict=True)
    ]
    middle = {name: statistics.median(found) for name, found in seconds.items()}
    cost = middle[key]
    walked = passes * STEPS[-1] * middle[EXACT]  # one run of 256 steps, prefixes for free
    return {
        f"{key}: seconds, K at hand": round(cost, 4),
        f"{key}: exact passes, K at hand": round(cost / middle[EXACT], 1),
        f"{key}: T simulated": ", ".join(map(str, curves[0].calibration_steps)),
        f"{key}: RMS of ln, median T": round(float(np.median(off)), 3),
        f"{key}: RMS of ln, worst T": round(float(off.max()), 3),
        f"{key}: plain passes as close": round(passes, 2),
        f"{key}: ratio, K at hand": round(passes * middle[PLAIN] / cost, 2),
        f"{key}: ratio, K at hand, low": round(min(given), 2),
        f"{key}: ratio, K at hand, high": round(max(given), 2),
        f"{key}: ratio with K": round(passes * middle[PLAIN] / (cost + middle[TRACE]), 2),
        f"{key}: ratio with K, low": round(min(whole), 2),
        f"{key}: ratio with K, high": round(max(whole), 2),
        f"{key}: ratio to stepping, K at hand": round(walked / cost, 1),
        f"{key}: ratio to stepping, with K": round(walked / (cost + middle[TRACE]), 1),
    }


def case(name: str, repeats: int, *, quick: bool) -> dict[str, Any]:
    """Return one row."""
    folder, count, few = CASES[name]
    model, x = opened(folder, few if quick else count)
    todo = jobs(model, x)
    answers: dict[str, list[Any]] = {key: [] for key in todo}
    seconds: dict[str, list[float]] = {key: [] for key in todo}
    names = list(todo)
    todo[EXACT](0)
    for number in range(repeats):
        first = number % len(names)
        for key in names[first:] + names[:first]:
            start = time.perf_counter()
            answers[key].append(todo[key](number))
            seconds[key].append(time.perf_counter() - start)
    middle = {key: statistics.median(found) for key, found in seconds.items()}
    truth = reference(model, x, quick=quick)
    two, adaptive = (
        comparison(seconds, answers[key], answers[PLAIN], truth, key) for key in (TWO, ADAPTIVE)
    )
    per_pass = middle[PLAIN] / len(STEPS)
    questions = {
        "one T": per_pass,
        "T = 1 to 16": per_pass * len(FEW_STEPS),
        "nine T to 256": middle[PLAIN],
        "every T to 64": per_pass * 64,
    }
    whole = middle[TRACE] + middle[ADAPTIVE]
    return {
        "name": name,
        "exact pass, seconds": round(middle[EXACT], 4),
        "K, seconds": round(middle[TRACE], 4),
        "K, exact passes": round(middle[TRACE] / middle[EXACT], 1),
        "nine T simulated once, seconds": round(middle[PLAIN], 4),
        "nine T simulated once: RMS of ln, median T": round(
            float(np.median(np.sqrt(miss(answers[PLAIN], truth)))), 3
        ),
        "one coded pass, exact passes": round(per_pass / middle[EXACT], 1),
        **two,
        **adaptive,
        **{
            f"cheaper for {question}, one pass each": (
                "simulation"
                if cost < middle[ADAPTIVE]
                else "curve with K at hand"
                if cost < whole
                else "curve, even with K"
            )
            for question, cost in questions.items()
        },
        "answer": f"K = {answers[TRACE][0].value:.4g}",
        "goal": f">= {GOAL:g}x, adaptive with K at hand",
        "met": None if quick else adaptive[f"{ADAPTIVE}: ratio, K at hand"] >= GOAL,
        "seconds_all": {key: [round(s, 4) for s in found] for key, found in seconds.items()},
    }


def run(repeats: int = 5, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return one row per case; `quick` rehearses on few samples."""
    rows = []
    for name in CASES:
        print(f"  {name} ...", file=sys.stderr, flush=True)
        rows.append(case(name, 1 if quick else max(repeats, 5), quick=quick))
    return rows


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
