"""What the tensors of a file must be, and their fingerprint."""

from collections.abc import Mapping

import torch
from torch import Tensor

from spikedim._core import InputError, fingerprint_arrays

__all__ = ["check_values", "fingerprint_tensors", "shapes_of"]


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor."""
    return {key: tuple(tensor.shape) for key, tensor in state.items()}


def check_values(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], *, caller: str, name: str
) -> None:
    """Refuse numbers of another kind, and those that are not finite in the model's type."""
    for key, tensor in tensors.items():
        if tensor.is_floating_point() is not own[key].is_floating_point():
            raise InputError(
                f"{caller}: `{name}` must hold floating-point weights; got {tensor.dtype} for "
                f"{key!r}. Save the model unquantised."
            )
        if not bool(torch.isfinite(tensor.to(own[key].dtype)).all()):
            raise InputError(
                f"{caller}: `{name}` must be finite in {own[key].dtype}; got NaN or infinity for "
                f"{key!r}. Build the model in a larger type, or save the weights again."
            )


def fingerprint_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Return the fingerprint of names and tensors in alphabetical order."""
    names = sorted(tensors)
    arrays = (_bits(tensors[name]).numpy() for name in names)
    kinds = (f"{name} {tensors[name].dtype}" for name in names)
    return fingerprint_arrays(*arrays, salt="\n".join(kinds))


def _bits(tensor: Tensor) -> Tensor:
    """Return a tensor of a type that numpy has."""
    plain = tensor.detach().cpu().contiguous()
    return plain.view(torch.int16) if plain.dtype == torch.bfloat16 else plain
