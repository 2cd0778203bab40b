"""Wirings of attention layers, one after the other, as one wiring."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Wiring

__all__ = ["stacked_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def stacked_wiring(wirings: Sequence[Wiring], ranges: Sequence[tuple[Array, Array]]) -> Wiring:
    """Return one wiring; an output y drives the next layer's codes as (y - low) / (high - low)."""
    populations: list[Population] = []
    projections: list[Projection] = []
    for number, (wiring, (low, high)) in enumerate(zip(wirings, ranges, strict=True)):
        prefix, span = f"layer {number} ", high - low
        outputs = _outputs(populations)
        populations += [replace(part, name=f"{prefix}{part.name}") for part in wiring.populations]
        projections += [
            replace(
                part,
                source=f"{prefix}{part.source}",
                target=f"{prefix}{part.target}",
                opens=part.opens and f"{prefix}{part.opens}",
            )
            for part in wiring.projections
        ]
        per_unit = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)
        tokens, first = wiring.populations[0].neurons // len(span), 0
        offset = -low * per_unit
        if outputs and offset.any():
            bias = Population(f"{prefix}bias", 1, Dynamics.CONSTANT)
            if bias not in populations:
                populations.append(bias)
            projections += _to_codes(
                bias.name, Pattern.DENSE, np.tile(offset, tokens)[None], prefix
            )
        for output in outputs:
            width = output.neurons // tokens
            weight = np.zeros((width, len(span)))
            weight[np.arange(width), first + np.arange(width)] = per_unit[first : first + width]
            first += width
            projections += _to_codes(output.name, Pattern.BLOCKS, weight, prefix)
    return Wiring(tuple(populations), tuple(projections))


def _to_codes(source: str, pattern: Pattern, weight: Array, prefix: str) -> list[Projection]:
    """Return the projections of one population to the three codes of a layer."""
    return [
        Projection(source, f"{prefix}{code} code", pattern, weight)
        for code in ("query", "key", "value")
    ]


def _outputs(populations: list[Population]) -> list[Population]:
    """Return the output populations of the last layer so far: joined, or one for each head."""
    if not populations:
        return []
    layer = " ".join(populations[-1].name.split()[:2])
    own = [part for part in populations if part.name.startswith(f"{layer} ")]
    joined = [part for part in own if part.name == f"{layer} joined output"]
    return joined or [part for part in own if part.name.startswith(f"{layer} output")]
