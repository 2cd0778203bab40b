"""From sums to the result."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import Provenance
from spikedim.response.codes import noise_exponent
from spikedim.response.trace._batch_sums import BatchSums
from spikedim.response.trace._mean_interval import INTERVAL_NOTE, mean_interval
from spikedim.response.trace._sums import PopulationSums
from spikedim.response.trace._trace_result import PopulationResponse, ResponseTrace

__all__ = ["Gains", "make_trace"]

_MANY = 4096  # tokens beyond which shares by token are no table any more
_HEAVY = 0.2  # share of K that one sample may carry unnoticed
_ASSUMPTIONS = (
    "rates of all populations are coded, independently given the rates",
    "first order in the noise: T large enough; at small T see a response curve",
    "rate-coded networks only: trained, directly coded spiking networks follow an empirical curve",
)

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True, eq=False)
class Gains:
    """Largest singular values of the derivative, by sample.

    Parameters
    ----------
    first, all : array of shape [s] or None
        By the rates of the first population, and of all; None if unknown.
    """

    first: Array | None
    all: Array | None

    @classmethod
    def of(cls, sums: BatchSums) -> "Gains":
        """Return those of exact sums."""
        first = next(iter(sums.populations.values()))
        return cls(np.concatenate(first.peaks), np.concatenate(sums.tops))


def make_trace(
    sums: BatchSums,
    gains: Gains,
    *,
    probes: int | None,
    seed: int | None,
    weights: str,
    data: str,
    padding: float,
    command: str | None,
) -> ResponseTrace:
    """Return the result of all batches."""
    rows = tuple(sums.populations.values())
    by_population = np.stack([np.concatenate(own.traces) for own in rows])
    traces: Array = by_population.sum(axis=0)
    value, count = float(traces.mean()), len(traces)
    draws = np.concatenate(sums.probed, axis=1) if probes else np.zeros((0, count))
    # A single sample has no spread but that of its probes.
    low, high = mean_interval(draws[:, 0] if probes and count == 1 else traces)
    exponent = noise_exponent(rows[0].code)
    noise = sum(own.noise for own in rows) / count / sum(own.neurons for own in rows)
    largest = None if gains.all is None else float(np.median(gains.all))
    reference = sums.outputs.reference
    return ResponseTrace(
        model=sums.network.name,
        code=rows[0].code,
        exponent=exponent,
        value=value,
        low=min(low, value),
        high=max(high, value),
        populations=tuple(
            _row(own, found, total=value, probes=probes)
            for own, found in zip(rows, by_population, strict=True)
        ),
        outputs=sums.first.outputs.numel(),
        n_samples=count,
        probes=probes,
        reference_mean_square=sums.outputs.mean_square,
        reference_variance=sums.outputs.variance,
        lipschitz=None if gains.first is None else float(np.median(gains.first)),
        stable_rank=_stable_rank(np.concatenate(rows[0].gains), gains.first),
        response_dimension=value / (noise * largest**2) if noise and largest else None,
        sample_traces=traces,
        covariances=np.concatenate(sums.sigmas) if sums.sigmas else np.zeros((count, 0, 0)),
        reference=reference,
        weights_fingerprint=weights,
        data_fingerprint=data,
        notes=tuple(_notes(traces, rows, gains, probes=probes, padding=padding)),
        provenance=Provenance.now(
            command=command, data_fingerprint=data, seed=seed, assumptions=_ASSUMPTIONS
        ),
    )


def _row(
    own: PopulationSums, found: Array, *, total: float, probes: int | None
) -> PopulationResponse:
    """Return the row of one population, of the traces [S] that it has."""
    count = len(found)
    rate, variance, ends = (float(moment) / count for moment in own.moments)
    trace = float(found.mean())
    parts = total * count or 1.0
    tokens = own.by_token if own.by_token.size <= _MANY else own.by_token[:0]
    return PopulationResponse(
        name=own.name,
        shape=own.shape,
        neurons=own.neurons,
        rate=rate,
        rate_variance=max(variance, 0.0),
        saturated=ends,
        trace=trace,
        trace_deviation=float(found.std(ddof=1)) / math.sqrt(count) if count > 1 else 0.0,
        share=trace / total if total else 0.0,
        squared_gain=float(np.concatenate(own.gains).mean()),
        lipschitz=None if probes else float(np.median(np.concatenate(own.peaks))),
        token_shares=tuple(float(part) / parts for part in tokens),
        head_shares=tuple(float(part) / parts for part in own.by_head),
    )


def _stable_rank(gains: Array, tops: Array | None) -> float | None:
    """Return the median of ||J||_F^2 / L^2 over samples with a derivative other than 0."""
    if tops is None or not (tops > 0).any():
        return None
    moved = tops > 0
    return float(np.median(gains[: len(tops)][moved] / np.square(tops[moved])))


def _notes(
    traces: Array,
    rows: tuple[PopulationSums, ...],
    gains: Gains,
    *,
    probes: int | None,
    padding: float,
) -> Iterator[str]:
    """Yield what a reader must know."""
    count, total = len(traces), float(traces.sum())
    if count == 1:
        spread = "that of its probes" if probes else "unknown"
        yield f"one sample: the spread over samples is {spread}"
    else:
        yield INTERVAL_NOTE
    largest = float(traces.max()) / total if total else 0.0
    if largest > _HEAVY and count > 1 / _HEAVY:
        yield (
            f"sample {int(traces.argmax())} carries {largest:.0%} of K: the mean over "
            f"{count} samples is not settled, look at more of them"
        )
    if not total:
        yield "K is 0: every rate is 0 or 1, or no rate moves an output"
    if probes:
        yield f"outputs were probed in {probes} random directions, drawn anew for every sample"
        if gains.first is None:
            yield "L is unknown: an operation of the model has no forward derivative"
        else:
            yield (
                f"L, stable rank and response dimension are those of {len(gains.first)} samples, "
                "by power iteration, which stays below the largest singular value"
            )
    many = [own.name for own in rows if own.by_token.size > _MANY]
    if many:
        yield f"shares by token are left out above {_MANY} tokens: {', '.join(many)}"
    if padding:
        yield f"{padding:.0%} of the tokens are padding, whose neurons count and never fire"
