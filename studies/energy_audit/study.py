"""The energy of every family and of trained nets, under every rule set, beside every twin.

Run it with ``make -C studies/energy_audit``. Each net is audited once and kept in work/, so that an
interrupted run goes on; ``study.py NAME ...`` audits only those nets.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import figure
import numpy as np
import tables
import torch
from scipy.optimize import brentq

from spikedim._core import Provenance, write_atomic
from spikedim.energy import (
    EnergyAudit,
    Memory,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    Rules,
    audit_energy,
    expected_operations,
    expected_twin_operations,
    price,
    replications,
)
from spikedim.energy.operations import PRODUCTS, SAMPLED
from spikedim.models import Card, card, names

HERE = Path(__file__).parent
RUNS = HERE.parent / "cpu_training" / "runs"
WORK = HERE / "work"
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
CLAIMED = 38.0
OPEN = (Rules.M0, Rules.M1, Rules.M2, Rules.M3)
"""Rule sets that leave stem and sums of spikes open."""


class Net(NamedTuple):
    """What is audited, and on how much."""

    source: str
    samples: int = 256
    steps: int | None = None
    fused: bool = True

    @property
    def name(self) -> str:
        """Its name in tables."""
        at = "" if self.steps is None else f" at T={self.steps}"
        return f"{self.source}{at}{'' if self.fused else ', not folded'}"

    @property
    def kept(self) -> Path:
        """Where its audit is kept."""
        return WORK / f"{self.name.replace('/', '_').replace(', ', '_').replace(' ', '_')}.json"


# The smallest shape of each family, then the official one on few images, which cost more.
DRAWN = (
    Net("spikformer-2-64/cifar10"),
    Net("spikingformer-2-64/cifar10"),
    Net("sdt-v1-2-64/cifar10"),
    Net("sdt-v2-xs/cifar10", 128),
    Net("sdt-v2-xs/cifar10", 128, fused=False),
    Net("qkformer-4-64/cifar10"),
    Net("spikingresformer-xs/cifar10"),
    Net("spikformer-4-384/cifar10", 32),
    Net("spikingformer-4-384/cifar10", 32),
    Net("sdt-v1-2-512/cifar10", 32),
    Net("qkformer-4-384/cifar10", 32),
    Net("spikingresformer-ti/cifar10", 32),
)
TRAINED = (
    *(Net(f"digits-{steps}") for steps in (1, 2, 4, 8)),
    *(Net(f"mnist-{steps}") for steps in (1, 2, 4, 8)),
    Net("fashion-4"),
    Net("reviews-4"),
    Net("cifar10-1"),
    Net("cifar10-4"),
    *(Net("cifar10-4", steps=steps) for steps in (1, 2, 8)),
    Net("digits-noise", steps=4),
    Net("mnist-noise", steps=4),
    Net("cifar10-noise", steps=4),
)
ASKED_STEPS = (1, 2, 4, 8)
ASKED_OF = ("spikformer-4-384/cifar10", "qkformer-4-384/cifar10", "spikformer-8-512/imagenet")


def commit() -> str:
    """Return the commit of the code, marked if package or study differ from it."""
    made_by = ["../../src", "study.py", "../cpu_training/runs"]
    head = ["git", "rev-parse", "--short=12", "HEAD"]
    name = subprocess.run(head, cwd=HERE, capture_output=True, text=True, check=True).stdout
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", *made_by], cwd=HERE)
    return name.strip() + ("-dirty" if changed.returncode else "")


def machine() -> str:
    """Return what the numbers were made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, no GPU"


def audit(net: Net) -> None:
    """Audit a net, unless that was done before."""
    if net.kept.exists():
        return
    began, busy = time.perf_counter(), time.process_time()
    run = RUNS / net.source
    found = audit_energy(
        run if run.is_dir() else net.source,
        samples=net.samples,
        steps=net.steps,
        fused=net.fused,
        seed=SEED,
        command="make -C studies/energy_audit",
    )
    kept = {
        "commit": commit(),
        "seconds": round(time.perf_counter() - began, 1),
        "core_seconds": round(time.process_time() - busy, 1),
        "audit": found.to_dict(),
    }
    write_atomic(net.kept, json.dumps(kept) + "\n")
    print(f"{net.name}: {kept['core_seconds']} s of a core; {found.headline}", flush=True)


