"""Door checks of a population n x d and of the error it must reach."""

import math

from spikedim._core import InputError, NumericsError, check_integer, check_positive

__all__ = ["count_entries", "describe", "input_precision", "whole_steps"]

_MOST_ENTRIES = 2**53
_WIDEST_RATIO = 1e100


def count_entries(tokens: int, features: int, *, caller: str) -> int:
    """Return n * d after checking both."""
    n = check_integer(tokens, name="tokens", caller=caller)
    d = check_integer(features, name="features", caller=caller)
    if n * d > _MOST_ENTRIES:
        raise InputError(
            f"{caller}: `tokens` times `features` must be at most 2**53; got {tokens} x {features}."
            " Give the shape of one population."
        )
    return n * d


def describe(tokens: int, features: int, what: str = "rate-coded population") -> str:
    """Return e.g. ``64 x 384 rate-coded population``."""
    return f"{tokens} x {features} {what}"


def input_precision(
    epsilon: float, lipschitz: float, *, caller: str, name: str = "epsilon_rms"
) -> float:
    """Return L / epsilon after checking both; `name` is the caller's name of epsilon."""
    error = check_positive(epsilon, name=name, caller=caller)
    scale = check_positive(lipschitz, name="lipschitz", caller=caller)
    # In logs, because the ratio itself may overflow.
    if abs(math.log(scale) - math.log(error)) > math.log(_WIDEST_RATIO):
        raise InputError(
            f"{caller}: `{name}` must be within a factor 1e100 of `lipschitz`; "
            f"got {epsilon!r} and {lipschitz!r}. Check their units."
        )
    return scale / error


def whole_steps(unrounded: float, *, caller: str, minimum: int = 1) -> float:
    """Round up to whole steps; a relative excess of 1e-12 counts as rounding noise."""
    if not math.isfinite(unrounded):
        raise NumericsError(f"{caller}: the number of steps overflows; got {unrounded!r}.")
    return float(max(minimum, math.ceil(unrounded - 1e-12 * abs(unrounded))))
