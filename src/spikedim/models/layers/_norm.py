"""Batch normalisation over the features of time-first activations."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikedim._core import InputError
from spikedim.models.layers._joint_statistics import (
    JointStatistics,
    joint_statistics,
    pass_through,
    processes,
)

__all__ = ["affine", "fold", "join", "normalise", "remember"]

_FEWEST = 2  # values with a variance


def normalise(
    y: Tensor,
    norm: nn.BatchNorm1d,
    *,
    steps: int,
    mask: Tensor | None = None,
    synchronised: bool = False,
) -> Tensor:
    """Return `y` [T, B, ..., D] or [1, B, ..., D] normalised over all axes but the last.

    A leading 1 stands for `steps` equal steps: their mean and variance are those of the one, only
    the unbiased variance that is remembered counts every step. In training, tokens of
    [T, B, N, D] that `mask` [B, N] leaves out stay out of the statistics and come back as 0.
    With `synchronised` the statistics of training are those of all processes.
    """
    if mask is not None and norm.training:
        out = torch.zeros_like(y)
        out[:, mask] = normalise(y[:, mask], norm, steps=steps, synchronised=synchronised)
        return out
    rows = y.reshape(-1, y.shape[-1])
    if norm.training and synchronised and processes() > 1:
        return _normalise_jointly(rows, norm, repeats=steps / y.shape[0]).reshape(y.shape)
    if norm.training and len(rows) < _FEWEST:
        raise _too_few()
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


def _normalise_jointly(rows: Tensor, norm: nn.BatchNorm1d, *, repeats: float) -> Tensor:
    """Return rows [n, D] normalised by the statistics of those of all processes."""
    y, weight, bias, found = join(rows, norm)
    mean, variance = found.mean.to(weight.dtype), found.variance.to(weight.dtype)
    out = functional.batch_norm(y, mean, variance, weight, bias, eps=norm.eps)
    remember(norm, found.mean, found.variance, count=round(found.size * repeats))
    return out


def join(y: Tensor, norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor, Tensor, JointStatistics]:
    """Return `y`, gain, shift and the statistics of all processes to normalise by as constants."""
    found = joint_statistics(y.reshape(-1, y.shape[-1]))
    if found.size < _FEWEST:
        raise _too_few()
    return *pass_through(y, norm.weight, norm.bias, found, norm.eps), found


def _too_few() -> InputError:
    return InputError(
        "forward: `x` must give every normalisation at least 2 values a feature in training "
        "mode, over samples, places and different steps; got 1. Pass more samples, or call "
        "`eval()`."
    )


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
