"""Does advice keep what it promises? Writes result.json and the table of README.md.

Run it with ``make -C studies/advice``. The advice of each run is kept in work/, so that an
interrupted study goes on; ``python -m studies.advice.study NAME ...`` does only those runs.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from studies.cpu_training.study import commit, machine

from spikedim._core import read_result, write_atomic
from spikedim.planning import Advice, AdvisedChange, advise

HERE = Path(__file__).parent
RUNS = HERE / "../cpu_training/runs"
WORK = HERE / "work"
README = HERE / "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
SAMPLES = {
    "digits-twin": 359,
    "mnist-twin": 400,
    "fashion-twin": 256,
    "reviews-twin": 256,
    "cifar10-twin": 256,
    "digits-4": 359,
    "digits-8": 359,
    "mnist-4": 400,
    "fashion-4": 256,
    "cifar10-4": 256,
}
"""Test samples of each run; predictions come from one half, measurements from the other."""


def advised(name: str) -> Advice:
    """Return the advice for a run, measured on the held-out half, kept."""
    file = WORK / f"{name}.json"
    if not file.exists():
        start = time.perf_counter()
        command = f"spikedim advise studies/cpu_training/runs/{name} --verify"
        found = advise(RUNS / name, samples=SAMPLES[name], verify=True, seed=SEED, command=command)
        write_atomic(file, found.to_json())
        write_atomic(WORK / f"{name}.commit", commit(HERE))
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    return read_result(file, Advice)


def summary(found: Advice) -> dict[str, Any]:
    """Return what the table shows of an advice."""
    return {
        "model": found.model,
        "samples": [found.calibration_samples, found.samples],
        "goal": found.goal,
        "baseline": found.baseline.steps,
        "changes": [changed(each) for each in found.changes],
        "rejected": [{"name": each.name, "gain": each.gain} for each in found.rejected],
    }


def changed(each: AdvisedChange) -> dict[str, Any]:
    """Return the numbers of one change."""
    low, high = each.predicted_interval.low, each.predicted_interval.high
    measured = each.measured_interval
    return {
        "name": each.name,
        "quantity": each.quantity,
        "law": each.law_gain,
        "predicted": [each.predicted_gain, low, high],
        "measured": None if measured is None else [each.measured_gain, measured.low, measured.high],
        "agrees": each.agrees,
        "saving": [each.predicted_saving, each.measured_saving],
        "reached": each.reached,
    }


def percent(value: float | None) -> str:
    """Return a share in per cent."""
    return "–" if value is None else f"{100 * value:.3g}"


def interval(found: list[float] | None) -> str:
    """Return a share with its interval in per cent."""
    if found is None:
        return "–"
    return f"{percent(found[0])} [{percent(found[1])}, {percent(found[2])}]"


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    rows = [each for run in result["runs"].values() for each in run["changes"]]
    agreed = sum(bool(each["agrees"]) for each in rows)
    signs = sum(each["measured"] is not None and each["measured"][0] > 0 for each in rows)
    commits = ", ".join(f"`{each}`" for each in result["commits"])
    out = [
        (
            f"{len(rows)} changes are advised for {len(result['runs'])} runs: {signs} gained on "
            f"the held-out half too, {agreed} within 25 % of the prediction. "
            f"Seed {result['seed']}; {result['machine']}; commit {commits}."
        ),
        "",
        (
            "| run | samples | change | saves a share of | law, first order [%] | predicted [%] | "
            "measured [%] | within 25 % | spikes saved at the goal, predicted → measured [%] |"
        ),
        "| --- | --: | --- | --- | --: | --: | --: | --- | --: |",
    ]
    for name, run in result["runs"].items():
        count = sum(run["samples"])
        for each in run["changes"]:
            saving = " → ".join(percent(value) for value in each["saving"])
            missed = "" if each["reached"] in (None, True) else ", goal missed"
            out.append(
                f"| `{name}` | {count} | {each['name']} | {each['quantity']} | "
                f"{percent(each['law'])} | {interval(each['predicted'])} | "
                f"{interval(each['measured'])} | {'yes' if each['agrees'] else 'no'} | "
                f"{saving if each['saving'][0] is not None else '–'}{missed} |"
            )
        if not run["changes"]:
            out.append(f"| `{name}` | {count} | none | – | – | – | – | – | – |")
    out += ["", "Not advised, with the gain on the calibration half [%]:", ""]
    for name, run in result["runs"].items():
        tried = [each for each in run["rejected"] if each["gain"] is not None]
        text = ", ".join(f"{each['name']} {percent(each['gain'])}" for each in tried)
        out.append(f"* `{name}`: {text or 'nothing else was tried'}")
    return "\n".join(out)


def main(names: list[str]) -> None:
    """Advise what is missing, and write what is there."""
    torch.set_num_threads(1)
    WORK.mkdir(exist_ok=True)
    for name in names or SAMPLES:
        advised(name)
    there = [name for name in SAMPLES if (WORK / f"{name}.json").exists()]
    result = {
        "command": "make -C studies/advice",
        "seed": SEED,
        "machine": f"{machine()}, torch {torch.__version__}, threads: 1",
        "commits": sorted({(WORK / f"{name}.commit").read_text("utf-8") for name in there}),
        "runs": {name: summary(advised(name)) for name in there},
    }
    write_atomic(HERE / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    write_atomic(README, f"{before}{BEGIN}\n{table(result)}\n{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
