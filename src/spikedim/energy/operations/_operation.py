"""One line of the table of operations: one operation of one layer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from spikedim.energy.operations._values import Values

__all__ = ["PRODUCTS", "Operation", "OperationKind", "Place"]


class OperationKind(StrEnum):
    """What an operation does."""

    CONVOLUTION = "convolution"
    LINEAR = "linear"
    ATTENTION = "attention"  # matrix product of two activations
    MASKING = "masking"  # elementwise product of two activations
    SUMMATION = "summation"  # sum or mean of activations
    NEURON = "neuron"  # leak, input, threshold and reset of spiking neurons
    NORMALISATION = "normalisation"
    RESIDUAL = "residual"  # elementwise sum of two activations
    POOLING = "pooling"
    SOFTMAX = "softmax"
    ACTIVATION = "activation"  # ReLU, GELU, clip, sigmoid
    ELEMENTWISE = "elementwise"  # anything else that acts on each number alone
    LOOKUP = "lookup"  # rows of a table


PRODUCTS = frozenset(
    {
        OperationKind.CONVOLUTION,
        OperationKind.LINEAR,
        OperationKind.ATTENTION,
        OperationKind.MASKING,
        OperationKind.SUMMATION,
    }
)
"""Kinds whose work depends on how many inputs are zero."""


class Place(StrEnum):
    """Where in the network a product stands."""

    STEM = "stem"  # it reads the input of the network: no neurons are in between
    INSIDE = "inside"
    HEAD = "head"  # the last product: its results are the answer


@final
@dataclass(frozen=True)
class Operation:
    """One operation of one layer: means over samples, sums over the steps of one inference.

    Parameters
    ----------
    layer : str
        Dotted path of the module, e.g. ``"block.0.attn.q"``; ``""`` is the model itself.
    kind : OperationKind
        What it does.
    operator : str
        Name of the tensor operator, e.g. ``"convolution"``; of a card its kind of layer.
    place : Place
        Stem, head, or inside; of kinds that are no products always inside.
    values : Values
        Class of the activations that it reads; of two activations that of the first.
    other_values : Values or None
        Class of the second activation; None where the other operand is a weight, or is none.
    passes : int
        How often it acted in one inference: T, or 1; of neurons of a rate code the T of that code,
        which populations may have of their own.
    static : bool
        Whether it reads the same in every step, as the stem of a static image does.
    macs : float
        Dense multiply-accumulates, zeros of a padding included; 0 of what is no product, and of a
        sum, which multiplies nothing.
    inner_macs : float
        The same without zeros of a padding.
    synaptic_operations : float
        Pairs of a non-zero input and an output that it reaches; of two activations pairs of
        non-zero factors. Zero weights are not left out.
    weighted_operations : float
        The same, each counted with its value in units of the scale: a 3 is three additions. Equal
        to `synaptic_operations` for real values.
    inputs : float
        Numbers read: those of the first activation.
    active_inputs : float
        How many of them were not zero.
    outputs : float
        Numbers written.
    weights : int
        Numbers of its weight, without bias; 0 of two activations.
    weights_read : float
        How many an active input asked for, each once for a pass.
    neurons : int
        Spiking neurons, of the kind neuron; else 0.
    spikes : float
        Spikes that they fired.
    additions, multiplications, comparisons, specials : float
        Elementary operations of what is no matrix product; specials are exponentials, roots,
        quotients and the like. Of neurons those of the equation, whatever the code did: for each
        update one multiplication by the leak, one addition of the input and one comparison, for
        each spike one addition that resets.
    foldable : bool
        Whether it is a normalisation with fixed statistics right behind a product, which fits
        into the weights.
    unquantised : bool
        Whether what it reads passed no activation function, which a quantised twin would cut to
        few bits: an image, a mean, the result of another product.
    steps : tuple of float
        `synaptic_operations` of each step, of neurons `spikes`; one number if it acted once.
    """

    layer: str
    kind: OperationKind
    operator: str
    place: Place = Place.INSIDE
    values: Values = Values.REAL
    other_values: Values | None = None
    passes: int = 1
    static: bool = False
    macs: float = 0.0
    inner_macs: float = 0.0
    synaptic_operations: float = 0.0
    weighted_operations: float = 0.0
    inputs: float = 0.0
    active_inputs: float = 0.0
    outputs: float = 0.0
    weights: int = 0
    weights_read: float = 0.0
    neurons: int = 0
    spikes: float = 0.0
    additions: float = 0.0
    multiplications: float = 0.0
    comparisons: float = 0.0
    specials: float = 0.0
    foldable: bool = False
    unquantised: bool = False
    steps: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Share of inputs that are not zero, in [0, 1]; of neurons spikes per neuron and step."""
        if self.kind is OperationKind.NEURON:
            updates = self.neurons * self.passes
            return self.spikes / updates if updates else 0.0
        return self.active_inputs / self.inputs if self.inputs else 0.0

    @property
    def rate_times_macs(self) -> float:
        """What papers report as synaptic operations: firing rate times dense operations."""
        return self.rate * self.macs

    @property
    def accumulates(self) -> bool:
        """Whether it is a product that needs additions only: some factor is spikes or counts."""
        return self.kind in PRODUCTS and (
            self.values.spiking or (self.other_values is not None and self.other_values.spiking)
        )
