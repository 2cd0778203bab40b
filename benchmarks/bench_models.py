"""Spikformer-4-384 against SpikingJelly's own, same weights, T = 4, batch 8.

CIFAR-10 shape, weights and statistics copied from SpikingJelly 2.0. Candidates run in turn, in one
process; a time is the lower quartile over the rounds, a ratio that of the times, in brackets the
quartiles of the ratios round by round. The network is alive: normalisations have drawn gains and
the statistics of the batch, and the rate of every population is checked. Saved tensors are the
unique storages that autograd keeps between the passes, weights left out on both sides.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import require
from spikedim.models import AbstractSpikingTransformer, accelerate, build, import_state_dict

MODEL = "spikformer-4-384/cifar10"
STEPS, BATCH, THREADS, ROUNDS = 4, 8, (1, 2), 9
FEWEST, SECONDS = 8, 80.0  # rounds of a table; no more are begun after so long
FLOAT32, AUTOCAST = "SpikingJelly float32", "SpikingJelly autocast"
PLAIN, FAST32, FAST16 = "plain", "accelerated float32", "accelerated bfloat16"
# what -> our candidate -> factors to reach against float32 and against autocast
GOALS = {
    "training step": {FAST32: (1.6, None), FAST16: (3.8, 2.1)},
    "inference": {FAST32: (None, None), FAST16: (5.9, 3.9)},
}
SAVED_GOALS = {FAST32: (None, None), FAST16: (0.30, 0.56)}


class Candidate:
    """A network, with the precision it runs in."""

    def __init__(self, model: nn.Module, *, autocast: bool = False) -> None:
        self.model = model
        self.autocast = autocast

    def logits(self, images: Tensor) -> Tensor:
        """Return logits [B, C]; states are forgotten afterwards."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            out = self.model(images)
        forget(self.model)
        return (
            out.float()
            if isinstance(self.model, AbstractSpikingTransformer)
            else out.float().mean(0)
        )

    def train(self, images: Tensor, labels: Tensor) -> None:
        """Run one step, forward and backward."""
        self.model.train()
        self.model.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(self.logits(images), labels).backward()

    def infer(self, images: Tensor, labels: Tensor) -> None:  # noqa: ARG002
        """Run the network for its answer."""
        self.model.eval()
        with torch.no_grad():
            self.logits(images)


def forget(model: nn.Module) -> None:
    """Reset every neuron of SpikingJelly; ours have nothing to reset."""
    for module in model.modules():
        if hasattr(module, "reset"):
            module.reset()


def data() -> tuple[Tensor, Tensor]:
    """Return images and labels of one batch."""
    draw = torch.Generator().manual_seed(0)
    return (
        torch.randn((BATCH, 3, 32, 32), generator=draw),
        torch.randint(10, (BATCH,), generator=draw),
    )


def peer(images: Tensor) -> nn.Module:
    """Return SpikingJelly's network: drawn weights, gains, shifts; statistics of the batch."""
    spikformer = require(
        "spikingjelly.activation_based.model.spikformer", extra="dev", purpose="the peer"
    )
    model = spikformer.spikformer_cifar10(T=STEPS)
    draw = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        if weight.ndim > 1:
            nn.init.kaiming_uniform_(weight, a=5**0.5, generator=draw)
        else:
            nn.init.zeros_(weight)
    for norm in norms(model):
        norm.weight.data = 1.2 + 0.4 * torch.rand(norm.weight.shape, generator=draw)
        norm.bias.data = 0.8 + 0.2 * torch.randn(norm.bias.shape, generator=draw)
        norm.momentum = None
    model.train()
    with torch.no_grad():
        model(images)
    forget(model)
    for norm in norms(model):
        norm.momentum = 0.1
    return model


def norms(model: nn.Module) -> Iterator[nn.Module]:
    """Yield every normalisation."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
    return (module for module in model.modules() if isinstance(module, kinds))


def ours(model: nn.Module, dtype: torch.dtype = torch.float32) -> AbstractSpikingTransformer:
    """Return our network with the peer's weights."""
    mine = build(MODEL, steps=STEPS, dtype=dtype, pool_first=True, product_bias=False)
    import_state_dict(mine, model.state_dict(), source="spikingjelly")
    return mine


# --- answers ------------------------------------------------------------------------------------


def spikes_of_peer(candidate: Candidate, images: Tensor) -> dict[str, Tensor]:
    """Return the spikes [T, B, N, D] of every population of SpikingJelly, by our names."""
    found: dict[str, Tensor] = {}
    hooks = []

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:  # noqa: ARG001
            found[name] = tokens(output)

        return hook

    for name, module in candidate.model.named_modules():
        if type(module).__name__ == "LIFNode":
            hooks.append(module.register_forward_hook(keep(name)))
    candidate.infer(images, images)
    for hook in hooks:
        hook.remove()
    return {name: part for key, x in found.items() for name, part in renamed(key, x)}


