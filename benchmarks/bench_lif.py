"""Leaky integrate-and-fire layer, forward and backward, against SpikingJelly: same spikes.

In bfloat16 only the input and output of ours are; its membranes stay float32, unlike the others'.
Every way runs the same currents in turn, in one process, after one warm-up that also compiles.
Ratios on one thread decide; two threads stand beside them. SpikingJelly is asked for the same
neuron (tau 2, hard reset, reset detached, sigmoid surrogate) and one multi-step call; where it is
not installed its columns stay empty. ``accelerate`` is this package's kernel by torch.compile.
"""

import argparse
import importlib
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from spikedim.neurons import LIF, LIFParameters, SigmoidSurrogate, accelerate, fused_norm_lif

THREADS = 2
NEURON, SURROGATE = LIFParameters.spikingjelly(), SigmoidSurrogate()
# name -> steps, rows, channels, type, goal
CASES = {
    "T = 4, float32": (4, 2048, 512, torch.float32, 7.2),
    "T = 16, float32": (16, 512, 512, torch.float32, 4.8),
    "T = 4, bfloat16": (4, 2048, 512, torch.bfloat16, None),
}
Layer = Callable[[Tensor], Tensor]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Allow torch this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fused() -> Layer:
    """Return the loop that also normalises and adds a residual, with neither."""
    run = fused_norm_lif()
    return lambda x: run(x, None, None, NEURON, surrogate=SURROGATE, steps=len(x)).spikes


def compiled() -> Layer:
    """Return the kernel of `accelerate`."""
    layer = LIF(NEURON, surrogate=SURROGATE, run=accelerate())
    return lambda x: layer(x)[0]


def jelly() -> Layer | None:
    """Return SpikingJelly's layer, reset before every call; None if it is not installed."""
    if importlib.util.find_spec("spikingjelly") is None:
        return None
    neuron = importlib.import_module("spikingjelly.activation_based.neuron")
    surrogate = importlib.import_module("spikingjelly.activation_based.surrogate")
    layer = neuron.LIFNode(
        tau=2.0, detach_reset=True, surrogate_function=surrogate.Sigmoid(alpha=4.0), step_mode="m"
    )

    def run(x: Tensor) -> Tensor:
        layer.reset()
        spikes: Tensor = layer(x)
        return spikes

    return run


def timed(layer: Layer, x: Tensor, gradient: Tensor) -> tuple[float, float, Tensor]:
    """Return seconds of the forward pass, of both passes, and the spikes."""
    leaf = x.clone().requires_grad_()
    start = time.perf_counter()
    spikes = layer(leaf)
    between = time.perf_counter()
    torch.autograd.grad(spikes, leaf, gradient)
    end = time.perf_counter()
    return between - start, end - start, spikes.detach()


def case(name: str, repeats: int, *, quick: bool) -> dict[str, Any]:
    """Return one row: medians over interleaved rounds, ratios, and the answer."""
    steps, rows, channels, dtype, goal = CASES[name]
    rows = rows // 64 if quick else rows
    generator = torch.Generator().manual_seed(0)
    x = (1.5 * torch.randn(steps, rows, channels, generator=generator)).to(dtype)
    gradient = torch.randn(x.shape, generator=generator).to(dtype)
    ways = {"fused": fused(), "jelly": jelly(), "accelerate": None if quick else compiled()}
    runs = {key: (way, 1) for key, way in ways.items() if way} | {"two": (ways["fused"], THREADS)}
    seconds: dict[str, list[tuple[float, float]]] = {key: [] for key in runs}
    spikes = {}
    for number in range(repeats + 1):
        for key, (layer, count) in runs.items():
            with threads(count):
                forward, both, spikes[key] = timed(layer, x, gradient)
            if number:
                seconds[key].append((forward, both))
    ns = {
        key: [statistics.median(t[k] for t in found) / x.numel() * 1e9 for k in (0, 1)]
        for key, found in seconds.items()
    }
    # The others keep bfloat16 membranes too, which fire at other times.
    same = spikes if dtype == torch.float32 else {"two": spikes["two"]}
    equal = all(torch.equal(spikes["fused"], other) for other in same.values())
    ratio = ns["jelly"][1] / ns["fused"][1] if "jelly" in ns else None
    row = {
        "name": name,
        "seconds": round(statistics.median(both for _, both in seconds["fused"]), 5),
        "ns_forward": round(ns["fused"][0], 2),
        "ns_both": round(ns["fused"][1], 2),
        "two_threads_ns_both": round(ns["two"][1], 2),
    }
    for key in ("accelerate", "jelly"):
        row[f"{key}_ns_forward"] = round(ns[key][0], 2) if key in ns else None
        row[f"{key}_ns_both"] = round(ns[key][1], 2) if key in ns else None
    return row | {
        "ratio": None if ratio is None else round(ratio, 2),
        "answer": int(spikes["fused"].float().sum()),
        "spikes_equal": equal,
        "goal": "" if goal is None else f">= {goal:g}x",
        "met": None if goal is None or quick or ratio is None else equal and ratio >= goal,
        "seconds_all": {key: [round(both, 5) for _, both in s] for key, s in seconds.items()},
    }


def run(repeats: int = 5, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return one row per case; `quick` rehearses on few rows, without torch.compile."""
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
