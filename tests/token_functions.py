"""Equivariant functions of token rates with known Lipschitz constants."""

import math

import numpy as np


def design(x):
    """Return (max_j x_j1 - x_i1, |x_i2 - mean_j x_j2|), the function of the design; L = sqrt 2."""
    most = x[..., 0].max(axis=-1, keepdims=True)
    mean = x[..., 1].mean(axis=-1, keepdims=True)
    return np.stack([most - x[..., 0], np.abs(x[..., 1] - mean)], axis=-1)


DESIGN_LIPSCHITZ = math.sqrt(2)


def centred(x):
    """Return each token less the mean: linear, L = 1."""
    return x - x.mean(axis=-2, keepdims=True)


def ranked(x):
    """Return how many tokens are smaller in the first feature: breaks no tie by place."""
    return (x[..., :, None, 0] > x[..., None, :, 0]).sum(axis=-1)[..., None].astype(float)


def running_sum(x):
    """Return sums over the tokens so far: depends on their order."""
    return np.cumsum(x, axis=-2)
