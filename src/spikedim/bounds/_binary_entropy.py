"""Entropy of one biased coin, the price list of spikes."""

import math

__all__ = ["binary_entropy"]


def binary_entropy(probability: float) -> float:
    """Return H_b in bits for a probability in [0, 1]."""
    if probability in (0.0, 1.0):
        return 0.0
    silent = math.log1p(-probability) / math.log(2)
    return -(probability * math.log2(probability) + (1 - probability) * silent)
