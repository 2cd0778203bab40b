"""Makes the populations of one model, all of one kind."""

from dataclasses import dataclass, replace
from typing import final

from spikedim.models.cards import Coding
from spikedim.models.layers._attention_product import (
    AbstractAttentionProduct,
    ProductOrder,
    SoftmaxProduct,
    SpikingProduct,
)
from spikedim.models.layers._batch_leak_population import BatchLeakPopulation
from spikedim.models.layers._head_product import (
    AbstractHeadProduct,
    RateScaledProduct,
    SoftmaxWeights,
    WeightedSum,
)
from spikedim.models.layers._population import (
    AbstractPopulation,
    OrdinaryPopulation,
    RatePopulation,
    SpikingPopulation,
)
from spikedim.neurons import AbstractSurrogate, LIFParameters

__all__ = ["PopulationMaker"]


@final
@dataclass(frozen=True)
class PopulationMaker:
    """Makes populations and attention products of one coding.

    Parameters
    ----------
    coding : Coding
        Spikes, rates or activations.
    neuron : LIFParameters
        The neuron of a spiking population.
    surrogate : AbstractSurrogate
        Its surrogate gradient.
    learnable_leak : bool, default False
        Whether its leak is a parameter.
    """

    coding: Coding
    neuron: LIFParameters
    surrogate: AbstractSurrogate
    learnable_leak: bool = False

    def population(
        self, *, threshold: float = 1.0, batch_leak: bool = False, rectified: bool = True
    ) -> AbstractPopulation:
        """Return a population whose threshold is `threshold` times that of the neuron.

        An ordinary network has a rectifier in its place, or nothing if not `rectified`.
        """
        if self.coding is Coding.RATES:
            return RatePopulation()
        if self.coding is Coding.ACTIVATIONS:
            return OrdinaryPopulation(rectified=rectified)
        neuron = replace(self.neuron, threshold=self.neuron.threshold * threshold)
        if batch_leak:
            return BatchLeakPopulation(neuron, self.surrogate)
        return SpikingPopulation(neuron, self.surrogate, learnable_leak=self.learnable_leak)

    def product(
        self, heads: int, *, scale: float, order: ProductOrder, causal: bool = False
    ) -> AbstractAttentionProduct:
        """Return the product of queries, keys and values."""
        if not self.coding.spiking:
            return SoftmaxProduct(heads, causal=causal)
        return SpikingProduct(heads, scale=scale, order=order, causal=causal)

    def product_pair(self, heads: int) -> tuple[AbstractHeadProduct, AbstractHeadProduct]:
        """Return the products that make a map of activity and values, and mix values by it."""
        if not self.coding.spiking:
            return SoftmaxWeights(), WeightedSum()
        return RateScaledProduct(heads), RateScaledProduct(heads)
