"""Wirings of attention layers, one after the other, as one wiring."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits._wiring import Pattern, Population, Projection, Wiring

__all__ = ["stacked_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def stacked_wiring(wirings: Sequence[Wiring], spans: Sequence[Array]) -> Wiring:
    """Return one wiring; an output drives the three codes of the next layer through its range."""
    populations: list[Population] = []
    projections: list[Projection] = []
    for number, (wiring, span) in enumerate(zip(wirings, spans, strict=True)):
        prefix = f"layer {number} "
        outputs = _outputs(populations)
        populations += [replace(part, name=f"{prefix}{part.name}") for part in wiring.populations]
        projections += [
            replace(part, source=f"{prefix}{part.source}", target=f"{prefix}{part.target}")
            for part in wiring.projections
        ]
        per_unit = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)
        first = 0
        for output in outputs:
            width = output.neurons // (wiring.populations[0].neurons // len(span))
            weight = np.zeros((width, len(span)))
            weight[np.arange(width), first + np.arange(width)] = per_unit[first : first + width]
            first += width
            projections += [
                Projection(output.name, f"{prefix}{code} code", Pattern.BLOCKS, weight)
                for code in ("query", "key", "value")
            ]
    return Wiring(tuple(populations), tuple(projections))


def _outputs(populations: list[Population]) -> list[Population]:
    """Return the output populations of the last layer so far: joined, or one for each head."""
    if not populations:
        return []
    layer = " ".join(populations[-1].name.split()[:2])
    own = [part for part in populations if part.name.startswith(f"{layer} ")]
    joined = [part for part in own if part.name == f"{layer} joined output"]
    return joined or [part for part in own if part.name.startswith(f"{layer} output")]
