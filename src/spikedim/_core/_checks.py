"""Door checks that share one message form: function, parameter, need, got, what to do."""

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from spikedim._core._errors import InputError

__all__ = [
    "check_array",
    "check_choice",
    "check_fraction",
    "check_in",
    "check_integer",
    "check_number",
    "check_numbers",
    "check_positive",
]


def _shown(value: object) -> str:
    """Return `value` as it is written; whole numbers beyond what Python writes by their size."""
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _advice(advice: str) -> str:
    return f" {advice}" if advice else ""


def check_number(value: object, *, name: str, caller: str, advice: str = "") -> float:
    """Return `value` as a finite float, or raise `InputError`."""
    try:
        bad = isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value)
    except OverflowError:  # whole numbers and fractions know no bound
        bad = True
    if bad:
        raise InputError(
            f"{caller}: `{name}` must be a finite number; got {_shown(value)}.{_advice(advice)}"
        )
    return float(value)  # type: ignore[arg-type]


def check_positive(value: object, *, name: str, caller: str, advice: str = "") -> float:
    """Return `value` as a finite float above zero, or raise `InputError`."""
    number = check_number(value, name=name, caller=caller, advice=advice)
    if number <= 0:
        raise InputError(
            f"{caller}: `{name}` must be above 0; got {_shown(value)}.{_advice(advice)}"
        )
    return number


def check_fraction(value: object, *, name: str, caller: str, advice: str = "") -> float:
    """Return `value` as a float in (0, 1], or raise `InputError`."""
    number = check_number(value, name=name, caller=caller, advice=advice)
    if not 0 < number <= 1:
        raise InputError(
            f"{caller}: `{name}` must be in (0, 1]; got {_shown(value)}.{_advice(advice)}"
        )
    return number


def check_in(
    value: object, low: float, high: float, *, name: str, caller: str, advice: str = ""
) -> float:
    """Return `value` as a float in the closed interval [low, high], or raise `InputError`."""
    number = check_number(value, name=name, caller=caller, advice=advice)
    if not low <= number <= high:
        raise InputError(
            f"{caller}: `{name}` must be in [{low:g}, {high:g}]; got {_shown(value)}."
            f"{_advice(advice)}"
        )
    return number


def check_integer(
    value: object, *, name: str, caller: str, minimum: int = 1, advice: str = ""
) -> int:
    """Return `value` as an int of at least `minimum`, or raise `InputError`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise InputError(
            f"{caller}: `{name}` must be an integer >= {minimum}; got {_shown(value)}."
            f"{_advice(advice)}"
        )
    return int(value)


def check_choice(value: object, choices: Iterable[str], *, name: str, caller: str) -> str:
    """Return `value` if it is one of `choices`; otherwise raise `InputError` with a suggestion."""
    known = [str(choice) for choice in choices]  # members of a StrEnum show their value
    if isinstance(value, str) and value in known:
        return value
    close = difflib.get_close_matches(_shown(value), known, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise InputError(
        f"{caller}: `{name}` must be one of {', '.join(known)}; got {_shown(value)}.{hint}"
    )


def check_numbers(x: Any, *, name: str, caller: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Return `x` as a real numpy array of any shape, NaN and infinity included.

    Tensors are read without a copy where numpy can share their memory; bfloat16 and 8-bit floats,
    which numpy does not know, are widened to float32, which holds their every value.
    """
    try:
        array = _as_numpy(x)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{caller}: `{name}` must be a numeric array; got {type(x).__name__}"
            f"{f' of {x.dtype}' if hasattr(x, 'dtype') else ''}. Convert it to an array of "
            "numbers, a sparse tensor with `x.to_dense()`."
        ) from error
    if np.ma.is_masked(x):
        raise InputError(
            f"{caller}: `{name}` must have no masked values; got a masked array with some. "
            "Fill or remove them."
        )
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{caller}: `{name}` must be an array of real numbers; got {array.dtype} "
            f"({type(x).__name__})."
        )
    return array


def check_array(
    x: Any, *, name: str, caller: str, ndim: tuple[int, ...] = (2,), min_rows: int = 1
) -> np.ndarray[Any, np.dtype[Any]]:
    """Return `x` as a finite real numpy array of an allowed number of axes.

    Integer arrays keep their type, so that 8-bit data can take the exact path; `check_numbers`
    says how tensors are read.
    """
    array = check_numbers(x, name=name, caller=caller)
    if array.ndim not in ndim:
        axes = " or ".join(str(k) for k in ndim)
        raise InputError(
            f"{caller}: `{name}` must have {axes} axes; got shape {array.shape}. "
            "Flatten activity [T, B, N, D] with `x.reshape(-1, D)` first."
        )
    if array.shape[0] < min_rows or 0 in array.shape[1:]:
        raise InputError(
            f"{caller}: `{name}` must have at least {min_rows} rows and no empty axis; "
            f"got shape {array.shape}. Supply more samples."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            f"{caller}: `{name}` must be finite; got NaN or infinity. Remove or impute those rows."
        )
    return array


def _as_numpy(x: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Read anything array-like; raise `TypeError`, `ValueError` or `RuntimeError` if it is not."""
    if not hasattr(x, "detach"):
        return np.asarray(x)
    tensor = x.detach().cpu()
    try:
        return np.asarray(tensor)
    except TypeError:
        if not tensor.is_floating_point():
            raise
        return np.asarray(tensor.float())
