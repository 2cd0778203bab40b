"""The operations of a spiking network before training, from its card, T and a firing rate."""

from collections.abc import Iterator
from dataclasses import replace

from spikedim._core import InputError, check_fraction, check_integer
from spikedim.energy.expected._firing import Firing
from spikedim.energy.expected._shape import close, kind_of, place_of, weights_of
from spikedim.energy.operations import (
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    Values,
)
from spikedim.models import Card, Coding, LayerRow

__all__ = ["expected_operations"]


def expected_operations(card: Card, *, steps: int, rate: float) -> OperationCounts:
    r"""Operations that T steps at one firing rate let expect, in the form of a counted run.

    With :math:`M` multiply-accumulates in a step and rate r, a product of spikes is expected to
    need :math:`r\,T\,M` synaptic operations. Of weights that serve u positions each, a step reads
    the share :math:`1-(1-r)^u`.

    Parameters
    ----------
    card : Card
        Shapes of the model.
    steps : int
        T >= 1.
    rate : float
        Mean spikes per neuron and step, in (0, 1]; one value for every layer.

    Returns
    -------
    OperationCounts
        One line for each product and each population, without samples; what sees a static image,
        and a head that reads a mean, act once. What a card does not say is 0: numbers read and
        written, the course over steps.

    Raises
    ------
    InputError
        If `steps` is not an integer >= 1, `rate` is not in (0, 1], or `card` is that of an
        ordinary network.

    Notes
    -----
    O(layers). One rate for all layers is an assumption: a counted run has a rate for each. A sum
    of spikes counts as its spikes, so that as many inputs as spikes are taken to be active.

    Examples
    --------
    >>> from spikedim.models import card
    >>> counts = expected_operations(card("spikformer-4-384"), steps=4, rate=0.1)
    >>> round(counts.synaptic_operations / 1e6)
    373
    """
    caller = "expected_operations"
    check_integer(steps, name="steps", caller=caller)
    rate = check_fraction(rate, name="rate", caller=caller)
    if card.coding is Coding.ACTIVATIONS:
        raise InputError(
            f"{caller}: `card` must be that of a spiking model; got {card.name}. "
            f"Give {card.base}, or use `expected_twin_operations`."
        )
    shapes = tuple(_operations(card, steps))
    values = Firing(shapes).values(rate).tolist()
    operations = tuple(map(_filled, shapes, values))
    return close(card, operations, subject=card.name, steps=steps, static=card.static_input)


def _operations(card: Card, steps: int) -> Iterator[Operation]:
    """Yield the operations but for what depends on the firing rate."""
    for row in card.layers:
        if row.macs:
            yield _product(row, card, steps)
        if row.population is not None:
            yield Operation(
                layer=row.population.name,
                kind=OperationKind.NEURON,
                operator="neuron",
                passes=steps,
                neurons=row.population.neurons,
            )


def _product(row: LayerRow, card: Card, steps: int) -> Operation:
    """Return one product."""
    place, values = place_of(row, card), _values(row)
    static = place is Place.STEM and card.static_input
    once = static or (place is Place.HEAD and not row.spiking_input)
    passes = 1 if once else steps
    kind = kind_of(row)
    return Operation(
        layer=row.name,
        kind=kind,
        operator=row.kind,
        place=place,
        values=values,
        other_values=_other_values(row) if kind is OperationKind.ATTENTION else None,
        passes=passes,
        static=static,
        macs=float(row.macs * passes),
        inner_macs=float(row.macs * passes),
        weights=weights_of(row),
        unquantised=not row.spiking_input,
    )


def _values(row: LayerRow) -> Values:
    """Return the class of what a row reads."""
    if not row.spiking_input:
        return Values.REAL
    return Values.COUNTS if row.integer_input else Values.BINARY


def _other_values(row: LayerRow) -> Values:
    """Return the class of the other factor of a product of two activations."""
    return Values.BINARY if row.spiking_input else Values.REAL


def _filled(shape: Operation, values: list[float]) -> Operation:
    """Return an operation with the fields `SAMPLED`, and with what neurons compute."""
    synaptic, weighted, active, read, spikes = values
    updates = float(shape.neurons * shape.passes)
    return replace(
        shape,
        synaptic_operations=synaptic,
        weighted_operations=weighted,
        active_inputs=active,
        weights_read=read,
        spikes=spikes,
        # The leak, the input and the threshold of each update; the reset of each spike.
        additions=updates + spikes,
        multiplications=updates,
        comparisons=updates,
    )