def tokens(x: Tensor) -> Tensor:
    """Return [T, B, N, D] of SpikingJelly's [T, B, D, N], maps, or heads [T, B, H, D / H, N]."""
    if x.ndim == 5 and x.shape[-1] == x.shape[-2]:
        x = x.flatten(3)
    elif x.ndim == 5:
        x = x.flatten(2, 3)
    return x.detach().to(torch.bool).transpose(2, 3)


def renamed(key: str, x: Tensor) -> list[tuple[str, Tensor]]:
    """Return our name of a population; queries, keys and values are one of theirs."""
    _, *path = key.split(".")
    if key.startswith("patch_embed"):
        return [("stem.rpe_lif" if path[0] == "positional_encoding" else f"stem.lif{path[1]}", x)]
    block, place = f"block.{path[0]}", path[-1]
    if place == "qkv_lif":
        parts = x.chunk(3, dim=-1)
        return [(f"{block}.attn.{n}_lif", part) for n, part in zip("qkv", parts, strict=True)]
    inner = {"neuron1": "mlp.fc1_lif", "neuron2": "mlp.fc2_lif"}.get(place, f"attn.{place}")
    return [(f"{block}.{inner}", x)]


def spikes_of(model: AbstractSpikingTransformer, images: Tensor) -> dict[str, Tensor]:
    """Return the spikes [T, B, N, D] of every population of an accelerated model."""
    found: dict[str, Tensor] = {}
    kernels = {name: population.fused for name, population in model.populations.items()}

    def watched(name: str) -> Callable[..., Any]:
        def run(*arguments: Any, residual: Tensor | None = None, **options: Any) -> Any:
            done = kernels[name](*arguments, **options)
            spikes = done.spikes
            found[name] = spikes.detach().to(torch.bool).reshape(STEPS, BATCH, -1, spikes.shape[-1])
            return done if residual is None else done._replace(spikes=residual + spikes)

        return run

    for name, population in model.populations.items():
        population.fused = watched(name)
    try:
        Candidate(model).infer(images, images)
    finally:
        for name, population in model.populations.items():
            population.fused = kernels[name]
    return found


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> dict[str, float]:
    """Return the share of spikes that differ, by population."""
    if a.keys() != b.keys():
        raise ValueError(f"other populations: {sorted(a.keys() ^ b.keys())}")
    return {name: (a[name] ^ b[name]).double().mean().item() for name in a}


def answers(images: Tensor, candidates: dict[str, Candidate]) -> list[dict[str, Any]]:
    """Return rows that say whether the spikes agree; float64 has to, bfloat16 cannot."""
    model = candidates[FLOAT32].model
    double = peer(images)
    double.load_state_dict(model.state_dict())
    truth = spikes_of_peer(Candidate(double.double()), images.double())
    rates = {name: x.double().mean().item() for name, x in truth.items()}
    dead = [name for name, rate in rates.items() if not 0 < rate < 1]
    if dead:
        raise ValueError(f"not alive: {dead}")
    found = {
        "accelerated float64": spikes_of(accelerate(ours(model, torch.float64)), images.double()),
        FAST32: spikes_of(candidates[FAST32].model, images),
        FAST16: spikes_of(candidates[FAST16].model, images),
        FLOAT32: spikes_of_peer(candidates[FLOAT32], images),
        AUTOCAST: spikes_of_peer(candidates[AUTOCAST], images),
    }
    rows = []
    for name, spikes in found.items():
        shares = differing(spikes, truth)
        worst = max(shares, key=lambda key: shares[key])
        exact = name == "accelerated float64"
        rows.append(
            {
                "name": f"spikes unlike SpikingJelly float64: {name}",
                "ours": f"{np.mean(list(shares.values())):.2%}",
                "worst_population": f"{worst} {shares[worst]:.2%}",
                "goal": "0" if exact else "",
                "met": (max(shares.values()) == 0) if exact else None,
                "rates": {key: round(rate, 4) for key, rate in rates.items()},
                "shares": shares,
            }
        )
    return rows


# --- memory ---------------------------------------------------------------------------------------


def saved_megabytes(candidate: Candidate, images: Tensor) -> float:
    """Return the size of what autograd keeps of one forward pass, weights left out."""
    weights = {p.untyped_storage().data_ptr() for p in candidate.model.parameters()}
    sizes: dict[int, int] = {}
    held = []

    def note(x: Tensor) -> Tensor:
        storage = x.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
            held.append(x)  # so that no address is used twice
        return x

    candidate.model.train()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        candidate.logits(images)
    return sum(sizes.values()) / 1e6


