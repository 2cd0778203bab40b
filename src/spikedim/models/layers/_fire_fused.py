"""The step of `fire` with normalisation, neurons and residual in one kernel."""

import torch
from torch import Tensor, nn

from spikedim.models.layers._compiled import inner_dtype, kernels
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._joint_statistics import processes
from spikedim.models.layers._norm import join, remember
from spikedim.models.layers._pool_counts import pool_in_front_of, statistics
from spikedim.models.layers._pooling import max_pool
from spikedim.models.layers._population import SpikingPopulation
from spikedim.models.layers._product import AbstractProduct
from spikedim.models.layers._residual import add_branch

__all__ = ["fire_fused"]


def fire_fused(
    x: Tensor,
    product: AbstractProduct,
    population: SpikingPopulation,
    context: ForwardPass,
    *,
    residual: Tensor | None,
    drop: float,
    pool: bool,
) -> Tensor:
    """Return the activity of a population driven by a product of `x`, plus a residual."""
    dropped = population.training and drop > 0
    added = None if dropped else residual
    norm = product.norm
    if norm is None or context.mask is not None or (pool and kernels() is None):
        currents = product(x, context)
        currents = max_pool(currents) if pool else currents
        currents = context.silence(currents)
        outputs = population.run_fused(currents, context, residual=added).spikes
    else:
        y = product.product(x)
        own = y.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
        joint = product.synchronised and norm.training and processes() > 1
        normalised = _jointly_normalised if joint else _normalised
        outputs = normalised(y, norm, population, context, added, pool=pool, overwrite=own)
    if residual is None or not dropped:
        return outputs
    return add_branch(residual, outputs, context, drop=drop, training=True)


def _normalised(
    y: Tensor,
    norm: nn.BatchNorm1d,
    population: SpikingPopulation,
    context: ForwardPass,
    residual: Tensor | None,
    *,
    pool: bool,
    overwrite: bool,
) -> Tensor:
    """Return the activity driven by `y` normalised, by the statistics of the mode."""
    weight: Tensor = norm.weight
    bias: Tensor = norm.bias
    mean, variance = norm.running_mean, norm.running_var
    batch = norm.training or mean is None or variance is None
    if batch:
        mean = variance = None
    elif mean is not None and variance is not None and torch.is_grad_enabled():
        # Copies: training moves the statistics in place, and a gradient may still need these.
        mean, variance = mean.clone(), variance.clone()
    count = y.numel() // y.shape[-1] * context.steps // y.shape[0]
    if pool:
        if mean is None or variance is None:
            mean, variance = statistics(y)
            remember(norm, mean, variance, count=count)
        maps, weight, bias = pool_in_front_of(
            y.flatten(0, 1), weight, bias, mean, variance, norm.eps, batch=batch
        )
        y = maps.reshape(*y.shape[:2], *maps.shape[1:])
    run = population.run_fused(
        y,
        context,
        weight=weight,
        bias=bias,
        mean=mean,
        variance=variance,
        eps=norm.eps,
        residual=residual,
        overwrite=overwrite or pool,
    )
    if run.mean is not None and run.variance is not None:
        remember(norm, run.mean, run.variance, count=count)
    return run.spikes


def _jointly_normalised(
    y: Tensor,
    norm: nn.BatchNorm1d,
    population: SpikingPopulation,
    context: ForwardPass,
    residual: Tensor | None,
    *,
    pool: bool,
    overwrite: bool,
) -> Tensor:
    """Return the activity driven by `y` normalised, by the statistics of all processes."""
    repeats = context.steps // y.shape[0]
    y, weight, bias, found = join(y, norm)
    remember(norm, found.mean, found.variance, count=found.size * repeats)
    inner = inner_dtype(y.dtype)
    mean, variance = found.mean.to(inner), found.variance.to(inner)
    if pool:
        maps, weight, bias = pool_in_front_of(
            y.flatten(0, 1), weight, bias, mean, variance, norm.eps, batch=False
        )
        y = maps.reshape(*y.shape[:2], *maps.shape[1:])
    run = population.run_fused(
        y,
        context,
        weight=weight,
        bias=bias,
        mean=mean,
        variance=variance,
        eps=norm.eps,
        residual=residual,
        overwrite=overwrite or pool,
    )
    return run.spikes
