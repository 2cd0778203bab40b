"""Training of Spikformer-2-128 on CIFAR-10 against SpikingJelly, T = 4, batch 64, one thread.

`fit` as a user calls it, beside a plain PyTorch loop over SpikingJelly's own Spikformer of as many
parameters (several steps in one call, torch backend): same images, flips, crops, loss, AdamW
(fused). Fresh weights every round; all take turns in one process, each starts a round. The first
update of a round does not count, nor what `fit` does before and after its updates: opening data,
one checkpoint. Nobody validates. Samples per second are those of the lower quartile of times over
the rounds, ratios in brackets the quartiles round by round. The bare step is forward, loss and
backward of our model on one batch that lies ready. Shares come from a profile of more updates with
a checkpoint after each, whose cost is then spread over an epoch as `fit` writes them: one a minute
and one at its end. Added memory is the peak of training in a process of its own, above what it
holds with the data loaded and after a training with a batch of 2.
"""

import argparse
import cProfile
import gc
import importlib.util
import json
import math
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import require
from spikedim.data import fetch
from spikedim.models import AbstractSpikingTransformer, accelerate, build, card
from spikedim.training import Examples, ExampleSplits, Recipe, fit, open_examples, open_recipe

STEPS, ROUNDS, UPDATES, MEMORY_UPDATES = 4, 6, 8, 2
TORCH_THREADS = 1
PACKAGES = ("spikingjelly", "lightning-fabric", "numba")
CHECKPOINT_SECONDS, MOST_OVERHEAD = 60.0, 0.05
PLAIN, FAST32, FAST16 = "fit, plain", "fit, fast float32", "fit, fast bfloat16"
FLOAT32, AUTOCAST = "SpikingJelly, float32", "SpikingJelly, autocast bfloat16"
# what of the recipe makes each of ours
OURS = {
    PLAIN: {"fast": "false", "precision": "float32"},
    FAST32: {"fast": "true", "precision": "float32"},
    FAST16: {"fast": "true", "precision": "bfloat16"},
}
PEERS = (FLOAT32, AUTOCAST)
ARCHITECTURE = {"pool_first": True, "product_bias": False}  # of SpikingJelly's Spikformer
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is trained, and how much of it is one round."""

    examples: Examples
    model: str = "spikformer-2-128/cifar10"
    batch_size: int = 64
    updates: int = UPDATES

    @property
    def splits(self) -> ExampleSplits:
        """Return examples without a part kept aside."""
        return ExampleSplits(self.examples, None, self.examples)

    def recipe(self, name: str, updates: int) -> Recipe:
        """Return the recipe of one of ours; that of bfloat16 also serves the peers."""
        switches = {f"model.{key}": str(value).lower() for key, value in ARCHITECTURE.items()}
        changes = {"updates": str(updates), "batch_size": str(self.batch_size), "steps": str(STEPS)}
        return open_recipe("cpu/cifar10", changes=changes | switches | OURS.get(name, {}))


# --- ours -----------------------------------------------------------------------------------------


def train_ours(job: Job, name: str, updates: int) -> float:
    """Return seconds of `fit`, from the end of its first update to that of its last."""
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        fit(
            job.model,
            job.splits,
            out=folder,
            recipe=job.recipe(name, updates + 1),
            watch=lambda _: ends.append(time.perf_counter()),
        )
    return ends[-1] - ends[0]


def network(job: Job, name: str) -> AbstractSpikingTransformer:
    """Return the network that `fit` trains under this name."""
    made = build(job.model, steps=STEPS, generator=torch.Generator().manual_seed(0), **ARCHITECTURE)
    recipe = job.recipe(name, 1)
    return accelerate(made, precision=recipe.precision.value) if recipe.fast else made


def train_bare(job: Job, name: str, updates: int) -> float:
    """Return seconds of forward, loss and backward on one batch that lies ready."""
    model = network(job, name).train()
    images, labels = job.examples.take(np.arange(job.batch_size))
    images = job.examples.normalise(images)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images).float(), labels, label_smoothing=0.1).backward()

    return after_the_first(step, updates)


def after_the_first(step: Callable[[], None], updates: int) -> float:
    """Return seconds of updates after one that does not count."""
    step()
    start = time.perf_counter()
    for _ in range(updates):
        step()
    return time.perf_counter() - start


# --- the peer -------------------------------------------------------------------------------------


def peer_network(job: Job) -> nn.Module:
    """Return SpikingJelly's network of the same size, with weights drawn as it draws them."""
    jelly = require(
        "spikingjelly.activation_based.model.spikformer", extra="dev", purpose="the peer"
    )
    found = card(job.model)
    model: nn.Module = jelly.Spikformer(
        T=STEPS,
        img_size_h=32,
        img_size_w=32,
        patch_size=4,
        num_classes=job.examples.classes,
        embed_dims=found.width,
        num_heads=found.heads,
        depths=found.depth,
    )
    draw = torch.Generator().manual_seed(0)
    for weight in model.parameters():
        if weight.ndim > 1:
            nn.init.trunc_normal_(weight, std=0.02, generator=draw)
    counts = [sum(p.numel() for p in m.parameters()) for m in (model, network(job, PLAIN))]
    if counts[0] != counts[1]:
        raise ValueError(f"not of the same size: {counts[0]} and {counts[1]} parameters")
    return model


