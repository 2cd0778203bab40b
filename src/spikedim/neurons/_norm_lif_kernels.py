"""Compiled loops of a normalised layer of neurons; imported only where numba is installed.

Tensors are seen as rows of neurons, channels innermost, and worked through in blocks that stay in
the first cache; the steps run inside a block. What decides a spike is computed in the order of the
plain loop, without fused or reordered operations. Only gradients may be contracted.

No function here is decorated: the test run wraps every function, and numba must see the one inside.
"""

import inspect
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload

__all__ = ["BLOCK", "backward", "centre", "forward", "moments"]

Array = np.ndarray[Any, np.dtype[Any]]

BLOCK = 1024
"""Neurons in a block: a multiple of every vector width."""
_SLICE = BLOCK + 144  # slices a page apart would seem to overlap to the processor
_HELD = 64 * BLOCK  # membranes of a block, over all steps, that the backward pass keeps at a time
_ROWS = 4

_EXACT: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_LOOSE: Any = _EXACT | {"fastmath": {"contract"}}


def _jit(function: Any, **options: Any) -> Any:
    return njit(**(options or _EXACT))(inspect.unwrap(function))


def _kept(function: Any) -> Any:
    """Compile for the first call of each type, and keep the result on disk where that works."""
    try:
        return _jit(function, cache=True, **_EXACT)
    except RuntimeError:  # no folder to keep it in
        return _jit(function)


# --- numbers ------------------------------------------------------------------------------------


def _reinterpreting(to: Any) -> Any:
    """Return a function that reads the bits of a number as another type of the same width."""

    def cast(typingctx, x):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]  # noqa: ARG001
            return builder.bitcast(args[0], context.get_value_type(to))

        return to(x), inspect.unwrap(codegen)

    return intrinsic(inspect.unwrap(cast))


_bits32, _bits64 = _reinterpreting(types.uint32), _reinterpreting(types.uint64)
_single, _double = _reinterpreting(types.float32), _reinterpreting(types.float64)


def _apart_for(typingctx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]  # noqa: ARG001
        for argument in builder.function.args:
            if str(argument.type) in ("float*", "double*", "i16*"):
                argument.add_attribute("noalias")
        return context.get_dummy_value()

    return types.none(), inspect.unwrap(codegen)


_apart: Any = intrinsic(inspect.unwrap(_apart_for))
"""Promise that the arrays a function is given do not overlap where it writes."""


def _wide(stored: Any) -> Any:
    """Return the number of a stored entry: 16 bits are a bfloat16."""
    raise NotImplementedError


def _narrow(value: Any, like: Any) -> Any:
    """Return a number as it is stored, rounded to nearest even."""
    raise NotImplementedError


def _power(z: Any) -> Any:
    """Return 2^-z for z >= 0, to rounding; far below 1, only that it is small."""
    raise NotImplementedError


def _wide_for(stored):  # type: ignore[no-untyped-def]
    if isinstance(stored, types.Integer):
        return lambda stored: _single(np.uint32(np.uint32(stored) << np.uint32(16)))
    return lambda stored: stored


def _narrow_for(value, like):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def rounded(value, like):  # type: ignore[no-untyped-def]  # noqa: ARG001
        bits = _bits32(value)
        even = np.uint32(0x7FFF) + np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
        upper = np.uint16(np.uint32(bits + np.uint32(even)) >> np.uint32(16))
        return upper if value == value else np.uint16(0x7FC0)

    if isinstance(like, types.Integer):
        return inspect.unwrap(rounded)
    return lambda value, like: value  # noqa: ARG005


# Polynomials for 2^f, |f| <= 1/2, of least relative error: 7.5e-8, and below 1e-17.
_P0, _P1, _P2, _P3, _P4, _P5 = (
    np.float32(c)
    for c in (
        1.00000007165464164,
        0.693146967065264928,
        0.24022119723969178,
        0.0555071327287539118,
        0.00967554133102139115,
        0.00132764721678199433,
    )
)
_Q0, _Q1, _Q2, _Q3, _Q4, _Q5 = (
    1.0,
    0.69314718055994533,
    0.240226506959101562,
    0.0555041086648199215,
    0.00961812910758833508,
    0.00133335581467899503,
)
_Q6, _Q7, _Q8, _Q9, _Q10, _Q11 = (
    0.00015403530462514613,
    0.0000152527334899608046,
    1.3215433089594629e-6,
    1.01781980333285277e-7,
    7.07410562624565937e-9,
    4.43528094461033616e-10,
)
_ROUND32, _MOST32 = np.float32(1.5 * 2**23), np.float32(125)  # adding it leaves the integer part
_ROUND64, _MOST64 = 1.5 * 2**52, 1000.0


