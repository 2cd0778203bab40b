"""Everything that a training needs to go on as if nothing had happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

__all__ = ["Checkpoint", "Number"]

Number = bool | int | float | str | None


@final
@dataclass(frozen=True)
class Checkpoint:
    """State between two updates.

    Parameters
    ----------
    update : int
        Updates done, at least 0.
    seed : int
        Seed of the run.
    identity : str
        That of the `TrainingRun`.
    best : float or None
        Best validation accuracy so far, in [0, 1].
    model : mapping of str to Tensor
        State dict of the model.
    optimiser : mapping of str to Tensor
        From `optimiser_tensors`.
    numbers : mapping of str to number, text, bool or None
        What else the loop adds up, for example the loss of the epoch that is not over.
    note : str, default ""
        What `read_checkpoint` found amiss, in one sentence; not written.

    Examples
    --------
    >>> Checkpoint(update=3, seed=0, identity="sha256:0", best=None, model={}, optimiser={}).update
    3
    """

    update: int
    seed: int
    identity: str
    best: float | None
    model: Mapping[str, Tensor]
    optimiser: Mapping[str, Tensor]
    numbers: Mapping[str, Number] = field(default_factory=dict)
    note: str = ""
