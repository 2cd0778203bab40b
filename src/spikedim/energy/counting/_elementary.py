"""Records what is no matrix product: normalisation, pooling, sums, masks, single numbers."""

import math
from dataclasses import replace

import torch

from spikedim.energy.counting._call import Call
from spikedim.energy.counting._operators import ELEMENTARY, Work
from spikedim.energy.counting._origin import Moment, Origin
from spikedim.energy.counting._watched_pass import WatchedPass, fold
from spikedim.energy.operations import OperationKind

__all__ = ["look_up", "mask", "normalise", "pool", "soften", "sum_up", "work"]

_FIXED_NORMS = frozenset(
    {
        *("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm"),
        *("_batch_norm_no_update", "miopen_batch_norm"),
    }
)
_FOLDED_NORM = Work(OperationKind.NORMALISATION, 1, 1)
_FRESH_NORM = Work(OperationKind.NORMALISATION, 4, 3)
_SOFTMAX = Work(OperationKind.SOFTMAX, 1, 0, 1, 2)
_REDUCTIONS = ("amax", "amin", "max", "min", "linalg_vector_norm", "logsumexp")
"""Their work is that of the numbers they read."""


def normalise(watched: WatchedPass, call: Call) -> Origin:
    """Record a normalisation; one by fixed statistics behind a product can be folded into it."""
    x, origin = call.main
    fixed = call.name in _FIXED_NORMS and not call.given("training", default=False)
    record = watched.elementary(_FOLDED_NORM if fixed else _FRESH_NORM, call, x.numel(), used=True)
    record.foldable = fixed and origin.product
    return replace(call.result(), raw=origin.raw)


def pool(watched: WatchedPass, call: Call) -> Origin:
    """Record a pooling: a maximum compares, a mean adds."""
    x, origin = call.main
    largest = call.name.startswith("max")
    if largest:
        taps = math.prod(call.given("kernel_size"))
        each, size = Work(OperationKind.POOLING, comparisons=taps - 1), call.out.numel()
    else:
        each, size = Work(OperationKind.POOLING, additions=1), x.numel()
    watched.elementary(each, call, size, used=True)
    return replace(call.result(), raw=origin.raw, activated=largest and origin.activated)


def soften(watched: WatchedPass, call: Call) -> Origin:
    """Record a softmax."""
    watched.elementary(_SOFTMAX, call, call.out.numel(), used=True)
    return replace(call.result(), raw=call.main[1].raw, activated=True, smooth=True)


def look_up(watched: WatchedPass, call: Call) -> Origin:
    """Record rows taken from a table, which stand for products with a single one each."""
    watched.elementary(Work(OperationKind.LOOKUP), call, call.out.numel(), used=True)
    return call.result()


def work(watched: WatchedPass, call: Call) -> Origin:
    """Record work on single numbers, booked once something depends on it."""
    each = ELEMENTARY[call.name]
    origins = [origin for _, origin in call.data]
    if call.name in ("add", "sub") and call.factors > 1:
        each = each._replace(kind=OperationKind.RESIDUAL)
    size = call.main[0].numel() if call.name in _REDUCTIONS else call.out.numel()
    record = watched.elementary(each, call, size)
    return replace(
        call.result(),
        raw=all(origin.raw for origin in origins),
        spikes=call.name in ("mul", "div") and all(origin.spikes for origin in origins),
        activated=each.kind is OperationKind.ACTIVATION
        or all(origin.activated for origin in origins),
        smooth=each.kind is OperationKind.ACTIVATION and each.specials > 0,
        pending=(record,),
    )


def sum_up(watched: WatchedPass, call: Call) -> Origin:
    """Record a sum of activations; one over all steps is known after the last of them."""
    x, origin = call.main
    record = watched.record(OperationKind.SUMMATION, call, used=False)
    record.number = watched.frames.top.number(None)
    record.totals |= {"additions": x.numel(), "inputs": x.numel()}
    if call.name == "mean":
        record.totals["multiplications"] = call.out.numel()

    def look() -> None:
        seen = watched.looks.see(x, pooled=origin.pooled, code_steps=origin.code_steps)
        active = fold(seen.indicator(), origin.items)
        record.values = seen.evidence
        record.synaptic = record.active = active
        record.mass = active if seen.simple else fold(seen.magnitudes(), origin.items)

    watched.defer(record, look, x)
    after = replace(call.result(), raw=origin.raw, pending=(record,))
    if _is_over_steps(call):
        return replace(after, items=call.layout.batch, moment=Moment.AFTER)
    return after


def mask(watched: WatchedPass, call: Call) -> Origin:
    """Record an elementwise product of two activations: pairs that are both not zero."""
    first, second = (x for x in call.args[:2])
    a, b = torch.broadcast_tensors(first.detach(), second.detach())  # type: ignore[no-untyped-call]
    record = watched.record(OperationKind.MASKING, call, used=False)
    record.number = watched.frames.top.number(None)
    record.totals |= {"inputs": a.numel(), "macs": a.numel(), "inner_macs": a.numel()}
    items = call.items

    def look() -> None:
        seen, other = watched.look(first), watched.look(second)
        record.values, record.other = seen.evidence, other.evidence
        record.active = fold((a != 0).float(), items)
        record.synaptic = record.mass = fold(((a != 0) & (b != 0)).float(), items)
        if not (seen.simple and other.simple):
            units, others = (
                s.magnitudes() if not s.simple else (s.x != 0).double() for s in (seen, other)
            )
            record.mass = fold((units * others).expand(a.shape), items)

    watched.defer(record, look, first, second)
    origins = [origin for _, origin in call.data]
    return replace(
        call.result(),
        raw=all(origin.raw for origin in origins),
        spikes=all(origin.spikes for origin in origins),
        activated=all(origin.activated for origin in origins),
        pending=(record,),
    )


def _is_over_steps(call: Call) -> bool:
    """Say whether a sum is over the steps, so that no axis holds them any more."""
    x, origin = call.main
    axes = call.given("dim")
    if call.name == "cumsum" or origin.items != call.layout.items:
        return False
    axes = [axes] if isinstance(axes, int) else axes or ()
    return any(call.layout.is_time(x, axis, origin.time_axis) for axis in axes)
