"""Door checks on tensors: currents, states, rates and spikes."""

from typing import Any

import torch
from torch import Tensor

from spikedim._core import InputError, NumericsError
from spikedim.neurons._state import LIFState

__all__ = [
    "check_current",
    "check_floating",
    "check_generator",
    "check_membrane",
    "check_rates",
    "check_spikes",
]


def check_floating(x: Any, *, name: str, caller: str) -> None:
    """Raise `InputError` unless `x` is a floating tensor."""
    if not isinstance(x, Tensor):
        raise InputError(
            f"{caller}: `{name}` must be a torch.Tensor; got {type(x).__name__}. "
            "Convert it with `torch.as_tensor`."
        )
    if not x.is_floating_point():
        raise InputError(
            f"{caller}: `{name}` must be floating point; got {x.dtype}. Call `.float()` first."
        )


def check_current(current: Any, state: LIFState, *, name: str, caller: str, time: bool) -> None:
    """Raise `InputError` unless `current` fits `state`, behind a time axis if `time`."""
    check_floating(current, name=name, caller=caller)
    if time and (current.ndim < 1 or current.shape[0] < 1):
        raise InputError(
            f"{caller}: `{name}` must have T >= 1 steps on its first axis; "
            f"got shape {tuple(current.shape)}."
        )
    shape = tuple(current.shape[1:] if time else current.shape)
    if shape != tuple(state.membrane.shape) or current.dtype != state.membrane.dtype:
        raise InputError(
            f"{caller}: `{name}` must have one step of shape {tuple(state.membrane.shape)} and "
            f"{state.membrane.dtype} like the state; got {shape} and {current.dtype}. "
            "Make the state with `init_state(shape, parameters, dtype=...)`."
        )


def check_membrane(membrane: Tensor, current: Tensor, *, name: str, caller: str) -> None:
    """Raise unless the last membrane is finite: no neuron forgets a NaN or an infinity.

    That makes one look at the end as good as one at every step. Inside `torch.func` transforms
    and `torch.compile`, and on the meta device, a value cannot be looked at.
    """
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    if membrane.is_meta or torch.compiler.is_compiling() or wrapped(membrane):
        return
    if torch.isfinite(membrane).all():
        return
    if not torch.isfinite(current).all():
        raise InputError(
            f"{caller}: `{name}` must be finite; got NaN or infinity. Look at the layer before."
        )
    raise NumericsError(
        f"{caller}: a membrane overflowed {membrane.dtype}, or the state given was not finite. "
        "Scale the currents down."
    )


def check_rates(rates: Any, *, caller: str) -> None:
    """Raise `InputError` unless `rates` are finite, floating, in [0, 1] and at least one."""
    check_floating(rates, name="rates", caller=caller)
    if rates.numel() == 0:
        raise InputError(
            f"{caller}: `rates` must have at least one entry; got shape {tuple(rates.shape)}."
        )
    low, high = (value.item() for value in rates.detach().aminmax())
    if not (low == low and high == high):  # NaN spreads to both
        raise InputError(f"{caller}: `rates` must be finite; got NaN. Remove or impute it.")
    if low < 0 or high > 1:
        raise InputError(
            f"{caller}: `rates` must be in [0, 1]; got values from {low:g} to {high:g}. "
            "Rescale them; nothing is clipped here."
        )


def check_spikes(spikes: Any, *, caller: str) -> None:
    """Raise `InputError` unless `spikes` is a 0/1 tensor [T, ...] with T >= 1."""
    check_floating(spikes, name="spikes", caller=caller)
    if spikes.ndim < 1 or spikes.numel() == 0:
        raise InputError(
            f"{caller}: `spikes` must have shape [T, ...] with T >= 1 and no empty axis; "
            f"got {tuple(spikes.shape)}."
        )
    if not ((spikes == 0) | (spikes == 1)).all():
        raise InputError(
            f"{caller}: `spikes` must be 0 or 1; got other values. Decode spikes, not currents."
        )


def check_generator(generator: Any, *, caller: str) -> None:
    """Raise `InputError` unless `generator` is a torch.Generator."""
    if not isinstance(generator, torch.Generator):
        raise InputError(
            f"{caller}: `generator` must be a torch.Generator; got {type(generator).__name__}. "
            "Pass `torch.Generator().manual_seed(0)`."
        )
