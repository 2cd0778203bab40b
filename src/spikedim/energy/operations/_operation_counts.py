"""What one inference of a network computes, operation by operation."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import FloatArray, Provenance, Result
from spikedim.energy.operations._operation import Operation, OperationKind

__all__ = ["SAMPLED", "OperationCounts", "UnknownOperator"]

SAMPLED = (
    "synaptic_operations",
    "weighted_operations",
    "active_inputs",
    "weights_read",
    "spikes",
)
"""Fields of an `Operation` that differ between samples: last axis of `OperationCounts.samples`."""


@final
@dataclass(frozen=True)
class UnknownOperator:
    """A tensor operator that acted on activations and that no rule counts.

    Parameters
    ----------
    operator : str
        Its name.
    layers : tuple of str
        Where it acted.
    calls : int
        How often, over all batches.
    """

    operator: str
    layers: tuple[str, ...]
    calls: int


@final
@dataclass(frozen=True)
class OperationCounts(Result):
    """Operations of one inference, counted in a run or expected of a card.

    Parameters
    ----------
    subject : str
        Name of the model.
    source : str
        ``"counted"`` in a run, or ``"expected"`` from shape, T and firing rate.
    steps : int
        T; the largest where populations have codes of their own.
    static_input : bool
        Whether every step sees the same input.
    operations : tuple of Operation
        In the order of the forward pass.
    unknown : tuple of UnknownOperator
        What was not counted; empty when everything was.
    n_samples : int
        Samples that the means are over; 0 of a card.
    samples : FloatArray of shape [S, O, 5]
        What each sample needed of each operation: the fields `SAMPLED`. Its mean over S is the
        value in `operations`; of a card S is 0.
    parameters : int
        Parameters of what was counted.
    weights_fingerprint, data_fingerprint : str
        Identity of the weights and of the inputs; empty of a card.
    notes : tuple of str
        What a reader must know, e.g. that an accelerated path was switched off.
    provenance : Provenance
        Version, command, time.
    """

    schema: ClassVar[str] = "spikedim.operation_counts/1"

    subject: str
    source: str
    steps: int
    static_input: bool
    operations: tuple[Operation, ...]
    unknown: tuple[UnknownOperator, ...]
    n_samples: int
    samples: FloatArray
    parameters: int
    weights_fingerprint: str
    data_fingerprint: str
    notes: tuple[str, ...]
    provenance: Provenance

    @property
    def macs(self) -> float:
        """Dense multiply-accumulates of one inference."""
        return sum((operation.macs for operation in self.operations), start=0.0)

    @property
    def synaptic_operations(self) -> float:
        """Synaptic operations of one inference: of the products that need additions only."""
        found = (o.synaptic_operations for o in self.operations if o.accumulates)
        return sum(found, start=0.0)

    @property
    def neurons(self) -> int:
        """Spiking neurons."""
        return sum(operation.neurons for operation in self.operations)

    @property
    def spikes(self) -> float:
        """Spikes of all neurons in one inference."""
        return sum((operation.spikes for operation in self.operations), start=0.0)

    @property
    def firing_rate(self) -> float:
        """Mean spikes per neuron and step; 0 without neurons."""
        neurons = [o for o in self.operations if o.kind is OperationKind.NEURON]
        updates = sum(operation.neurons * operation.passes for operation in neurons)
        return self.spikes / updates if updates else 0.0
