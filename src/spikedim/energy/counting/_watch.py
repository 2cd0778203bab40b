"""Watches every tensor operator of a forward pass and records what it did."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spikedim.energy.counting import _elementary as elementary
from spikedim.energy.counting._call import Call
from spikedim.energy.counting._evidence import Looks
from spikedim.energy.counting._frames import Frame, Frames
from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._moves import buffer_origin, moved
from spikedim.energy.counting._neurons import CODE, compared, fired, settle
from spikedim.energy.counting._operators import (
    CHECKS,
    ELEMENTARY,
    LOOKUPS,
    MOVES,
    NEW,
    NORMS,
    POOLS,
    SOFTMAXES,
    SUMS,
    THRESHOLDS,
)
from spikedim.energy.counting._origin import Moment, Origin, Origins
from spikedim.energy.counting._products import PRODUCTS
from spikedim.energy.counting._record import Record
from spikedim.energy.counting._watched_pass import WatchedPass
from spikedim.models import AbstractSpikingTransformer

__all__ = ["Watch"]

_RECORDERS: dict[str, Callable[[WatchedPass, Call], Origin]] = {
    **dict.fromkeys(ELEMENTARY, elementary.work),
    **dict.fromkeys(SUMS, elementary.sum_up),
    **dict.fromkeys(NORMS, elementary.normalise),
    **dict.fromkeys(POOLS, elementary.pool),
    **dict.fromkeys(SOFTMAXES, elementary.soften),
    **dict.fromkeys(LOOKUPS, elementary.look_up),
    **PRODUCTS,
}


@final
class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the operators of one forward pass.

    Parameters
    ----------
    model : torch.nn.Module
        The model, whose modules give the records their names.
    layout : Layout
        Its steps and samples.
    inputs : Tensor
        What it will be called with.
    sequence : bool
        Whether the input holds the steps.
    code_steps : int or mapping of str to int, optional
        T of the spikes that stand for the rates of a twin, or that of each population.
    """

    def __init__(
        self,
        model: nn.Module,
        layout: Layout,
        inputs: Tensor,
        *,
        sequence: bool,
        code_steps: int | Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._paused = False
        self._pass = WatchedPass(
            layout,
            Looks(1 / code_steps if isinstance(code_steps, int) else None),
            Frames(model, self._settle, self._aside),
            code_steps,
            isinstance(model, AbstractSpikingTransformer),
            Origins(_storages(model)),
        )
        moment = Moment.STEPS if sequence else Moment.INPUT
        items = layout.items if sequence else layout.batch
        self._pass.origins.note(inputs, Origin(items, moment, layout.time_axis, raw=True))

    @property
    def unknown(self) -> dict[tuple[str, str], int]:
        """Operators that were not counted, with their layer, and how often they acted."""
        return self._pass.unknown

    def __enter__(self) -> "Watch":
        """Return itself, the modules hooked."""
        self._pass.frames.__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop and take the hooks off."""
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._pass.frames.__exit__()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Let operators pass that are ours and not the model's."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def _settle(self, frame: Frame, module: nn.Module, args: Any, output: Any) -> None:
        settle(self._pass, frame, module, args, output)

    def records(self, output: Any) -> list[Record]:
        """Return what was recorded of a pass that returned `output`."""
        for tensor in tree_leaves(output):
            origin = self._pass.origins.of(tensor)
            for record in origin.pending if origin else ():
                record.use()
        found = [record for record in self._pass.frames.finish() if record.used]
        return sorted(found, key=lambda record: record.order)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run an operator, then record it."""
        del types
        kwargs = kwargs or {}
        if self._paused:
            return func(*args, **kwargs)
        name, writes = _name_of(func)
        data = self._data(_tensors((*args, *kwargs.values())))
        saved = args
        if writes and data:
            self._pass.frames.before_write(args[0])
            if name == "mul" and len(data) > 1:
                saved = self._kept(args)
        out = func(*args, **kwargs)
        outputs = tuple(_tensors((out,)))
        if data:
            self._record(Call(func, name, saved, kwargs, data, outputs, self._pass.layout))
        else:
            for x in outputs:
                self._pass.origins.note_constant(x)
        return out

    def _data(self, tensors: Iterator[Tensor]) -> tuple[tuple[Tensor, Origin], ...]:
        """Return the tensors that depend on the input, with their origins."""
        found = []
        for x in tensors:
            origin = self._pass.origins.of(x)
            if origin is None and not self._pass.ours:
                origin = self._foreign(x)
            if origin is not None:
                found.append((x, origin))
        return tuple(found)

    def _foreign(self, x: Tensor) -> Origin | None:
        """Return an origin for numbers that came from outside torch, and list that code."""
        layout, origins = self._pass.layout, self._pass.origins
        if not x.is_floating_point() or x.ndim < 2 or origins.is_constant(x):
            return None
        if x.shape[0] in (layout.items, layout.batch):
            found = Origin(x.shape[0], Moment.STEPS)
        elif x.shape[:2] == (layout.steps, layout.batch):
            found = Origin(layout.items, Moment.STEPS)
        else:
            return None
        self._pass.note_unknown(CODE)
        origins.note(x, found)
        return found

    def _kept(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return copies of factors of which one will be overwritten."""
        saved = tuple(x.clone() if isinstance(x, Tensor) else x for x in args)
        for old, new in zip(args, saved, strict=True):
            origin = self._pass.origins.of(old)
            if origin is not None:
                self._pass.origins.note(new, origin)
        return saved

    def _record(self, call: Call) -> None:
        self._pass.order += 1
        if call.name in CHECKS or not call.outputs:
            return
        if call.name in NEW:
            for out in call.outputs:
                self._pass.origins.note_constant(out)
            return
        if call.name in MOVES:
            origin: Origin | None = self._move(call)
        elif not (call.out.is_floating_point() or call.out.is_complex()):
            origin = self._whole_numbers(call)
        else:
            origin = self._compute(call)
        if origin is None:
            return
        for out in call.outputs:
            self._pass.origins.note(out, origin, whole=buffer_origin(out, origin, call))

    def _move(self, call: Call) -> Origin:
        origin = moved(call)
        if origin.threshold and call.out.is_floating_point():
            return fired(self._pass, call, origin)
        return origin

    def _whole_numbers(self, call: Call) -> Origin | None:
        """Follow comparisons, which may become spikes, and numbers of tokens."""
        if call.out.dtype == torch.bool or any(origin.threshold for _, origin in call.data):
            return compared(call)
        if call.name in PRODUCTS:
            return self._compute(call)
        if call.name not in _RECORDERS and call.name not in THRESHOLDS:
            self._pass.note_unknown(call.name)
        return moved(call)

    def _compute(self, call: Call) -> Origin:
        origins = [origin for _, origin in call.data]
        made_spikes = call.name in THRESHOLDS or all(origin.threshold for origin in origins)
        if made_spikes:
            return fired(self._pass, call, call.result())
        if call.name == "mul" and call.factors > 1:
            after = elementary.mask(self._pass, call)
        elif call.name in _RECORDERS:
            after = _RECORDERS[call.name](self._pass, call)
        else:
            self._pass.note_unknown(call.name)
            after = call.result()
        for record in call.pending:
            if after.pending:
                after.pending[0].needs += (record,)
            else:
                record.use()
        return after


def _tensors(values: tuple[Any, ...]) -> Iterator[Tensor]:
    """Yield the tensors among arguments, or results, and in lists of them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (x for x in value if isinstance(x, Tensor))


def _storages(model: nn.Module) -> frozenset[int]:
    """Return the addresses of all tensors that a model holds."""
    attributes = (x for module in model.modules() for x in vars(module).values())
    held = chain(model.parameters(), model.buffers(), attributes)
    return frozenset(x.untyped_storage().data_ptr() for x in held if isinstance(x, Tensor))


def _name_of(func: Any) -> tuple[str, bool]:
    """Return the name of an operator without the sign of one that writes, and that sign."""
    name: str = func.overloadpacket.__name__
    writes = name.endswith("_") and not name.startswith("__")
    return name.rstrip("_") if writes else name, writes
