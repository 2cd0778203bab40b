"""What projecting decoders do to kept twins; writes result.json and the tables of README.md."""

import copy
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spikedim._core import write_atomic
from spikedim.models import AbstractSpikingTransformer, code_rates, recalibrate_norms
from spikedim.models.decoders import (
    PrincipalRates,
    ProjectingDecoder,
    principal_rates,
    with_decoders,
    with_shifted_readout,
)
from spikedim.training import batches_of, open_examples, open_run, spread

HERE = Path(__file__).parent
RUNS = HERE / "../cpu_training/runs"
WORK = HERE / "work"
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
NETS = ("digits-twin", "mnist-twin", "fashion-twin", "cifar10-twin")
STEPS = (1, 2, 4, 8, 16)
SOME = (1, 4, 16)
TRAIN, CALIBRATION, TEST, BATCH = 600, 160, 160, 40
SEED = 0

Make = Callable[[PrincipalRates, int], ProjectingDecoder]


def in_sample(found: PrincipalRates, steps: int) -> ProjectingDecoder:
    """Return the Wiener decoder that trusts eigenvalues and drops what is outside."""
    gains = found.variance / (found.variance + found.noise / steps)
    return ProjectingDecoder(found.mean, found.basis, gains)


def pca95(found: PrincipalRates, steps: int) -> ProjectingDecoder:
    """Return the projection on 95 % of the variance."""
    return found.decoder("pca95", code_steps=steps)


def wiener(found: PrincipalRates, steps: int) -> ProjectingDecoder:
    """Return the Wiener decoder with signals of samples left out."""
    return found.decoder("wiener", code_steps=steps)


class Bench:
    """One net with its samples and exact outputs."""

    def __init__(self, name: str) -> None:
        run = open_run(RUNS / name)
        self.model = run.model
        splits = open_examples(run.record.data)
        like = self.model.head.weight

        def batches(part: Any, count: int) -> list[tuple[Tensor, Tensor]]:
            part = replace(part, mean=run.record.mean, deviation=run.record.deviation)
            return list(batches_of(part, spread(len(part), count), BATCH, like))

        self.train = [x for x, _ in batches(splits.train, TRAIN)]
        self.calibration = [x for x, _ in batches(splits.train, CALIBRATION)]
        test = batches(splits.test, TEST)
        self.test = [x for x, _ in test]
        self.targets = torch.cat([y for _, y in test])
        self.exact = self.outputs(self.model, self.test)
        self.exact_calibration = self.outputs(self.model, self.calibration)

    def outputs(
        self,
        model: AbstractSpikingTransformer,
        inputs: Sequence[Tensor],
        steps: int | None = None,
        only: str | None = None,
    ) -> Tensor:
        """Return logits with all populations coded in so many steps, or only one."""
        noise = torch.Generator().manual_seed(SEED)
        handles = []
        if only is not None:
            encoder = model.populations[only].encoder
            hook = encoder.register_forward_hook(
                lambda *given: code_rates(given[-1], steps=steps, generator=noise)
            )
            handles.append(hook)
            steps_of_all = None
        else:
            steps_of_all = steps
        with torch.no_grad():
            found = [model(x, code_steps=steps_of_all, generator=noise) for x in inputs]
        for handle in handles:
            handle.remove()
        return torch.cat(found)

    def row(
        self, model: AbstractSpikingTransformer, steps: int | None, only: str | None = None
    ) -> dict[str, float]:
        """Return relative error against exact undecoded outputs, and accuracy, on test samples."""
        got = self.outputs(model, self.test, steps, only)
        error = (got - self.exact).square().sum() / self.exact.square().sum()
        return {
            "eps": round(float(error.sqrt()), 4),
            "accuracy": round(float((got.argmax(1) == self.targets).double().mean()), 4),
        }

    def shifted(self, model: AbstractSpikingTransformer, steps: int) -> AbstractSpikingTransformer:
        """Return the model with a read-out corrected on calibration samples."""
        got = self.outputs(model, self.calibration, steps)
        return with_shifted_readout(model, (got - self.exact_calibration).mean(dim=0))

    def renormed(self, model: AbstractSpikingTransformer, steps: int) -> AbstractSpikingTransformer:
        """Return a copy whose norms were estimated under noise on calibration samples."""
        out = copy.deepcopy(model)
        noise = torch.Generator().manual_seed(SEED + 1)
        recalibrate_norms(out, self.calibration, code_steps=steps, generator=noise)
        return out