def _power_for(z):  # type: ignore[no-untyped-def]
    def single(z):  # type: ignore[no-untyped-def]
        w = -min(z, _MOST32)
        whole = w + _ROUND32
        f = w - (whole - _ROUND32)
        p = _P0 + f * (_P1 + f * (_P2 + f * (_P3 + f * (_P4 + f * _P5))))
        exponent = np.uint32(_bits32(whole) << np.uint32(23))
        return _single(np.uint32(_bits32(p) + exponent))

    def double(z):  # type: ignore[no-untyped-def]
        w = -min(z, _MOST64)
        whole = w + _ROUND64
        f = w - (whole - _ROUND64)
        p = _Q6 + f * (_Q7 + f * (_Q8 + f * (_Q9 + f * (_Q10 + f * _Q11))))
        p = _Q0 + f * (_Q1 + f * (_Q2 + f * (_Q3 + f * (_Q4 + f * (_Q5 + f * p)))))
        return _double(_bits64(p) + np.uint64(_bits64(whole) << np.uint64(52)))

    return inspect.unwrap(single if z is types.float32 else double)


overload(_wide)(inspect.unwrap(_wide_for))
overload(_narrow)(inspect.unwrap(_narrow_for))
overload(_power, jit_options=_LOOSE)(inspect.unwrap(_power_for))


# --- one step of one block ----------------------------------------------------------------------
# `scratch` holds a block's numbers in slices: 0 to 2 mean, scale and shift of the normalisation, 3
# what a step passes on to the next one, 4 the membrane or a sum over steps, 5 another such sum.


def _slice(scratch: Array, index: int) -> Array:
    return scratch[index * _SLICE : index * _SLICE + BLOCK]


_slice = _jit(_slice)


def _integrate(scratch: Array, y: Array, numbers: Array, membrane: Array) -> None:
    """Advance the block by one step and keep its membranes."""
    leak, threshold, hold, jump, drop = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    gain, zero = numbers[5], numbers[6]
    mean, scale = _slice(scratch, 0), _slice(scratch, 1)
    shift, carried = _slice(scratch, 2), _slice(scratch, 3)
    for i in range(y.size):
        u = carried[i] + gain * ((_wide(y[i]) - mean[i]) * scale[i] + shift[i])
        fired = u >= threshold
        kept = u * hold + jump if fired else u
        carried[i] = leak * kept - (drop if fired else zero)
        membrane[i] = u


def _emit(membrane: Array, numbers: Array, out: Array) -> None:
    threshold, zero, one = numbers[1], numbers[6], numbers[7]
    for i in range(out.size):
        out[i] = _narrow(one if membrane[i] >= threshold else zero, out[i])


def _emit_onto(membrane: Array, numbers: Array, residual: Array, out: Array) -> None:
    threshold, zero, one = numbers[1], numbers[6], numbers[7]
    for i in range(out.size):
        spike = one if membrane[i] >= threshold else zero
        out[i] = _narrow(_wide(residual[i]) + spike, out[i])


def _repeat(row: Array, offset: int, out: Array) -> None:
    """Copy a row that starts at `offset`, as often as it fits."""
    at = 0
    while at < out.size:
        count = min(row.size - offset, out.size - at)
        for i in range(count):
            out[at + i] = row[offset + i]
        at += count
        offset = 0


_repeat = _jit(_repeat)


def _fill(scratch: Array, parameters: Array, offset: int, size: int) -> None:
    """Repeat the channels' parameters over a block that starts at channel `offset`."""
    for row in range(3):
        part = _slice(scratch, row)
        _repeat(parameters[row], offset, part[:size])


