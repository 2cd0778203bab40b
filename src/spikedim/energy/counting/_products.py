"""Records products: of activations with weights, and of two activations."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from spikedim.energy.counting._call import Call
from spikedim.energy.counting._evidence import Evidence, Seen
from spikedim.energy.counting._operators import Work
from spikedim.energy.counting._origin import Origin
from spikedim.energy.counting._product_counts import (
    ProductCount,
    Window,
    convolution_count,
    linear_count,
    overlap_count,
)
from spikedim.energy.counting._record import Record
from spikedim.energy.counting._watched_pass import WatchedPass
from spikedim.energy.operations import OperationKind, Place, Values

__all__ = ["PRODUCTS"]

_ATTENTION_SOFTMAX = Work(OperationKind.SOFTMAX, 1, 1, 1, 2)  # with the scale of its input


def _matrix(watched: WatchedPass, call: Call) -> Origin:
    """Record a matrix product, whichever factor is the activation."""
    a, b = call.args[-2:] if call.name in ("mm", "bmm") else call.args[1:3]
    return _multiply(watched, call, a, b)


def _vector(watched: WatchedPass, call: Call) -> Origin:
    """Record a matrix times a vector, or two vectors, as a matrix product."""
    a, b = call.args[-2:] if call.name in ("mv", "dot") else call.args[1:3]
    matrix, column = a if a.ndim == 2 else a[None], b[:, None]
    for old, new in ((a, matrix), (b, column)):
        origin = watched.origins.of(old)
        if origin is not None:
            watched.origins.note(new, origin)
    return _multiply(watched, call, matrix, column)


def _multiply(watched: WatchedPass, call: Call, a: Tensor, b: Tensor) -> Origin:
    from_a, from_b = watched.origins.of(a), watched.origins.of(b)
    if from_a is None and from_b is None:
        return call.result()  # only what is added depends on the input
    if from_a is not None and from_b is not None:
        seen, other = watched.look(a), watched.look(b)
        a3, b3 = (x if x.ndim == 3 else x[None] for x in (a, b))
        count = overlap_count(Seen(a3, seen.evidence), Seen(b3, other.evidence), items=call.items)
        record = watched.record(OperationKind.ATTENTION, call)
        _book(watched, record, count, seen, other)
        return replace(call.result(), product=True)
    x, weight = (a, b) if from_a is not None else (b.mT, a.mT)
    if weight.ndim == 3 and weight.stride(0) == 0:
        weight = weight[0]
    record = watched.record(OperationKind.LINEAR, call)
    _place(watched, record, x, call)
    seen = Seen(x.reshape(-1, x.shape[-1]), watched.look(x).evidence)
    count = linear_count(seen, d_out=weight.shape[-1], items=call.items)
    _book(watched, record, count, seen, weight=weight)
    return replace(call.result(), product=True)


def _convolution(watched: WatchedPass, call: Call) -> Origin:
    """Record a convolution, transposed or not."""
    x, weight, _, stride, padding, dilation, transposed, _, groups = call.args
    if watched.origins.of(x) is None or watched.origins.of(weight) is not None:
        watched.note_unknown(f"{call.name} with a weight that depends on the input")
        return call.result()
    kernel = tuple(weight.shape[2:])
    stride, padding, dilation = (
        list(v) * (len(kernel) // len(v)) for v in (stride, padding, dilation)
    )
    record = watched.record(OperationKind.CONVOLUTION, call)
    _place(watched, record, x, call)
    seen = watched.look(x)
    count = convolution_count(
        seen,
        weight=tuple(weight.shape),
        output=tuple(call.out.shape),
        window=Window(kernel, stride, padding, dilation, transposed, groups),
        items=call.items,
    )
    _book(watched, record, count, seen, weight=weight)
    return replace(call.result(), product=True)


def _attention(watched: WatchedPass, call: Call) -> Origin:
    """Record scores, softmax and mixture; weights of a softmax are real, 0 where masked."""
    q, k, v = call.args[:3]
    queries, keys, values = (
        Seen(x.reshape(-1, *x.shape[-2:]), watched.look(x).evidence) for x in (q, k, v)
    )
    scores = watched.record(OperationKind.ATTENTION, call)
    many = q.shape[:-1].numel() * k.shape[-2]
    scores.totals["outputs"] = many
    count = overlap_count(queries, Seen(keys.x.mT, keys.evidence), items=call.items)
    _book(watched, scores, count, queries, keys)
    soft = watched.elementary(_ATTENTION_SOFTMAX, call, many, used=True)
    soft.totals["outputs"] = many
    mixed = watched.record(OperationKind.ATTENTION, call)
    mixed.activated = True
    weights = Seen(_allowed(call, q, k), Evidence(Values.REAL))
    _book(watched, mixed, overlap_count(weights, values, items=call.items), weights, values)
    return replace(call.result(), product=True)


def _allowed(call: Call, q: Tensor, k: Tensor) -> Tensor:
    """Return 1 for every pair of query and key that attention may join, [M, N, L]."""
    shape = (*q.shape[:-1], k.shape[-2])
    allowed = torch.ones((), dtype=q.dtype, device=q.device).expand(shape)
    bias = call.given("attn_mask", call.given("attn_bias"))
    if bias is not None:
        seen = bias if bias.dtype == torch.bool else bias != -torch.inf
        allowed = allowed * seen
    if call.given("is_causal", default=False):
        allowed = allowed.tril()
    return allowed.reshape(-1, *shape[-2:])


def _place(watched: WatchedPass, record: Record, x: Tensor, call: Call) -> None:
    """Say whether a product is a stem, and whether every step shows it the same."""
    origin = watched.origins.of(x)
    if origin is None or not origin.raw:
        return
    record.place = Place.STEM
    layout = call.layout
    if layout.is_whole(call.items) and not record.static:
        shape, axis = [layout.steps, layout.batch], origin.time_axis
        rows = x.detach().reshape(*(shape if axis == 0 else shape[::-1]), -1)
        steps = rows.movedim(axis, 0)
        record.static = all(torch.equal(steps[0], step) for step in steps[1:])


def _book(
    watched: WatchedPass,
    record: Record,
    count: ProductCount,
    seen: Seen,
    other: Seen | None = None,
    *,
    weight: Tensor | None = None,
) -> None:
    """Complete the record of a product."""
    frame = watched.frames.top
    frame.plain = False
    record.shared = weight is not None and watched.origins.is_stored(weight)
    record.number = frame.number(weight if record.shared else None)
    record.values = seen.evidence
    record.other = None if other is None else other.evidence
    record.synaptic, record.mass = count.synaptic.cpu(), count.mass.cpu()
    record.active, record.read = count.active.cpu(), count.read.cpu()
    if record.static and watched.layout.steps > 1:
        record.sum_read = float(seen.x.sum(dtype=torch.float64))
    record.weights = 0 if weight is None else weight.numel()
    record.totals |= {
        "macs": count.macs,
        "inner_macs": count.inner_macs,
        "inputs": seen.x.numel(),
    }
    watched.frames.booked.append(record)


PRODUCTS: dict[str, Callable[[WatchedPass, Call], Origin]] = {
    **dict.fromkeys(("mm", "addmm", "bmm", "baddbmm"), _matrix),
    **dict.fromkeys(("mv", "addmv", "dot"), _vector),
    "convolution": _convolution,
    **dict.fromkeys(
        (
            "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_flash_attention",
            "_scaled_dot_product_efficient_attention",
            "_scaled_dot_product_cudnn_attention",
        ),
        _attention,
    ),
}
"""What records each product, and says where its result is from."""
