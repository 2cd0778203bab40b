"""The parts of a codebook circuit: quantisers, pooled histogram, look-up head."""

import numpy as np

from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring
from spikedim.circuits.universal._codebook_memory import Memory

__all__ = ["codebook_wiring"]


def codebook_wiring(memory: Memory, *, tokens: int, steps: int | None, copies: int) -> Wiring:
    """Return the circuit; `steps` of the input code, None for graded input.

    One look-up head serves all tokens: the quantiser of token i reaches it i steps later.
    The bias neuron fires once per competition and carries the negative squared norms, to which
    the quantisers add d, so that the winner's drive is above 0 whatever the token.
    """
    cells, features = memory.centres.shape
    code = Dynamics.ACCUMULATOR if steps is None else Dynamics.INTEGRATE_AND_FIRE
    norms = (memory.centres**2).sum(axis=1)
    populations = [Population("bias", 1, Dynamics.INTEGRATE_AND_FIRE)]
    projections = []
    for i in range(1, tokens + 1):
        token, quantiser, stop = f"token {i}", f"quantiser {i}", f"quantiser {i} inhibition"
        populations += [
            Population(token, features, code),
            Population(quantiser, cells, Dynamics.FIRST_TO_FIRE),
            Population(stop, 1, Dynamics.INTEGRATE_AND_FIRE),
        ]
        projections += [
            Projection(token, quantiser, Pattern.DENSE, 2 * memory.centres.T / (steps or 1)),
            Projection("bias", quantiser, Pattern.DENSE, (features - norms)[None]),
            *_inhibition(quantiser, stop),
            Projection(quantiser, "histogram", Pattern.ONE_TO_ONE, np.array(1 / tokens)),
            Projection(quantiser, "query", Pattern.ONE_TO_ONE, np.array(1.0), delay_steps=i),
        ]
    keys, outputs = memory.values.shape
    of_keys = 1 + (memory.histograms**2).sum(axis=1)
    populations += [
        Population("histogram", cells, Dynamics.ACCUMULATOR),
        Population("query", cells, Dynamics.INTEGRATE_AND_FIRE),
        Population("look-up", keys, Dynamics.FIRST_TO_FIRE),
        Population("look-up inhibition", 1, Dynamics.INTEGRATE_AND_FIRE),
        Population("read-out", outputs, Dynamics.ACCUMULATOR),
    ]
    projections += [
        Projection("query", "look-up", Pattern.GROUPED, np.array(2.0)),
        Projection("histogram", "look-up", Pattern.DENSE, 2 * memory.histograms.T),
        Projection("bias", "look-up", Pattern.DENSE, -of_keys[None]),
        *_inhibition("look-up", "look-up inhibition"),
        Projection("look-up", "read-out", Pattern.DENSE, memory.values),
    ]
    return Wiring(tuple(populations), tuple(projections), copies)


def _inhibition(population: str, interneuron: str) -> tuple[Projection, Projection]:
    """Return the loop by which the first spike of a population stops the others."""
    one = np.array(1.0)
    return (
        Projection(population, interneuron, Pattern.ALL_TO_ALL, one),
        Projection(
            interneuron, population, Pattern.ALL_TO_ALL, one, role=Role.RESET, delay_steps=1
        ),
    )
