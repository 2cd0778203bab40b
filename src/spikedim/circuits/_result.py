"""What a circuit returns: its value, its spikes and a certificate."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from spikedim._core import BoolArray, CountArray, FloatArray, Provenance, Result
from spikedim.circuits._certificate import Certificate
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._wiring import Wiring

__all__ = ["CircuitResult", "SpikeCount"]


@final
@dataclass(frozen=True)
class SpikeCount:
    """Spikes of one population over a whole run.

    Parameters
    ----------
    population : str
        Name in the wiring.
    neurons : int
        Neurons of all copies.
    spikes : int
        Spikes of all its neurons over all steps.
    rate : float
        Spikes per neuron and step.
    """

    population: str
    neurons: int
    spikes: int
    rate: float


@final
@dataclass(frozen=True, eq=False)
class CircuitResult(Result):
    """One run of a circuit.

    Parameters
    ----------
    circuit : str
        Name of the function or class that ran.
    value : FloatArray
        What the spikes say; 0 in rows that are `silent`, where it is no estimate.
    target : FloatArray or None
        What exact arithmetic gives; None if the error was not measured.
    silent : BoolArray
        True for each row whose read-out got no spike.
    spikes : tuple of SpikeCount
        Spikes of each population that spikes.
    row_spikes : CountArray or None
        Read-out spikes of each row of a softmax; None for other circuits.
    row_entropy_bits : FloatArray or None
        Shannon entropy of each target row, in bits; None for other circuits or if not measured.
    certificate : Certificate
        The theorem beside the measured error.
    wiring : Wiring
        The parts of the circuit.
    provenance : Provenance
        Where it comes from.
    """

    schema: ClassVar[str] = "spikedim.circuit_result/1"

    circuit: str
    value: FloatArray
    target: FloatArray | None
    silent: BoolArray
    spikes: tuple[SpikeCount, ...]
    row_spikes: CountArray | None
    row_entropy_bits: FloatArray | None
    certificate: Certificate
    wiring: Wiring
    provenance: Provenance

    @property
    def steps(self) -> int:
        """Time steps that were run."""
        return self.certificate.steps

    @property
    def total_spikes(self) -> int:
        """Spikes of all populations."""
        return sum(part.spikes for part in self.spikes)

    def to_graph(self) -> CircuitGraph:
        """Return one copy of the circuit neuron by neuron.

        Returns
        -------
        CircuitGraph
            Neurons, synapses, weights and delays.
        """
        return to_graph(self.wiring)

    def seeded(self, seed: int) -> "CircuitResult":
        """Return a copy whose provenance names the seed of the generator.

        Parameters
        ----------
        seed : int
            Seed that the generator was made with.

        Returns
        -------
        CircuitResult
            The same result.
        """
        return replace(self, provenance=replace(self.provenance, seed=seed))
