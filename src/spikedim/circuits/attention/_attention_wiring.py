"""The parts of an attention circuit: codes, accumulators, softmax rows, gated outputs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.circuits._wiring import (
    Dynamics,
    Pattern,
    Population,
    Projection,
    Reading,
    Role,
    Wiring,
)
from spikedim.circuits.attention._attention_heads import Heads
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.competition._softmax import SoftmaxMode, softmax

__all__ = ["attention_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def attention_wiring(
    heads: Heads, tokens: int, *, code: RateCode, mode: SoftmaxMode, joined: bool
) -> Wiring:
    """Return the wiring for N tokens; `joined` if output weights mix the heads.

    Codes are read as means and outputs as shares; a mask, which a run may have, is no part of it.
    """
    features = heads.query.shape[1]
    dynamics = Dynamics.BERNOULLI if code is RateCode.BERNOULLI else Dynamics.INTEGRATE_AND_FIRE
    populations = [
        Population(f"{part} code", tokens * features, dynamics)
        for part in ("query", "key", "value")
    ]
    projections: list[Projection] = []
    populations.append(Population("bias", 1, Dynamics.CONSTANT))
    for h in range(heads.count):
        suffix = f" of head {h}" if heads.count > 1 else ""
        head = _head(heads, h, tokens, mode, suffix, joined=joined)
        populations += head.populations
        projections += head.projections
    if joined:
        populations.append(
            Population("joined output", tokens * heads.output.shape[2], Dynamics.ACCUMULATOR)
        )
        projections += [
            Projection(
                f"output of head {h}" if heads.count > 1 else "output",
                "joined output",
                Pattern.BLOCKS,
                heads.output[h],
            )
            for h in range(heads.count)
        ]
        projections += _biased("joined output", heads.output_bias, tokens)
    return _without_idle(Wiring(tuple(populations), tuple(projections)))


def _biased(target: str, bias: Array, tokens: int) -> Iterator[Projection]:
    """Yield the constant currents of a population, if there are any."""
    if bias.any():
        yield Projection("bias", target, Pattern.DENSE, np.tile(bias, tokens)[None])


def _without_idle(wiring: Wiring) -> Wiring:
    """Return the wiring without a bias neuron that reaches nobody."""
    if any(part.source == "bias" for part in wiring.projections):
        return wiring
    return replace(wiring, populations=tuple(p for p in wiring.populations if p.name != "bias"))


def _head(heads: Heads, h: int, n: int, mode: SoftmaxMode, suffix: str, *, joined: bool) -> Wiring:
    """Return one head: its accumulators, N rows of competitors and the outputs they gate."""
    width, out = heads.query.shape[2], heads.value.shape[2]
    queries, keys, values = f"queries{suffix}", f"keys{suffix}", f"values{suffix}"
    scores, output = f"scores{suffix}", f"output{suffix}"
    rows = _rows(n, mode, suffix)
    pair = np.ones((width, 1))
    means = [
        Population(name, n * size, Dynamics.ACCUMULATOR, reading=Reading.MEAN)
        for name, size in ((queries, width), (keys, width), (values, out))
    ]
    shares = Population(output, n * out, Dynamics.ACCUMULATOR, reading=Reading.SHARE)
    # Shares sum to 1: what no joined output adds is added to the values.
    constant = 0.0 if joined else heads.output_bias[h * out : (h + 1) * out]
    return Wiring(
        (*means, *rows.populations, shares),
        (
            *_biased(queries, heads.query_bias[h], n),
            *_biased(keys, heads.key_bias[h], n),
            *_biased(values, heads.value_bias[h] + constant, n),
            Projection("query code", queries, Pattern.BLOCKS, heads.query[h]),
            Projection("key code", keys, Pattern.BLOCKS, heads.key[h]),
            Projection("value code", values, Pattern.BLOCKS, heads.value[h]),
            Projection(keys, scores, Pattern.TILED, pair),
            Projection(queries, scores, Pattern.BLOCKS, heads.scale * pair, Role.GATE, opens=keys),
            *rows.projections,
            Projection(values, output, Pattern.TILED, np.tile(np.eye(out), (n, 1))),
            Projection(
                f"competitors{suffix}",
                output,
                Pattern.BLOCKS,
                np.ones((n, out)),
                Role.GATE,
                opens=values,
            ),
        ),
    )


def _rows(n: int, mode: SoftmaxMode, suffix: str) -> Wiring:
    """Return N copies of a softmax circuit as one circuit that starts with scores."""
    # One step of one row: every softmax circuit knows its own wiring.
    row = softmax(
        np.zeros((1, n)),
        mode=mode,
        steps=1,
        generator=np.random.default_rng(0),
        measure_error=False,
    ).wiring
    shared = mode not in (SoftmaxMode.RACE, SoftmaxMode.CUP)  # in `gli` the drives are the scores
    renamed = {
        part.name: f"{'scores' if shared and part.name == 'drives' else part.name}{suffix}"
        for part in row.populations
    }
    populations = [
        replace(part, name=renamed[part.name], neurons=n * part.neurons) for part in row.populations
    ]
    sizes = {part.name: part.neurons for part in row.populations}
    projections = [
        _repeated(part, sizes[part.source], sizes[part.target], renamed) for part in row.projections
    ]
    if not shared:
        scores, entry = f"scores{suffix}", "drives" if "drives" in renamed else "competitors"
        populations.insert(0, Population(scores, n * n, Dynamics.ACCUMULATOR))
        projections.append(Projection(scores, renamed[entry], Pattern.ONE_TO_ONE, np.array(1.0)))
    return Wiring(tuple(populations), tuple(projections))


def _repeated(part: Projection, source: int, target: int, renamed: dict[str, str]) -> Projection:
    """Return the same projection within each of several rows."""
    changed = replace(part, source=renamed[part.source], target=renamed[part.target])
    match part.pattern:
        case Pattern.ALL_TO_ALL:
            weight = np.full((source, target), float(part.weight))
            return replace(changed, pattern=Pattern.BLOCKS, weight=weight)
        case Pattern.DENSE:
            return replace(changed, pattern=Pattern.BLOCKS)
        case _:
            return changed
