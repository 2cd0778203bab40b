"""Weights in the type of the activations."""

from collections.abc import MutableMapping
from typing import NamedTuple, final

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

__all__ = ["rounded"]

_LOOKS = 16  # entries compared, in case a change went past the version counter


@final
class _Kept(NamedTuple):
    place: tuple[object, ...]
    look: Tensor
    value: Tensor


_kept: MutableMapping[Tensor, _Kept] = WeakTensorKeyDictionary()


def rounded(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a weight in another type, not to be written to.

    Without gradients it is kept for as long as the weight lives and stays as it is: neither its
    version, place or shape nor a sample of its entries has changed.
    """
    if weight.dtype == dtype or not _may_keep(weight):
        return weight.to(dtype)
    flat = weight.detach().reshape(-1)
    look = flat[:: max(1, len(flat) // _LOOKS)]
    place = dtype, weight._version, weight.data_ptr(), weight.shape, weight.stride()
    kept = _kept.get(weight)
    if kept is None or kept.place != place or not torch.equal(kept.look, look):
        kept = _Kept(place, look.clone(), weight.detach().to(dtype))
        _kept[weight] = kept
    return kept.value


def _may_keep(weight: Tensor) -> bool:
    return (
        isinstance(weight, torch.nn.Parameter)
        and weight.device.type == "cpu"
        and not (
            torch.is_grad_enabled()
            or weight.is_inference()
            or torch.compiler.is_compiling()
            or torch._C._functorch.is_functorch_wrapped_tensor(weight)
            or torch.autograd.forward_ad._current_level >= 0
        )
    )
