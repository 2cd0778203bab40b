"""The door for numbers of steps."""

from collections.abc import Sequence

from spikedim._core import InputError, check_integer

__all__ = ["check_each_steps", "check_steps"]

_MOST = 1 << 50  # counts up to here, and what is reckoned with them, are exact in float64


def check_steps(value: object, *, name: str = "steps", caller: str) -> int:
    """Return T, or raise `InputError` unless it is a whole number from 1 to 2^50."""
    found = check_integer(value, name=name, caller=caller)
    if found > _MOST:
        raise InputError(
            f"{caller}: `{name}` must be at most 2**50; got one of {found.bit_length()} bits. "
            "Exact rates need no steps."
        )
    return found


def check_each_steps(values: object, *, name: str = "steps", caller: str) -> tuple[int, ...]:
    """Return every T of a sequence, or raise `InputError`."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise InputError(
            f"{caller}: `{name}` must be a sequence of integers >= 1; got {values!r:.40}. Pass "
            "e.g. (1, 4)."
        )
    return tuple(check_steps(value, name=name, caller=caller) for value in values)
