"""The shape of a model on one card: layers, parameters, operations, spiking populations."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result
from spikedim.models.cards._coding import Coding
from spikedim.models.cards._published_result import PublishedResult

__all__ = ["EVENT_DATASETS", "Card", "LayerRow", "Population"]

EVENT_DATASETS = frozenset({"cifar10-dvs", "dvs128-gesture"})


@final
@dataclass(frozen=True)
class Population:
    """A spiking population of n tokens (or pixels) by d features.

    Parameters
    ----------
    name : str
        Layer whose neurons these are.
    tokens : int
        n: tokens, pixels or positions.
    features : int
        d: features or channels.
    """

    name: str
    tokens: int
    features: int

    @property
    def neurons(self) -> int:
        """Number of neurons, n * d."""
        return self.tokens * self.features


@final
@dataclass(frozen=True)
class LayerRow:
    """One row of the layer table.

    Parameters
    ----------
    name : str
        Position in the model, e.g. ``"block.0.attn.q"``.
    kind : str
        ``"conv"``, ``"linear"``, ``"attention"``, ``"norm"``, ``"head"``, ``"embedding"``, ...
    parameters : int
        Trainable parameters used by the forward pass.
    dead_parameters : int
        Parameters of the released code that its forward pass never uses.
    macs : int
        Multiply-accumulates per time step at batch size 1.
    spiking_input : bool
        Whether its input is spikes (then an operation is an accumulate, else a multiply).
    population : Population or None
        The spiking population fed by this layer, None if no neuron follows.
    norm_parameters : int
        How many of `parameters` belong to its normalisation.
    integer_input : bool
        Whether its spiking input is a sum of spikes (0, 1, 2, ...) and not 0 or 1.
    """

    name: str
    kind: str
    parameters: int
    dead_parameters: int
    macs: int
    spiking_input: bool
    population: Population | None = None
    norm_parameters: int = 0
    integer_input: bool = False


@final
@dataclass(frozen=True)
class Card(Result):
    """Everything a plan needs to know about an architecture, without building it.

    Parameters
    ----------
    name : str
        ``family-size/dataset``, e.g. ``"spikformer-4-384/cifar10"``; with ``:softmax`` or ``:ann``
        of a twin or an ordinary network.
    family, dataset : str
        Its two parts.
    input_shape : tuple of int
        [channels, height, width], or [sequence length] for text.
    classes : int
        C.
    depth, heads, tokens, width : int
        Blocks, attention heads, n and d of the encoder blocks (of the last stage if hierarchical).
    steps : int
        Time steps of the published results; 1 of an ordinary network.
    layers : tuple of LayerRow
        The layer table.
    published_parameters : str
        As printed in the paper, e.g. ``"9.32M"``; empty if none.
    reference : str
        Paper and where its numbers were read.
    notes : tuple of str
        Known traps.
    published_results : tuple of PublishedResult
        Printed accuracies and energies with their sources, the headline first; none for a
        twin, an ordinary network or a shape of your own.
    vocabulary : int
        Token numbers that a text model reads, padding 0 included; 0 of images.
    """

    schema: ClassVar[str] = "spikedim.card/1"

    name: str
    family: str
    dataset: str
    input_shape: tuple[int, ...]
    classes: int
    depth: int
    heads: int
    tokens: int
    width: int
    steps: int
    layers: tuple[LayerRow, ...]
    published_parameters: str = ""
    reference: str = ""
    notes: tuple[str, ...] = ()
    published_results: tuple[PublishedResult, ...] = ()
    vocabulary: int = 0

    @property
    def parameters(self) -> int:
        """Parameters that the forward pass uses."""
        return sum(row.parameters for row in self.layers)

    @property
    def parameters_released(self) -> int:
        """Parameters of the released code, dead ones included."""
        return self.parameters + sum(row.dead_parameters for row in self.layers)

    @property
    def norm_parameters(self) -> int:
        """How many of `parameters` belong to normalisations."""
        return sum(row.norm_parameters for row in self.layers)

    @property
    def static_input(self) -> bool:
        """Whether every time step sees the same input (false for event cameras)."""
        return self.dataset not in EVENT_DATASETS

    @property
    def coding(self) -> Coding:
        """What its populations carry, as its name says."""
        _, colon, suffix = self.name.partition(":")
        return next((each for each in Coding if each.suffix == colon + suffix), Coding.SPIKES)

    @property
    def base(self) -> str:
        """Name of the spiking model of the same shape."""
        return self.name.partition(":")[0]

    @property
    def first_macs(self) -> int:
        """MACs of the convolution that reads the input, per time step; 0 of a text model."""
        first = (row.macs for row in self.layers if row.kind == "conv" and not row.spiking_input)
        return next(first, 0)

    @property
    def macs(self) -> int:
        """All MACs per time step, attention included."""
        return sum(row.macs for row in self.layers)

    @property
    def attention_macs(self) -> int:
        """MACs of the attention products per time step."""
        return sum(row.macs for row in self.layers if row.kind == "attention")

    @property
    def populations(self) -> tuple[Population, ...]:
        """Every spiking population, in order; none in an ordinary network."""
        return tuple(row.population for row in self.layers if row.population is not None)

    @property
    def encoding_population(self) -> Population:
        """The first spiking population of n tokens by d features (theory index 7)."""
        target = (self.tokens, self.width)
        for population in self.populations:
            if (population.tokens, population.features) == target:
                return population
        return Population("encoding", self.tokens, self.width)

    @property
    def neurons(self) -> int:
        """Spiking neurons of the whole network."""
        return sum(population.neurons for population in self.populations)
