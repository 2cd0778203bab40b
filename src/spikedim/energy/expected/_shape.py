"""What the layer table of a card says of an operation, whatever the firing rate."""

import numpy as np

from spikedim._core import Provenance
from spikedim.energy.operations import SAMPLED, Operation, OperationCounts, OperationKind, Place
from spikedim.models import Card, Coding, LayerRow

__all__ = ["close", "is_stem", "kind_of", "place_of", "weights_of"]

_KINDS = {
    "conv": OperationKind.CONVOLUTION,
    "inner_conv": OperationKind.CONVOLUTION,
    "attention": OperationKind.ATTENTION,
}

_NOTE = (
    "a card lists products and neurons: normalisations, residual additions, pooling and softmax "
    "are not in it, and biases count as weights"
)


def kind_of(row: LayerRow) -> OperationKind:
    """Return what a row with multiply-accumulates computes."""
    return _KINDS.get(row.kind, OperationKind.LINEAR)


def is_stem(row: LayerRow, card: Card) -> bool:
    """Tell whether a row reads the input of the network."""
    if row.kind != "conv" or row.spiking_input:
        return False
    # In an ordinary network every row reads real numbers, the input only the first.
    first = next(other for other in card.layers if other.kind == "conv")
    return card.coding is not Coding.ACTIVATIONS or row is first


def place_of(row: LayerRow, card: Card) -> Place:
    """Return where a row stands."""
    if is_stem(row, card):
        return Place.STEM
    return Place.HEAD if row.kind == "head" else Place.INSIDE


def weights_of(row: LayerRow) -> int:
    """Return the weights of a row, biases included; normalisations are folded into them."""
    return row.parameters - row.norm_parameters


def close(
    card: Card, operations: tuple[Operation, ...], *, subject: str, steps: int, static: bool
) -> OperationCounts:
    """Return the table of expected operations."""
    return OperationCounts(
        subject=subject,
        source="expected",
        steps=steps,
        static_input=static,
        operations=operations,
        unknown=(),
        n_samples=0,
        samples=np.zeros((0, len(operations), len(SAMPLED))),
        parameters=card.parameters,
        weights_fingerprint="",
        data_fingerprint="",
        notes=(_NOTE,),
        provenance=Provenance.now(),
    )
