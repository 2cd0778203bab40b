"""Marks activations that are small integers by who made them, so that a byte each can be kept.

Spikes and sums of spikes are marked where fused neurons return them, and nowhere else: no value is
ever looked at. A view of a marked tensor counts as marked, a tensor changed in place does not.
"""

from typing import final

import torch
from torch import Tensor

from spikedim.models.layers._compiled import as_array, kernels, like_array, share

__all__ = ["Counts", "counts_of", "mark_counts", "pack", "unpack"]

_LARGEST = 255  # a byte holds it, and bfloat16 holds every integer up to 256
_NAME = "spikedim_counts"
_SHARE = 1 << 17  # entries worth a thread


@final
class Counts:
    """The mark of a tensor.

    Parameters
    ----------
    most : int
        No entry is larger.
    version : int
        Version of the tensor when it was marked.
    """

    def __init__(self, most: int, version: int) -> None:
        self.most = most
        self.version = version
        self._packed: tuple[object, Tensor] | None = None

    def packed(self, x: Tensor) -> Tensor:
        """Return the bytes of a tensor with this mark, the same for all that ask for them."""
        place = x.data_ptr(), x.shape, x.stride()
        if self._packed is None or self._packed[0] != place:
            self._packed = place, pack(x)
        return self._packed[1]


def mark_counts(x: Tensor, most: int) -> None:
    """Say that the entries of `x` are integers from 0 to `most`."""
    usable = x.device.type == "cpu" and not x.is_inference()  # those have no version
    if most <= _LARGEST and usable and kernels() is not None:
        whole = x if x._base is None or x._base.numel() != x.numel() else x._base
        setattr(whole, _NAME, Counts(most, x._version))


def counts_of(x: Tensor) -> Counts | None:
    """Return the mark of a tensor, or of what it is a view of."""
    for tensor in (x, x._base):
        mark = getattr(tensor, _NAME, None)
        if isinstance(mark, Counts) and tensor is not None:
            same = tensor._version == mark.version and tensor.dtype == x.dtype
            return mark if same else None
    return None


def pack(x: Tensor) -> Tensor:
    """Return integers 0 to 255 as bytes."""
    x = x.detach().contiguous()
    out = torch.empty(x.shape, dtype=torch.uint8)
    loops, source, target = kernels(), as_array(x).reshape(-1), out.numpy().reshape(-1)
    like = like_array(x.dtype)
    share(lambda a, b: loops.pack(source, like, target, a, b), x.numel(), smallest=_SHARE)
    return out


def unpack(packed: Tensor, dtype: torch.dtype) -> Tensor:
    """Return bytes as numbers."""
    out = torch.empty(packed.shape, dtype=dtype)
    loops, source, target = kernels(), packed.numpy().reshape(-1), as_array(out).reshape(-1)
    like = like_array(dtype)
    share(lambda a, b: loops.unpack(source, like, target, a, b), out.numel(), smallest=_SHARE)
    return out
