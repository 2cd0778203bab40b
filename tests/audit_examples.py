"""Networks whose operations follow from a firing rate, as counts and as a card."""

import math
from dataclasses import replace

import numpy as np

from spikedim._core import Provenance
from spikedim.energy import Operation, OperationCounts, OperationKind, Place, Values
from spikedim.energy.audit._scaled_counts import RateScale
from spikedim.energy.operations import SAMPLED
from spikedim.models import Card, LayerRow, Population

STEPS = 4
STEM, HEAD = 27 * 64, 160
LAYERS = (("fc1", 1024, 64), ("fc2", 2048, 32))  # name, weights, positions that use each


def touched(rate, uses):
    """Return the share of weights that some of `uses` independent inputs asks for."""
    return -math.expm1(uses * math.log1p(-rate)) if rate < 1 else 1.0


def spiking_product(name, weights, uses, rate, *, steps=STEPS, values=Values.BINARY, other=None):
    """Return a product that reads spikes of a rate; `other` makes it one of two activations."""
    macs = float(weights * uses * steps)
    share = rate if other is None else rate**2
    return Operation(
        name,
        OperationKind.LINEAR if other is None else OperationKind.ATTENTION,
        "mm" if other is None else "bmm",
        values=values,
        other_values=other,
        passes=steps,
        macs=macs,
        inner_macs=macs,
        synaptic_operations=share * macs,
        weighted_operations=share * macs * (1.5 if values is Values.COUNTS else 1.0),
        inputs=float(uses * 16 * steps),
        active_inputs=uses * 16 * steps * rate,
        outputs=float(uses * steps),
        weights=0 if other is not None else weights,
        weights_read=0.0 if other is not None else touched(rate, uses) * weights * steps,
    )


def real_product(name, macs, *, place=Place.INSIDE, passes=1, weights=27, zeros=0.0):
    """Return a dense product of real numbers, `zeros` the share of its inputs that are 0."""
    static = place is Place.STEM
    total = float(macs * passes)
    return Operation(
        name,
        OperationKind.CONVOLUTION if static else OperationKind.LINEAR,
        "convolution",
        place=place,
        passes=passes,
        static=static,
        macs=total,
        inner_macs=total,
        synaptic_operations=total * (1 - zeros),
        weighted_operations=total * (1 - zeros),
        inputs=64.0,
        active_inputs=64.0 * (1 - zeros),
        outputs=64.0,
        weights=weights,
        weights_read=float(weights * passes),
        unquantised=place is not Place.INSIDE,  # an image, a mean
    )


def neurons(name, number, rate, *, steps=STEPS):
    """Return neurons that fire at a rate."""
    return Operation(
        name,
        OperationKind.NEURON,
        "lif",
        passes=steps,
        neurons=number,
        spikes=rate * number * steps,
        outputs=float(number * steps),
        additions=number * steps * (1 + rate),
        multiplications=float(number * steps),
        comparisons=float(number * steps),
    )


def rectifier(name, number):
    """Return an activation function: one comparison each."""
    return Operation(
        name,
        OperationKind.ACTIVATION,
        "relu",
        inputs=float(number),
        active_inputs=float(number),
        outputs=float(number),
        comparisons=float(number),
    )


def network(operations, *, steps=STEPS, source="counted", name="toy-1/x"):
    """Return counts of these operations, without samples."""
    return OperationCounts(
        subject=name,
        source=source,
        steps=steps,
        static_input=True,
        operations=tuple(operations),
        unknown=(),
        n_samples=0,
        samples=np.zeros((0, len(operations), 5)),
        parameters=1000,
        weights_fingerprint="",
        data_fingerprint="",
        notes=(),
        provenance=Provenance.now(command="test"),
    )


def at_rate(counts, factor):
    """Return counts at a multiple of the firing rate, as break-evens scale them."""
    values = RateScale(counts).values(factor)
    operations = tuple(
        replace(operation, **dict(zip(SAMPLED, map(float, row), strict=True)))
        for operation, row in zip(counts.operations, values, strict=True)
    )
    return replace(counts, operations=operations)


def uniform_counts(rate, *, steps=STEPS, layers=LAYERS):
    """Return a network of a stem, linear layers that all read spikes of one rate, and a head."""
    operations = [real_product("stem", STEM, place=Place.STEM, passes=steps)]
    for name, weights, uses in layers:
        operations.append(spiking_product(name, weights, uses, rate, steps=steps))
        operations.append(neurons(f"{name}.lif", uses * 8, rate, steps=steps))
    operations.append(real_product("head", HEAD, place=Place.HEAD, passes=steps, weights=HEAD))
    return network(operations, steps=steps)


def uniform_twin(*, zeros=0.0, layers=LAYERS, source="counted"):
    """Return the same network with real numbers instead of spikes."""
    operations = [real_product("stem", STEM, place=Place.STEM)]
    for name, weights, uses in layers:
        operations.append(real_product(name, weights * uses, weights=weights, zeros=zeros))
        operations.append(rectifier(f"{name}.relu", uses * 8))
    operations.append(real_product("head", HEAD, place=Place.HEAD, weights=HEAD))
    return network(operations, steps=1, source=source, name="toy-1/x:ann")


def uniform_card(layers=LAYERS):
    """Return the card of the same network."""
    rows = [LayerRow("stem", "conv", 27, 0, STEM, False)]
    rows += [
        LayerRow(name, "linear", weights, 0, weights * uses, True, Population(name, uses, 8))
        for name, weights, uses in layers
    ]
    rows.append(LayerRow("head", "head", HEAD, 0, HEAD, False))
    return Card("toy-1/x", "toy", "cifar10", (3, 8, 8), 10, 1, 1, 4, 4, STEPS, tuple(rows))
