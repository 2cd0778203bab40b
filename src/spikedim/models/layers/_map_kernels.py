"""Compiled loops over activations; imported only where numba is installed.

Arrays are contiguous, channels last. Entries of 16 bits are bfloat16: the upper half of a float32.

No function here is decorated: the test run wraps every function, and numba must see the one inside.
"""

import inspect
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload

__all__ = ["moments", "pack", "pool", "unpack", "unpool"]

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 2048


def _jit(function: Any, **options: Any) -> Any:
    return njit(nogil=True, error_model="numpy", **options)(inspect.unwrap(function))


# --- blocks: `bits` are the 32-bit words of `values`, read only where entries are bfloat16 --------


def _read(stored: Array, bits: Array, values: Array) -> None:
    """Copy entries to `values`."""
    raise NotImplementedError


def _write(bits: Array, values: Array, stored: Array) -> None:
    """Copy `values` to entries, rounded to nearest even where those are bfloat16."""
    raise NotImplementedError


def _read_for(stored, bits, values):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def halves(stored, bits, values):  # type: ignore[no-untyped-def]  # noqa: ARG001
        for i in range(stored.size):
            bits[i] = np.uint32(stored[i]) << np.uint32(16)

    def plain(stored, bits, values):  # type: ignore[no-untyped-def]  # noqa: ARG001
        for i in range(stored.size):
            values[i] = stored[i]

    return inspect.unwrap(halves if isinstance(stored.dtype, types.Integer) else plain)


def _write_for(bits, values, stored):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def halves(bits, values, stored):  # type: ignore[no-untyped-def]
        for i in range(stored.size):
            x = bits[i]
            even = np.uint32(np.uint32(x >> np.uint32(16)) & np.uint32(1)) + np.uint32(0x7FFF)
            upper = np.uint16(np.uint32(x + even) >> np.uint32(16))
            stored[i] = upper if values[i] == values[i] else np.uint16(0x7FC0)

    def plain(bits, values, stored):  # type: ignore[no-untyped-def]  # noqa: ARG001
        for i in range(stored.size):
            stored[i] = values[i]

    return inspect.unwrap(halves if isinstance(stored.dtype, types.Integer) else plain)


overload(_read)(inspect.unwrap(_read_for))
overload(_write)(inspect.unwrap(_write_for))


# --- small integers -------------------------------------------------------------------------------


def _pack(x: Array, like: Array, out: Array, begin: int, end: int) -> None:
    """Write integers 0 to 255 as bytes; `like` has the type to compute in."""
    values = np.empty(_BLOCK, like.dtype)
    bits = values.view(np.uint32)
    for at in range(begin, end, _BLOCK):
        size = min(_BLOCK, end - at)
        _read(x[at : at + size], bits, values)
        target = out[at : at + size]
        for i in range(size):
            target[i] = np.uint8(np.int32(values[i]))


def _unpack(x: Array, like: Array, out: Array, begin: int, end: int) -> None:
    """Write bytes as numbers."""
    values = np.empty(_BLOCK, like.dtype)
    bits = values.view(np.uint32)
    for at in range(begin, end, _BLOCK):
        size = min(_BLOCK, end - at)
        source = x[at : at + size]
        for i in range(size):
            values[i] = source[i]
        _write(bits, values, out[at : at + size])


# --- batch statistics -----------------------------------------------------------------------------


def _add_moments(values: Array, pivot: Array, first: Array, second: Array) -> None:
    for i in range(pivot.size):
        p = np.float64(values[i]) - pivot[i]
        first[i] += p
        second[i] += p * p


_add_moments = _jit(_add_moments, fastmath={"contract"})


def _moments(y: Array, pivot: Array, like: Array, sums: Array, begin: int, end: int) -> None:
    """Add to `sums` the first and second moment about `pivot` of rows begin to end."""
    values = np.empty(pivot.size, like.dtype)
    bits = values.view(np.uint32)
    for row in range(begin, end):
        _read(y[row], bits, values)
        _add_moments(values, pivot, sums[0], sums[1])


# --- maxima of 3 x 3 places, stride 2, one ring of padding ----------------------------------------


