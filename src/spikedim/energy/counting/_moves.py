"""Where a tensor is from whose numbers only changed their place."""

from dataclasses import replace

from torch import Tensor

from spikedim.energy.counting._call import Call
from spikedim.energy.counting._origin import Moment, Origin

__all__ = ["buffer_origin", "moved"]

_PARTS = ("select", "slice", "narrow", "unbind", "split", "split_with_sizes", "chunk")


def moved(call: Call) -> Origin:
    """Return the origin of moved numbers; an axis of steps that comes or goes changes the items."""
    origin = call.main[1]
    origins = [o for _, o in call.data]
    items, moment, time_axis = _items(call)
    return Origin(
        items,
        moment,
        time_axis,
        raw=all(o.raw for o in origins),
        product=all(o.product for o in origins),
        threshold=origin.threshold,
        spikes=all(o.spikes for o in origins),
        activated=all(o.activated for o in origins),
        code_steps=call.code_steps,
        smooth=origin.smooth,
        pending=call.pending,
    )


def buffer_origin(part: Tensor, origin: Origin, call: Call) -> Origin | None:
    """Return the origin of a buffer of all steps of which one was written."""
    layout, whole = call.layout, part._base
    if whole is None or layout.steps < 2 or origin.items != layout.batch:
        return None
    for axis in (0, 1):
        if whole.numel() == layout.steps * part.numel() and layout.is_time(whole, axis, axis):
            return replace(origin, items=layout.items, moment=Moment.STEPS, time_axis=axis)
    return None


def _items(call: Call) -> tuple[int, Moment, int]:
    """Return how many items the result holds, when it is known, and how they lie."""
    layout, (x, origin), name = call.layout, call.main, call.name
    items, moment, time_axis = call.items, call.moment, origin.time_axis
    if layout.steps < 2:
        return items, moment, time_axis
    if name in ("stack", "cat"):
        axis = _axis(call, "dim") % call.out.ndim
        together = sum(o.items for _, o in call.data)
        if together == layout.items > items and axis in (0, 1):
            return together, Moment.STEPS, axis
    elif name in ("expand", "repeat") and items == layout.batch:
        for axis in (layout.time_axis, 1 - layout.time_axis):
            fresh = x.ndim < call.out.ndim or (x.ndim > axis and x.shape[axis] == 1)
            grown = call.out.numel() // max(x.numel(), 1) % layout.steps == 0
            if grown and fresh and layout.is_time(call.out, axis, axis):
                return layout.items, Moment.STEPS, axis
    elif name in _PARTS and items == layout.items:
        return _part(call, _axis(call, "dim")), moment, time_axis
    elif name in ("transpose", "permute") and items == layout.items:
        return items, moment, _turned(call)
    return items, moment, time_axis


def _part(call: Call, axis: int) -> int:
    """Return the items of a part of a tensor that holds all steps."""
    layout, (x, origin) = call.layout, call.main
    kept = 1 if call.name in ("select", "unbind") else call.out.shape[axis]
    if layout.is_time(x, axis, origin.time_axis):
        return layout.batch * kept
    merged = axis == 0 and origin.time_axis == 0 and x.shape[0] == layout.items
    if merged and kept % layout.batch == 0:
        return int(kept)
    return layout.items


def _turned(call: Call) -> int:
    """Return where the steps are after two axes changed their places."""
    layout, (x, origin) = call.layout, call.main
    time, batch = origin.time_axis, 1 - origin.time_axis
    if x.ndim < 2 or (x.shape[time], x.shape[batch]) != (layout.steps, layout.batch):
        return time
    order = list(range(x.ndim))
    if call.name == "permute":
        order = [axis % x.ndim for axis in call.given("dims")]
    else:
        a, b = (call.given(name) % x.ndim for name in ("dim0", "dim1"))
        order[a], order[b] = order[b], order[a]
    return batch if order[:2] == [1, 0] else time


def _axis(call: Call, name: str) -> int:
    """Return the axis that an operator works on, 0 if it was not said."""
    axis = call.given(name, 0)
    return axis if isinstance(axis, int) else 0
