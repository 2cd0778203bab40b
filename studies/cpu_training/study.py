"""Small spiking transformers and their twins trained on two cores, and what they do at any T.

Run it with ``make -C studies/cpu_training``. An interrupted run goes on; finished ones stay.
``study.py NAME ...`` trains and evaluates only those nets of nets.yaml, so that several processes
can share the work; without names it does all that is missing and writes result.json and README.md.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
import yaml

from spikedim._core import write_atomic
from spikedim.models import accelerate
from spikedim.training import TrainingMoment, evaluate, fit, keep_run, open_run, read_log
from spikedim.training.runs import RunFolder

HERE = Path(__file__).parent
NETS = HERE / "nets.yaml"
WORK = HERE / "work"
RUNS = HERE / "runs"
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
STEPS = (1, 2, 4, 8)
TWIN_STEPS = (1, 2, 4, 8, 16, 32)
TARGETS = {
    "digits-4": 0.97,
    "mnist-4": 0.98,
    "fashion-4": 0.88,
    "cifar10-4": 0.65,
    "reviews-4": 0.68,
}
CURVE_POINTS = 60
SAMPLES = {"mnist": 2000, "fashion-mnist": 2000, "cifar10": 2000}
"""Test samples of the rate-coded evaluations of twins, which cost a pass for each T."""


def commit(folder: Path = HERE) -> str:
    """Return the commit of code, recipes and list of nets, marked if they differ from it."""
    made_by = ["../../src", "study.py", "nets.yaml"]  # what a study writes does not count
    head = ["git", "rev-parse", "--short=12", "HEAD"]
    name = subprocess.run(head, cwd=folder, capture_output=True, text=True, check=True).stdout
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", *made_by], cwd=folder)
    return name.strip() + ("-dirty" if changed.returncode else "")


def machine() -> str:
    """Return what the numbers were made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, no GPU"


def train(name: str, net: dict[str, Any], *, work: Path = WORK, runs: Path = RUNS) -> None:
    """Train a net, or go on with it, and keep it small."""
    changes = {key: str(value) for key, value in net.get("changes", {}).items()}
    if "noise" in net:
        changes["noise.steps"] = str(net["noise"])
    told = time.monotonic()

    def watch(moment: TrainingMoment) -> None:
        nonlocal told
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(
                f"{name}: update {moment.update} of {moment.updates}, loss {moment.loss:.3f}, "
                f"validation {moment.validation_accuracy}, {moment.samples_per_second:.0f}/s, "
                f"{moment.seconds_left / 60:.0f} min left",
                flush=True,
            )

    fit(
        net["model"],
        net["data"],
        out=work / name,
        recipe=net["recipe"],
        changes=changes,
        steps=net.get("steps"),
        seed=SEED,
        start_from=work / net["from"] if "from" in net else None,
        resume=True,
        watch=watch,
        command=f"python study.py {name}",
    )
    keep_run(work / name, runs / name)


