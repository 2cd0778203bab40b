"""A power series whose terms are coincidences of Bernoulli streams: its law, draw and wiring."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import numpy as np

from spikedim.circuits._result import SpikeCount
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Reading, Wiring
from spikedim.circuits.exponential._exp_entries import Array, total

__all__ = ["Streams", "draw_series", "series_mean", "series_variance", "series_wiring"]

Counts = np.ndarray[Any, np.dtype[np.int64]]


class Streams(StrEnum):
    """Which coincidences of a series share their input streams."""

    FRESH = "fresh"  # order j has j streams of its own
    NESTED = "nested"  # order j uses streams 1 to j


def series_mean(rates: Array, weights: Array) -> Array:
    """Return the mean of one step, sum_j w_j r^j."""
    return np.asarray(np.polynomial.polynomial.polyval(rates, weights))


def series_variance(rates: Array, weights: Array, streams: Streams) -> Array:
    """Return the exact variance of one step."""
    if streams is Streams.FRESH:
        powers = (rates**j for j in range(len(weights)))
        return np.asarray(sum(w**2 * p * (1 - p) for w, p in zip(weights, powers, strict=True)))
    # One step says the sum of the weights up to the length of its leading run of spikes.
    mean = series_mean(rates, weights)
    sums = np.cumsum(weights)
    order = len(weights) - 1
    variance = rates**order * (sums[order] - mean) ** 2
    for length in range(order):
        variance = variance + rates**length * (1 - rates) * (sums[length] - mean) ** 2
    return np.asarray(variance)


def draw_series(
    rates: Array, weights: Array, streams: Streams, steps: int, generator: np.random.Generator
) -> tuple[Array, tuple[SpikeCount, ...]]:
    """Return the mean of T steps for flat `rates`, and the spikes of streams and coincidences.

    Streams are drawn one after the other: of the steps in which all before it fired, a stream
    fires in a binomial number. Counts follow the law of T simulated steps, in memory that does
    not depend on T. Spikes of streams in the steps that were already lost are one more binomial.
    """
    order = len(weights) - 1
    sums = np.zeros_like(rates)
    coincidences = input_spikes = 0
    lost = np.zeros(rates.shape, dtype=np.int64)
    chains = [order] if streams is Streams.NESTED else range(1, order + 1)
    for length in chains:
        for j, (alive, dead) in enumerate(_chain(rates, length, steps, generator), start=1):
            input_spikes += total(alive)
            lost += dead
            if j == length or streams is Streams.NESTED:
                coincidences += total(alive)
                sums += weights[j] * (alive / steps)
    input_spikes += total(generator.binomial(lost, rates))
    inputs = rates.size * _stream_count(order, streams)
    return weights[0] + sums, (
        SpikeCount("streams", inputs, input_spikes, input_spikes / inputs / steps),
        SpikeCount(
            "coincidences",
            rates.size * order,
            coincidences,
            coincidences / (rates.size * order) / steps,
        ),
    )


def series_wiring(weights: Array, streams: Streams, copies: int) -> Wiring:
    """Return streams, coincidence neurons and the read-out, which starts at w_0 T."""
    order = len(weights) - 1
    shares = 1 / np.arange(1, order + 1)
    nested = streams is Streams.NESTED
    pattern = Pattern.DENSE if nested else Pattern.GROWING
    gates = np.triu(np.tile(shares, (order, 1))) if nested else shares
    # All j of j inputs give 1, all but one at most 1 - 1/J: the threshold lies between.
    threshold = 1 - 1 / (2 * order)
    return Wiring(
        populations=(
            Population("streams", _stream_count(order, streams), Dynamics.BERNOULLI),
            Population("coincidences", order, Dynamics.COINCIDENCE, threshold=threshold),
            Population(
                "read-out",
                1,
                Dynamics.ACCUMULATOR,
                reading=Reading.MEAN,
                rule=f"adds {float(weights[0])!r} to the mean",
            ),
        ),
        projections=(
            Projection("streams", "coincidences", pattern, gates),
            Projection("coincidences", "read-out", Pattern.DENSE, weights[1:, None].copy()),
        ),
        copies=copies,
    )


def _chain(
    rates: Array, length: int, steps: int, generator: np.random.Generator
) -> Iterator[tuple[Counts, Counts]]:
    """Yield, stream by stream, the steps in which all so far fired, and those lost before it."""
    alive: Counts = np.full(rates.shape, steps, dtype=np.int64)
    for _ in range(length):
        before = alive
        alive = generator.binomial(before, rates)
        yield alive, steps - before


def _stream_count(order: int, streams: Streams) -> int:
    """Count the input streams of one copy."""
    return order if streams is Streams.NESTED else order * (order + 1) // 2