def row(net: Net) -> dict[str, Any] | None:
    """Return what the tables need of an audit, None if it is still missing."""
    if not net.kept.exists():
        return None
    kept = json.loads(net.kept.read_text("utf-8"))
    found = EnergyAudit.from_dict(kept["audit"])
    own = [one for one in found.energies if one.subject == "snn" and one.options.word == "fp32"]
    usual = next(one for one in own if one.rules == Rules.M0)
    return {
        "net": net.name,
        "model": found.model,
        "data": found.data,
        "trained": found.trained,
        "coding": "rates" if found.model.endswith(":softmax") else "spikes",
        "steps": found.steps,
        "samples": found.n_samples,
        "accuracy": accuracy(net, found.steps),
        "firing_rate": found.firing_rate,
        "spikes": found.spikes,
        "neurons": found.neurons,
        "unknown": [one.operator for one in found.unknown],
        **operations(found),
        "m0_interval_mj": interval(usual),
        "memory_mj": {
            memory: price(counts_of(found), rules=Rules.M1, memory=memory).value_mj
            for memory in Memory
        },
        "energies_mj": energies(found),
        "published_mj": {
            one.rules: one.value_mj for one in own if one.rules not in (*OPEN, Rules.M4)
        },
        "chip_mj": next(
            ([x.value_mj, x.low_mj, x.high_mj] for x in own if x.rules == Rules.M4), None
        ),
        "expected_mj": {one.rules: one.value_mj for one in found.expected if one.rules in OPEN},
        "twins_mj": [
            {
                "twin": one.subject,
                "rules": one.rules,
                "word": str(one.options.word),
                "mj": [one.value_mj, one.low_mj, one.high_mj],
            }
            for one in found.energies
            if one.subject != "snn" and one.rules == Rules.M0
        ],
        "ratios": [
            {
                "rules": one.rules,
                "word": one.word,
                "twin": one.twin,
                "ratio": [one.value, one.low, one.high],
                "rate": one.break_even.rate,
                "reason": one.break_even.reason,
                "steps": one.break_even_steps,
            }
            for one in found.ratios
        ],
        "best": found.verdict.best,
        "worst": found.verdict.worst,
        "falsified_by": list(found.verdict.falsified_by),
        "commit": kept["commit"],
        "seconds": kept["seconds"],
        "core_seconds": kept["core_seconds"],
    }


def accuracy(net: Net, steps: int) -> float | None:
    """Return the published test accuracy of a trained net at this T, in [0, 1]."""
    result = RUNS / net.source / "result.json"
    if not result.exists():
        return None
    points = json.loads(result.read_text("utf-8"))["evaluation"]["points"]
    return next((point["accuracy"] for point in points if point["steps"] == steps), None)


def interval(one: Any) -> list[float] | None:
    """Return the 95 % interval over samples."""
    ends = one.sample_interval_mj
    return None if ends is None else [ends.low, ends.high]


def spiking(operation: Operation) -> bool:
    """Say whether a product reads spikes or sums of them, and no pixels."""
    kinds = PRODUCTS - {OperationKind.SUMMATION}
    return operation.kind in kinds and operation.accumulates and operation.place is not Place.STEM


def operations(found: EnergyAudit) -> dict[str, Any]:
    """Return the operations as counted, and as firing rates let expect them."""
    read = [one for one in found.operations if spiking(one)]
    weights = [one for one in read if one.other_values is None]
    paired = [one for one in read if one.other_values is not None]
    return {
        "macs_step": sum(one.macs / one.passes for one in found.operations),
        "stem_macs": sum(
            one.macs / one.passes for one in found.operations if one.place is Place.STEM
        ),
        "synaptic_operations": sum(one.synaptic_operations for one in read),
        "weighted_operations": sum(one.weighted_operations for one in read),
        "of_weights": {
            "exact": sum(one.synaptic_operations for one in weights),
            "rate_times_macs": sum(one.rate_times_macs for one in weights),
            "one_rate_times_macs": found.firing_rate * sum(one.macs for one in weights),
            "worst_layer": max(
                (
                    [one.rate_times_macs / one.synaptic_operations - 1, one.layer]
                    for one in weights
                    if one.synaptic_operations
                ),
                default=None,
            ),
        },
        "of_attention": {
            "exact": sum(one.synaptic_operations for one in paired),
            "rate_times_macs": sum(one.rate_times_macs for one in paired),
            "bound": upper_bound(found),
        },
    }


