"""What is compared: embeddings, neighbours, a classifier, and rows of attention by entropy."""

import math
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, np.dtype[Any]]

NEIGHBOURS = 10
ROW_ERROR = 0.05
_FEWEST_ROWS = 500
_SLOPE_FROM = 16


def cosines(embeddings: Array) -> Array:
    """Return the cosine of every two sentences, -inf with itself."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    return cosine


def compare(embeddings: Array, exact: Array, classifier: Any, labels: Array) -> dict[str, float]:
    """Return the errors of `embeddings` [S, D] against `exact`."""
    lengths = np.linalg.norm(embeddings, axis=1) * np.linalg.norm(exact, axis=1)
    ours, theirs = cosines(embeddings), cosines(exact)
    near = np.argsort(-ours, axis=1)[:, :NEIGHBOURS]
    truth = np.argsort(-theirs, axis=1)[:, :NEIGHBOURS]
    shared = [len(set(a) & set(b)) for a, b in zip(near, truth, strict=True)]
    guess, reference = classifier.predict(embeddings), classifier.predict(exact)
    return {
        "relative_frobenius": float(np.linalg.norm(embeddings - exact) / np.linalg.norm(exact)),
        "mean_cosine": float(((embeddings * exact).sum(axis=1) / lengths).mean()),
        "same_nearest": float((near[:, 0] == truth[:, 0]).mean()),
        "recall_at_10": float(np.mean(shared) / NEIGHBOURS),
        "accuracy": float((guess == labels).mean()),
        "same_class": float((guess == reference).mean()),
    }


def over_seeds(values: list[float]) -> dict[str, float | None]:
    """Return the mean and a 95 % t-interval; no interval of a deterministic circuit."""
    mean = float(np.mean(values))
    if len(values) == 1:
        return {"value": mean, "low": None, "high": None}
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return {"value": mean, "low": mean - half, "high": mean + half}


def slope(steps: list[int], errors: list[float]) -> dict[str, float]:
    """Return the slope of log error against log T, with its 95 % interval."""
    used = [(t, e) for t, e in zip(steps, errors, strict=True) if t >= _SLOPE_FROM]
    fit = stats.linregress(np.log([t for t, _ in used]), np.log([e for _, e in used]))
    half = stats.t.ppf(0.975, len(used) - 2) * fit.stderr
    return {
        "value": float(fit.slope),
        "low": float(fit.slope - half),
        "high": float(fit.slope + half),
        "from_steps": _SLOPE_FROM,
    }


def pool_bins(layers: list[Any]) -> list[dict[str, float]]:
    """Return rows, spikes and error of all layers together, by entropy."""
    sums: dict[tuple[float, float], Array] = {}
    for part in (part for layer in layers for part in layer.by_entropy):
        key = (part.low_bits, part.high_bits)
        add = part.rows * np.array([1, part.mean_spikes, part.error_l2_rms**2])
        sums[key] = sums.get(key, np.zeros(3)) + add
    return [
        {
            "low_bits": low,
            "high_bits": high,
            "rows": int(rows),
            "mean_spikes": float(spikes / rows),
            "error_l2_rms": math.sqrt(squares / rows),
        }
        for (low, high), (rows, spikes, squares) in sorted(sums.items())
    ]


def spikes_for_row_error(by_steps: list[list[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return, by entropy, the read-out spikes of a row at which its RMS l2 error is ROW_ERROR.

    Between two T the logarithms of error and spikes are joined by a line. A bin that is within the
    error at the first T already is marked as at most; one that never reaches it is left out.
    """
    found = []
    for low in sorted({part["low_bits"] for parts in by_steps for part in parts}):
        line = [part for parts in by_steps for part in parts if part["low_bits"] == low]
        if min(part["rows"] for part in line) < _FEWEST_ROWS or len(line) < len(by_steps):
            continue
        inside = [i for i, part in enumerate(line) if part["error_l2_rms"] <= ROW_ERROR]
        if not inside:
            continue
        at = inside[0]
        spikes = line[at]["mean_spikes"]
        if at:
            (x0, y0), (x1, y1) = (
                (math.log(line[i]["mean_spikes"]), math.log(line[i]["error_l2_rms"]))
                for i in (at - 1, at)
            )
            spikes = math.exp(x0 + (math.log(ROW_ERROR) - y0) / (y1 - y0) * (x1 - x0))
        middle = low + (line[0]["high_bits"] - low) / 2
        found.append(
            {"bits": middle, "rows": line[at]["rows"], "spikes": spikes, "at_most": at == 0}
        )
    return found
