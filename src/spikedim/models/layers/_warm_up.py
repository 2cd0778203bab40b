"""Compiles every kernel of a type on tiny activations, so that no first call has to."""

import torch
from torch import nn

from spikedim._core import AbstractProgress
from spikedim.models.layers._fire import fire
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._population import SpikingPopulation
from spikedim.models.layers._product import ConvNorm
from spikedim.neurons import FusedNormLIF, LIFParameters, SigmoidSurrogate

__all__ = ["warm_up_kernels"]


def warm_up_kernels(run: FusedNormLIF, dtype: torch.dtype, progress: AbstractProgress) -> None:
    """Run `fire` in each of its ways on 4 x 4 maps of `dtype`, forward and backward."""
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    population = SpikingPopulation(LIFParameters.spikingjelly(), SigmoidSurrogate())
    population.fused = run
    conv = ConvNorm(2, 2, kernel=3)
    nn.init.ones_(conv.weight)
    conv.to(wide)
    x = torch.linspace(-1, 1, 32, dtype=dtype).reshape(1, 1, 4, 4, 2)

    def pass_through(*, training: bool, pool: bool) -> None:
        conv.train(training)
        context = ForwardPass(4, keep_states=True)
        spikes = fire(x, conv, population, context)
        y = fire(spikes, conv, population, context, residual=None if pool else spikes, pool=pool)
        torch.autograd.backward(y.sum())

    ways = [(training, pool) for training in (True, False) for pool in (False, True)]
    for training, pool in progress.track(ways, "compile kernels", float(len(ways))):
        pass_through(training=training, pool=pool)