def upper_bound(found: EnergyAudit) -> float | None:
    """Return the overlaps that Spikingformer's tool takes for those of attention."""
    tool = [one for one in found.energies if one.rules == Rules.SPIKINGFORMER]
    return tool[0].breakdown_mj["attention"] / 0.9e-9 if tool else None


def counts_of(found: EnergyAudit) -> OperationCounts:
    """Return the counts of an audit, without those of single samples."""
    return OperationCounts(
        subject=found.model,
        source="counted",
        steps=found.steps,
        static_input=any(one.static for one in found.operations),
        operations=found.operations,
        unknown=found.unknown,
        n_samples=0,
        samples=np.zeros((0, len(found.operations), len(SAMPLED))),
        parameters=found.fused_parameters,
        weights_fingerprint=found.weights_fingerprint,
        data_fingerprint=found.data_fingerprint,
        notes=(),
        provenance=Provenance.now(),
    )


def energies(found: EnergyAudit) -> dict[str, dict[str, float]]:
    """Return the energy of the model under each rule set and each choice that it leaves open."""
    counts = counts_of(found)
    return {
        rules: {
            f"{stem}, {integers}": price(counts, rules=rules, stem=stem, integers=integers).value_mj
            for stem in ("once", "every_step")
            for integers in ("additions", "multiplications", "dense")
        }
        for rules in OPEN
    }


def needed_rates() -> list[dict[str, Any]]:
    """Return the firing rate, the same in every layer, at which the fp32 twin costs 38 times."""
    return [
        {
            "model": name,
            "rules": rules,
            "stem": stem,
            "rates": {steps: needed_rate(card(name), rules, stem, steps) for steps in ASKED_STEPS},
            "cap": card(name).macs / card(name).first_macs,
        }
        for name in ASKED_OF
        for rules in (Rules.M0, Rules.M1, Rules.M3)
        for stem in ("once", "every_step")
    ]


def needed_rate(model: Card, rules: Rules, stem: str, steps: int) -> float | None:
    """Return one such rate, None if silence would cost too much already."""
    wanted = price(expected_twin_operations(model), rules=rules).value_mj / CLAIMED

    def excess(rate: float) -> float:
        counts = expected_operations(model, steps=steps, rate=rate)
        return price(counts, rules=rules, stem=stem).value_mj / wanted - 1

    return None if excess(1e-9) > 0 else float(brentq(excess, 1e-9, 1.0))


def printed_ratios() -> list[dict[str, Any]]:
    """Return the fp32 twin of every model with a printed energy, over that energy."""
    found = []
    for name in names():
        model = card(name)
        for one in model.published_results:
            if one.energy_mj is None or one.resolution is not None:
                continue
            twin = price(expected_twin_operations(model)).value_mj
            found.append(
                {
                    "model": name,
                    "steps": one.steps,
                    "printed_mj": one.energy_mj,
                    "twin_mj": twin,
                    "ratio": twin / one.energy_mj,
                    "said_by": str(one.kind),
                }
            )
    return found


def main(chosen: list[str]) -> None:
    """Audit what is missing, and write what is there."""
    torch.set_num_threads(1)
    WORK.mkdir(exist_ok=True)
    nets = (*DRAWN, *TRAINED)
    for net in nets:
        if not chosen or net.name in chosen:
            audit(net)
    rows = [found for net in nets if (found := row(net)) is not None]
    result = {
        "claim": "38 to 57 times less energy than the same network without spikes "
        "(arXiv 2604.15769)",
        "command": "make -C studies/energy_audit",
        "commit": sorted({one["commit"] for one in rows}),
        "seed": SEED,
        "machine": f"{machine()}, torch {torch.__version__}, threads: 1",
        "seconds": round(sum(one["seconds"] for one in rows)),
        "core_seconds": round(sum(one["core_seconds"] for one in rows)),
        "nets": rows,
        "needed_rates": needed_rates(),
        "printed": printed_ratios(),
        "replications": [one.to_dict() for one in replications()],
    }
    write_atomic(HERE / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    figure.draw(result, HERE / "energy_audit.png")
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomic(README, f"{before}{BEGIN}\n{tables.section(result)}\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
