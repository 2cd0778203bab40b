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

import numpy as np
import torch
from torch import Tensor

from spikedim._core import write_atomic
from spikedim.response.networks import AbstractRateNetwork, rate_network
from spikedim.training import ExampleSplits, TrainedRun, open_examples, open_run
from studies.response_law.train import RUNS, WORK, nets

__all__ = ["BLOCK", "STEPS", "Parts", "Truth", "kept_runs", "parts", "read_truth"]

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256)
BLOCK = 256
BATCH = 64
LARGE = 24
"""Above this T answers are nearly those of exact rates, and half the rounds suffice."""
FULL_ROUNDS = 4
TWINS = RUNS.parents[1] / "cpu_training" / "runs"
# Which block of test samples a round takes; the first block comes back for the law error, which
# has no error of samples in it. The digits are one block.
ROUNDS = (0, 1, 0, 2, 0, 3, 0, 4)
DIGIT_ROUNDS = (0,) * 6
CIFAR_ROUNDS = ROUNDS[:FULL_ROUNDS]


@dataclass(frozen=True)
class Parts:
    """Samples a law is calibrated on, and blocks that it is tested on, with their targets."""

    calibration: tuple[Tensor, Tensor]
    blocks: tuple[tuple[Tensor, Tensor], ...]


@dataclass(frozen=True)
class Truth:
    """Squared errors and right answers, [T, S] with NaN where nothing was simulated.

    The first block is apart: means over its passes.
    """

    same_errors: np.ndarray
    same_right: np.ndarray
    errors: np.ndarray
    right: np.ndarray
    same_passes: np.ndarray
    passes: np.ndarray


def kept_runs() -> dict[str, Path]:
    """Return every twin that was kept, by name: those of cpu_training first."""
    kinds = ("twin", "noise")
    found = {path.name: path for kind in kinds for path in sorted(TWINS.glob(f"*-{kind}"))}
    return found | {name: RUNS / name for name in nets() if (RUNS / name / "run.json").exists()}


@cache
def _splits(data: str, validation: float) -> ExampleSplits:
    return open_examples(data, validation=validation)


def parts(run: TrainedRun) -> Parts:
    """Return the samples of a net, none of which it was trained on.

    A law is calibrated on 256 samples of the test part and tested on others; on the digits, whose
    test part has 359 samples, it is calibrated on the 143 that were kept aside in training.
    """
    splits = _splits(run.record.data, run.recipe.validation)
    test = splits.test

    def take(examples, numbers):
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
    block = rounds(name)[number]
    x, y = parts(run).blocks[block]
    steps = STEPS if number < FULL_ROUNDS else tuple(t for t in STEPS if t <= LARGE)
    network = rate_network(run.model, caller="truth")
    seed = zlib.crc32(f"{name} {number}".encode())
    errors, right = simulated(network, x, y, steps, seed)
    buffer = io.BytesIO()
    np.savez(buffer, block=block, steps=steps, errors=errors, right=right)
    write_atomic(_files(name, number + 1)[number], buffer.getvalue())


def read_truth(name: str) -> Truth | None:
    """Return all kept rounds of a net together; None without a first one."""
    found = [np.load(file) for file in _files(name, len(ROUNDS)) if file.exists()]
    if not found or found[0]["block"] != 0:
        return None
    by_block: dict[int, list] = {}
    for kept in found:
        by_block.setdefault(int(kept["block"]), []).append(kept)
    means = {block: _mean(kept) for block, kept in by_block.items()}
    same = means[0]
    return Truth(
        same_errors=same[0],
        same_right=same[1],
        errors=np.concatenate([one[0] for one in means.values()], axis=1),
        right=np.concatenate([one[1] for one in means.values()], axis=1),
        same_passes=same[2],
        passes=sum(one[2] * one[0].shape[1] for one in means.values()),
    )


def _mean(kept: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means over the passes of one block, [T, S] twice, and the number of passes, [T]."""
    width = kept[0]["errors"].shape[1]
    sums, count = np.zeros((2, len(STEPS), width)), np.zeros(len(STEPS))
    for one in kept:
        rows = [STEPS.index(t) for t in one["steps"]]
        sums[0, rows] += one["errors"]
        sums[1, rows] += one["right"]
        count[rows] += 1
    with np.errstate(invalid="ignore"):
        errors, right = sums / count[:, None]
    return errors, right, count


def missing() -> Iterator[tuple[str, int]]:
    """Yield rounds to do, the first ones of all nets first."""
    for number in range(len(ROUNDS)):
        for name in kept_runs():
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
