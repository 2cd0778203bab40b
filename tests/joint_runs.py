"""A training step of a batch on one process, and of its parts on several."""

from pathlib import Path
from typing import NamedTuple

import torch
from tests.model_examples import generator, inputs, live_model
from torch import distributed, multiprocessing

from spikedim.models import accelerate, synchronise_norms

BATCH = 5
PARTS = (slice(0, 2), slice(2, BATCH))  # of unequal size; only the second has padding in text


class Case(NamedTuple):
    name: str
    overrides: dict[str, int]
    fused: bool = False


_TEXT = {"vocabulary": 20, "tokens": 6}
CASES = {
    "plain": Case("spikformer-2-64/digits", {}),
    "fused, pooled": Case("spikingformer-2-64/mnist", {"side": 8}, fused=True),
    # One process takes the way without padding, through the kernel, the other does not.
    "padded, fused": Case("spikformer-text-2-64/movie-reviews", _TEXT, fused=True),
    "rates": Case("spikingresformer-xs/digits", {}),
}


def train_once(case, part=slice(None)):
    """Return outputs, gradients and buffers of a model after one step on a part of the batch."""
    model = synchronise_norms(live_model(case.name, **case.overrides)).train()
    if case.fused:
        accelerate(model)
    x = inputs(model, BATCH)
    outputs = model(x[part], steps=2 if model.steps > 1 else 1)
    weights = torch.randn(BATCH, *outputs.shape[1:], generator=generator(3)).double()
    (outputs * weights[part]).sum().backward()
    return {
        "outputs": outputs.detach(),
        "gradients": {key: p.grad for key, p in model.named_parameters()},
        "buffers": dict(model.named_buffers()),
    }


def _work(rank, folder):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=len(PARTS)
    )
    found = {name: train_once(case, PARTS[rank]) for name, case in CASES.items()}
    torch.save(found, Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


def train_jointly(folder):
    """Return what each of two processes found, by case."""
    multiprocessing.spawn(_work, args=(str(folder),), nprocs=len(PARTS))
    return [torch.load(Path(folder) / f"{rank}.pt") for rank in range(len(PARTS))]
