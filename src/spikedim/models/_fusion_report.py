"""What fusing a model changed: parameters by kind, and by how much the two forms differ."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["FusionReport", "ParameterCount"]


@final
@dataclass(frozen=True)
class ParameterCount:
    """Parameters of a model by kind.

    Parameters
    ----------
    weights : int
        Of products: linear maps, convolutions, the classifier.
    biases : int
        Of the same.
    norms : int
        Of batch normalisations.
    others : int
        All others, such as embeddings, layer normalisations, learnable leaks.
    """

    weights: int
    biases: int
    norms: int
    others: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.biases + self.norms + self.others


@final
@dataclass(frozen=True)
class FusionReport(Result):
    """Parameters before and after, and the differences on a probe.

    Parameters
    ----------
    model : str
        Name on the card.
    dtype : str
        Type of the weights, in which both forms ran.
    samples, steps : int
        B and T of the probe.
    before, after : ParameterCount
        Parameters by kind.
    products : int
        How many products changed.
    current_difference : float
        Largest difference of the currents that a product gives in the two forms, both reading what
        the unfused model gives it.
    current_difference_relative : float
        The same over the largest current of that product; the largest of all products.
    output_difference : float
        Largest difference of the logits, each form running by itself.
    output_difference_relative : float
        The same over the largest logit.
    spikes : int
        Spikes of the unfused model; 0 without spiking neurons.
    differing_spikes : int
        Neurons and steps at which one form spikes and the other does not. Rounding can decide a
        membrane at its threshold, and every later layer follows, so in float32 this and the
        differences of logits say how near to thresholds the probe came, not how exact the fusion
        is: the differences of currents say that.
    """

    schema: ClassVar[str] = "spikedim.fusion_report/1"

    model: str
    dtype: str
    samples: int
    steps: int
    before: ParameterCount
    after: ParameterCount
    products: int
    current_difference: float
    current_difference_relative: float
    output_difference: float
    output_difference_relative: float
    spikes: int
    differing_spikes: int
