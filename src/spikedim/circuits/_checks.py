"""Door checks of the circuits: logits, rates, matrices, generators."""

from typing import Any

import numpy as np

from spikedim._core import InputError, check_integer, check_numbers

__all__ = [
    "MOST_STEPS",
    "check_generator",
    "check_logits",
    "check_matrix",
    "check_noise",
    "check_rates",
    "check_steps",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

MOST_STEPS = 1 << 40


def check_steps(steps: object, *, caller: str, name: str = "steps") -> int:
    """Return T as an int of at least 1."""
    count = check_integer(steps, name=name, caller=caller)
    if count > MOST_STEPS:
        shown = f"{count:,}" if count < 1 << 64 else "a number above 2**64"
        raise InputError(
            f"{caller}: `{name}` must be at most 2**40; got {shown}. No run takes so long."
        )
    return count


def check_logits(logits: Any, *, caller: str, name: str = "logits") -> Array:
    """Return logits [..., n] as float64; minus infinity masks an entry, never a whole row."""
    array = _numbers(logits, name, caller)
    if array.ndim < 1 or array.size == 0:
        raise InputError(
            f"{caller}: `{name}` must have shape [..., n] with no empty axis; got {array.shape}. "
            "Put the competitors of a row on the last axis."
        )
    if np.isnan(array).any() or np.isposinf(array).any():
        raise InputError(
            f"{caller}: `{name}` must be finite, or -inf where masked; got NaN or +inf. "
            "Look at the scores before the softmax."
        )
    if np.isneginf(array).all(axis=-1).any():
        raise InputError(
            f"{caller}: `{name}` must have a finite entry in every row; got a row of -inf only, "
            "which has no softmax. Leave that row out."
        )
    return array


def check_rates(rates: Any, *, caller: str, name: str = "rates", ndim: int | None = None) -> Array:
    """Return rates in [0, 1] as float64."""
    array = check_matrix(rates, caller=caller, name=name, ndim=ndim)
    if array.min() < 0 or array.max() > 1:
        raise InputError(
            f"{caller}: `{name}` must be in [0, 1]; got values from {array.min()} to "
            f"{array.max()}. Rescale them; nothing is clipped here."
        )
    return array


def check_matrix(x: Any, *, caller: str, name: str, ndim: int | None = 2) -> Array:
    """Return a finite, non-empty array of `ndim` axes (None: any) as float64."""
    array = _numbers(x, name, caller)
    if ndim is not None and array.ndim != ndim:
        raise InputError(
            f"{caller}: `{name}` must have {ndim} axes; got shape {array.shape}. Reshape it."
        )
    if array.size == 0:
        raise InputError(
            f"{caller}: `{name}` must have no empty axis; got shape {array.shape}. "
            "Give it at least one entry."
        )
    if not np.isfinite(array).all():
        raise InputError(
            f"{caller}: `{name}` must be finite; got NaN or infinity. Remove or impute it."
        )
    return array


def check_generator(generator: Any, *, caller: str) -> np.random.Generator:
    """Return the generator that a stochastic circuit needs."""
    if not isinstance(generator, np.random.Generator):
        raise InputError(
            f"{caller}: `generator` must be a numpy.random.Generator; got "
            f"{type(generator).__name__}. Pass `numpy.random.default_rng(0)`."
        )
    return generator


def check_noise(
    noise: Any | None, shape: tuple[int, ...], *, needed: bool, caller: str, name: str = "noise"
) -> Array | None:
    """Return uniform numbers in [0, 1) of the given shape; None where none are needed."""
    if not needed:
        if noise is not None:
            raise InputError(
                f"{caller}: `{name}` must be None where nothing is random; got "
                f"{type(noise).__name__}. Use escape emission, or leave it out."
            )
        return None
    if noise is None:
        raise InputError(
            f"{caller}: `{name}` must be an array of shape {shape} where spikes are drawn; got "
            f"None. Pass `generator.random({shape})`."
        )
    array = _numbers(noise, name, caller)
    if array.shape != shape:
        raise InputError(
            f"{caller}: `{name}` must have shape {shape}; got {array.shape}. "
            f"Pass `generator.random({shape})`."
        )
    if not ((array >= 0) & (array < 1)).all():
        raise InputError(
            f"{caller}: `{name}` must be in [0, 1); got a value outside or NaN. "
            f"Pass `generator.random({shape})`."
        )
    return array


def _numbers(x: Any, name: str, caller: str) -> Array:
    """Return `x` as a float64 array, sharing memory where it can; too large for it is infinite."""
    with np.errstate(over="ignore"):
        return check_numbers(x, name=name, caller=caller).astype(np.float64, copy=False)
