"""What the tensors of a file must be, and their fingerprint."""

from collections.abc import Mapping

import torch
from torch import Tensor

from spikedim._core import InputError, fingerprint_arrays

__all__ = ["check_dense", "check_values", "fingerprint_tensors", "shapes_of"]


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor."""
    return {key: tuple(tensor.shape) for key, tensor in state.items()}


def check_values(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], *, caller: str, name: str
) -> None:
    """Refuse numbers of another kind, and those that mean nothing in the model's type."""
    for key, tensor in tensors.items():
        if tensor.is_floating_point() is not own[key].is_floating_point():
            raise InputError(
                f"{caller}: `{name}` must hold floating-point weights; got {tensor.dtype} for "
                f"{key!r}. Save the model unquantised."
            )
        values = tensor.to(own[key].dtype)
        if not bool(torch.isfinite(values).all()):
            raise InputError(
                f"{caller}: `{name}` must be finite in {own[key].dtype}; got NaN or infinity for "
                f"{key!r}. Build the model in a larger type, or save the weights again."
            )
        if key.endswith("running_var") and bool((values < 0).any()):
            raise InputError(
                f"{caller}: `{name}` must hold variances that are not negative; got "
                f"{values.min().item():.3g} in {key!r}. Fetch or save the weights again."
            )


def check_dense(tensors: Mapping[str, Tensor], *, caller: str, name: str) -> None:
    """Refuse tensors whose values cannot be read one by one."""
    for key, tensor in tensors.items():
        if tensor.is_meta or tensor.layout is not torch.strided or tensor.is_quantized:
            raise InputError(
                f"{caller}: `{name}` must hold dense tensors with values; got {tensor.layout} on "
                f"{tensor.device} for {key!r}. Save the model as it computes."
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
    if plain.dtype == torch.bfloat16:
        return plain.view(torch.int16)
    eight_bits = plain.is_floating_point() and plain.element_size() == 1
    return plain.view(torch.uint8) if eight_bits else plain