def rate_errors(
    bench: Bench, arms: Mapping[str, tuple[dict[str, PrincipalRates], Make]], steps: int
) -> dict[str, float]:
    """Return squared errors of decoded rates over those of the spikes, all populations, unseen."""
    noise = torch.Generator().manual_seed(SEED)
    errors = dict.fromkeys(("raw", *arms), 0.0)
    decoders = {
        arm: {name: make(found, steps) for name, found in rates.items()}
        for arm, (rates, make) in arms.items()
    }

    def hook(name: str) -> Any:
        def look(module: Any, given: Any, rates: Tensor) -> None:  # noqa: ARG001
            spikes = code_rates(rates, steps=steps, generator=noise)
            errors["raw"] += float((spikes - rates).square().sum())
            for arm, by_name in decoders.items():
                errors[arm] += float((by_name[name](spikes) - rates).square().sum())

        return look

    populations = bench.model.populations
    handles = [
        populations[name].encoder.register_forward_hook(hook(name))
        for name in next(iter(decoders.values()))
    ]
    with torch.no_grad():
        for x in bench.test:
            bench.model(x)
    for handle in handles:
        handle.remove()
    return {arm: round(error / errors["raw"], 4) for arm, error in errors.items()}


def measure(name: str) -> dict[str, Any]:
    """Return all numbers of one net."""
    started = time.process_time()
    bench = Bench(name)
    flat = principal_rates(bench.model, bench.train)
    token = principal_rates(bench.model, bench.train, per_token=True)
    arms = {
        "flat pca95": (flat, pca95),
        "flat wiener, in-sample": (flat, in_sample),
        "flat wiener": (flat, wiener),
        "per-token pca95": (token, pca95),
        "per-token wiener": (token, wiener),
    }
    first = next(iter(flat))
    everywhere: dict[str, Any] = {"raw": {}}
    at_first: dict[str, Any] = {"raw": {}}
    corrected: dict[str, Any] = {}
    for steps in STEPS:
        everywhere["raw"][steps] = bench.row(bench.model, steps)
        at_first["raw"][steps] = bench.row(bench.model, steps, first)
    fixes = {"read-out shift": bench.shifted, "norms under noise": bench.renormed}
    multiplications = {}
    for arm, (rates, make) in arms.items():
        everywhere[arm], at_first[arm] = {}, {}
        for steps in STEPS:
            decoders = {key: make(found, steps) for key, found in rates.items()}
            multiplications[arm] = sum(d.multiplications for d in decoders.values())
            decoded = with_decoders(bench.model, decoders)
            everywhere[arm][steps] = bench.row(decoded, steps)
            one = with_decoders(bench.model, {first: decoders[first]})
            at_first[arm][steps] = bench.row(one, steps, first)
            if arm == "flat wiener" and steps in SOME:
                for fix, change in fixes.items():
                    row = corrected.setdefault(f"flat wiener, {fix}", {})
                    row[steps] = bench.row(change(decoded, steps), steps)
            if make is pca95 and steps == STEPS[-1]:
                everywhere[arm]["exact"] = bench.row(decoded, None)
        print(f"{name}: {arm} done", flush=True)
    for fix, change in fixes.items():
        corrected[f"raw, {fix}"] = {
            steps: bench.row(change(bench.model, steps), steps) for steps in SOME
        }
    return {
        "model": bench.model.card.name,
        "macs": bench.model.card.macs,
        "multiplications": multiplications,
        "first": first,
        "exact_accuracy": bench.row(bench.model, None)["accuracy"],
        "rate_errors": {str(steps): rate_errors(bench, arms, steps) for steps in SOME},
        "all": everywhere,
        "at_first": at_first,
        "corrected": corrected,
        "seconds": round(time.process_time() - started, 1),
        "commit": commit(),
    }