def augment(images: Tensor, draw: torch.Generator, *, crop: int = 4) -> Tensor:
    """Return images mirrored and moved at random; what enters is black."""
    count, _, height, width = images.shape
    mirrored = torch.rand(count, generator=draw) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
    padded = nn.functional.pad(images, (crop,) * 4)
    corners = torch.randint(2 * crop + 1, (count, 2), generator=draw).tolist()
    return torch.stack(
        [x[:, y : y + height, z : z + width] for x, (y, z) in zip(padded, corners, strict=True)]
    )


def train_peer(job: Job, name: str, updates: int) -> float:
    """Return seconds of a plain loop over SpikingJelly's network."""
    reset = require(
        "spikingjelly.activation_based.functional", extra="dev", purpose="the peer"
    ).reset_net
    examples, recipe, model = job.examples, job.recipe(FAST16, updates + 1), peer_network(job)
    pixels, labels = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    mean, deviation = (
        torch.tensor(values)[:, None, None] for values in (examples.mean, examples.deviation)
    )
    rate, decay = recipe.optimiser.learning_rate, recipe.optimiser.weight_decay
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates + 1)
    draw = torch.Generator().manual_seed(0)
    batches = torch.randperm(len(labels), generator=draw).split(job.batch_size)
    progress: list[tuple[float, float]] = []
    model.train()

    def step() -> None:
        rows = batches[len(progress)]
        images, targets = pixels[rows].float().div_(255), labels[rows]
        images = (augment(images, draw, crop=recipe.augmentation.crop) - mean) / deviation
        with torch.autocast("cpu", torch.bfloat16, enabled=name == AUTOCAST):
            logits = model(images).mean(0)
        smoothing = recipe.objective.label_smoothing
        loss = nn.functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        reset(model)
        right = (logits.detach().argmax(-1) == targets).float().mean()
        progress.append((loss.item(), right.item()))

    return after_the_first(step, updates)


# --- time -----------------------------------------------------------------------------------------


