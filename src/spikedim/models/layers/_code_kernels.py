"""Compiled loops that draw codes of rates; imported only where numba is installed.

No function here is decorated: the test run wraps every function, and numba must see the one inside.
"""

import inspect
from typing import Any

import numpy as np
from numba import njit

__all__ = ["binomial", "invert", "shift"]

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 2048
_WORD = np.uint64  # a number without a type would turn it into a float


def _jit(function: Any, **options: Any) -> Any:
    return njit(nogil=True, error_model="numpy", **options)(inspect.unwrap(function))


# --- the count next to a rate ---------------------------------------------------------------------


def _shift(rates: Array, phases: Array, steps: float, out: Array, begin: int, end: int) -> None:
    """Write floor(r T + phase) / T; one phase for all, or one for each."""
    same = phases.size == 1
    for i in range(begin, end):
        count = np.floor(np.float64(rates[i]) * steps + phases[0 if same else i])
        out[i] = (steps if count > steps else count) / steps


# --- one uniform number for each, compared with the distribution function -------------------------


def _invert(rates: Array, uniform: Array, factors: Array, out: Array, begin: int, end: int) -> None:
    """Write the binomial count of each uniform number over the steps, `factors[0]`.

    The factors behind it are those that take the chance of k - 1 events to the chance of k, beside
    the odds: (steps - k + 1) / k.
    """
    steps, zero = factors[0], factors[0] * 0
    half, one = zero + factors.dtype.type(0.5), zero + factors.dtype.type(1)
    room = np.empty((4, _BLOCK), factors.dtype)
    odds, chance, reached, counts = room[0], room[1], room[2], room[3]
    for start in range(begin, end, _BLOCK):
        r, u = rates[start : min(start + _BLOCK, end)], uniform[start : min(start + _BLOCK, end)]
        o = out[start : min(start + _BLOCK, end)]
        for i in range(r.size):
            rare = min(r[i], one - r[i])
            left = one - rare
            odds[i] = rare / left
            chance[i] = left
            reached[i] = left
        for _ in range(1, factors.size):
            for i in range(r.size):
                chance[i] *= reached[i]
        for i in range(r.size):
            reached[i] = chance[i]
            counts[i] = one if u[i] >= reached[i] else zero
        for k in range(1, factors.size):
            for i in range(r.size):
                chance[i] = chance[i] * odds[i] * factors[k]
                reached[i] += chance[i]
                counts[i] += one if u[i] >= reached[i] else zero
        for i in range(r.size):
            found = counts[i] + r[i] * zero  # NaN stays NaN
            o[i] = (steps - found if r[i] > half else found) / steps


# --- random bits, compared with those of the rate -------------------------------------------------


_STEP, _FIRST, _SECOND = (  # of the generator SplitMix64
    _WORD(0x9E3779B97F4A7C15),
    _WORD(0xBF58476D1CE4E5B9),
    _WORD(0x94D049BB133111EB),
)
_PAIRS, _NIBBLES, _BYTES, _ONES = (  # of counting the ones of a word
    _WORD(0x5555555555555555),
    _WORD(0x3333333333333333),
    _WORD(0x0F0F0F0F0F0F0F0F),
    _WORD(0x0101010101010101),
)
_0, _1, _2, _4, _27, _30, _31, _56, _63, _64 = map(_WORD, (0, 1, 2, 4, 27, 30, 31, 56, 63, 64))
_ALL = _WORD(0xFFFFFFFFFFFFFFFF)
_ROOM = _WORD(24)  # bits of the counter for the words of one rate
_SCALE = 2.0**64


def _word(first: Any, second: Any, counter: Any) -> Any:
    """Return 64 random bits of a counter and two keys."""
    z = first + _STEP * counter
    z = ((z ^ (z >> _30)) * _FIRST) ^ second
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


def _ones(x: Any) -> Any:
    """Return how many bits of a word are 1."""
    x = x - ((x >> _1) & _PAIRS)
    x = (x & _NIBBLES) + ((x >> _2) & _NIBBLES)
    return (((x + (x >> _4)) & _BYTES) * _ONES) >> _56


_word, _ones = _jit(_word, inline="always"), _jit(_ones, inline="always")


def _binomial(rates: Array, keys: Array, steps: int, out: Array, begin: int, end: int) -> None:
    """Write the mean of so many spikes of each rate: where U < r, compared bit by bit.

    Spikes whose U has the bits of r so far are undecided; a bit decides half of them. About two
    random bits for each spike, and no rounding beyond that of r to 64 bits.
    """
    first, second = keys[0], keys[1]
    for i in range(begin, end):
        r = rates[i]
        if not 0 < r < 1:
            out[i] = r  # NaN stays NaN
            continue
        bits = _WORD(np.float64(r) * _SCALE)
        counter = _WORD(i) << _ROOM
        count, undecided, word, left = _0, _WORD(steps), _0, _0
        while undecided != _0 and bits != _0:
            decided, some = _0, undecided
            while some > _64:
                decided += _ones(_word(first, second, counter))
                counter += _1
                some -= _64
            if left < some:
                word, left = _word(first, second, counter), _64
                counter += _1
            decided += _ones(word & (_ALL >> (_64 - some)))
            word = (word >> (some - _1)) >> _1  # a shift by 64 is not defined
            left -= some
            count += decided & (_0 - (bits >> _63))  # a 1 of the rate: those below it are spikes
            undecided -= decided
            bits <<= _1
        out[i] = np.float64(count) / np.float64(steps)


shift = _jit(_shift, cache=True)
invert, binomial = _jit(_invert, cache=True), _jit(_binomial, cache=True)