def memory(images: Tensor, candidates: dict[str, Candidate]) -> list[dict[str, Any]]:
    """Return one row for each of our precisions."""
    size = {name: saved_megabytes(candidate, images) for name, candidate in candidates.items()}
    rows = []
    for name, (most_float32, most_autocast) in SAVED_GOALS.items():
        to_float32, to_autocast = size[name] / size[FLOAT32], size[name] / size[AUTOCAST]
        goals = [
            (ratio, goal)
            for ratio, goal in ((to_float32, most_float32), (to_autocast, most_autocast))
            if goal is not None
        ]
        rows.append(
            {
                "name": f"saved tensors, {name}",
                "ours": f"{size[name]:.0f} MB",
                "spikingjelly_float32": f"{size[FLOAT32]:.0f} MB",
                "spikingjelly_autocast": f"{size[AUTOCAST]:.0f} MB",
                "to_float32": f"{to_float32:.2f}",
                "to_autocast": f"{to_autocast:.2f}",
                "goal": " and ".join(f"<= {goal:.2f}" for _, goal in goals),
                "met": all(ratio <= goal for ratio, goal in goals) if goals else None,
                "megabytes": {key: round(value, 1) for key, value in size.items()},
            }
        )
    return rows


# --- time -----------------------------------------------------------------------------------------


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Allow torch this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def timings(
    runs: dict[str, Callable[[Tensor, Tensor], None]], rounds: int, batch: tuple[Tensor, Tensor]
) -> dict[str, list[float]]:
    """Return seconds of every round, after one that does not count; each starts with another."""
    names, began = list(runs), time.perf_counter()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for count in range(rounds + 1):
        if count > FEWEST and time.perf_counter() - began > SECONDS:
            break
        first = count % len(names)
        for name in names[first:] + names[:first]:
            start = time.perf_counter()
            runs[name](*batch)
            if count:
                seconds[name].append(time.perf_counter() - start)
    spent, done = time.perf_counter() - began, len(seconds[names[0]])
    tell(f"{done} of {rounds} rounds in {spent:.0f} s (none begun after {SECONDS:.0f} s)")
    return seconds


def tell(message: str) -> None:
    """Say how far this is."""
    print(f"  {message}", file=sys.stderr, flush=True)


def ratio(seconds: dict[str, list[float]], slow: str, fast: str) -> tuple[float, str]:
    """Return how many times faster, and the same with quartiles over the rounds."""
    a, b = np.array(seconds[slow]), np.array(seconds[fast])
    value = float(np.quantile(a, 0.25) / np.quantile(b, 0.25))
    low, high = np.quantile(a / b, [0.25, 0.75])
    return value, f"{value:.2f} ({low:.2f} to {high:.2f})"


def speed(
    what: str, count: int, seconds: dict[str, list[float]], *, quick: bool
) -> list[dict[str, Any]]:
    """Return one row for each of our ways."""
    quartile = {name: float(np.quantile(found, 0.25)) for name, found in seconds.items()}
    rows = []
    for name in (PLAIN, FAST32, FAST16):
        goals = GOALS[what].get(name, (None, None))
        to_float32, to_autocast = (
            ratio(seconds, FLOAT32, name),
            ratio(seconds, AUTOCAST, name),
        )
        wanted = [
            (found[0], goal)
            for found, goal in zip((to_float32, to_autocast), goals, strict=True)
            if goal is not None
        ]
        decides = wanted and count == 1 and not quick
        rows.append(
            {
                "name": f"{what}, {name}, {count} thread{'s' if count > 1 else ''}",
                "ours": f"{quartile[name]:.3f} s",
                "spikingjelly_float32": f"{quartile[FLOAT32]:.3f} s",
                "spikingjelly_autocast": f"{quartile[AUTOCAST]:.3f} s",
                "to_float32": to_float32[1],
                "to_autocast": to_autocast[1],
                "goal": " and ".join(f">= {goal:g}x" for _, goal in wanted) if count == 1 else "",
                "met": all(found >= goal for found, goal in wanted) if decides else None,
                "seconds_all": {
                    key: [round(s, 4) for s in found] for key, found in seconds.items()
                },
            }
        )
    return rows


def run(repeats: int = ROUNDS, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return rows of time, memory and answers; `quick` rehearses in two rounds."""
    images, labels = data()
    model = peer(images)
    candidates = {
        FLOAT32: Candidate(model),
        AUTOCAST: Candidate(model, autocast=True),
        PLAIN: Candidate(ours(model)),
        FAST32: Candidate(accelerate(ours(model))),
        FAST16: Candidate(accelerate(ours(model), precision="bfloat16")),
    }
    rounds = 2 if quick else max(repeats, ROUNDS)
    tell("answers ...")
    checks = answers(images, candidates)  # before training moves the statistics
    rows = []
    for count in THREADS:
        with threads(count):
            for what in GOALS:
                tell(f"{what}, threads: {count} ...")
                runs = {
                    name: candidate.train if what == "training step" else candidate.infer
                    for name, candidate in candidates.items()
                }
                rows += speed(what, count, timings(runs, rounds, (images, labels)), quick=quick)
    return rows + memory(images, candidates) + checks


def main() -> None:
    """Print one line per row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    for row in run(given.repeats, quick=given.quick):
        plain = {key: x for key, x in row.items() if not isinstance(x, dict)}
        print(json.dumps(plain), flush=True)


if __name__ == "__main__":
    main()
