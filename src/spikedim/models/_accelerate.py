"""One kernel for normalisation, neurons and residual, and bfloat16 inside, for a built model."""

import torch

from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import SpikingPopulation
from spikedim.neurons import fused_norm_lif

__all__ = ["accelerate", "decelerate"]


def accelerate(
    model: AbstractSpikingTransformer, *, precision: str = "float32"
) -> AbstractSpikingTransformer:
    """Run normalisation and neurons of a model in one kernel, in place."""
    run = fused_norm_lif()
    for population in model.populations.values():
        if isinstance(population, SpikingPopulation):
            population.fused = run
    model.compute_dtype = torch.bfloat16 if precision == "bfloat16" else None
    return model


def decelerate(model: AbstractSpikingTransformer) -> AbstractSpikingTransformer:
    """Restore the plain path of a model, in place."""
    for population in model.populations.values():
        if isinstance(population, SpikingPopulation):
            population.fused = None
    model.compute_dtype = None
    return model
