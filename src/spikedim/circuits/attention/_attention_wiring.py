"""The parts of an attention circuit: codes, accumulators, softmax rows, gated outputs."""

from dataclasses import replace

import numpy as np

from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring
from spikedim.circuits.attention._attention_heads import Heads
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.competition._softmax import SoftmaxMode, softmax

__all__ = ["attention_wiring"]


def attention_wiring(
    heads: Heads, tokens: int, *, code: RateCode, mode: SoftmaxMode, joined: bool
) -> Wiring:
    """Return the wiring for N tokens; `joined` if output weights mix the heads."""
    features = heads.query.shape[1]
    dynamics = Dynamics.BERNOULLI if code is RateCode.BERNOULLI else Dynamics.INTEGRATE_AND_FIRE
    populations = [
        Population(f"{part} code", tokens * features, dynamics)
        for part in ("query", "key", "value")
    ]
    projections: list[Projection] = []
    for h in range(heads.count):
        suffix = f" of head {h}" if heads.count > 1 else ""
        head = _head(heads, h, tokens, mode, suffix)
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
    return Wiring(tuple(populations), tuple(projections))


def _head(heads: Heads, h: int, n: int, mode: SoftmaxMode, suffix: str) -> Wiring:
    """Return one head: its accumulators, N rows of competitors and the outputs they gate."""
    width, out = heads.query.shape[2], heads.value.shape[2]
    queries, keys, values = f"queries{suffix}", f"keys{suffix}", f"values{suffix}"
    scores, output = f"scores{suffix}", f"output{suffix}"
    rows = _rows(n, mode, suffix)
    pair = np.ones((width, 1))
    accumulators = [
        Population(queries, n * width, Dynamics.ACCUMULATOR),
        Population(keys, n * width, Dynamics.ACCUMULATOR),
        Population(values, n * out, Dynamics.ACCUMULATOR),
    ]
    return Wiring(
        (*accumulators, *rows.populations, Population(output, n * out, Dynamics.ACCUMULATOR)),
        (
            Projection("query code", queries, Pattern.BLOCKS, heads.query[h]),
            Projection("key code", keys, Pattern.BLOCKS, heads.key[h]),
            Projection("value code", values, Pattern.BLOCKS, heads.value[h]),
            Projection(keys, scores, Pattern.TILED, pair),
            Projection(queries, scores, Pattern.BLOCKS, heads.scale * pair, Role.GATE),
            *rows.projections,
            Projection(values, output, Pattern.TILED, np.tile(np.eye(out), (n, 1))),
            Projection(
                f"competitors{suffix}", output, Pattern.BLOCKS, np.ones((n, out)), Role.GATE
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
