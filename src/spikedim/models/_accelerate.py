"""Normalisation, neurons and residual of a built model in one kernel; bfloat16 inside."""

import logging
import time

import torch

from spikedim._core import AbstractProgress, InputError, SilentProgress
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import SpikingPopulation, warm_up_kernels
from spikedim.neurons import fused_norm_lif

__all__ = ["accelerate", "decelerate"]

_PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}

_log = logging.getLogger(__name__)


def accelerate(
    model: AbstractSpikingTransformer,
    *,
    precision: str = "float32",
    progress: AbstractProgress | None = None,
) -> AbstractSpikingTransformer:
    """Run a model's normalisations, neurons and residuals in one kernel each, in place.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Changed in place; weights, `state_dict` and mode stay as they are.
    precision : {"float32", "bfloat16"}, default "float32"
        Type of the activations. ``"float32"`` is that of the weights, so float64 weights compute
        in float64. ``"bfloat16"`` rounds the input, the weights of every product and its results
        to 8 bits; membranes, statistics, the mean over tokens and the classifier stay as they
        are, and so do the weights that an optimiser sees.
    progress : AbstractProgress, optional
        Told how far the kernels are compiled.

    Returns
    -------
    AbstractSpikingTransformer
        The same model.

    Raises
    ------
    InputError
        If `precision` is another word, or the model has no spiking population, as a twin or an
        ordinary network.

    See Also
    --------
    decelerate : The way back.
    spikedim.neurons.fused_norm_lif : The kernel.

    Notes
    -----
    Spikes, gradients and running statistics in float64 are those of the plain model; in float32
    rounding differs, and a membrane on the edge may fall to the other side. In bfloat16 spikes do
    differ: how many is in the benchmarks, and no agreement is promised. Attention counts up to 256
    are exact in it.

    Kernels are compiled here, not in the first call: 15 to 20 seconds of one core for a type that
    the machine never compiled, one second from disk. They serve every T, batch and size. Where no
    gradients are asked for, spikes are written over the currents, and weights rounded to bfloat16
    are kept until a weight changes: a change of few entries through ``.data`` may go unseen.
    Without numba tensor operations do the same and a warning is logged; populations that keep the
    plain path are named in a warning too. `forward_with_states` records membranes, which the kernel
    does not keep: it takes the plain path in the type of the weights. Inside a `torch.func`
    transform every population takes the plain path. Spikes and their sums are kept for the backward
    pass as a byte each.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> model = accelerate(build("spikformer-2-64/digits"))
    >>> model(torch.zeros(3, 1, 8, 8)).shape
    torch.Size([3, 10])
    """
    if precision not in _PRECISIONS:
        raise InputError(
            f"accelerate: `precision` must be one of {', '.join(_PRECISIONS)}; got {precision!r}."
        )
    populations = model.populations
    fusible = {
        name: population
        for name, population in populations.items()
        if isinstance(population, SpikingPopulation) and population.lif.leak_logit is None
    }
    if not fusible:
        raise InputError(
            f"accelerate: `model` must have spiking populations; got {model.card.name}, which has "
            "none. Leave it as it is."
        )
    run = fused_norm_lif()
    dtype = _PRECISIONS[precision]
    started = time.perf_counter()
    warm_up_kernels(run, dtype or model.head.weight.dtype, progress or SilentProgress())
    _log.info("accelerate: kernels are ready after %.1f s.", time.perf_counter() - started)
    plain = [name for name in populations if name not in fusible]
    if plain:
        _log.warning(
            "accelerate: %d of %d populations keep the plain path: %s.",
            len(plain),
            len(populations),
            ", ".join(plain),
        )
    for population in fusible.values():
        population.fused = run
    model.compute_dtype = dtype
    return model


def decelerate(model: AbstractSpikingTransformer) -> AbstractSpikingTransformer:
    """Restore the plain path and the type of the weights, in place.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Changed in place.

    Returns
    -------
    AbstractSpikingTransformer
        The same model.

    See Also
    --------
    accelerate : The way there.

    Examples
    --------
    >>> from spikedim.models import build
    >>> model = decelerate(accelerate(build("spikformer-2-64/digits")))
    >>> any(getattr(p, "fused", None) for p in model.populations.values())
    False
    """
    for population in model.populations.values():
        if isinstance(population, SpikingPopulation):
            population.fused = None
    model.compute_dtype = None
    return model