@contextmanager
def one_thread() -> Iterator[None]:
    """Allow torch one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(TORCH_THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def runs_of(job: Job) -> dict[str, Callable[[int], float]]:
    """Return what takes turns: seconds for a number of updates."""
    runs: dict[str, Callable[[int], float]] = {}
    for name in OURS:
        runs[name] = lambda updates, name=name: train_ours(job, name, updates)
        runs[f"bare {name}"] = lambda updates, name=name: train_bare(job, name, updates)
    if importlib.util.find_spec("spikingjelly") is not None:
        for name in PEERS:
            runs[name] = lambda updates, name=name: train_peer(job, name, updates)
    return runs


def timings(job: Job, rounds: int) -> dict[str, list[float]]:
    """Return seconds of every round, after one of a single update that does not count."""
    runs = runs_of(job)
    names = list(runs)
    for name in names:
        runs[name](1)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for count in range(rounds):
        first = count % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            seconds[name].append(runs[name](job.updates))
        tell(f"round {count + 1} of {rounds}")
    return seconds


def tell(message: str) -> None:
    """Say how far this is."""
    print(f"  {message}", file=sys.stderr, flush=True)


def ratio(slow: list[float], fast: list[float]) -> str:
    """Return how many times faster, and the quartiles of that over the rounds."""
    value = quartile(slow) / quartile(fast)
    low, high = np.quantile(np.array(slow) / np.array(fast), [0.25, 0.75])
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def quartile(seconds: list[float]) -> float:
    """Return the lower quartile."""
    return float(np.quantile(seconds, 0.25))


# --- shares ---------------------------------------------------------------------------------------


def shares(job: Job, name: str, updates: int) -> dict[str, float]:
    """Return what each part of `fit` takes of its time, from a profile of its updates."""
    profile, marks = cProfile.Profile(), []

    def watch(_: object) -> None:
        if len(marks) == updates:
            profile.disable()
        marks.append(time.perf_counter())
        if len(marks) == 1:
            profile.enable()

    with tempfile.TemporaryDirectory() as folder:
        fit(
            job.model,
            job.splits,
            out=folder,
            recipe=job.recipe(name, updates + 1),
            checkpoint_every=0.0,
            watch=watch,
        )
    total = marks[updates] - marks[0]
    found: dict[tuple[str, str], float] = {}
    for (path, _, function), row in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "spikedim" in Path(path).parts:
            key = (Path(path).name, function)
            found[key] = found.get(key, 0.0) + row[3]
    return _shares(job, found, total, updates)


def _shares(
    job: Job, found: dict[tuple[str, str], float], total: float, updates: int
) -> dict[str, float]:
    """Return shares of an epoch, from seconds of functions with all that they call."""
    save = found["_session.py", "save"]
    update, part = found["_update.py", "run"], found["_update.py", "_part"]
    draw = found["_update.py", "_draw"]
    taken = sum(
        found[key]
        for key in (
            ("_examples.py", "take"),
            ("_examples.py", "normalise"),
            ("_augmentation_draw.py", "part"),
            ("_augmentation_draw.py", "apply"),
        )
    )
    log = found["_training_log.py", "append"]
    epoch = (total - save) / updates * (len(job.examples) // job.batch_size)
    checkpoints = math.ceil(epoch / CHECKPOINT_SECONDS) * save / updates
    whole = epoch + checkpoints
    parts = {
        "data_and_augmentation": draw + taken,
        "forward_and_backward": part - taken,
        "optimiser": update - draw - part,
        "log": log,
        "other": total - save - update - log,
    }
    scale = epoch / (total - save) / whole
    return {key: value * scale for key, value in parts.items()} | {
        "checkpoint": checkpoints / whole
    }


# --- memory ---------------------------------------------------------------------------------------


def added_gigabytes(job: Job, name: str) -> float:
    """Return the peak of training in this process, above what it holds before."""
    small = Job(examples=job.examples, model=job.model, batch_size=2)
    one_round(small, name, 1)
    gc.collect()
    before = _kilobytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    one_round(job, name, MEMORY_UPDATES)
    return (_kilobytes("VmHWM") - before) / 2**20


def one_round(job: Job, name: str, updates: int) -> float:
    """Return seconds of one candidate."""
    return runs_of(job)[name](updates)


def _kilobytes(key: str) -> int:
    line = next(s for s in STATUS.read_text(encoding="ascii").splitlines() if s.startswith(key))
    return int(line.split()[1])


def _memory_of(name: str) -> float:
    command = [sys.executable, "-m", "benchmarks.bench_training", "--memory-of", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return round(float(done.stdout), 3)


# --- rows -----------------------------------------------------------------------------------------


def rows_of(job: Job, seconds: dict[str, list[float]], *, decides: bool) -> list[dict[str, Any]]:
    """Return one row for each way to train."""
    samples = job.batch_size * job.updates
    rows = []
    for name in (name for name in seconds if not name.startswith("bare")):
        own = seconds[name]
        row: dict[str, Any] = {
            "name": name,
            "samples_per_second": round(samples / quartile(own), 2),
            "of_all_rounds": f"{samples / max(own):.4g} to {samples / min(own):.4g}",
        }
        if name in OURS:
            for key, peer in zip(
                ("times_spikingjelly_float32", "times_spikingjelly_autocast"), PEERS, strict=True
            ):
                row[key] = ratio(seconds[peer], own) if peer in seconds else None
            bare = seconds[f"bare {name}"]
            row["bare_step_samples_per_second"] = round(samples / quartile(bare), 2)
            row["speed_of_bare_step"] = ratio(bare, own)
            row |= _share_columns(shares(job, name, 2 * job.updates), decides=decides)
        row["seconds_all"] = [round(s, 4) for s in own]
        rows.append(row)
    return rows


def _share_columns(found: dict[str, float], *, decides: bool) -> dict[str, Any]:
    """Return the shares as columns, and whether those beside the learning are small enough."""
    overhead = found["data_and_augmentation"] + found["log"] + found["checkpoint"]
    return {f"share_of_{key}": f"{value:.2%}" for key, value in found.items()} | {
        "data_log_and_checkpoints": f"{overhead:.2%}",
        "goal": f"data, log and checkpoints < {MOST_OVERHEAD:.0%}",
        "met": overhead < MOST_OVERHEAD if decides else None,
        "shares": {key: round(value, 6) for key, value in found.items()},
    }


def cifar10() -> Examples:
    """Return the training images, all of them."""
    fetch("cifar10")
    return open_examples("cifar10", validation=0.0).train


def run(repeats: int = ROUNDS, *, quick: bool = False, memory: bool = True) -> list[dict[str, Any]]:
    """Return one row for each way to train; `quick` rehearses with small batches in one round."""
    job = Job(examples=cifar10())
    if quick:
        job = Job(examples=job.examples, batch_size=8, updates=2)
    with one_thread():
        seconds = timings(job, 1 if quick else max(repeats, ROUNDS))
        tell("shares ...")
        rows = rows_of(job, seconds, decides=not quick)
    for row in rows if memory else ():
        tell(f"memory, {row['name']} ...")
        row["added_peak_gb"] = _memory_of(row["name"])
    return rows


def main() -> None:
    """Print one JSON object per way to train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--memory-of", choices=[*OURS, *PEERS], help="measure one here")
    given = parser.parse_args()
    if given.memory_of:
        with one_thread():
            print(added_gigabytes(Job(examples=cifar10()), given.memory_of))
        return
    for row in run(given.repeats, quick=given.quick, memory=not given.quick):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