def measure(name: str, net: dict[str, Any]) -> dict[str, Any]:
    """Evaluate the kept weights on the test part at every T; sum up the training."""
    kept = open_run(RUNS / name)
    twin = kept.record.coding.value == "rates"
    if not twin:
        accelerate(kept.model)  # in float32; spikes are counted on the plain path all the same
    found = evaluate(
        kept,
        steps=TWIN_STEPS if twin else STEPS,
        samples=SAMPLES.get(net["data"]) if twin else None,
        rate_samples=256,
        seed=SEED,
    )
    lines = read_log(RunFolder.open(WORK / name))
    every = max(1, len(lines) // CURVE_POINTS)
    curve = [
        {"update": line.update, "loss": round(line.loss, 4), "kind": line.kind.value}
        for index, line in enumerate(lines)
        if index % every == 0 or line.kind.value == "validation"
    ]
    record = kept.record
    return {
        "model": record.model,
        "data": record.data,
        "coding": record.coding.value,
        "trained_at_steps": record.steps,
        "noise_steps": record.code_steps,
        "from": net.get("from"),
        "parameters": record.parameters,
        "recipe": record.recipe,
        "seed": record.seed,
        "updates": record.updates,
        "train_samples": record.train_samples,
        "minutes": round(record.seconds / 60, 2),
        "declared_minutes": net["minutes"],
        "validation_accuracy": record.validation_accuracy,
        "commit": commit(),
        "evaluation": found.to_dict(),
        "curve": curve,
    }


def point(result: dict[str, Any], steps: int | None) -> dict[str, Any] | None:
    """Return what a net does at one T; None stands for exact rates."""
    found = [row for row in result["evaluation"]["points"] if row["steps"] == steps]
    return found[0] if found else None


def percent(row: dict[str, Any] | None) -> str:
    """Return an accuracy with its interval."""
    if row is None:
        return "–"
    interval = row["accuracy_interval"]
    low, high = 100 * interval["low"], 100 * interval["high"]
    return f"{100 * row['accuracy']:.1f} [{low:.1f}, {high:.1f}]"


def tables(results: dict[str, dict[str, Any]]) -> str:
    """Return the tables of the README."""
    total = sum(result["minutes"] for result in results.values())
    declared = sum(result["declared_minutes"] for result in results.values())
    out = [
        (
            f"{len(results)} nets, {total:.0f} minutes of training in all ({declared} declared), "
            f"seed {SEED}, {machine()}."
        ),
        "",
        "| set | net | target | test accuracy at T=4 [%] | reached |",
        "|---|---|---|---|---|",
    ]
    for name, target in TARGETS.items():
        if name in results:
            row = point(results[name], 4)
            reached = "yes" if row and row["accuracy"] >= target else "**no**"
            out.append(
                f"| {results[name]['data']} | `{results[name]['model']}` | {100 * target:.0f} "
                f"| {percent(row)} | {reached} |"
            )
    out += [
        "",
        (
            "Spiking nets, test accuracy [%] with 95 % interval, one set of weights a line; "
            "spikes of 256 samples:"
        ),
        "",
        "| net | trained at T | minutes | "
        + " | ".join(f"T={t}" for t in STEPS)
        + " | spikes a sample at T=4 |",
        "|---|---|---|" + "---|" * len(STEPS) + "---|",
    ]
    for name, result in results.items():
        if result["coding"] == "spikes":
            cells = " | ".join(percent(point(result, t)) for t in STEPS)
            row = point(result, 4)
            spikes = None if row is None else row["spikes_per_sample"]
            out.append(
                f"| {name} | {result['trained_at_steps']} | {result['minutes']:.1f} | {cells} "
                f"| {'–' if spikes is None else f'{spikes:,.0f}'} |"
            )
    out += [
        "",
        "Softmax twins (rates in [0, 1]): exact, and with every rate sent as T Bernoulli spikes:",
        "",
        "| net | noise in training | minutes | exact | "
        + " | ".join(f"T={t}" for t in TWIN_STEPS)
        + " |",
        "|---|---|---|---|" + "---|" * len(TWIN_STEPS),
    ]
    for name, result in results.items():
        if result["coding"] == "rates":
            cells = " | ".join(percent(point(result, t)) for t in TWIN_STEPS)
            noise = result["noise_steps"]
            out.append(
                f"| {name} | {'none' if noise is None else f'T={noise}'} | {result['minutes']:.1f} "
                f"| {percent(point(result, None))} | {cells} |"
            )
    return "\n".join(out)


def main(names: list[str]) -> None:
    """Train, evaluate, and write what is there."""
    torch.set_num_threads(1)
    nets = yaml.safe_load(NETS.read_text(encoding="utf-8"))
    for name in names or nets:
        target = RUNS / name / "result.json"
        if not target.exists():
            train(name, nets[name])
            write_atomic(target, json.dumps(measure(name, nets[name]), indent=1) + "\n")
            print(f"{name}: done", flush=True)
    done = {name: RUNS / name / "result.json" for name in nets}
    results = {name: json.loads(file.read_text()) for name, file in done.items() if file.exists()}
    summary = {"machine": machine(), "seed": SEED, "nets": results}
    write_atomic(HERE / "result.json", json.dumps(summary, indent=1) + "\n")
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    write_atomic(README, f"{before}{BEGIN}\n{tables(results)}\n{END}{after}")


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    RUNS.mkdir(exist_ok=True)
    main(sys.argv[1:])
