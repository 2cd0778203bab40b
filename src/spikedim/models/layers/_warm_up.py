"""Compiles every kernel of a type on tiny activations, so that no first call has to."""

import torch
from torch import Tensor, nn

from spikedim._core import AbstractProgress
from spikedim.models.layers._fire import fire
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._population import SpikingPopulation
from spikedim.models.layers._product import ConvNorm
from spikedim.neurons import FusedNormLIF, LIFParameters, SigmoidSurrogate

__all__ = ["warm_up_kernels"]


def warm_up_kernels(run: FusedNormLIF, dtype: torch.dtype, progress: AbstractProgress) -> None:
    """Run `fire` in each of its ways on 4 x 4 maps of `dtype`, forward and backward.

    Whatever mode the caller is in: gradients are on here.
    """
    ways = [(training, pool) for training in (True, False) for pool in (False, True)]
    with torch.inference_mode(mode=False), torch.enable_grad():
        for training, pool in progress.track(ways, "compile kernels", float(len(ways))):
            _pass_through(run, dtype, training=training, pool=pool).backward()  # type: ignore[no-untyped-call]
            with torch.no_grad():
                _pass_through(run, dtype, training=training, pool=pool)


def _pass_through(run: FusedNormLIF, dtype: torch.dtype, *, training: bool, pool: bool) -> Tensor:
    """Return a number that depends on what every kernel does."""
    population = SpikingPopulation(LIFParameters.spikingjelly(), SigmoidSurrogate())
    population.fused = run
    conv = ConvNorm(2, 2, kernel=3)
    nn.init.ones_(conv.weight)
    conv.to(torch.float64 if dtype == torch.float64 else torch.float32)
    conv.train(training)
    x = torch.linspace(-1, 1, 32, dtype=dtype).reshape(1, 1, 4, 4, 2)
    context = ForwardPass(4, keep_states=True)
    spikes = fire(x, conv, population, context)
    y = fire(spikes, conv, population, context, residual=None if pool else spikes, pool=pool)
    return y.sum()