def _carry(
    scratch: Array, numbers: Array, membrane: Array, pending: Array, begin: int, size: int
) -> None:
    """Set what the state before the first step carries into it."""
    leak, hold, jump, drop = numbers[0], numbers[2], numbers[3], numbers[4]
    zero, start = numbers[6], numbers[8]
    carried = _slice(scratch, 3)
    if membrane.size == 0:
        for i in range(size):
            carried[i] = leak * start
    else:
        for i in range(size):
            u, fired = membrane[begin + i], pending[begin + i] > zero
            carried[i] = leak * (u * hold + jump if fired else u) - (drop if fired else zero)


_integrate, _emit, _emit_onto = _jit(_integrate), _jit(_emit), _jit(_emit_onto)
_fill, _carry = _jit(_fill), _jit(_carry)


def _four_over(onto: bool) -> Any:
    """Return a loop that writes four steps over their inputs, with all membranes in registers."""

    def loop(  # type: ignore[no-untyped-def]
        scratch, numbers, potential, x0, x1, x2, x3, r0, r1, r2, r3
    ):
        _apart()
        leak, threshold, hold = numbers[0], numbers[1], numbers[2]
        jump, drop, gain = numbers[3], numbers[4], numbers[5]
        zero, one = numbers[6], numbers[7]
        mean, scale = _slice(scratch, 0), _slice(scratch, 1)
        shift, carried = _slice(scratch, 2), _slice(scratch, 3)
        for i in range(x0.size):
            m, a, b = mean[i], scale[i], shift[i]
            u = carried[i] + gain * ((_wide(x0[i]) - m) * a + b)
            f0 = u >= threshold
            u = leak * (u * hold + jump if f0 else u) - (drop if f0 else zero)
            u = u + gain * ((_wide(x1[i]) - m) * a + b)
            f1 = u >= threshold
            u = leak * (u * hold + jump if f1 else u) - (drop if f1 else zero)
            u = u + gain * ((_wide(x2[i]) - m) * a + b)
            f2 = u >= threshold
            u = leak * (u * hold + jump if f2 else u) - (drop if f2 else zero)
            u = u + gain * ((_wide(x3[i]) - m) * a + b)
            potential[i] = u
            s0, s1 = one if f0 else zero, one if f1 else zero
            s2, s3 = one if f2 else zero, one if u >= threshold else zero
            if onto:
                s0, s1 = _wide(r0[i]) + s0, _wide(r1[i]) + s1
                s2, s3 = _wide(r2[i]) + s2, _wide(r3[i]) + s3
            x0[i], x1[i] = _narrow(s0, x0[i]), _narrow(s1, x1[i])
            x2[i], x3[i] = _narrow(s2, x2[i]), _narrow(s3, x3[i])

    return _jit(loop)


_four_over_alone, _four_over_onto = _four_over(onto=False), _four_over(onto=True)


