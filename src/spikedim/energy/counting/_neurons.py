"""Recognises spiking neurons: modules that compare potentials and return spikes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from spikedim.energy.counting._call import Call
from spikedim.energy.counting._frames import Frame, first_tensor
from spikedim.energy.counting._operators import THRESHOLDS
from spikedim.energy.counting._origin import Moment, Origin
from spikedim.energy.counting._record import Record
from spikedim.energy.counting._watched_pass import WatchedPass, fold
from spikedim.energy.operations import OperationKind
from spikedim.models import AbstractPopulation, RatePopulation

__all__ = ["CODE", "compared", "fired", "settle"]

CODE = "code that is no tensor operator"
"""What numbers are listed under that torch did not compute."""


def compared(call: Call) -> Origin | None:
    """Return the origin of the result of a comparison of potentials: it may become spikes."""
    potentials = call.name in THRESHOLDS and call.main[0].is_floating_point()
    if not potentials and not any(origin.threshold for _, origin in call.data):
        return None
    return replace(call.result(), threshold=True, pending=call.pending)


def fired(watched: WatchedPass, call: Call, origin: Origin) -> Origin:
    """Book a threshold whose result has become numbers; return their origin."""
    for record in call.pending:
        record.use()
    if watched.layout.steps > 1 and origin.moment is Moment.INPUT:
        origin = replace(origin, moment=Moment.STEPS)  # potentials change, whatever is read
    frame = watched.frames.top
    record = _population(watched, frame.layer, call.name, call.out, origin)
    record.number = frame.number(None)
    frame.thresholds.append(record)
    return Origin(origin.items, origin.moment, origin.time_axis, spikes=True, activated=True)


def settle(watched: WatchedPass, frame: Frame, module: nn.Module, args: Any, output: Any) -> None:
    """Make one population of a module that only compared and returned spikes."""
    out = first_tensor(output)
    if out is None or not out.is_floating_point():
        return
    _follow(watched, args, out)
    origin = watched.origins.of(out)
    if origin is None:
        return
    if isinstance(module, RatePopulation) and watched.code_steps is not None:
        _coded(watched, frame, out, origin, watched.code_steps, module.name)
    elif _is_population(frame, module, out, origin):
        record = _population(watched, frame.layer, "threshold", out, origin)
        frame.neurons, frame.thresholds, frame.elementary = [record], [], []
    if isinstance(module, AbstractPopulation):
        # What an ordinary network has in the place of neurons is where a quantised one rounds.
        watched.origins.note(out, replace(watched.origins.of(out) or origin, activated=True))


def _is_population(frame: Frame, module: nn.Module, out: Tensor, origin: Origin) -> bool:
    """Say whether all that a module did was to turn currents into the spikes that it returned."""
    inner = {record.layer for record in frame.neurons}
    if not frame.plain or not (frame.thresholds or inner) or len(inner) > 1:
        return False
    if not origin.spikes or not out.numel() or out.numel() % origin.items:
        return False
    # A container that adds nothing leaves the name to what it contains.
    own = frame.thresholds or frame.elementary or isinstance(module, AbstractPopulation)
    return bool(own)


def _population(watched: WatchedPass, layer: str, name: str, out: Tensor, origin: Origin) -> Record:
    """Return the record of neurons that fired the spikes `out`."""
    record = Record(
        layer,
        OperationKind.NEURON,
        name,
        origin.items,
        time_axis=origin.time_axis,
        once=origin.moment is not Moment.STEPS,
        neurons=out.numel() // origin.items,
        order=watched.order,
        activated=True,
        reads=(out,),
    )

    def look() -> None:
        seen = watched.looks.see(out)
        if not seen.evidence.values.spiking:  # rounded numbers with a sign
            record.kind, record.neurons = OperationKind.ELEMENTWISE, 0
            record.totals = {"outputs": float(out.numel()), "comparisons": float(out.numel())}
            return
        record.values, record.spikes = seen.evidence, fold(seen.magnitudes(), origin.items)
        record.totals = _work(out.numel(), record.spikes)

    record.look = look
    return record


def _coded(
    watched: WatchedPass,
    frame: Frame,
    out: Tensor,
    origin: Origin,
    code_steps: int | Mapping[str, int],
    name: str,
) -> None:
    """Make spiking neurons of a population whose rates are means of spikes."""
    own = code_steps[name] if isinstance(code_steps, Mapping) else None
    steps = code_steps if isinstance(code_steps, int) else code_steps[name]
    # The spikes differ from step to step, even if their mean stands for all of them.
    origin = replace(origin, moment=Moment.STEPS)
    record = _population(watched, frame.layer, "rate code", out, origin)

    def look() -> None:
        record.values = watched.looks.see(out, code_steps=own).evidence
        record.spikes = fold((out.detach().double() * steps).round(), origin.items)
        record.totals = _work(out.numel() * steps, record.spikes)

    record.look, record.repeats = look, steps
    after = Origin(origin.items, Moment.STEPS, origin.time_axis, code_steps=own)
    watched.origins.note(out, after)
    frame.neurons, frame.thresholds, frame.elementary = [record], [], []


def _follow(watched: WatchedPass, args: Any, out: Tensor) -> None:
    """Give the result of a module an origin if it was made outside tensor operators."""
    given = [o for o in map(watched.origins.of, tree_leaves(args)) if o is not None]
    if not given or watched.origins.of(out) is not None or not out.numel():
        return
    source = max(given, key=lambda origin: origin.items)
    if watched.code_steps is None:
        # Our own modules compute with tensors, or return what they know already.
        if watched.ours or watched.origins.is_constant(out):
            return
        watched.note_unknown(CODE)
    watched.origins.note(out, Origin(source.items, source.moment, source.time_axis))


def _work(updates: int, spikes: Tensor) -> dict[str, int | float]:
    """Return elementary operations of the equation: leak, input, comparison, and reset."""
    return {
        "outputs": float(updates),
        "additions": updates + float(spikes.sum()),
        "multiplications": float(updates),
        "comparisons": float(updates),
    }
