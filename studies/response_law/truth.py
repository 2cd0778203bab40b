"""What spike noise does to each net, simulated: the truth that the laws are held against.

The loop is this study's own and shares only the reading of rates with the package. Rounds are kept
one by one, so that a stopped simulation goes on and more rounds can be added:

    python -m studies.response_law.truth [NAME ...]
"""

import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from studies.response_law.train import RUNS, WORK, nets
from torch import Tensor

from spikedim._core import write_atomic
from spikedim.response import response_trace
from spikedim.response.networks import AbstractRateNetwork, rate_network
from spikedim.training import Examples, ExampleSplits, TrainedRun, open_examples, open_run

__all__ = ["BLOCK", "STEPS", "Parts", "Truth", "kept_runs", "parts", "read_truth", "splits_of"]

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256)
BLOCK = 256
BATCH = 64
TWINS = RUNS.parents[1] / "cpu_training" / "runs"
WEIGHTED = -1
WEIGHTED_PASSES = {"digits": 1000, "cifar10": 300}
"""Passes of a weighted round; 600 of other data."""
# Which block of test samples a round takes. The first block comes back: laws that are calibrated on
# it have no error of samples. A weighted round takes it too, each sample as often as its part of K
# asks for, since a few samples make up much of K. The digits are one block.
ROUNDS = (0, WEIGHTED, 1, 2, 3, 0, 4, 0)
DIGIT_ROUNDS = (0, WEIGHTED, 0, WEIGHTED, 0, 0)
CIFAR_ROUNDS = (0, WEIGHTED, 1, 2)


@dataclass(frozen=True)
class Parts:
    """Samples a law is calibrated on, and blocks that it is tested on, with their targets."""

    calibration: tuple[Tensor, Tensor]
    blocks: tuple[tuple[Tensor, Tensor], ...]


@dataclass(frozen=True)
class Truth:
    """Squared errors and right answers at every T, [T, S], means over the passes of a sample.

    Those of the first block come first. `passes` are all passes of all samples, `same_passes`
    those of the first block; `noise` is what draws leave of error in its mean, [T].
    """

    errors: np.ndarray
    right: np.ndarray
    same: int
    same_passes: int
    passes: int
    blocks: tuple[int, ...]
    noise: np.ndarray


def kept_runs() -> dict[str, Path]:
    """Return every twin that was kept, by name: those of cpu_training first."""
    kinds = ("twin", "noise")
    found = {path.name: path for kind in kinds for path in sorted(TWINS.glob(f"*-{kind}"))}
    return found | {name: RUNS / name for name in nets() if (RUNS / name / "run.json").exists()}


@cache
def _opened(data: str, validation: float) -> ExampleSplits:
    return open_examples(data, validation=validation)


def splits_of(run: TrainedRun) -> ExampleSplits:
    """Return training, validation and test part of a net."""
    return _opened(run.record.data, run.recipe.validation)


def parts(run: TrainedRun) -> Parts:
    """Return the samples of a net, none of which it was trained on.

    A law is calibrated on 256 samples of the test part and tested on others; on the digits, whose
    test part has 359 samples, it is calibrated on the 143 that were kept aside in training.
    """
    splits = splits_of(run)
    test = splits.test

    def take(examples: Examples, numbers: np.ndarray) -> tuple[Tensor, Tensor]:
        inputs, targets = examples.take(np.sort(numbers))
        return examples.normalise(inputs), targets

    order = np.random.default_rng(0).permutation(len(test))
    if len(test) < 4 * BLOCK:
        spare = splits.validation
        return Parts(take(spare, np.arange(len(spare))), (take(test, order),))
    chosen = [order[start : start + BLOCK] for start in range(0, 6 * BLOCK, BLOCK)]
    taken = [take(test, numbers) for numbers in chosen if len(numbers)]
    return Parts(taken[0], tuple(taken[1:]))


def rounds(name: str) -> tuple[int, ...]:
    """Return the block of every round of a net."""
    data = name.partition("-")[0]
    return {"digits": DIGIT_ROUNDS, "cifar10": CIFAR_ROUNDS}.get(data, ROUNDS)


