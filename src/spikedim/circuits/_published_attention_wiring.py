"""The parts of the published spiking attention, token by token and pair by pair."""

from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits._coincidence_series import Streams, series_wiring
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring

__all__ = ["published_attention_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_Parts = tuple[list[Population], list[Projection]]

_ONE = np.array(1.0)


def published_attention_wiring(
    weights: tuple[Array, Array, Array],
    *,
    tokens: int,
    series: Array,
    threshold: float,
    inhibition: float,
) -> Wiring:
    """Return populations for each token, each row of scores and each pair of tokens."""
    width, values = weights[0].shape[1], weights[2].shape[1]
    exponential = series_wiring(series, Streams.FRESH, 1)
    every = range(tokens)
    parts = [
        *(_token(i, weights, threshold) for i in every),
        *(_row(i, tokens, values, inhibition) for i in every),
        *(_pair(i, j, tokens, width, values, exponential) for i in every for j in every),
    ]
    return Wiring(
        tuple(population for populations, _ in parts for population in populations),
        tuple(projection for _, projections in parts for projection in projections),
    )


def _token(i: int, weights: tuple[Array, Array, Array], threshold: float) -> _Parts:
    """Return the input of token i and its query, key and value neurons."""
    populations = [Population(f"input {i}", len(weights[0]), Dynamics.BERNOULLI)]
    projections = []
    for name, matrix in zip(("query", "key", "value"), weights, strict=True):
        neurons = Population(
            f"{name} {i}", matrix.shape[1], Dynamics.LEAKY_INTEGRATE_AND_FIRE, threshold
        )
        populations.append(neurons)
        projections.append(Projection(f"input {i}", neurons.name, Pattern.DENSE, matrix))
    return populations, projections


def _row(i: int, tokens: int, values: int, inhibition: float) -> _Parts:
    """Return the winner-take-all of row i and its output."""
    row, pool = f"competitors {i}", f"inhibition {i}"
    return [
        Population(row, tokens, Dynamics.INTEGRATE_AND_FIRE),
        Population(pool, 1, Dynamics.ACCUMULATOR),
        Population(f"output {i}", values, Dynamics.ACCUMULATOR),
    ], [
        Projection(row, pool, Pattern.ALL_TO_ALL, np.array(1 / tokens), delay_steps=1),
        Projection(pool, row, Pattern.ALL_TO_ALL, np.array(-inhibition)),
    ]


def _pair(i: int, j: int, tokens: int, width: int, values: int, exponential: Wiring) -> _Parts:
    """Return the score of query i and key j, its exponential, and the value it lets through."""
    pair = f"{i}, {j}"
    pick = np.zeros((1, tokens))
    pick[0, j] = 1
    populations = [
        Population(f"pairs {pair}", width, Dynamics.COINCIDENCE, threshold=0.75),
        Population(f"rate {pair}", 1, Dynamics.ACCUMULATOR),
        *(replace(part, name=f"{part.name} {pair}") for part in exponential.populations),
        Population(f"held value {pair}", values, Dynamics.ACCUMULATOR),
    ]
    half = np.array(0.5)
    projections = [
        Projection(f"query {i}", f"pairs {pair}", Pattern.ONE_TO_ONE, half),
        Projection(f"key {j}", f"pairs {pair}", Pattern.ONE_TO_ONE, half),
        Projection(f"pairs {pair}", f"rate {pair}", Pattern.ALL_TO_ALL, np.array(1 / width)),
        Projection(f"rate {pair}", f"streams {pair}", Pattern.ALL_TO_ALL, _ONE),
        *(
            replace(part, source=f"{part.source} {pair}", target=f"{part.target} {pair}")
            for part in exponential.projections
        ),
        Projection(f"read-out {pair}", f"competitors {i}", Pattern.DENSE, pick),
        Projection(f"value {j}", f"held value {pair}", Pattern.ONE_TO_ONE, _ONE),
        Projection(
            f"competitors {i}",
            f"held value {pair}",
            Pattern.DENSE,
            np.repeat(pick.T, values, axis=1),
            Role.GATE,
        ),
        Projection(f"held value {pair}", f"output {i}", Pattern.ONE_TO_ONE, _ONE),
    ]
    return populations, projections
