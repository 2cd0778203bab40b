"""A circuit neuron by neuron and synapse by synapse."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import CountArray, FloatArray, InputError, Result
from spikedim.circuits._wiring import Pattern, Population, Projection, Role, Wiring

__all__ = ["CircuitGraph", "to_graph"]


@final
@dataclass(frozen=True, eq=False)
class CircuitGraph(Result):
    """Neurons, synapses, weights and delays of one copy of a circuit.

    Parameters
    ----------
    populations : tuple of Population
        Neurons 0 to n - 1 in this order, population by population.
    source, target : CountArray
        Shape [synapses]; numbers of the neurons that a synapse joins.
    weight : FloatArray
        Shape [synapses]; in the unit of the target's membrane.
    delay_steps : CountArray
        Shape [synapses]; steps between a spike and its effect.
    role : tuple of Role
        One per synapse: what a spike does when it arrives.
    opens : CountArray
        Shape [synapses]; number of the synapse whose current a gate lets through, -1 for others.
    """

    schema: ClassVar[str] = "spikedim.circuit_graph/1"

    populations: tuple[Population, ...]
    source: CountArray
    target: CountArray
    weight: FloatArray
    delay_steps: CountArray
    role: tuple[Role, ...]
    opens: CountArray

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return sum(part.neurons for part in self.populations)

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return len(self.source)


def to_graph(wiring: Wiring) -> CircuitGraph:
    """Expand populations and projections into single neurons and synapses.

    Parameters
    ----------
    wiring : Wiring
        A circuit's parts, e.g. ``result.wiring``.

    Returns
    -------
    CircuitGraph
        One copy; ``graph.synapses * wiring.copies == wiring.synapses``.

    Raises
    ------
    InputError
        If `wiring` is no Wiring.

    Notes
    -----
    Cost O(synapses) in time and memory.

    Examples
    --------
    >>> from spikedim.circuits import Dynamics
    >>> inputs = Population("input", 2, Dynamics.BERNOULLI)
    >>> both = Population("both", 1, Dynamics.COINCIDENCE, threshold=2.0)
    >>> join = Projection("input", "both", Pattern.ALL_TO_ALL, np.array(1.0))
    >>> graph = to_graph(Wiring((inputs, both), (join,)))
    >>> graph.neurons, graph.source.tolist(), graph.target.tolist()
    (3, [0, 1], [2, 2])
    """
    if not isinstance(wiring, Wiring):
        raise InputError(
            f"to_graph: `wiring` must be a Wiring; got {type(wiring).__name__}. "
            "A circuit's result has one: `result.wiring`."
        )
    sizes = [part.neurons for part in wiring.populations]
    first = dict(
        zip(
            (part.name for part in wiring.populations),
            np.cumsum([0, *sizes[:-1]]).tolist(),
            strict=True,
        )
    )
    size = {part.name: part.neurons for part in wiring.populations}
    ends = [_joined(part, size[part.source], size[part.target]) for part in wiring.projections]
    source = [
        pairs[0] + first[part.source] for part, pairs in zip(wiring.projections, ends, strict=True)
    ]
    target = [
        pairs[1] + first[part.target] for part, pairs in zip(wiring.projections, ends, strict=True)
    ]
    counts = [len(pairs[0]) for pairs in ends]
    weights = [
        _weights(part, count) for part, count in zip(wiring.projections, counts, strict=True)
    ]
    return CircuitGraph(
        populations=wiring.populations,
        source=np.concatenate([np.zeros(0, np.int64), *source]),
        target=np.concatenate([np.zeros(0, np.int64), *target]),
        weight=np.concatenate([np.zeros(0), *weights]),
        delay_steps=np.repeat(
            np.array([part.delay_steps for part in wiring.projections], dtype=np.int64), counts
        ),
        role=tuple(
            role
            for part, count in zip(wiring.projections, counts, strict=True)
            for role in [part.role] * count
        ),
        opens=_opened(wiring.projections, source, target),
    )


_Ends = tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]


def _opened(
    projections: tuple[Projection, ...],
    source: list[np.ndarray[Any, np.dtype[np.int64]]],
    target: list[np.ndarray[Any, np.dtype[np.int64]]],
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the synapse that each gate opens: at every target both are in order of sources."""
    first = np.cumsum([0, *(len(part) for part in source)])
    opens = np.full(first[-1], -1, dtype=np.int64)
    for gate, part in enumerate(projections):
        for held, other in enumerate(projections):
            if part.opens and (other.source, other.target) == (part.opens, part.target):
                gates = np.lexsort((source[gate], target[gate]))
                currents = np.lexsort((source[held], target[held]))
                opens[first[gate] + gates] = first[held] + currents
    return opens


def _joined(projection: Projection, source: int, target: int) -> _Ends:
    """Return the source and target, counted within their populations, of every synapse."""
    match projection.pattern:
        case Pattern.ONE_TO_ONE:
            return np.arange(source), np.arange(source)
        case Pattern.GROUPED:
            count = max(source, target)
            return np.arange(count) * source // count, np.arange(count) * target // count
        case Pattern.GROWING:
            heard = 1 + np.arange(target) % len(projection.weight)
            return np.arange(source), np.repeat(np.arange(target), heard)
        case Pattern.DENSE:
            rows, columns = np.nonzero(projection.weight)
            return rows.astype(np.int64), columns.astype(np.int64)
        case Pattern.BLOCKS | Pattern.TILED:
            return _joined_blocks(projection, source, target)
        case Pattern.ALL_TO_ALL:
            return np.repeat(np.arange(source), target), np.tile(np.arange(target), source)


def _joined_blocks(projection: Projection, source: int, target: int) -> _Ends:
    """Return the ends of all blocks; target block b hears source block b // share or b mod all."""
    height, width = projection.weight.shape
    heard, blocks = source // height, np.arange(target // width, dtype=np.int64)[:, None]
    tiled = projection.pattern is Pattern.TILED
    sources = blocks % heard if tiled else blocks * heard // len(blocks)
    rows, columns = np.nonzero(projection.weight)
    return (sources * height + rows).ravel(), (blocks * width + columns).ravel()


def _weights(projection: Projection, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the weight of every synapse."""
    if projection.pattern is Pattern.DENSE:
        return np.asarray(projection.weight[projection.weight != 0], dtype=np.float64)
    if projection.pattern in (Pattern.BLOCKS, Pattern.TILED):
        block = projection.weight[projection.weight != 0]
        return np.tile(block, count // max(1, len(block)))
    if projection.pattern is Pattern.GROWING:
        block = np.repeat(projection.weight, np.arange(1, len(projection.weight) + 1))
        return np.tile(block, count // len(block))
    return np.full(count, float(projection.weight))
