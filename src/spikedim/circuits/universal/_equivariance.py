"""A user's function of token rates: its call, its permutation equivariance, its slope."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import InputError, check_integer, check_positive
from spikedim.bounds import Assumption
from spikedim.circuits._checks import check_generator

__all__ = [
    "TokenFunction",
    "UserFunction",
    "check_function",
    "check_lipschitz",
    "equivariance_gap",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
UserFunction = Callable[[Any], Any]

_SAMPLES = 64
_ROUNDING = 1e-9  # gap that summation order alone may leave, relative to the largest output
_UNITS = 64  # or so many rounding units of the output's type, if that is more


@final
@dataclass(frozen=True, eq=False)
class TokenFunction:
    """A function [n, d] -> [n, d'] called for many samples at once, with its output checked."""

    function: UserFunction
    tokens: int
    features: int
    batched: bool
    caller: str

    def __call__(self, x: Array) -> Array:
        """Return f of every sample, [B, n, d] -> [B, n, d']."""
        if self.batched:
            return self._checked(self.function(x.copy()), (len(x), self.tokens))
        rows = [self._checked(self.function(row.copy()), (self.tokens,)) for row in x]
        widths = sorted({row.shape[1] for row in rows})
        if len(widths) > 1:
            raise InputError(
                f"{self.caller}: `function` must return as many features d' for every sample; got "
                f"{widths[0]} and {widths[-1]}. Let d' not depend on the rates."
            )
        return np.stack(rows)

    def unit(self) -> float:
        """Return the rounding unit of the output's type; 0 for integers."""
        x = np.full((1, self.tokens, self.features), 0.5)
        kind = _numbers(self.function(x if self.batched else x[0]), self.caller).dtype
        return float(np.finfo(kind).eps) if kind.kind == "f" else 0.0

    def _checked(self, y: Any, leading: tuple[int, ...]) -> Array:
        """Return the output as float64 if it has the right shape and is finite."""
        # A copy: the function may fill the same buffer again.
        output = np.array(_numbers(y, self.caller), dtype=np.float64)
        if output.ndim != len(leading) + 1 or output.shape[:-1] != leading or not output.size:
            wanted = "[B, n, d']" if self.batched else "[n, d']"
            raise InputError(
                f"{self.caller}: `function` must return shape {wanted} with n = {self.tokens}; "
                f"got {output.shape}. Set `batched` to how it takes its samples."
            )
        if not np.isfinite(output).all():
            raise InputError(
                f"{self.caller}: `function` must be finite on [0, 1]; got NaN or infinity."
            )
        return output


def _numbers(y: Any, caller: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Return what a function gave as an array of real numbers."""
    try:
        output = np.asarray(y.detach().cpu() if hasattr(y, "detach") else y)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{caller}: `function` must return an array of real numbers; got {type(y).__name__}. "
            "Return one array, a tensor as float32 or float64."
        ) from error
    if output.dtype.kind not in "fiub":
        got = output.dtype if output.dtype.kind == "c" else type(y).__name__
        raise InputError(
            f"{caller}: `function` must return an array of real numbers; got {got}. Return one of "
            "float64."
        )
    return output


def equivariance_gap(
    function: UserFunction,
    *,
    tokens: int,
    features: int,
    batched: bool = False,
    samples: int = _SAMPLES,
    generator: np.random.Generator | None = None,
) -> float:
    r"""Largest difference between f(P X) and P f(X) over random samples and permutations.

    Parameters
    ----------
    function : callable
        f, from an array of rates [n, d] in [0, 1] to [n, d'].
    tokens, features : int
        n and d, each at least 1.
    batched : bool
        Whether f takes and returns many samples at once, [B, n, d] and [B, n, d'].
    samples : int
        How many samples are drawn, at least 1; every other one is rounded to {0, 1/2, 1}, so that
        ties between tokens are met.
    generator : numpy.random.Generator, optional
        Source of samples and permutations; by default a fixed one.

    Returns
    -------
    float
        0 up to rounding if f is permutation-equivariant on what was drawn.

    Raises
    ------
    InputError
        If f does not return finite numbers of shape [n, d'], or a size is not a positive integer.

    Notes
    -----
    A function that draws random numbers shows a gap too. A gap of 0 is evidence, not a proof.
    Cost: f of 2 `samples`.

    Examples
    --------
    >>> equivariance_gap(lambda x: x - x.mean(axis=0), tokens=3, features=2) < 1e-12
    True
    >>> equivariance_gap(lambda x: np.cumsum(x, axis=0), tokens=3, features=2) > 0.5
    True
    """
    caller = "equivariance_gap"
    call = TokenFunction(
        function,
        check_integer(tokens, name="tokens", caller=caller),
        check_integer(features, name="features", caller=caller),
        batched,
        caller,
    )
    count = check_integer(samples, name="samples", caller=caller)
    source = (
        np.random.default_rng(0) if generator is None else check_generator(generator, caller=caller)
    )
    return _gap(call, count, source)[0]


def check_function(
    function: UserFunction, *, tokens: int, features: int, batched: bool, caller: str
) -> tuple[TokenFunction, int]:
    """Return the function, seen to be equivariant on samples, and its output features d'."""
    if not callable(function):
        raise InputError(
            f"{caller}: `function` must be callable; got {type(function).__name__}. "
            "Pass a function of an array [n, d]."
        )
    call = TokenFunction(function, tokens, features, batched, caller)
    gap, size, outputs = _gap(call, _SAMPLES, np.random.default_rng(0))
    if gap > max(_ROUNDING, _UNITS * call.unit()) * max(1.0, size):
        raise InputError(
            f"{caller}: `function` must be permutation-equivariant, f(P X) = P f(X); got a gap of "
            f"{gap:.3g} on {_SAMPLES} samples. Let it treat all tokens alike, ties included, draw "
            "nothing at random and, if batched, mix no samples."
        )
    return call, outputs


def check_lipschitz(lipschitz: float | None, function: TokenFunction) -> tuple[float, Assumption]:
    """Return L and what is assumed of it; None: the largest slope between samples."""
    slope = _steepest_slope(function, np.random.default_rng(1))
    if lipschitz is None:
        if slope == 0:
            raise InputError(
                f"{function.caller}: `lipschitz` must be given for a function that is flat on all "
                "samples; got None. Pass a bound on its slope."
            )
        return slope, Assumption(
            f"f is {slope:.4g}-Lipschitz in the Frobenius norm: the largest slope between "
            "samples, which is a lower estimate, so the bound may be too small"
        )
    number = check_positive(lipschitz, name="lipschitz", caller=function.caller)
    if slope > number * (1 + 1e-6):
        raise InputError(
            f"{function.caller}: `lipschitz` must be at least the slope of f; got {lipschitz!r}, "
            f"but two samples show {slope:.4g}."
        )
    return number, Assumption(
        f"f is {number:g}-Lipschitz in the Frobenius norm; samples show slopes up to {slope:.4g}"
    )


def _gap(
    call: TokenFunction, samples: int, generator: np.random.Generator
) -> tuple[float, float, int]:
    """Return the largest gap, the largest output, and the output features."""
    x = generator.random((samples, call.tokens, call.features))
    x[1::2] = np.round(2 * x[1::2]) / 2
    order = generator.permuted(
        np.broadcast_to(np.arange(call.tokens), (samples, call.tokens)), axis=1
    )[:, :, None]
    plain = call(x)
    moved = call(np.take_along_axis(x, order, axis=1))
    gap = np.abs(moved - np.take_along_axis(plain, order, axis=1)).max()
    return float(gap), float(np.abs(plain).max()), plain.shape[2]


def _steepest_slope(call: TokenFunction, generator: np.random.Generator) -> float:
    """Return the largest slope between near and between far samples."""
    x, other = generator.random((2, 4 * _SAMPLES, call.tokens, call.features))
    other[::2] = x[::2] + 1e-4 * (other[::2] - x[::2])
    before, after = call(x).reshape(len(x), -1), call(other).reshape(len(x), -1)
    rounded = 2 * call.unit() * np.linalg.norm(before, axis=1)
    rise = np.maximum(np.linalg.norm(after - before, axis=1) - rounded, 0.0)
    return float((rise / np.linalg.norm((other - x).reshape(len(x), -1), axis=1)).max())
