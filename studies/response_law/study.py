"""Does the response law predict the error and the accuracy of rate-coded networks at every T?

Run it with ``make -C studies/response_law``. Each part of each net is kept in work/, so that an
interrupted run goes on; ``python -m studies.response_law.study NAME ...`` does only those nets,
and ``--kept`` none: it writes what is there.
"""

import json
import math
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from studies.cpu_training.study import commit, machine
from studies.response_law import figure, tables
from studies.response_law.train import WORK, nets
from studies.response_law.truth import STEPS, kept_runs, parts, read_truth, splits_of
from torch import Tensor
from torch.nn import functional

from spikedim._core import InputError, read_result, write_atomic
from spikedim.dimension import pca95
from spikedim.response import (
    ResponseCurve,
    ResponseTrace,
    allocate,
    response_curve,
    response_trace,
    simulate_response,
)
from spikedim.response.networks import rate_network
from spikedim.training import TrainedRun, open_run

HERE = Path(__file__).parent
KEPT = WORK / "parts"
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
TOLERANCES = (0.02, 0.05)
ALLOCATED = (8, 32)
ALLOCATION_PASSES = 2
DETERMINISTIC = (1, 2, 4, 8, 16, 32)
VARIANTS: dict[str, dict[str, Any]] = {
    "adaptive": {"variant": "two_point", "calibration": None},
    "two_point": {"variant": "two_point", "calibration": (1, 4)},
    "free": {"variant": "free"},
    "asymptotic": {"variant": "asymptotic"},
}
MADE = ("curves", "allocation", "deterministic", "populations", "dimension")
FEW = 64
"""Samples of which single populations are coded, one after the other."""
ALONE = (16, 4096)
ALONE_PASSES = 128
RATE_SAMPLES = 1000
"""Training samples whose rates give the dimension."""


def draw(name: str, what: str) -> torch.Generator:
    """Return the generator of one part of one net."""
    return torch.Generator().manual_seed(SEED + zlib.crc32(f"{name} {what}".encode()))


def chosen(run: TrainedRun, which: str) -> tuple[Tensor, Tensor]:
    """Return the samples of a calibration: their own, or those of the first block of the truth."""
    found = parts(run)
    return found.calibration if which == "other" else found.blocks[0]


def traced(name: str, run: TrainedRun, which: str) -> ResponseTrace:
    """Return K on one set of samples, kept."""
    file = KEPT / f"{name}.trace-{which}.json"
    if not file.exists():
        x, _ = chosen(run, which)
        write_atomic(file, response_trace(run.model, x, batch_size=16).to_json())
    return read_result(file, ResponseTrace)