def commit() -> str:
    """Return the commit of code and study, marked if they differ from it."""
    made_by = ["../../src/spikedim/models", "study.py"]
    head = ["git", "rev-parse", "--short=12", "HEAD"]
    name = subprocess.run(head, cwd=HERE, capture_output=True, text=True, check=True).stdout
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", *made_by], cwd=HERE)
    return name.strip() + ("-dirty" if changed.returncode else "")


def machine() -> str:
    """Return what the numbers were made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, no GPU"


def cells(rows: Mapping[str, Any], steps: Sequence[int]) -> str:
    """Return error and accuracy at each T."""
    found = [rows.get(str(t)) for t in steps]
    return " | ".join("–" if r is None else f"{r['eps']:.2f} / {r['accuracy']:.2f}" for r in found)


def table(rows: Mapping[str, Any], steps: Sequence[int]) -> list[str]:
    """Return a table of arms by T."""
    head = "| decoder | " + " | ".join(f"T={t}" for t in steps) + " |"
    return [head, "|---|" + "---|" * len(steps)] + [
        f"| {arm} | {cells(found, steps)} |" for arm, found in rows.items()
    ]


def tables(results: Mapping[str, dict[str, Any]]) -> str:
    """Return the tables of the README."""
    seconds = sum(result["seconds"] for result in results.values())
    commits = ", ".join(sorted({result["commit"] for result in results.values()}))
    out = [
        (
            f"{TRAIN} training samples, {TEST} test samples, {CALIBRATION} training samples for "
            f"corrections; seed {SEED}; {machine()}, one thread, {seconds / 60:.0f} min of "
            f"processor time; commit {commits}. Cells: relative error of logits / accuracy."
        )
    ]
    for name, result in results.items():
        costs = ", ".join(
            f"{arm} {count / result['macs']:.1f}"
            for arm, count in result["multiplications"].items()
            if arm != "flat wiener, in-sample"
        )
        floors = ", ".join(
            f"{arm} {found['exact']['eps']:.2f} / {found['exact']['accuracy']:.2f}"
            for arm, found in result["all"].items()
            if "exact" in found
        )
        out += [
            "",
            f"### {name}",
            "",
            (
                f"`{result['model']}`, exact accuracy {result['exact_accuracy']:.2f}. "
                "Multiplications of all decoders over those of the network: "
                f"{costs}. Without noise: {floors}."
            ),
            "",
            "All populations coded and decoded:",
            "",
            *table(result["all"], STEPS),
            "",
            f"Only the first, `{result['first']}`:",
            "",
            *table(result["at_first"], STEPS),
            "",
            "Corrected on calibration samples, all populations coded:",
            "",
            *table(result["corrected"], SOME),
            "",
            "Squared error of rates of unseen samples, that of the spikes = 1:",
            "",
            "| decoder | " + " | ".join(f"T={t}" for t in SOME) + " |",
            "|---|" + "---|" * len(SOME),
        ]
        for arm in result["rate_errors"]["1"]:
            values = [result["rate_errors"][str(t)][arm] for t in SOME]
            out.append(f"| {arm} | " + " | ".join(f"{v:.2f}" for v in values) + " |")
    return "\n".join(out)


def main(names: Sequence[str]) -> None:
    """Measure what is missing, and write what is there."""
    torch.set_num_threads(1)
    WORK.mkdir(exist_ok=True)
    for name in names or NETS:
        target = WORK / f"{name}.json"
        if not target.exists():
            write_atomic(target, json.dumps(measure(name)) + "\n")
            print(f"{name}: done", flush=True)
    files = {name: WORK / f"{name}.json" for name in NETS}
    results = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    summary = {"machine": machine(), "seed": SEED, "nets": results}
    write_atomic(HERE / "result.json", json.dumps(summary, indent=1) + "\n")
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    write_atomic(README, f"{before}{BEGIN}\n{tables(results)}\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