def _forward(
    y: Array,
    parameters: Array,
    numbers: Array,
    membrane: Array,
    pending: Array,
    residual: Array,
    out: Array,
    last: Array,
    begin: int,
    end: int,
) -> int:
    """Write the outputs of neurons begin to end; return how many membranes are not finite."""
    channels, steps = parameters.shape[1], out.shape[0]
    tile = max(1, BLOCK // channels) * channels
    scratch, potential = np.empty(4 * _SLICE, numbers.dtype), np.empty(_SLICE, numbers.dtype)
    lost = 0
    four = steps == 4 and out.ctypes.data == y.ctypes.data and residual.shape[0] != 1
    for left in range(0, tile, BLOCK):
        width = min(BLOCK, tile - left)
        _fill(scratch, parameters, left, width)
        for at in range(begin + left, end, tile):
            size = min(width, end - at)
            _carry(scratch, numbers, membrane, pending, at, size)
            if four:
                x0, x1 = out[0, at : at + size], out[1, at : at + size]
                x2, x3 = out[2, at : at + size], out[3, at : at + size]
                if residual.size == 0:
                    _four_over_alone(scratch, numbers, potential, x0, x1, x2, x3, x0, x1, x2, x3)
                else:
                    r0, r1 = residual[0, at : at + size], residual[1, at : at + size]
                    r2, r3 = residual[2, at : at + size], residual[3, at : at + size]
                    _four_over_onto(scratch, numbers, potential, x0, x1, x2, x3, r0, r1, r2, r3)
            for t in range(0 if four else steps):
                current = y[t if y.shape[0] > 1 else 0, at : at + size]
                _integrate(scratch, current, numbers, potential)
                if residual.size == 0:
                    _emit(potential, numbers, out[t, at : at + size])
                else:
                    added = residual[t if residual.shape[0] > 1 else 0, at : at + size]
                    _emit_onto(potential, numbers, added, out[t, at : at + size])
            for i in range(size):
                lost += potential[i] - potential[i] != numbers[6]
            if last.size:
                last[at : at + size] = potential[:size]
    return lost


# --- gradients ----------------------------------------------------------------------------------


def _reverse(
    potential: Array,
    before: Array,
    gradient: Array,
    y: Array,
    numbers: Array,
    arctangent: bool,
    scratch: Array,
    out: Array,
) -> None:
    """Go back one step: the gradient on the current, its sums, and what reaches the step before."""
    threshold, one = numbers[1], numbers[7]
    kept, kept_fired = numbers[0], numbers[0] * numbers[2]
    gain, peak, rate = numbers[5], numbers[9], numbers[10]
    mean, scale, future = _slice(scratch, 0), _slice(scratch, 1), _slice(scratch, 3)
    total, moment = _slice(scratch, 4), _slice(scratch, 5)
    if arctangent:
        for i in range(y.size):
            distance = rate * (potential[i] - threshold)
            h = _wide(gradient[i]) * (peak / (one + distance * distance)) + future[i]
            future[i] = h * (kept_fired if before[i] >= threshold else kept)
            x = h * gain
            out[i] = _narrow(x * scale[i], out[i])
            total[i] += x
            moment[i] += x * (_wide(y[i]) - mean[i])
    else:
        for i in range(y.size):
            e = _power(rate * abs(potential[i] - threshold))
            h = _wide(gradient[i]) * (peak * e / ((one + e) * (one + e))) + future[i]
            future[i] = h * (kept_fired if before[i] >= threshold else kept)
            x = h * gain
            out[i] = _narrow(x * scale[i], out[i])
            total[i] += x
            moment[i] += x * (_wide(y[i]) - mean[i])


def _sigmoid_slope(distance: Any, peak: Any, rate: Any, one: Any) -> Any:
    e = _power(rate * abs(distance))
    return peak * e / ((one + e) * (one + e))


def _arctangent_slope(distance: Any, peak: Any, rate: Any, one: Any) -> Any:
    scaled = rate * distance
    return peak / (one + scaled * scaled)


_sigmoid_slope, _arctangent_slope = (
    _jit(_sigmoid_slope, **_LOOSE),
    _jit(_arctangent_slope, **_LOOSE),
)


def _four_back(slope: Any) -> Any:
    """Return a loop that does four steps forward and the same four back, all in registers."""

    def loop(  # type: ignore[no-untyped-def]
        scratch, numbers, y0, y1, y2, y3, g0, g1, g2, g3, o0, o1, o2, o3
    ):
        _apart()
        leak, threshold, hold = numbers[0], numbers[1], numbers[2]
        jump, drop = numbers[3], numbers[4]
        gain, zero, one, peak, rate = numbers[5], numbers[6], numbers[7], numbers[9], numbers[10]
        cut = leak * hold
        mean, scale, shift = _slice(scratch, 0), _slice(scratch, 1), _slice(scratch, 2)
        carried, future = _slice(scratch, 3), _slice(scratch, 6)
        total, moment = _slice(scratch, 4), _slice(scratch, 5)
        for i in range(y0.size):
            m, a, b = mean[i], scale[i], shift[i]
            d0, d1, d2, d3 = _wide(y0[i]) - m, _wide(y1[i]) - m, _wide(y2[i]) - m, _wide(y3[i]) - m
            u0 = carried[i] + gain * (d0 * a + b)
            f0 = u0 >= threshold
            u1 = (
                leak * (u0 * hold + jump if f0 else u0)
                - (drop if f0 else zero)
                + gain * (d1 * a + b)
            )
            f1 = u1 >= threshold
            u2 = (
                leak * (u1 * hold + jump if f1 else u1)
                - (drop if f1 else zero)
                + gain * (d2 * a + b)
            )
            f2 = u2 >= threshold
            u3 = (
                leak * (u2 * hold + jump if f2 else u2)
                - (drop if f2 else zero)
                + gain * (d3 * a + b)
            )
            f3 = u3 >= threshold
            h3 = _wide(g3[i]) * slope(u3 - threshold, peak, rate, one) + future[i] * (
                cut if f3 else leak
            )
            h2 = _wide(g2[i]) * slope(u2 - threshold, peak, rate, one) + h3 * (cut if f2 else leak)
            h1 = _wide(g1[i]) * slope(u1 - threshold, peak, rate, one) + h2 * (cut if f1 else leak)
            h0 = _wide(g0[i]) * slope(u0 - threshold, peak, rate, one) + h1 * (cut if f0 else leak)
            future[i] = h0
            x0, x1, x2, x3 = h0 * gain, h1 * gain, h2 * gain, h3 * gain
            o0[i] = _narrow(x0 * a, o0[i])
            o1[i] = _narrow(x1 * a, o1[i])
            o2[i] = _narrow(x2 * a, o2[i])
            o3[i] = _narrow(x3 * a, o3[i])
            total[i] = (x0 + x1) + (x2 + x3)
            moment[i] = (x0 * d0 + x1 * d1) + (x2 * d2 + x3 * d3)

    return _jit(loop)


_four_sigmoid, _four_arctangent = _four_back(_sigmoid_slope), _four_back(_arctangent_slope)


def _scaled(current: Array, scratch: Array, out: Array) -> None:
    scale = _slice(scratch, 1)
    for i in range(out.size):
        out[i] = _narrow(current[i] * scale[i], out[i])


def _fold(part: Array, whole: Array) -> None:
    for i in range(whole.size):
        whole[i] += part[i]


_fold = _jit(_fold)
_reverse, _scaled = _jit(_reverse, **_LOOSE), _jit(_scaled)


def _backward(
    y: Array,
    gradient: Array,
    gradient_last: Array,
    parameters: Array,
    numbers: Array,
    membrane: Array,
    pending: Array,
    arctangent: bool,
    out: Array,
    gradient_first: Array,
    sums: Array,
    begin: int,
    end: int,
) -> None:
    """Write the gradients of neurons begin to end and add their sums over rows to `sums`."""
    channels, steps = parameters.shape[1], gradient.shape[0]
    block = min(BLOCK, max(_HELD // steps, 128))
    tile = max(1, block // channels) * channels
    static = y.shape[0] < steps
    scratch = np.empty(7 * _SLICE, numbers.dtype)
    future, total, moment = _slice(scratch, 3), _slice(scratch, 4), _slice(scratch, 5)
    unused = np.empty(block, out.dtype)
    potential = np.empty((steps + 1, block + 144), numbers.dtype)
    totals, moments = np.zeros(tile), np.zeros(tile)
    zero, threshold = numbers[6], numbers[1]
    quick = steps == 4 and not static and gradient_last.size == 0 and gradient_first.size == 0
    for left in range(0, tile, block):
        width = min(block, tile - left)
        _fill(scratch, parameters, left, width)
        for at in range(begin + left, end, tile):
            size = min(width, end - at)
            _carry(scratch, numbers, membrane, pending, at, size)
            if quick:
                _slice(scratch, 6)[:size] = zero
                y0, y1 = y[0, at : at + size], y[1, at : at + size]
                y2, y3 = y[2, at : at + size], y[3, at : at + size]
                g0, g1 = gradient[0, at : at + size], gradient[1, at : at + size]
                g2, g3 = gradient[2, at : at + size], gradient[3, at : at + size]
                o0, o1 = out[0, at : at + size], out[1, at : at + size]
                o2, o3 = out[2, at : at + size], out[3, at : at + size]
                if arctangent:
                    _four_arctangent(
                        scratch, numbers, y0, y1, y2, y3, g0, g1, g2, g3, o0, o1, o2, o3
                    )
                else:
                    _four_sigmoid(scratch, numbers, y0, y1, y2, y3, g0, g1, g2, g3, o0, o1, o2, o3)
                _fold(total, totals[left : left + size])
                _fold(moment, moments[left : left + size])
                continue
            for t in range(steps):
                current = y[0 if static else t, at : at + size]
                _integrate(scratch, current, numbers, potential[t + 1])
            potential[0, :size] = zero
            if pending.size:
                for i in range(size):
                    potential[0, i] = threshold if pending[at + i] > zero else zero
            future[:size] = zero
            if gradient_last.size:
                future[:size] = gradient_last[at : at + size]
            total[:size] = zero
            moment[:size] = zero
            for t in range(steps - 1, -1, -1):
                _reverse(
                    potential[t + 1],
                    potential[t],
                    gradient[t, at : at + size],
                    y[0 if static else t, at : at + size],
                    numbers,
                    arctangent,
                    scratch,
                    unused[:size] if static else out[t, at : at + size],
                )
            if static:
                _scaled(total, scratch, out[0, at : at + size])
            if gradient_first.size:
                gradient_first[at : at + size] = future[:size]
            _fold(total, totals[left : left + size])
            _fold(moment, moments[left : left + size])
    for i in range(tile):
        sums[0, i % channels] += totals[i]
        sums[1, i % channels] += moments[i]


def _subtract(scratch: Array, y: Array, out: Array) -> None:
    mean, slope, level = _slice(scratch, 0), _slice(scratch, 1), _slice(scratch, 2)
    for i in range(y.size):
        away = level[i] + slope[i] * (_wide(y[i]) - mean[i])
        out[i] = _narrow(_wide(out[i]) - away, out[i])


_subtract = _jit(_subtract, **_LOOSE)


def _centre(y: Array, parameters: Array, out: Array, begin: int, end: int) -> None:
    """Take from the gradients of entries begin to end what goes through the batch statistics."""
    channels = parameters.shape[1]
    tile = max(1, BLOCK // channels) * channels
    scratch = np.empty(3 * _SLICE, parameters.dtype)
    for left in range(0, tile, BLOCK):
        width = min(BLOCK, tile - left)
        _fill(scratch, parameters, left, width)
        for at in range(begin + left, end, tile):
            size = min(width, end - at)
            _subtract(scratch, y[at : at + size], out[at : at + size])


# --- batch statistics ---------------------------------------------------------------------------


def _add_row(a: Array, pivot: Array, first: Array, second: Array) -> None:
    for i in range(a.size):
        p = np.float64(_wide(a[i])) - pivot[i]
        first[i] += p
        second[i] += p * p


def _add_rows(
    a: Array, b: Array, c: Array, d: Array, pivot: Array, first: Array, second: Array
) -> None:
    for i in range(a.size):
        p, q = np.float64(_wide(a[i])) - pivot[i], np.float64(_wide(b[i])) - pivot[i]
        r, s = np.float64(_wide(c[i])) - pivot[i], np.float64(_wide(d[i])) - pivot[i]
        first[i] += (p + q) + (r + s)
        second[i] += (p * p + q * q) + (r * r + s * s)


_add_row, _add_rows = _jit(_add_row, **_LOOSE), _jit(_add_rows, **_LOOSE)


def _moments(y: Array, pivot: Array, sums: Array, begin: int, end: int) -> None:
    """Add to `sums` the first and second moment about `pivot` of entries begin to end."""
    channels = pivot.size
    tile = max(1, BLOCK // channels) * channels
    rows = (end - begin) // tile
    scratch = np.empty(3 * _SLICE)
    for left in range(0, tile, BLOCK):
        size = min(BLOCK, tile - left)
        around, first, second = _slice(scratch, 0), _slice(scratch, 1), _slice(scratch, 2)
        _repeat(pivot, left, around[:size])
        first[:] = 0.0
        second[:] = 0.0
        at = begin + left
        row = 0
        while row + _ROWS <= rows:
            two, three, four = at + tile, at + 2 * tile, at + 3 * tile
            _add_rows(
                y[at : at + size],
                y[two : two + size],
                y[three : three + size],
                y[four : four + size],
                around,
                first,
                second,
            )
            row += _ROWS
            at += _ROWS * tile
        while row < rows:
            _add_row(y[at : at + size], around, first, second)
            row += 1
            at += tile
        if left == 0 and tile <= BLOCK:
            _add_row(y[at:end], around, first, second)
        for i in range(size):
            sums[0, (left + i) % channels] += first[i]
            sums[1, (left + i) % channels] += second[i]


forward, backward, centre, moments = (
    _kept(function) for function in (_forward, _backward, _centre, _moments)
)