def _first(row: Array, best: Array, which: Array, k: int) -> None:
    label = np.uint8(k)
    for i in range(best.size):
        best[i] = row[i]
        which[i] = label


def _take(row: Array, best: Array, which: Array, k: int) -> None:
    label = np.uint8(k)
    for i in range(best.size):
        v = row[i]
        better = (v > best[i]) | (v != v)
        best[i] = v if better else best[i]
        which[i] = label if better else which[i]


def _multiply(row: Array, sign: Array) -> None:
    for at in range(0, row.size, sign.size):
        part = row[at : at + sign.size]
        for i in range(sign.size):
            part[i] *= sign[i]


_first, _take, _multiply = _jit(_first), _jit(_take), _jit(_multiply)


def _pool(y: Array, sign: Array, out: Array, index: Array, begin: int, end: int) -> None:
    """Write the entry of each window that is largest when multiplied by `sign`, and where it is."""
    height, width, channels = y.shape[1], y.shape[2], y.shape[3]
    values = np.empty(3 * width * channels, sign.dtype)
    rows = values.reshape(3, width * channels)
    bits = rows.view(np.uint32)
    best = np.empty(channels, sign.dtype)
    best_bits = best.view(np.uint32)
    which = np.empty(channels, np.uint8)
    for n in range(begin, end):
        ready = 0
        for i in range(out.shape[1]):
            while ready < min(2 * i + 2, height):
                _read(y[n, ready].reshape(-1), bits[ready % 3], rows[ready % 3])
                _multiply(rows[ready % 3], sign)
                ready += 1
            for j in range(out.shape[2]):
                fresh = True
                for k in range(9):
                    h, w = 2 * i - 1 + k // 3, 2 * j - 1 + k % 3
                    if 0 <= h < height and 0 <= w < width:
                        entries = rows[h % 3, w * channels : (w + 1) * channels]
                        if fresh:
                            _first(entries, best, which, k)
                            fresh = False
                        else:
                            _take(entries, best, which, k)
                _multiply(best, sign)
                _write(best_bits, best, out[n, i, j])
                index[n, i, j, :] = which


def _start(values: Array, parameters: Array) -> None:
    """Replace y by the part of its gradient that goes through the batch statistics."""
    mean, slope, level = parameters[0], parameters[1], parameters[2]
    for at in range(0, values.size, mean.size):
        part = values[at : at + mean.size]
        for i in range(mean.size):
            part[i] = -(level[i] + slope[i] * (part[i] - mean[i]))


def _add(gradient: Array, which: Array, k: int, row: Array) -> None:
    label = np.uint8(k)
    for i in range(row.size):
        row[i] += gradient[i] if which[i] == label else gradient[i] * 0


_start, _add = _jit(_start), _jit(_add)


def _unpool(
    gradient: Array, index: Array, y: Array, parameters: Array, out: Array, begin: int, end: int
) -> None:
    """Write the gradient on the entries that were pooled; `y` is empty without batch statistics."""
    height, width, channels = out.shape[1], out.shape[2], out.shape[3]
    row = np.empty(width * channels, parameters.dtype)
    bits = row.view(np.uint32)
    above = np.empty(channels, parameters.dtype)
    above_bits = above.view(np.uint32)
    for n in range(begin, end):
        for h in range(height):
            if y.size:
                _read(y[n, h].reshape(-1), bits, row)
                _start(row, parameters)
            else:
                row[:] = 0
            for i in range(h // 2, min((h + 1) // 2 + 1, index.shape[1])):
                for j in range(index.shape[2]):
                    _read(gradient[n, i, j], above_bits, above)
                    for across in range(3):
                        w = 2 * j - 1 + across
                        if 0 <= w < width:
                            k = 3 * (h - 2 * i + 1) + across
                            entries = row[w * channels : (w + 1) * channels]
                            _add(above, index[n, i, j], k, entries)
            _write(bits, row, out[n, h].reshape(-1))


moments = _jit(_moments, cache=True)
pack, unpack = _jit(_pack, cache=True), _jit(_unpack, cache=True)
pool, unpool = _jit(_pool, cache=True), _jit(_unpool, cache=True)
