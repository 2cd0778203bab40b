"""Counting every operation of a forward pass, against the pass alone.

Random images, normalisations that have seen a batch, so that neurons fire; T as published. The
eager pass, our counter and SpikingJelly's three counters run in turn, in one process, after one
warm-up; each round starts with another. A time is the median over the rounds, a ratio that of the
medians, with the lowest and highest ratio of a round beside it. SpikingJelly's counters return
totals by operator and module, ours every layer, step and sample. Both answers are compared: the
synaptic operations of convolutions that read 0 and 1 must be equal.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from spikedim._core import require
from spikedim.energy import OperationCounts, OperationKind, Values, count_operations
from spikedim.models import AbstractSpikingTransformer, build, recalibrate_norms

PACKAGES = ("spikingjelly",)
# name -> model, batch, batch of a rehearsal
CASES = {
    "spikformer-2-128/cifar10, batch 16": ("spikformer-2-128/cifar10", 16, 2),
    "spikformer-4-384/cifar10, batch 8": ("spikformer-4-384/cifar10", 8, 1),
    "qkformer-4-64/cifar10, batch 16": ("qkformer-4-64/cifar10", 16, 2),
}
GOAL = 3.0  # times the eager forward pass
EAGER, OURS, PEER = "eager forward", "counted", "spikingjelly"


def live(name: str, batch: int) -> tuple[AbstractSpikingTransformer, Tensor]:
    """Return a model whose neurons fire, and images."""
    draw = torch.Generator().manual_seed(0)
    model = build(name, generator=draw)
    images = torch.randn((batch, *model.card.input_shape), generator=draw)
    recalibrate_norms(model, [images])
    return model.eval(), images


def eager(model: AbstractSpikingTransformer, images: Tensor) -> Tensor:
    """Run the model alone."""
    with torch.no_grad():
        return model(images)


def peer(model: AbstractSpikingTransformer, images: Tensor) -> int:
    """Count with SpikingJelly; return the synaptic operations of its convolutions."""
    counters = require("spikingjelly.activation_based.op_counter", extra="dev", purpose="the peer")
    found = [counters.ACCounter(), counters.MACCounter(), counters.SynOpCounter()]
    with torch.no_grad(), counters.DispatchCounterMode(found):
        model(images)
    return int(found[-1].get_counts()["Global"][torch.ops.aten.convolution.default])


def convolutions(counts: OperationCounts) -> int:
    """Return our synaptic operations of convolutions of spikes, of the whole batch."""
    rows = [
        row
        for row, o in enumerate(counts.operations)
        if o.kind is OperationKind.CONVOLUTION and o.values is Values.BINARY
    ]
    return round(float(counts.samples[:, rows, 0].sum()))


def case(name: str, repeats: int, *, quick: bool) -> dict[str, Any]:
    """Return one row: medians, ratios over interleaved rounds, and the answers."""
    model_name, batch, few = CASES[name]
    model, images = live(model_name, few if quick else batch)
    runs: dict[str, Callable[..., Any]] = {EAGER: eager, OURS: count_operations}
    if find_spec("spikingjelly") is not None:
        runs[PEER] = peer
    answers = {key: run(model, images) for key, run in runs.items()}
    seconds: dict[str, list[float]] = {key: [] for key in runs}
    names = list(runs)
    for count in range(repeats):
        first = count % len(names)
        for key in names[first:] + names[:first]:
            start = time.perf_counter()
            runs[key](model, images)
            seconds[key].append(time.perf_counter() - start)
    median = {key: statistics.median(found) for key, found in seconds.items()}
    ratios = [a / b for a, b in zip(seconds[OURS], seconds[EAGER], strict=True)]
    counts: OperationCounts = answers[OURS]
    ratio = median[OURS] / median[EAGER]
    sound = not counts.unknown and answers.get(PEER) in (None, convolutions(counts))
    return {
        "name": name,
        "seconds": round(median[OURS], 4),
        "eager_seconds": round(median[EAGER], 4),
        "ratio": round(ratio, 2),
        "ratio_low": round(min(ratios), 2),
        "ratio_high": round(max(ratios), 2),
        "spikingjelly_seconds": round(median[PEER], 4) if PEER in median else None,
        "spikingjelly_ratio": round(median[PEER] / median[EAGER], 2) if PEER in median else None,
        "answer": f"{counts.synaptic_operations / 1e6:.3f} M synaptic operations an image",
        "answers_agree": sound,
        "goal": f"<= {GOAL:g}x the eager forward",
        "met": None if quick else sound and ratio <= GOAL,
        "seconds_all": {key: [round(s, 4) for s in found] for key, found in seconds.items()},
    }


def run(repeats: int = 5, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return one row per case; `quick` rehearses on small batches."""
    rows = []
    for name in CASES:
        print(f"  {name} ...", file=sys.stderr, flush=True)
        rows.append(case(name, 1 if quick else repeats, quick=quick))
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
