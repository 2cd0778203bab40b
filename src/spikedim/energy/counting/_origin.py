"""What a tensor of a forward pass comes from."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import IntEnum
from typing import final

from torch import Tensor, nn
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
    time_axis : int
        0 if steps come before samples on these axes, 1 if samples come first.
    raw : bool
        Whether neither a product nor a threshold lies between it and the input.
    product : bool
        Whether it is the result of a product, at most moved since.
    threshold : bool
        Whether it is the result of a comparison, which becomes a spike if it becomes a number.
    spikes : bool
        Whether its numbers are spikes, at most moved and scaled since.
    activated : bool
        Whether it passed an activation function or neurons, and no product or mean since.
    code_steps : int or None
        T of the spikes whose means it holds, summed at most, where populations of a twin have codes
        of their own: of several T the largest if it is a multiple of all.
    smooth : bool
        Whether its values are real by construction, as those of a softmax, whatever they look like.
    pending : tuple of Record
        What made it, to be booked once a product, spikes or the answer depend on it.
    """

    items: int
    moment: Moment
    time_axis: int = 0
    raw: bool = False
    product: bool = False
    threshold: bool = False
    spikes: bool = False
    activated: bool = False
    code_steps: int | None = None
    smooth: bool = False
    pending: tuple[Record, ...] = ()

    @property
    def pooled(self) -> bool:
        """Whether a scale in the values would be chance."""
        return self.smooth or self.moment is Moment.AFTER


@final
class Origins:
    """The origins of the tensors of one forward pass; forgotten with the tensors.

    Parameters
    ----------
    stored : frozenset of int
        Addresses of the storages of what the model holds: constants, unless noted otherwise.
    """

    def __init__(self, stored: frozenset[int] = frozenset()) -> None:
        self._stored = stored
        self._known: MutableMapping[Tensor, Origin] = WeakTensorKeyDictionary()
        self._constants: MutableMapping[Tensor, bool] = WeakTensorKeyDictionary()

    def of(self, x: object) -> Origin | None:
        """Return the origin of a tensor, None of constants and of what is no tensor."""
        if not isinstance(x, Tensor):
            return None
        return self._known.get(x)

    def note(self, x: Tensor, origin: Origin, *, whole: Origin | None = None) -> None:
        """Remember the origin of a tensor, and of what it is a part of if that has none."""
        self._known[x] = origin
        if x._base is not None and x._base not in self._known:
            self._known[x._base] = whole or origin

    def note_constant(self, x: Tensor) -> None:
        """Remember that operators made a tensor without the input."""
        self._constants[x] = True

    def is_constant(self, x: Tensor) -> bool:
        """Say whether a tensor is a parameter, or operators made it without the input."""
        return x in self._constants or isinstance(x, nn.Parameter) or self.is_stored(x)

    def is_stored(self, x: Tensor) -> bool:
        """Say whether a tensor is one of the model, or a part of one."""
        return x.untyped_storage().data_ptr() in self._stored
