"""What a circuit is made of: populations, projections between them, and counts of both."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, final

from spikedim._core import FloatArray, Result

__all__ = ["Dynamics", "Pattern", "Population", "Projection", "Reading", "Role", "Wiring"]


class Dynamics(StrEnum):
    """How the neurons of a population turn input into output."""

    BERNOULLI = "bernoulli"  # independent spikes at a given rate
    INTEGRATE_AND_FIRE = "integrate_and_fire"  # no leak, soft reset
    LEAKY_INTEGRATE_AND_FIRE = "leaky_integrate_and_fire"
    ESCAPE = "escape"  # spikes with a probability that depends on the membrane
    COINCIDENCE = "coincidence"  # spikes iff all its inputs spike
    FIRST_TO_FIRE = "first_to_fire"  # the first of its group to reach threshold fires
    ACCUMULATOR = "accumulator"  # adds its input; the output is the sum, no spikes
    MAXIMUM = "maximum"  # the output is the largest input, no spikes
    INTEGRATOR = "integrator"  # like an accumulator, with a gain that depends on time
    CONSTANT = "constant"  # the output is 1 at all times, no spikes


class Pattern(StrEnum):
    """Which neurons of two populations a projection joins."""

    ONE_TO_ONE = "one_to_one"  # i to i
    ALL_TO_ALL = "all_to_all"  # every i to every j, one weight
    DENSE = "dense"  # every i to every j, a weight matrix; zeros are no synapses
    BLOCKS = "blocks"  # one weight matrix from each block of sources to its neighbours' block
    TILED = "tiled"  # the same, but source blocks start again from the first when all are used
    GROWING = "growing"  # one neuron onto target 1, two onto 2, ..., for each block of targets
    GROUPED = "grouped"  # k neighbours onto each target neuron, or each neuron onto k neighbours


class Role(StrEnum):
    """What a spike does when it arrives."""

    CURRENT = "current"  # adds the weight to the membrane
    LOG_INHIBITION = "log_inhibition"  # subtracts the weight in the exponent of the drive
    GATE = "gate"  # adds a current that the target holds, times the weight
    RESET = "reset"  # sets the membrane back


class Reading(StrEnum):
    """How the output of an accumulator is read."""

    SUM = "sum"  # as it is
    MEAN = "mean"  # divided by the steps so far
    SHARE = "share"  # divided by the spikes that opened its gates


@final
@dataclass(frozen=True)
class Population:
    """Equal neurons of one circuit.

    Parameters
    ----------
    name : str
        Unique in its wiring.
    neurons : int
        How many.
    dynamics : Dynamics
        How they work.
    threshold : float
        Membrane at which they fire, 1 by default; no meaning where nothing fires.
    reading : Reading
        How the output is read; no meaning but for accumulators.
    initial : float
        Membrane, potential or sum before the first step.
    rule : str
        What `dynamics` leaves open, with its numbers; empty if nothing.
    """

    name: str
    neurons: int
    dynamics: Dynamics
    threshold: float = 1.0
    reading: Reading = Reading.SUM
    initial: float = 0.0
    rule: str = ""


@final
@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses from one population to another.

    Parameters
    ----------
    source, target : str
        Names of populations.
    pattern : Pattern
        Which neurons are joined.
    weight : FloatArray
        One number (shape []) for every synapse, or a matrix [source, target] for a dense one; for
        blocks the matrix of one block, of which each source block serves equally many; for a
        growing pattern one number for each target of a block (shape [J]; J (J + 1) / 2 sources).
    role : Role
        What a spike does at the target.
    delay_steps : int
        Steps between a spike and its effect; feedback has at least 1.
    opens : str
        For a gate the population whose currents it lets through: at each target the k-th gate, in
        order of sources, opens the k-th current.
    """

    source: str
    target: str
    pattern: Pattern
    weight: FloatArray
    role: Role = Role.CURRENT
    delay_steps: int = 0
    opens: str = ""


@final
@dataclass(frozen=True, eq=False)
class Wiring(Result):
    """The parts of one circuit, and how many independent copies of it run.

    Parameters
    ----------
    populations : tuple of Population
        Neurons.
    projections : tuple of Projection
        Synapses.
    copies : int
        Independent copies, e.g. one for each row of logits.
    """

    schema: ClassVar[str] = "spikedim.wiring/1"

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    copies: int = 1

    @property
    def neurons(self) -> int:
        """Neurons of all copies."""
        return self.copies * sum(part.neurons for part in self.populations)

    @property
    def synapses(self) -> int:
        """Synapses of all copies, without expanding them."""
        sizes = {part.name: part.neurons for part in self.populations}
        return self.copies * sum(
            _synapses(part, sizes[part.source], sizes[part.target]) for part in self.projections
        )


def _synapses(projection: Projection, source: int, target: int) -> int:
    """Count the synapses of one projection."""
    if projection.pattern is Pattern.DENSE:
        return int((projection.weight != 0).sum())
    if projection.pattern in (Pattern.BLOCKS, Pattern.TILED):
        blocks = target // int(projection.weight.shape[1])
        return blocks * int((projection.weight != 0).sum())
    if projection.pattern is Pattern.ALL_TO_ALL:
        return source * target
    return max(source, target) if projection.pattern is Pattern.GROUPED else source
