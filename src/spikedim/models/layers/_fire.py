"""The step every block is made of: product, normalisation, neurons, residual."""

from torch import Tensor

from spikedim.models.layers._fire_fused import fire_fused
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._pooling import max_pool
from spikedim.models.layers._population import AbstractPopulation, SpikingPopulation
from spikedim.models.layers._product import AbstractProduct
from spikedim.models.layers._residual import add_branch

__all__ = ["fire"]


def fire(
    x: Tensor,
    product: AbstractProduct,
    population: AbstractPopulation,
    context: ForwardPass,
    *,
    residual: Tensor | None = None,
    drop: float = 0.0,
    pool: bool = False,
) -> Tensor:
    """Return the activity of a population driven by a product of `x`, plus a residual.

    `pool` takes 3 x 3 maxima of the currents in front of the population.
    """
    if isinstance(population, SpikingPopulation) and population.may_fuse(context):
        return fire_fused(x, product, population, context, residual=residual, drop=drop, pool=pool)
    currents = product(x, context)
    if pool:
        currents = max_pool(currents)
    activity: Tensor = population(currents, context)
    if residual is None:
        return activity
    return add_branch(residual, activity, context, drop=drop, training=population.training)
