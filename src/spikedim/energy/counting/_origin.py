"""What a tensor of a forward pass comes from."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import IntEnum
from typing import final

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from spikedim.energy.counting._record import Record

__all__ = ["Moment", "Origin", "Origins"]


class Moment(IntEnum):
    """When a tensor is known: it joins others as the latest of them."""

    INPUT = 0  # the same in every step
    STEPS = 1  # in its step, or in all of them
    AFTER = 2  # after the last step: a mean over them


@final
@dataclass(frozen=True)
class Origin:
    """How a tensor came from the input of the network; one without came from constants.

    Parameters
    ----------
    items : int
        Pairs of step and sample that it holds, on its first axes.
    moment : Moment
        When it is known.
    raw : bool
        Whether neither a product nor a threshold lies between it and the input.
    product : bool
        Whether it is the result of a product, at most moved since.
    threshold : bool
        Whether it is the result of a comparison, which becomes a spike if it becomes a number.
    pending : tuple of Record
        What made it, to be booked once a product, spikes or the answer depend on it.
    """

    items: int
    moment: Moment
    raw: bool = False
    product: bool = False
    threshold: bool = False
    pending: tuple[Record, ...] = ()


@final
class Origins:
    """The origins of the tensors of one forward pass; forgotten with the tensors."""

    def __init__(self) -> None:
        self._known: MutableMapping[Tensor, Origin] = WeakTensorKeyDictionary()

    def of(self, x: object) -> Origin | None:
        """Return the origin of a tensor, None of constants and of what is no tensor."""
        if not isinstance(x, Tensor):
            return None
        return self._known.get(x)

    def note(self, x: Tensor, origin: Origin) -> None:
        """Remember the origin of a tensor, and of what it is a part of if that has none."""
        self._known[x] = origin
        if x._base is not None and x._base not in self._known:
            self._known[x._base] = origin
