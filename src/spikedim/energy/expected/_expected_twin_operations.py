"""The operations of the same architecture without spikes."""

from collections.abc import Iterator

from spikedim.energy.expected._shape import close, kind_of, place_of, weights_of
from spikedim.energy.operations import Operation, OperationCounts, OperationKind, Place, Values
from spikedim.models import Card, Coding, LayerRow

__all__ = ["expected_twin_operations"]


def expected_twin_operations(card: Card) -> OperationCounts:
    """Operations of the ordinary network of the same shape: every layer acts once, densely.

    Parameters
    ----------
    card : Card
        Shapes of the spiking model, or of the ordinary network.

    Returns
    -------
    OperationCounts
        One line for each product, which reads real values, and one for the activation function
        in place of each population.

    Notes
    -----
    O(layers). The twin is dense: what its activations leave at zero is not known before a run.

    Examples
    --------
    >>> from spikedim.models import card
    >>> found = card("spikformer-4-384")
    >>> expected_twin_operations(found).macs == found.macs
    True
    """
    subject = f"{card.base}{Coding.ACTIVATIONS.suffix}"
    # One pass sees one input, whatever the input of the steps is.
    return close(card, tuple(_operations(card)), subject=subject, steps=1, static=True)


def _operations(card: Card) -> Iterator[Operation]:
    """Yield products and activation functions."""
    for row in card.layers:
        if row.macs:
            yield _product(row, card)
        if row.population is not None:
            numbers = float(row.population.neurons)
            yield Operation(
                layer=row.population.name,
                kind=OperationKind.ACTIVATION,
                operator="relu",
                inputs=numbers,
                outputs=numbers,
                comparisons=numbers,
            )


def _product(row: LayerRow, card: Card) -> Operation:
    """Return one product."""
    kind, place, macs = kind_of(row), place_of(row, card), float(row.macs)
    ordinary = card.coding is Coding.ACTIVATIONS
    return Operation(
        layer=row.name,
        kind=kind,
        operator=row.kind,
        place=place,
        other_values=Values.REAL if kind is OperationKind.ATTENTION else None,
        macs=macs,
        inner_macs=macs,
        synaptic_operations=macs,
        weighted_operations=macs,
        weights=weights_of(row),
        weights_read=float(weights_of(row)),
        # The card of an ordinary network does not say what passed an activation function.
        unquantised=place is not Place.INSIDE if ordinary else not row.spiking_input,
    )