@torch.no_grad()
def simulated(
    network: AbstractRateNetwork, x: Tensor, y: Tensor, steps: tuple[int, ...], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return squared errors and right answers, [T, S], every rate sent as T Bernoulli spikes."""
    draw = torch.Generator().manual_seed(seed)

    def sent(count: int, rates: Tensor) -> Tensor:
        return torch.binomial(torch.full_like(rates, count), rates, generator=draw) / count

    errors, right = np.zeros((len(steps), len(x))), np.zeros((len(steps), len(x)))
    for start in range(0, len(x), BATCH):
        here = slice(start, start + BATCH)
        exact = network.run(x[here], lambda _, rates: rates)
        for row, count in enumerate(steps):
            found = network.run(x[here], lambda _, rates, count=count: sent(count, rates))
            errors[row, here] = (found - exact).double().square().sum(dim=1).numpy()
            right[row, here] = (found.argmax(dim=1) == y[here]).numpy()
    return errors, right


def _files(name: str, count: int) -> list[Path]:
    return [WORK / "truth" / f"{name}-{number}.npz" for number in range(count)]


def simulate_round(name: str, number: int) -> None:
    """Simulate one round of a net and keep it."""
    run = open_run(kept_runs()[name])
    kind = rounds(name)[number]
    block = max(kind, 0)
    x, y = parts(run).blocks[block]
    rows = np.arange(len(x))
    if kind == WEIGHTED:
        part = response_trace(run.model, x, batch_size=16).sample_traces
        wanted = WEIGHTED_PASSES.get(run.record.data, 600) * part / part.sum()
        rows = np.repeat(rows, np.rint(wanted).astype(int))
    network = rate_network(run.model, caller="truth")
    seed = zlib.crc32(f"{name} {number}".encode())
    errors, right = simulated(network, x[rows], y[rows], STEPS, seed)
    buffer = io.BytesIO()
    np.savez(buffer, block=block, rows=rows, size=len(x), errors=errors, right=right)
    write_atomic(_files(name, number + 1)[number], buffer.getvalue())


def read_truth(name: str) -> Truth | None:
    """Return all kept rounds of a net together; None without a first one."""
    found = [np.load(file) for file in _files(name, len(ROUNDS)) if file.exists()]
    if not found or found[0]["block"] != 0:
        return None
    by_block: dict[int, list[Any]] = {}
    for kept in found:
        by_block.setdefault(int(kept["block"]), []).append(kept)
    means = [_mean(kept) for kept in by_block.values()]
    return Truth(
        errors=np.concatenate([one[0] for one in means], axis=1),
        right=np.concatenate([one[1] for one in means], axis=1),
        same=means[0][0].shape[1],
        same_passes=sum(kept["errors"].shape[1] for kept in by_block[0]),
        passes=sum(kept["errors"].shape[1] for kept in found),
        blocks=tuple(by_block),
        noise=means[0][2],
    )


def _mean(kept: list[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means over the passes of every sample, [T, S] twice, and the noise of the first.

    The noise is the standard error, over draws alone, of the mean over samples, [T]. The variance
    of one pass is taken to be the same multiple of the squared mean for all samples.
    """
    size = kept[0]["errors"].shape[1]
    count, sums = np.zeros(size), np.zeros((3, len(STEPS), size))
    for one in kept:
        rows = one["rows"] if "rows" in one else np.arange(size)
        np.add.at(count, rows, 1)
        for total, values in zip(
            sums, (one["errors"], one["right"], one["errors"] ** 2), strict=True
        ):
            np.add.at(total.T, rows, values.T)
    errors, right, squares = sums / count
    many = count > 1
    variance = (squares - errors**2)[:, many] * (count / np.maximum(count - 1, 1))[many]
    # Without a second pass it is taken to be 1, which it is about where there is one.
    multiple = np.ones(len(STEPS))
    if many.any():
        multiple = variance.sum(axis=1) / (errors[:, many] ** 2).sum(axis=1)
    spread = np.sqrt((multiple[:, None] * errors**2 / count).sum(axis=1)) / size
    return errors, right, spread


def missing() -> Iterator[tuple[str, int]]:
    """Yield rounds to do, the first ones of all nets first, and the largest nets last."""
    names = sorted(kept_runs(), key=lambda name: name.startswith("cifar10"))
    for number in range(len(ROUNDS)):
        for name in names:
            if number < len(rounds(name)) and not _files(name, number + 1)[number].exists():
                yield name, number


def main(names: list[str]) -> None:
    """Simulate what is missing, starting again with the list whenever a net was added."""
    torch.set_num_threads(1)
    (WORK / "truth").mkdir(parents=True, exist_ok=True)
    while wanted := [one for one in missing() if not names or one[0] in names]:
        name, number = wanted[0]
        simulate_round(name, number)
        print(f"{name}: round {number}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
