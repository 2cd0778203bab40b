"""Small trainings of a second, and what is compared of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from spikedim.training import ExampleKind, Examples, ExampleSplits, open_recipe

MODEL = "spikformer-2-64/digits"


def splits(count=48, *, classes=3, side=8, channels=1, seed=0):
    """Return images whose brightness tells their class, in three parts."""
    random = np.random.default_rng(seed)

    def part(name, size):
        targets = random.integers(0, classes, size)
        targets[:classes] = np.arange(classes)
        noise = random.random((size, channels, side, side)) * 0.3
        inputs = (noise + targets[:, None, None, None] / classes * 0.7).astype(np.float32)
        return Examples(
            spec="made",
            split=name,
            kind=ExampleKind.IMAGES,
            inputs=inputs,
            targets=targets,
            classes=classes,
            mean=(0.4,) * channels,
            deviation=(0.3,) * channels,
            fingerprint=f"sha256:{seed}{count}",
        )

    return ExampleSplits(part("train", count), part("validation", 16), part("test", 16))


def small_recipe(**changes):
    """Return a recipe of few updates on the plain path."""
    values = {"epochs": "2", "batch_size": "16", "fast": "false", "optimiser.learning_rate": "1e-3"}
    return open_recipe("cpu/digits", changes=values | changes)


def shared_recipe():
    """Return a recipe whose updates are smooth: AdamW turns a rounding error near 0 into a step."""
    smooth = {"optimiser.kind": "sgd", "optimiser.learning_rate": "1e-3"}
    return small_recipe(epochs="1", **{"augmentation.crop": "1", **smooth})


def shared_splits():
    """Return images with one to validate: one process has it, the other has none."""
    found = splits()
    part = found.validation
    one = replace(part, inputs=part.inputs[:1], targets=part.targets[:1])
    return found._replace(validation=one)


def weights(folder):
    """Return the tensors of a finished run."""
    return load_file(Path(folder) / "weights.safetensors")


def same_weights(one, other):
    """Say whether two runs ended in the same weights, bit by bit."""
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(
        first[key].tobytes() == second[key].tobytes() for key in first
    )


def log_without_time(folder):
    """Return the lines of a log, times and speeds left out."""
    lines = [json.loads(line) for line in (Path(folder) / "log.jsonl").read_text().splitlines()]
    return [
        {key: value for key, value in line.items() if key not in ("seconds", "samples_per_second")}
        for line in lines
    ]