def kept(name: str, part: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a part of a net, made if it is not there."""
    file = KEPT / f"{name}.{part}.json"
    if not file.exists():
        began = time.perf_counter()
        found = make()
        found["seconds"] = round(time.perf_counter() - began, 1)
        found["commit"] = commit(HERE)
        write_atomic(file, json.dumps(found, allow_nan=False) + "\n")
        print(f"{name}: {part}, {found['seconds']} s", flush=True)
    result: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return result


def describe(name: str, run: TrainedRun) -> dict[str, Any]:
    """Return what the net is, and K with its parts."""
    began = time.perf_counter()
    other, same = (traced(name, run, which) for which in ("other", "same"))
    ahead = before_maximum(run)
    return {
        "model": run.record.model,
        "family": run.model.card.family,
        "data": run.record.data,
        "depth": run.model.card.depth,
        "noise_steps": run.record.code_steps,
        "updates": run.record.updates,
        "train_samples": run.record.train_samples,
        "minutes": round(run.record.seconds / 60, 2),
        "neurons": other.neurons,
        "populations": len(other.populations),
        "maxima": maxima(run),
        "trace_seconds": round(time.perf_counter() - began, 1),
        "n_samples": {"other": other.n_samples, "same": same.n_samples},
        "value": {"other": [other.value, other.low, other.high], "same": [same.value]},
        "median_trace": float(np.median(same.sample_traces)),
        "lipschitz": other.lipschitz,
        "stable_rank": other.stable_rank,
        "response_dimension": other.response_dimension,
        "reference_mean_square": other.reference_mean_square,
        "first_neurons": other.populations[0].neurons,
        "before_maximum": list(ahead),
        "share_before_maximum": sum(p.share for p in same.populations if p.name in ahead),
        "shares": {p.name: round(p.share, 5) for p in other.populations},
    }


def maxima(run: TrainedRun) -> str:
    """Say of what the network takes maxima."""
    stem = getattr(run.model, "stem", None)
    pools = getattr(stem, "pools", ())
    if not any(pools):
        return "none"
    # The last maximum of Spike-driven Transformer v1 is one of currents.
    last_only = _ends_in_currents(run) and not any(pools[:3])
    return "currents" if last_only or getattr(stem, "pool_first", False) else "rates"


def _ends_in_currents(run: TrainedRun) -> bool:
    return run.model.card.name.startswith("sdt-v1")


def before_maximum(run: TrainedRun) -> tuple[str, ...]:
    """Return the populations whose noise passes a maximum over neighbouring places."""
    kind = maxima(run)
    if kind == "none":
        return ()
    pools = run.model.stem.pools
    last = max(index for index, pool in enumerate(pools) if pool)
    over_currents = kind == "currents" or (_ends_in_currents(run) and last == 3)
    rates = [name for name in run.model.populations if name.startswith("stem.lif")]
    return tuple(rates[: last if over_currents else last + 1])


def curves(name: str, run: TrainedRun) -> dict[str, Any]:
    """Return every law at every T, calibrated on samples of its own and on those of the truth."""
    found: dict[str, Any] = {}
    for which in ("same", "other"):
        x, y = chosen(run, which)
        trace = traced(name, run, which)
        for key, options in VARIANTS.items():
            if which == "other" and key == "two_point":
                continue  # its law error is what the table shows
            began = time.perf_counter()
            curve = response_curve(
                run.model,
                x,
                y,
                trace=trace,
                passes=2 if run.record.data == "cifar10" else 4,
                generator=draw(name, f"{which} {key}"),
                **options,
            )
            found[f"{which} {key}"] = summary(curve, time.perf_counter() - began)
    return found


def summary(curve: ResponseCurve, seconds: float) -> dict[str, Any]:
    """Return what a curve says at every T."""
    at = [curve.at(count) for count in STEPS]
    answers: dict[str, list[int | None]] = {}
    for tolerance in TOLERANCES:
        try:
            answer = curve.steps_for_accuracy(tolerance=tolerance)
        except InputError:  # no T is enough
            answers[str(tolerance)] = [None, None, None]
        else:
            answers[str(tolerance)] = [answer.steps, answer.low, answer.high]
    return {
        "squared_error": [one.squared_error for one in at],
        "low": [one.low for one in at],
        "high": [one.high for one in at],
        "accuracy": [one.accuracy for one in at],
        "reference_accuracy": curve.reference_accuracy,
        "calibration_steps": list(curve.calibration_steps),
        "calibration_errors": list(curve.calibration_errors),
        "interpolated": curve.interpolated,
        "own_asymptote": curve.own_asymptote,
        "passes": curve.passes,
        "steps_for_accuracy": answers,
        "warnings": list(curve.warnings),
        "seconds": round(seconds, 1),
    }


def allocation(name: str, run: TrainedRun) -> dict[str, Any]:
    """Return what unequal steps save: promised on the other samples, measured on the same."""
    x, y = chosen(run, "same")
    trace = traced(name, run, "other")
    offered = {count: allocate(trace, steps=count) for count in ALLOCATED}
    found = simulate_response(
        run.model,
        x,
        y,
        steps=ALLOCATED,
        allocations=[one.steps for one in offered.values()],
        passes=ALLOCATION_PASSES,
        generator=draw(name, "allocation"),
    )
    rows = {}
    for place, (count, one) in enumerate(offered.items()):
        equal, unequal = found.sample_errors[place], found.sample_errors[len(offered) + place]
        points = found.points[place], found.points[len(offered) + place]
        rows[str(count)] = {
            "predicted": one.error_ratio,
            "measured": float(unequal.mean() / equal.mean()),
            "deviation": ratio_deviation(unequal, equal),
            "spikes": points[1].spikes / points[0].spikes,
            "accuracy": [points[0].accuracy, points[1].accuracy],
            "latency": one.latency,
        }
    return rows


def ratio_deviation(above: np.ndarray, below: np.ndarray) -> float:
    """Return the standard error of a ratio of means over the same samples, to first order."""
    ratio = above.mean() / below.mean()
    rest = (above - ratio * below) / below.mean()
    return float(rest.std(ddof=1) / math.sqrt(len(rest)))


def deterministic(name: str, run: TrainedRun) -> dict[str, Any]:  # noqa: ARG001
    """Return what sigma-delta spikes do, beside independent ones, on the same samples."""
    x, y = chosen(run, "same")
    found = simulate_response(run.model, x, y, steps=DETERMINISTIC, code="sigma_delta")
    exact = found.reference_accuracy
    return {
        "squared_error": [point.squared_error for point in found.points],
        "accuracy": [point.accuracy for point in found.points],
        "exact": exact,
    }


@torch.no_grad()
def populations(name: str, run: TrainedRun) -> dict[str, Any]:
    """Return T times the squared error over c_l with one population coded at a time."""
    x = chosen(run, "same")[0][:FEW]
    trace = response_trace(run.model, x, batch_size=16)
    # Samples that make up more of K come more often, and each counts once.
    part = trace.sample_traces / trace.sample_traces.sum()
    count = np.maximum(np.rint(ALONE_PASSES * part), 1).astype(int)
    rows = np.repeat(np.arange(len(x)), count)
    weights = torch.as_tensor(1 / count / len(x))[rows]
    network = rate_network(run.model, caller="study")
    exact = network.run(x, lambda _, rates: rates)[rows]
    generator = draw(name, "populations")
    found: dict[str, Any] = {}
    for row in trace.populations:
        if row.share < 0.01:
            continue
        errors = []
        for steps in ALONE:

            def coded(at: str, rates: Tensor, only: str = row.name, steps: int = steps) -> Tensor:
                if at != only:
                    return rates
                counts = torch.full_like(rates, steps)
                return torch.binomial(counts, rates, generator=generator) / steps

            moved = torch.cat([network.run(x[some], coded) for some in np.split(rows, [FEW])])
            squares = (moved - exact).double().square().sum(dim=1)
            errors.append(steps * float((weights * squares).sum()) / row.trace)
        found[row.name] = {"share": row.share, "ratio": errors}
    return {"steps": list(ALONE), "rows": found, "tied": tied_maxima(run, x)}


@torch.no_grad()
def tied_maxima(run: TrainedRun, x: Tensor) -> dict[str, float]:
    """Return the share of 3 x 3 maxima of rates that two or more rates in (0, 1) attain.

    At such a place the maximum has no derivative, and the noise of every one of them raises it.
    """
    ahead = before_maximum(run)
    if maxima(run) != "rates":
        return {}
    pools = [index for index, pool in enumerate(run.model.stem.pools) if pool]
    found: dict[str, float] = {}

    def note(name: str, rates: Tensor) -> Tensor:
        if name in ahead and ahead.index(name) in pools:
            planes = rates.movedim(-1, 1)
            flat = planes.reshape(-1, 1, *planes.shape[2:])
            windows = functional.unfold(flat, kernel_size=3, stride=2, padding=1)
            top = windows.max(dim=1, keepdim=True).values
            tied = ((windows == top).sum(dim=1) > 1) & (top[:, 0] > 0) & (top[:, 0] < 1)
            found[name] = float(tied.double().mean())
        return rates

    rate_network(run.model, caller="study").run(x, note)
    return found


@torch.no_grad()
def dimension(name: str, run: TrainedRun) -> dict[str, Any]:  # noqa: ARG001
    """Return d_pca95 of the rates of the first population over training samples."""
    training = splits_of(run).train
    order = np.random.default_rng(0).permutation(len(training))[:RATE_SAMPLES]
    x = training.normalise(training.take(np.sort(order))[0])
    network = rate_network(run.model, caller="study")
    seen: list[np.ndarray] = []

    def note(_: str, rates: Tensor) -> Tensor:
        if not seen or len(seen) < len(seen_batches):
            seen.append(rates.flatten(1).numpy().copy())
        return rates

    seen_batches: list[int] = []
    for start in range(0, len(x), FEW):
        seen_batches.append(start)
        network.run(x[start : start + FEW], note)
    return {"pca95": pca95(np.concatenate(seen)).value, "samples": len(x)}


@torch.no_grad()
def exact(name: str, run: TrainedRun) -> dict[str, Any]:  # noqa: ARG001
    """Return right answers with exact rates and sizes of every block of the truth."""
    right = [(run.model(x).argmax(dim=1) == y).double() for x, y in parts(run).blocks]
    return {"right": [float(one.sum()) for one in right], "sizes": [len(one) for one in right]}


def measured(name: str, exact: dict[str, Any]) -> dict[str, Any] | None:
    """Return the truth of a net in numbers."""
    truth = read_truth(name)
    if truth is None:
        return None
    right = sum(exact["right"][block] for block in truth.blocks)
    size = sum(exact["sizes"][block] for block in truth.blocks)
    first = slice(truth.same)
    return {
        "same_error": truth.errors[:, first].mean(axis=1).tolist(),
        "same_deviation": truth.noise.tolist(),
        "same_accuracy": truth.right[:, first].mean(axis=1).tolist(),
        "same_exact": exact["right"][0] / exact["sizes"][0],
        "same_passes": truth.same_passes,
        "other_error": truth.errors.mean(axis=1).tolist(),
        "other_deviation": _deviation(truth.errors),
        "other_accuracy": truth.right.mean(axis=1).tolist(),
        "other_exact": right / size,
        "samples": truth.errors.shape[1],
        "sample_passes": truth.passes,
    }


def _deviation(errors: np.ndarray) -> list[float]:
    """Return standard errors over samples."""
    found: list[float] = (errors.std(axis=1, ddof=1) / math.sqrt(errors.shape[1])).tolist()
    return found


def assess(name: str) -> dict[str, Any]:
    """Return all that is known of a net."""
    run = open_run(kept_runs()[name])
    makers = {
        "net": describe,
        "exact": exact,
        "curves": curves,
        "allocation": allocation,
        "deterministic": deterministic,
        "populations": populations,
        "dimension": dimension,
    }
    found = {}
    for part, make in makers.items():
        found[part] = kept(name, part, lambda make=make: make(name, run))  # type: ignore[misc]
    return found


def main(names: list[str]) -> None:
    """Do what is missing, and write what is there."""
    torch.set_num_threads(1)
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in [] if names == ["--kept"] else names or kept_runs():
        assess(name)
    found = {}
    for name in kept_runs():
        if not all((KEPT / f"{name}.{part}.json").exists() for part in tables.PARTS):
            continue
        own = assess(name)
        truth = measured(name, own["exact"])
        if truth is not None:
            found[name] = {**own, "measured": truth}
    declared = {name: net["minutes"] for name, net in nets().items()}
    result = {
        "claim": "K, two simulated points and nothing fitted predict error and accuracy at any T",
        "command": "make -C studies/response_law",
        "commit": ", ".join(
            sorted({net[part]["commit"] for net in found.values() for part in MADE})
        ),
        "seed": SEED,
        "machine": f"{machine()}, torch {torch.__version__}, threads: 1",
        "declared_minutes": declared,
        "steps": list(STEPS),
        "nets": found,
    }
    result |= tables.conclusions(result)
    write_atomic(HERE / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    figure.draw(result, HERE)
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomic(README, f"{before}{BEGIN}\n{tables.section(result)}\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
