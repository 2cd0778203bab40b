"""The parts of the published spiking attention."""

from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring
from spikedim.circuits.exponential._coincidence_series import Streams, series_wiring

__all__ = ["published_attention_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def published_attention_wiring(
    weights: tuple[Array, Array, Array],
    *,
    tokens: int,
    series: Array,
    threshold: float,
    inhibition: float,
) -> Wiring:
    """Return inputs, leaky neurons, one exponential per pair of tokens, one competition per row."""
    n, width, out = tokens, weights[0].shape[1], weights[2].shape[1]
    exponential = series_wiring(series, Streams.FRESH, n**2)
    inputs = Population("input", n * len(weights[0]), Dynamics.BERNOULLI)
    leaky = [
        Population(name, n * matrix.shape[1], Dynamics.LEAKY_INTEGRATE_AND_FIRE, threshold)
        for name, matrix in zip(("query", "key", "value"), weights, strict=True)
    ]
    streams = exponential.populations[0].neurons
    return Wiring(
        (
            inputs,
            *leaky,
            Population("pairs", n**2 * width, Dynamics.COINCIDENCE, threshold=0.75),
            Population("score rates", n**2, Dynamics.ACCUMULATOR),
            *(replace(part, neurons=n**2 * part.neurons) for part in exponential.populations),
            Population("competitors", n**2, Dynamics.INTEGRATE_AND_FIRE),
            Population("inhibition", n, Dynamics.ACCUMULATOR),
            Population("output", n * out, Dynamics.ACCUMULATOR),
        ),
        (
            *(
                Projection("input", part.name, Pattern.BLOCKS, matrix)
                for part, matrix in zip(leaky, weights, strict=True)
            ),
            Projection("query", "pairs", Pattern.BLOCKS, np.eye(width) / 2),
            Projection("key", "pairs", Pattern.TILED, np.eye(width) / 2),
            Projection("pairs", "score rates", Pattern.BLOCKS, np.full((width, 1), 1 / width)),
            Projection("score rates", "streams", Pattern.BLOCKS, np.ones((1, streams))),
            *(
                replace(part, pattern=Pattern.BLOCKS) if part.pattern is Pattern.DENSE else part
                for part in exponential.projections
            ),
            Projection("read-out", "competitors", Pattern.ONE_TO_ONE, np.array(1.0)),
            Projection(
                "competitors", "inhibition", Pattern.BLOCKS, np.full((n, 1), 1 / n), delay_steps=1
            ),
            Projection("inhibition", "competitors", Pattern.BLOCKS, np.full((1, n), -inhibition)),
            Projection("value", "output", Pattern.TILED, np.tile(np.eye(out), (n, 1))),
            Projection("competitors", "output", Pattern.BLOCKS, np.ones((n, out)), Role.GATE),
        ),
    )
