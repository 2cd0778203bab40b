"""What the faults of released spiking transformers do: each switch on and off, same weights.

Run it with ``make -C studies/legacy_switches``; it writes result.json and the tables in README.md.
"""

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from spikedim._core import write_atomic
from spikedim.models import build, card, input_statistics, recalibrate_norms

HERE = Path(__file__).parent
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
DEAD = (
    "spikformer-4-384/cifar10",
    "spikingformer-4-384/cifar10",
    "spikformer-8-512/imagenet",
    "spikformer-2-256/cifar10-dvs",
    "sdt-v1-2-512/cifar100",
    "spikingbert-4/sst2",
)
LEAKY = "qkformer-4-384/cifar10"
BATCHES = (1, 2, 4, 8)
DROPPED = "spikformer-2-64/cifar10"
RESFORMER = "spikingresformer-xs/cifar10"
DEPTH, DRAWS = 8, 12
DROP_PATHS = (0.1, 0.2)


def commit() -> str:
    """Return the commit this study ran at, marked if the tree differed from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def generator(seed: int = SEED) -> torch.Generator:
    """Return a source of random numbers of its own."""
    return torch.Generator().manual_seed(seed)


def images(count: int, *, side: int = 32, channels: int = 3, seed: int = 1) -> Tensor:
    """Return normal images: what normalisation leaves of pixels, without their correlations."""
    return torch.randn(count, channels, side, side, generator=generator(seed))


def live(name: str, **choices: Any) -> Any:
    """Build a model in evaluation mode whose normalisations have seen 16 images, so it fires."""
    model = build(name, generator=generator(), **choices)
    recalibrate_norms(model, [images(16, seed=7)])
    return model.eval()


def dead_parameters() -> list[dict[str, Any]]:
    """Count parameters with and without those that never act, and compare the logits."""
    rows = []
    for name in DEAD:
        found = card(name)
        right = build(name, device="meta")
        released = build(name, device="meta", legacy_dead_parameters=True)
        rows.append(
            {
                "model": name,
                "used": sum(p.numel() for p in right.parameters()),
                "released": sum(p.numel() for p in released.parameters()),
                "printed": found.published_parameters,
                "logit_change": logit_change(name),
            }
        )
    return rows


def logit_change(name: str) -> float | None:
    """Return the largest change of a logit, None where one forward pass is no matter of seconds."""
    if name.partition("/")[2] != "cifar10":
        return None
    x = images(2)
    with torch.no_grad():
        logits = [live(name, legacy_dead_parameters=switch)(x, steps=4) for switch in (False, True)]
    return float((logits[0] - logits[1]).abs().max())


def batch_leak() -> dict[str, Any]:
    """Compare the logits of an image alone with those in a batch, at both ends of the batch."""
    x = images(max(BATCHES))
    found: dict[str, Any] = {"model": LEAKY, "rows": []}
    alone, batched = {}, {}
    right = live(LEAKY)
    leaky = build(LEAKY, legacy_batch_leak=True).eval()
    leaky.load_state_dict(right.state_dict())  # statistics too: only the leak differs
    for leak, model in ((False, right), (True, leaky)):
        with torch.no_grad():
            alone[leak] = torch.cat([model(image[None]) for image in x])
            batched[leak] = {count: model(x[:count]) for count in BATCHES}
    found["alone_with_and_without"] = float((alone[True] - alone[False]).abs().max())
    found["scale"] = float(alone[False].std())
    for count in BATCHES:
        change = {
            leak: (batched[leak][count] - alone[leak][:count]).abs().amax(1) for leak in alone
        }
        found["rows"].append(
            {
                "batch": count,
                "first": float(change[True][0]),
                "last": float(change[True][-1]),
                "largest": float(change[True].max()),
                "corrected": float(change[False].max()),
                "labels_changed": int(
                    (batched[True][count].argmax(1) != alone[True][:count].argmax(1)).sum()
                ),
            }
        )
    return found


def drop_path() -> dict[str, Any]:
    """Compare logits in training mode with and without the branches that should be dropped."""
    x = images(8)
    found: dict[str, Any] = {"model": f"{DROPPED}, {DEPTH} blocks", "draws": DRAWS, "rows": []}
    logits = {}
    for largest in (0.0, *DROP_PATHS):
        model = build(DROPPED, depth=DEPTH, drop_path=largest, generator=generator())
        draws = DRAWS if largest else 1
        with torch.no_grad():
            logits[largest] = torch.stack(
                [model(x, generator=generator(seed)) for seed in range(draws)]
            )
    right = logits[0.0]
    for largest in DROP_PATHS:
        change = (logits[largest] - right).norm(dim=-1) / right.norm(dim=-1)
        rates = [largest * block / (DEPTH - 1) for block in range(DEPTH)]
        found["rows"].append(
            {
                "drop_path": largest,
                "branches_dropped_percent": 100 * sum(rates) / DEPTH,
                "relative_logit_change": float(change.mean()),
                "standard_error": float(change.mean(dim=1).std() / DRAWS**0.5),
            }
        )
    return found


def cifar100_statistics() -> dict[str, Any]:
    """State what CIFAR-100 looks like after the normalisation of CIFAR-10, and what a net sees."""
    right, legacy = input_statistics("cifar100"), input_statistics("cifar100", legacy=True)
    channels = [
        {
            "channel": channel,
            "mean": (mean - other) / divisor,
            "deviation": deviation / divisor,
        }
        for channel, mean, deviation, other, divisor in zip(
            ("red", "green", "blue"),
            right.means,
            right.deviations,
            legacy.means,
            legacy.deviations,
            strict=True,
        )
    ]
    # Images with the mean and deviation of CIFAR-100 are normal after the right normalisation.
    x = images(32)
    view = (1, 3, 1, 1)
    shift = torch.tensor([row["mean"] for row in channels]).view(view)
    stretch = torch.tensor([row["deviation"] for row in channels]).view(view)
    model = live(DROPPED)
    with torch.no_grad():
        seen = [model.forward_with_states(inputs) for inputs in (x, x * stretch + shift)]
    spikes = [run.populations["stem.lif0"].spikes for run in seen]
    logits = [run.outputs.mean(0) for run in seen]
    return {
        "model": DROPPED,
        "channels": channels,
        "first_spikes": float(spikes[0].mean()),
        "first_spikes_changed": float((spikes[0] != spikes[1]).float().mean()),
        "relative_logit_change": float((logits[0] - logits[1]).norm() / logits[0].norm()),
    }


def never_fires_at_nan(currents: Tensor) -> Tensor:
    """Return the spikes of currents [T, ...] by the released recursion, which compares NaN."""
    membrane, spikes = torch.zeros_like(currents[0]), []
    for current in currents:
        membrane = membrane + (current - membrane) / 2
        spikes.append((membrane >= 1).to(current.dtype))
        membrane = membrane * (1 - spikes[-1])
    return torch.stack(spikes)


def dead_attention() -> dict[str, Any]:
    """Give attention firing rates of zero, as a released network has them before training."""
    x = images(4)
    model = live(RESFORMER)
    rates = [module for module in model.modules() if hasattr(module, "running_rate")]
    for module in rates:
        module.running_rate.zero_()
    row: dict[str, Any] = {"model": RESFORMER}
    logits = {}
    for form in ("prior", "released"):
        seen, hooks = [], []
        if form == "released":
            hooks = [m.register_forward_hook(lambda m, _, __: m.running_rate) for m in rates]
        for name, population in model.populations.items():
            if name.endswith(("attn.attn_lif", "attn.out_lif")):
                hooks += listen(population, seen if name.endswith("attn.attn_lif") else [])
        with torch.no_grad():
            logits[form] = model(x)
        for hook in hooks:
            hook.remove()
        size = sum(spikes.numel() for _, spikes in seen)
        row[f"{form}_rate"] = sum(float(spikes.sum()) for _, spikes in seen) / size
        invalid = sum(int(currents.isnan().sum()) for currents, _ in seen)
        row[f"{form}_nan_percent"] = 100 * invalid / size
        row[f"{form}_logits_finite"] = bool(logits[form].isfinite().all())
    change = logits["released"] - logits["prior"]
    row["relative_logit_change"] = float(change.norm() / logits["prior"].norm())
    return row


def listen(population: nn.Module, seen: list[tuple[Tensor, Tensor]]) -> list[Any]:
    """Let neurons that refuse NaN compare it, as released ones do; note currents and spikes."""
    received = []

    def before(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        received.append(inputs[0])
        return (inputs[0].nan_to_num(0.0, 0.0, 0.0), *inputs[1:])

    def after(_: nn.Module, __: tuple[Any, ...], ___: Tensor) -> Tensor:
        spikes = never_fires_at_nan(received[-1])
        seen.append((received[-1], spikes))
        return spikes

    return [population.register_forward_pre_hook(before), population.register_forward_hook(after)]


def section(result: dict[str, Any]) -> str:
    """Return the result section of the README."""
    leak, drop = result["batch_leak"], result["drop_path"]
    shift, dead = result["cifar100_statistics"], result["dead_attention"]
    lines = [
        "**Parameters that never act** (`legacy_dead_parameters=True`)",
        "",
        "| model | used | with dead ones | printed | largest change of a logit |",
        "|---|--:|--:|--:|--:|",
    ]
    for row in result["dead_parameters"]:
        change = "not run" if row["logit_change"] is None else f"{row['logit_change']:g}"
        lines.append(
            f"| `{row['model']}` | {row['used']:,} | {row['released']:,} | {row['printed'] or '–'} "
            f"| {change} |"
        )
    lines += [
        "",
        (
            f"**QKFormer's leak across the batch** (`legacy_batch_leak=True`), `{leak['model']}`; "
            f"logits of one image have a standard deviation of {leak['scale']:.3f}. Alone, both "
            f"forms differ by {leak['alone_with_and_without']:.2g}. In a batch, logits change by"
        ),
        "",
        "| batch | first image | last image | largest | labels changed | without the leak |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['batch']} | {row['first']:.3f} | {row['last']:.3f} | {row['largest']:.3f} "
        f"| {row['labels_changed']} | {row['corrected']:.2g} |"
        for row in leak["rows"]
    ]
    lines += [
        "",
        f"**Stochastic depth that is never applied** (`drop_path`), {drop['model']}, training mode",
        "",
        "| largest drop_path | branches dropped | change of the logits |",
        "|--:|--:|--:|",
        "| accepted and ignored, as released | 0 % | 0 % |",
    ]
    lines += [
        f"| {row['drop_path']:g} | {row['branches_dropped_percent']:.0f} % "
        f"| {100 * row['relative_logit_change']:.1f} ± {100 * row['standard_error']:.1f} % |"
        for row in drop["rows"]
    ]
    lines += [
        "",
        "**CIFAR-100 with the statistics of CIFAR-10** (`input_statistics(..., legacy=True)`)",
        "",
        "| channel | mean after normalisation (right: 0) | deviation (right: 1) |",
        "|---|--:|--:|",
    ]
    lines += [
        f"| {row['channel']} | {row['mean']:+.3f} | {row['deviation']:.3f} |"
        for row in shift["channels"]
    ]
    lines += [
        "",
        (
            f"In an untrained `{shift['model']}` whose normalisations saw the right numbers, "
            f"{100 * shift['first_spikes_changed']:.1f} % of the first population's entries change "
            f"({100 * shift['first_spikes']:.0f} % are spikes) and the logits move by "
            f"{100 * shift['relative_logit_change']:.0f} %."
        ),
        "",
        (
            f"**Dead attention before training** (SpikingResformer, no switch), `{dead['model']}` "
            f"with forgotten firing rates: with scales of infinity, as released, "
            f"{dead['released_nan_percent']:.1f} % of the attention potentials are NaN, the "
            f"attention fires at {100 * dead['released_rate']:.1f} %, and no NaN shows in the "
            f"logits. With a finite prior rate it fires at {100 * dead['prior_rate']:.1f} %, "
            f"{dead['prior_nan_percent']:.0f} % NaN. The logits differ by "
            f"{100 * dead['relative_logit_change']:.0f} %."
        ),
        "",
        (
            f"Seed {result['seed']}; {result['machine']}; commit `{result['commit']}`; "
            f"{result['seconds']:.0f} s."
        ),
    ]
    return "\n".join(lines)


def measure() -> dict[str, Any]:
    """Run every comparison."""
    return {
        "dead_parameters": dead_parameters(),
        "batch_leak": batch_leak(),
        "drop_path": drop_path(),
        "cifar100_statistics": cifar100_statistics(),
        "dead_attention": dead_attention(),
    }


def main() -> None:
    """Measure, write result.json and the section of the README."""
    began = time.perf_counter()
    result = {
        "claim": "The faults of released code change training and accuracy, not only counts",
        "command": "make -C studies/legacy_switches",
        "commit": commit(),
        "seed": SEED,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, "
        f"threads: {torch.get_num_threads()}",
        **measure(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    write_atomic(HERE / "result.json", json.dumps(result, indent=2, allow_nan=False) + "\n")
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomic(README, f"{before}{BEGIN}\n{section(result)}\n{END}{after}")


if __name__ == "__main__":
    main()
