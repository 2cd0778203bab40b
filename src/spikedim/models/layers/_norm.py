"""Batch normalisation over the features of time-first activations."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikedim._core import InputError

__all__ = ["affine", "fold", "normalise", "remember"]

_FEWEST = 2  # values with a variance


def normalise(y: Tensor, norm: nn.BatchNorm1d, *, steps: int, mask: Tensor | None = None) -> Tensor:
    """Return `y` [T, B, ..., D] or [1, B, ..., D] normalised over all axes but the last.

    A leading 1 stands for `steps` equal steps: their mean and variance are those of the one, only
    the unbiased variance that is remembered counts every step. In training, tokens of
    [T, B, N, D] that `mask` [B, N] leaves out stay out of the statistics and come back as 0.
    """
    if mask is not None and norm.training:
        out = torch.zeros_like(y)
        out[:, mask] = normalise(y[:, mask], norm, steps=steps)
        return out
    rows = y.reshape(-1, y.shape[-1])
    if norm.training and len(rows) < _FEWEST:
        raise InputError(
            "forward: `x` must give every normalisation at least 2 values a feature in training "
            "mode, over samples, places and different steps; got 1. Pass more samples, or call "
            "`eval()`."
        )
    if not norm.training:
        out = functional.batch_norm(
            rows, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
        return out.reshape(y.shape)
    # Fresh statistics with momentum 1: autograd keeps them, so the running ones stay out of it.
    width = y.shape[-1]
    mean = torch.zeros(width, dtype=norm.weight.dtype, device=y.device)
    variance = torch.ones(width, dtype=norm.weight.dtype, device=y.device)
    out = functional.batch_norm(rows, mean, variance, norm.weight, norm.bias, True, 1.0, norm.eps)
    count = len(rows)
    remember(norm, mean, variance * ((count - 1) / count), count=count * steps // y.shape[0])
    return out.reshape(y.shape)


def remember(norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor, *, count: int) -> None:
    """Move the running statistics towards mean and biased variance of `count` values a feature."""
    if norm.running_mean is None or norm.running_var is None:
        return
    with torch.no_grad():
        weight = norm.momentum
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
            if weight is None:  # torch's sign for a cumulative average
                weight = 1 / float(norm.num_batches_tracked)
        unbiased = variance * (count / max(count - 1, 1))
        norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), weight or 0.0)
        norm.running_var.lerp_(unbiased.to(norm.running_var.dtype), weight or 0.0)


def affine(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Return gain and shift [D] of a normalisation in evaluation mode, in float64."""
    if norm.running_mean is None or norm.running_var is None:
        raise InputError(
            "fuse: `model` must have normalisations with running statistics; got one without. "
            "Build it with `build`."
        )
    # Copies: training moves the statistics in place, which autograd must not see.
    mean = norm.running_mean.to(torch.float64, copy=True)
    variance = norm.running_var.to(torch.float64, copy=True)
    gain = norm.weight.double() / torch.sqrt(variance + norm.eps)
    return gain, norm.bias.double() - mean * gain


def fold(weight: Tensor, bias: Tensor | None, norm: nn.BatchNorm1d | None) -> tuple[Tensor, Tensor]:
    """Return weight and bias of a product with its normalisation in them, of the same type.

    They are computed in float64, so that only the final rounding separates them.
    """
    with torch.no_grad():
        start = torch.zeros(len(weight), device=weight.device) if bias is None else bias
        if norm is None:
            return weight.clone(), start.to(weight.dtype, copy=True)
        gain, shift = affine(norm)
        folded = weight.double() * gain.reshape(-1, *(1,) * (weight.ndim - 1))
        return folded.to(weight.dtype), (start.double() * gain + shift).to(weight.dtype)
