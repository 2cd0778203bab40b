"""The folded weights of one attention layer and its exact arithmetic."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim.circuits._rows import softmax_rows

__all__ = ["Exact", "Heads", "fold"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True, eq=False)
class Exact:
    """What exact arithmetic gives for one input: the reference of every error.

    Shapes: query and key [H, N, Dk], value [H, N, Do] (through the output weights), scores and
    rows [H, N, N], output [N, Do].
    """

    query: Array
    key: Array
    value: Array
    scores: Array
    rows: Array
    output: Array


@final
@dataclass(frozen=True, eq=False)
class Heads:
    """Weights on rates in [0, 1]: query, key [H, D, Dk], value [H, D, Dv], output [H, Dv, Do].

    Biases are constant currents, [H, Dk], [H, Dk], [H, Dv] and [Do].
    """

    query: Array
    key: Array
    value: Array
    output: Array
    query_bias: Array
    key_bias: Array
    value_bias: Array
    output_bias: Array

    @property
    def count(self) -> int:
        """Number of heads H."""
        return len(self.query)

    @property
    def scale(self) -> float:
        """One over the root of the width of a head."""
        return 1 / math.sqrt(self.query.shape[2])

    @property
    def folded_value(self) -> Array:
        """Value weights through the output weights, [H, D, Do]."""
        return np.asarray(self.value @ self.output)

    def queries(self, rates: Array) -> Array:
        """Return [H, N, Dk]."""
        return np.asarray(rates @ self.query + self.query_bias[:, None])

    def keys(self, rates: Array) -> Array:
        """Return [H, N, Dk]."""
        return np.asarray(rates @ self.key + self.key_bias[:, None])

    def values(self, rates: Array) -> Array:
        """Return [H, N, Do], through the output weights."""
        return np.asarray((rates @ self.value + self.value_bias[:, None]) @ self.output)

    def scores(self, queries: Array, keys: Array, mask: Array | None) -> Array:
        """Return [H, N, N]; the mask is added."""
        scores = self.scale * (queries @ keys.transpose(0, 2, 1))
        return np.asarray(scores if mask is None else scores + mask)

    def mix(self, rows: Array, values: Array) -> Array:
        """Return the output [N, Do] of given rows [H, N, N]."""
        return np.asarray((rows @ values).sum(axis=0) + self.output_bias)

    def exact(self, rates: Array, mask: Array | None) -> Exact:
        """Return all quantities without spikes."""
        query, key, value = self.queries(rates), self.keys(rates), self.values(rates)
        scores = self.scores(query, key, mask)
        rows = softmax_rows(scores)
        return Exact(query, key, value, scores, rows, self.mix(rows, value))

    def output_range(self) -> tuple[Array, Array]:
        """Return the least and greatest output [Do] of any rates in [0, 1] and any rows."""
        weights = self.folded_value
        constant = (self.value_bias[:, None] @ self.output).sum(axis=(0, 1)) + self.output_bias
        low = constant + np.minimum(weights, 0.0).sum(axis=(0, 1))
        return low, constant + np.maximum(weights, 0.0).sum(axis=(0, 1))


def fold(weight: Array, bias: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Move y = low + (high - low) x into weights [H, D, W] and bias [H, W]: exact for rates x."""
    with np.errstate(over="ignore", invalid="ignore"):  # seen by `check_heads`
        return (high - low)[:, None] * weight, bias + low @ weight
