"""What one call of one operator did, for every step and sample."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from spikedim.energy.counting._evidence import Evidence
from spikedim.energy.operations import OperationKind, Place

__all__ = ["Record"]


@final
@dataclass
class Record:
    """One call of one operator.

    Parameters
    ----------
    layer, kind, operator, place
        As in `Operation`.
    number : int
        Place among the products, or neurons, of one call of the layer; 0 of what is neither.
    shared : bool
        Whether it has a parameter by which calls of one product are told from those of another.
    items : int
        Pairs of step and sample that it acted on.
    time_axis : int
        Whether steps (0) or samples (1) come first in these.
    once : bool
        Whether it acts once in an inference: before the first step or after the last.
    static : bool
        Whether it reads the same in every step, as far as operators tell.
    sum_read : float or None
        Sum of what it reads in one of several static calls, which has to be that of the others.
    activated : bool
        Whether what it reads, of two activations one, passed an activation function or neurons.
    values, other : Evidence or None
        What its activations were seen to be.
    synaptic, mass, active, read, spikes : Tensor of shape [items] or None
        For every item: pairs of non-zero factors, the same weighted with magnitudes in their
        units, inputs that are not zero, weights asked for, spikes. None for 0.
    totals : dict of str to float
        Numbers that are the same for every item, summed over the items: fields of `Operation`.
    weights, neurons : int
        As in `Operation`.
    foldable : bool
        As in `Operation`.
    repeats : int
        Steps that one call stands for: those of a rate code.
    used : bool
        Whether a number depends on it; a check that only warns is not booked.
    needs : tuple of Record
        What it was made of that is used only if it is.
    order : int
        Its place in time.
    look : callable or None
        Fills in what needs the values, if that was put off.
    reads : tuple of Tensor
        The values that it then needs.
    """

    layer: str
    kind: OperationKind
    operator: str
    items: int
    place: Place = Place.INSIDE
    number: int = 0
    shared: bool = False
    time_axis: int = 0
    once: bool = False
    static: bool = False
    sum_read: float | None = None
    activated: bool = False
    values: Evidence | None = None
    other: Evidence | None = None
    synaptic: Tensor | None = None
    mass: Tensor | None = None
    active: Tensor | None = None
    read: Tensor | None = None
    spikes: Tensor | None = None
    totals: dict[str, int | float] = field(default_factory=dict)
    weights: int = 0
    neurons: int = 0
    foldable: bool = False
    repeats: int = 1
    used: bool = True
    needs: "tuple[Record, ...]" = ()
    order: int = 0
    look: Callable[[], None] | None = None
    reads: tuple[Tensor, ...] = ()

    def finish(self) -> None:
        """Look at the values, if that was put off."""
        look, self.look, self.reads = self.look, None, ()
        if look is not None:
            look()

    def use(self) -> None:
        """Say that a number depends on this call, and on what that was made of."""
        found = [self]
        while found:
            record = found.pop()
            if not record.used or record.needs:
                found.extend(record.needs)
            record.used, record.needs = True, ()
