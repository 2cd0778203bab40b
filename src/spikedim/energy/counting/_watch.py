"""Watches every tensor operator of a forward pass and records what it did."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spikedim.energy.counting._evidence import Looks, Seen
from spikedim.energy.counting._frames import Frame, Frames, first_tensor
from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._operators import (
    CHECKS,
    ELEMENTARY,
    MOVES,
    NEW,
    SUMS,
    THRESHOLDS,
    Work,
)
from spikedim.energy.counting._origin import Moment, Origin, Origins
from spikedim.energy.counting._product_counts import (
    ProductCount,
    Window,
    convolution_count,
    linear_count,
    overlap_count,
)
from spikedim.energy.counting._record import Record
from spikedim.energy.operations import OperationKind, Place
from spikedim.models import AbstractSpikingTransformer, RatePopulation

__all__ = ["Watch"]

_LINEAR, _ATTENTION = OperationKind.LINEAR, OperationKind.ATTENTION
_PARTS = ("select", "slice", "narrow", "unbind", "split", "split_with_sizes", "chunk")
_WITHIN_ONE = ("amax", "amin", "max", "min", "linalg_vector_norm", "logsumexp")
"""Reductions: their work is that of the numbers they read."""


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
    code_steps : int, optional
        T of the spikes that stand for the rates of a twin.

    Attributes
    ----------
    unknown : dict of (str, str) to int
        Operators that were not counted, with their layer, and how often they acted.
    """

    def __init__(
        self,
        model: nn.Module,
        layout: Layout,
        inputs: Tensor,
        *,
        sequence: bool,
        code_steps: int | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.unknown: dict[tuple[str, str], int] = {}
        self._layout = layout
        self._looks = Looks(None if code_steps is None else 1 / code_steps)
        self._code_steps = code_steps
        self._ours = isinstance(model, AbstractSpikingTransformer)
        self._leading = layout.steps, layout.batch
        self._paused = False
        self._calls = 0
        self._origins = Origins()
        self._frames = Frames(model, self._settle, self._aside)
        moment = Moment.STEPS if sequence else Moment.INPUT
        items = layout.items if sequence else layout.batch
        self._origins.note(inputs, Origin(items, moment, raw=True))

    def __enter__(self) -> "Watch":
        """Return itself, the modules hooked."""
        self._frames.__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop and take the hooks off."""
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._frames.__exit__()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Let operators pass that are ours and not the model's."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def records(self, output: Any) -> list[Record]:
        """Return what was recorded of a pass that returned `output`."""
        for tensor in tree_leaves(output):
            origin = self._origins.of(tensor)
            for record in origin.pending if origin else ():
                record.use()
        found = [record for record in self._frames.finish() if record.used]
        return sorted(found, key=lambda record: record.order)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run an operator, then record it."""
        del types
        kwargs = kwargs or {}
        if self._paused:
            return func(*args, **kwargs)
        before = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        # In place a factor is gone afterwards.
        name, writes = _name_of(func)
        origins = [self._origins.of(x) for x in before]
        data = [(x, o) for x, o in zip(before, origins, strict=True) if o is not None]
        saved = args
        if writes and name == "mul" and len(data) > 1:
            saved = tuple(x.clone() if isinstance(x, Tensor) else x for x in args)
            for old, new in zip(args, saved, strict=True):
                origin = self._origins.of(old)
                if origin is not None:
                    self._origins.note(new, origin)
        out = func(*args, **kwargs)
        if data:
            self._record(name, saved, kwargs, data, out)
        return out

    def _record(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        data: list[tuple[Tensor, Origin]],
        out: Any,
    ) -> None:
        self._calls += 1
        outputs = [x for x in tree_leaves(out) if isinstance(x, Tensor)]
        if name in CHECKS or name in NEW or not outputs:
            return
        pending = tuple({id(r): r for _, o in data for r in o.pending}.values())
        if name in MOVES:
            self._move(name, args, data, outputs, pending)
        elif outputs[0].is_floating_point():
            self._compute(name, args, kwargs, data, outputs, pending)
        else:
            self._compare(name, data, outputs, pending)

    # -- moved numbers --------------------------------------------------------------------------

    def _move(
        self,
        name: str,
        args: tuple[Any, ...],
        data: list[tuple[Tensor, Origin]],
        outputs: list[Tensor],
        pending: tuple[Record, ...],
    ) -> None:
        """Pass the origin on; an axis of steps that comes or goes changes the items."""
        x, origin = max(data, key=lambda pair: pair[1].items)
        items, moment = self._moved(name, args, x, data, outputs[0])
        spikes = origin.threshold and outputs[0].is_floating_point()
        if spikes:
            self._note_threshold(name, outputs[0], items, moment, pending)
            pending = ()
        for out in outputs:
            self._origins.note(
                out,
                Origin(
                    items,
                    moment,
                    raw=origin.raw and not spikes,
                    product=all(o.product for _, o in data),
                    threshold=origin.threshold and not spikes,
                    pending=pending,
                ),
            )

    def _moved(
        self,
        name: str,
        args: tuple[Any, ...],
        x: Tensor,
        data: list[tuple[Tensor, Origin]],
        out: Tensor,
    ) -> tuple[int, Moment]:
        layout = self._layout
        items = max(o.items for _, o in data)
        moment = max(o.moment for _, o in data)
        axis = _axis_of(name, args)
        if name in ("stack", "cat") and layout.steps > 1:
            together = sum(o.items for _, o in data)
            if together == layout.items and items < together and _leads(axis, layout):
                return together, Moment.STEPS
        elif name in ("expand", "repeat") and items == layout.batch and layout.steps > 1:
            grown = out.numel() // max(x.numel(), 1) % layout.steps == 0
            fresh = x.ndim < out.ndim or x.shape[layout.time_axis] == 1
            if grown and fresh and layout.is_time(out, layout.time_axis):
                return layout.items, Moment.STEPS
        elif name in _PARTS and items == layout.items and layout.is_time(x, axis):
            kept = 1 if name in ("select", "unbind") else out.shape[axis]
            return items // layout.steps * kept, moment
        return items, moment

    # -- spikes ---------------------------------------------------------------------------------

    def _compare(
        self,
        name: str,
        data: list[tuple[Tensor, Origin]],
        outputs: list[Tensor],
        pending: tuple[Record, ...],
    ) -> None:
        """Remember the result of a comparison of potentials: it may become spikes."""
        x, origin = max(data, key=lambda pair: pair[1].items)
        potentials = name in THRESHOLDS and x.is_floating_point()
        if potentials or any(o.threshold for _, o in data):
            found = Origin(origin.items, origin.moment, threshold=True, pending=pending)
            self._origins.note(outputs[0], found)

    def _note_threshold(
        self,
        name: str,
        out: Tensor,
        items: int,
        moment: Moment,
        pending: tuple[Record, ...],
    ) -> None:
        for record in pending:
            record.use()
        frame = self._frames.top
        frame.thresholds.append(self._neurons(frame.layer, name, out, items, moment))

    def _neurons(self, layer: str, name: str, out: Tensor, items: int, moment: Moment) -> Record:
        record = Record(
            layer,
            OperationKind.NEURON,
            name,
            items,
            once=moment is not Moment.STEPS and items < self._layout.items,
            neurons=out.numel() // items,
            order=self._calls,
        )

        def look() -> None:
            seen = self._looks.see(out)
            scale = 1.0 if seen.simple else 1 / seen.evidence.unit
            fired = _fold(seen.indicator() if seen.simple else seen.x.double().abs(), items)
            record.values, record.spikes = seen.evidence, fired * scale
            record.totals = _neuron_work(out.numel(), record.spikes)

        record.look = look
        return record

    def _settle(self, frame: Frame, module: nn.Module, args: Any, output: Any) -> None:
        """Make one population of a module that only compared and returned spikes."""
        out = first_tensor(output)
        if out is None or not out.is_floating_point():
            return
        self._follow(args, out)
        if isinstance(module, RatePopulation) and self._code_steps is not None:
            self._coded(frame, out, self._code_steps)
            return
        found = {record.layer for record in frame.neurons}
        if not frame.plain:
            return
        if not (frame.thresholds or found) or len(found) > 1:
            return
        origin = self._origins.of(out)
        if origin is None or not out.numel() or out.numel() % origin.items:
            return
        if self._looks.see(out).evidence.values.spiking:
            record = self._neurons(frame.layer, "threshold", out, origin.items, origin.moment)
            frame.neurons = [record]
            frame.thresholds = []
            frame.elementary = []

    def _follow(self, args: Any, out: Tensor) -> None:
        """Give the result of a module an origin if it was made outside tensor operators."""
        given = [o for o in map(self._origins.of, tree_leaves(args)) if o is not None]
        if not given or self._origins.of(out) is not None or not out.numel():
            return
        source = max(given, key=lambda origin: origin.items)
        if self._code_steps is None:
            # Our own modules compute with tensors, or return what they know already.
            if self._ours or out.shape[0] not in (source.items, *self._leading):
                return
            self._unknown("code that is no tensor operator")
        self._origins.note(out, Origin(source.items, source.moment))

    def _coded(self, frame: Frame, out: Tensor, steps: int) -> None:
        """Make spiking neurons of a population whose rates are means of spikes."""
        origin = self._origins.of(out)
        if origin is None:
            return
        record = self._neurons(frame.layer, "rate code", out, origin.items, Moment.STEPS)

        def look() -> None:
            record.values = self._looks.see(out).evidence
            record.spikes = _fold((out.detach().double() * steps).round(), origin.items)
            record.totals = _neuron_work(out.numel() * steps, record.spikes)

        record.look, record.repeats = look, steps
        # The spikes differ from step to step, if their mean stands for all of them.
        self._origins.note(out, Origin(origin.items, Moment.STEPS))
        frame.neurons, frame.thresholds, frame.elementary = [record], [], []

    # -- work -----------------------------------------------------------------------------------

    def _compute(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        data: list[tuple[Tensor, Origin]],
        outputs: list[Tensor],
        needs: tuple[Record, ...],
    ) -> None:
        items = max(o.items for _, o in data)
        moment = max(o.moment for _, o in data)
        if items == self._layout.items and self._layout.steps > 1:
            moment = Moment.STEPS
        x, origin = max(data, key=lambda pair: (pair[1].items, pair[0].numel()))
        after = Origin(items, moment, raw=any(o.raw for _, o in data))
        pending: tuple[Record, ...] = ()
        if name in _PRODUCTS:
            if _PRODUCTS[name](self, name, args, kwargs, outputs, items, moment):
                after = Origin(items, moment, product=True)
        elif name in THRESHOLDS:
            self._note_threshold(name, outputs[0], items, moment, needs)
            after = Origin(items, moment)
        elif name in SUMS:
            record = self._sum(name, x, origin, outputs[0])
            pending = (record,)
            if self._sums_steps(args, x, items):
                after = Origin(items // self._layout.steps, Moment.AFTER, raw=after.raw)
        elif name == "mul" and sum(_is_numbers(y) for y, _ in data) > 1:
            pending = (self._mask(name, args, items, moment),)
        elif name in _NORMS:
            self._norm(name, x, origin, outputs[0])
        elif name in _POOLS:
            self._pool(name, args, x, origin, outputs[0])
        elif name in _SOFTMAXES:
            work = Work(OperationKind.SOFTMAX, 1, 0, 1, 2)
            self._elementary(name, work, outputs[0].numel(), outputs[0], items, moment, used=True)
        elif name in ("embedding", "embedding_bag"):
            work = Work(OperationKind.LOOKUP)
            self._elementary(name, work, outputs[0].numel(), outputs[0], items, moment, used=True)
        elif name in ELEMENTARY:
            work = ELEMENTARY[name]
            if name in ("add", "sub") and sum(_is_numbers(y) for y, _ in data) > 1:
                work = work._replace(kind=OperationKind.RESIDUAL)
            size = x.numel() if name in _WITHIN_ONE else outputs[0].numel()
            pending = (self._elementary(name, work, size, outputs[0], items, moment),)
        else:
            key = name, self._frames.top.layer
            self.unknown[key] = self.unknown.get(key, 0) + 1
        if pending:
            pending[0].needs = needs
        else:
            for record in needs:
                record.use()
        for out in outputs:
            self._origins.note(
                out, Origin(after.items, after.moment, after.raw, after.product, False, pending)
            )

    def _sums_steps(self, args: tuple[Any, ...], x: Tensor, items: int) -> bool:
        axes = args[1] if len(args) > 1 else None
        if items != self._layout.items or not isinstance(axes, list | tuple | int):
            return False
        every = [axes] if isinstance(axes, int) else axes
        return any(self._layout.is_time(x, axis) for axis in every)

    def _elementary(
        self,
        name: str,
        work: Work,
        size: int,
        out: Tensor,
        items: int,
        moment: Moment,
        *,
        used: bool = False,
    ) -> Record:
        frame = self._frames.top
        record = Record(
            frame.layer,
            work.kind,
            name,
            items,
            once=moment is not Moment.STEPS,
            static=moment is Moment.INPUT,
            order=self._calls,
            totals={
                "outputs": out.numel(),
                "additions": size * work.additions,
                "multiplications": size * work.multiplications,
                "comparisons": size * work.comparisons,
                "specials": size * work.specials,
            },
            used=used,
        )
        if used:
            frame.plain = False
        frame.elementary.append(record)
        return record

    def _norm(self, name: str, x: Tensor, origin: Origin, out: Tensor) -> None:
        fixed = name in _FIXED_NORMS
        work = Work(OperationKind.NORMALISATION, 1, 1) if fixed else _FRESH_NORM
        record = self._elementary(
            name, work, x.numel(), out, origin.items, origin.moment, used=True
        )
        record.foldable = fixed and origin.product

    def _pool(
        self, name: str, args: tuple[Any, ...], x: Tensor, origin: Origin, out: Tensor
    ) -> None:
        kind = OperationKind.POOLING
        if name.startswith("max"):
            taps = 1
            for size in args[1]:
                taps *= size
            work = Work(kind, comparisons=taps - 1)
            size = out.numel()
        else:
            work, size = Work(kind, additions=1), x.numel()
        self._elementary(name, work, size, out, origin.items, origin.moment, used=True)

    def _defer(self, record: Record, look: Callable[[], None]) -> Record:
        """Book what looks at values: at once, or when its module is known to be no neurons."""
        frame = self._frames.top
        frame.elementary.append(record)
        if frame.plain:
            record.look = look
        else:
            look()
        return record

    def _sum(self, name: str, x: Tensor, origin: Origin, out: Tensor) -> Record:
        record = self._record_of(
            OperationKind.SUMMATION, name, origin.items, origin.moment, out, used=False
        )
        record.number = self._frames.top.number(None)
        record.totals["additions"] = x.numel()
        record.totals["inputs"] = x.numel()
        if name == "mean":
            record.totals["multiplications"] = out.numel()

        def look() -> None:
            seen = self._looks.see(x, pooled=origin.moment is Moment.AFTER)
            active = _fold(seen.indicator(), origin.items)
            record.values = seen.evidence
            record.synaptic = record.active = active
            record.mass = active if seen.simple else _fold(seen.x.double().abs(), origin.items)

        return self._defer(record, look)

    def _mask(self, name: str, args: tuple[Any, ...], items: int, moment: Moment) -> Record:
        pair = args[0].detach(), args[1].detach()
        a, b = torch.broadcast_tensors(*pair)  # type: ignore[no-untyped-call]
        pooled = moment is Moment.AFTER
        record = self._record_of(OperationKind.MASKING, name, items, moment, a, used=False)
        record.number = self._frames.top.number(None)
        record.totals |= {"inputs": a.numel(), "macs": a.numel(), "inner_macs": a.numel()}
        first, second = args[0], args[1]

        def look() -> None:
            seen = self._looks.see(first, pooled=pooled)
            other = self._looks.see(second, pooled=pooled)
            record.values, record.other = seen.evidence, other.evidence
            record.active = _fold((a != 0).float(), items)
            record.synaptic = _fold(((a != 0) & (b != 0)).float(), items)
            record.mass = record.synaptic
            if not (seen.simple and other.simple):
                units = a if not seen.simple else (a != 0)
                others = b if not other.simple else (b != 0)
                record.mass = _fold((units.double() * others.double()).abs(), items)

        return self._defer(record, look)

    # -- products -------------------------------------------------------------------------------

    def _record_of(
        self,
        kind: OperationKind,
        name: str,
        items: int,
        moment: Moment,
        out: Tensor,
        *,
        used: bool = True,
    ) -> Record:
        frame = self._frames.top
        return Record(
            frame.layer,
            kind,
            name,
            items,
            once=moment is not Moment.STEPS,
            static=moment is Moment.INPUT,
            totals={"outputs": out.numel()},
            order=self._calls,
            used=used,
        )

    def _book_product(
        self,
        record: Record,
        count: ProductCount,
        seen: Seen,
        other: Seen | None = None,
        *,
        weight: Tensor | None = None,
    ) -> None:
        frame = self._frames.top
        frame.plain = False
        record.number = frame.number(weight)
        record.values = seen.evidence
        record.other = None if other is None else other.evidence
        record.synaptic, record.mass = count.synaptic.cpu(), count.mass.cpu()
        record.active, record.read = count.active.cpu(), count.read.cpu()
        record.weights = 0 if weight is None else weight.numel()
        record.totals |= {
            "macs": count.macs,
            "inner_macs": count.inner_macs,
            "inputs": seen.x.numel(),
        }
        self._frames.booked.append(record)

    def _look(self, x: Tensor) -> Seen:
        origin = self._origins.of(x)
        pooled = origin is not None and origin.moment is Moment.AFTER
        return self._looks.see(x, pooled=pooled)

    def _place(self, record: Record, x: Tensor, items: int) -> None:
        """Say whether a product is a stem, and whether every step shows it the same."""
        origin = self._origins.of(x)
        if origin is None or not origin.raw:
            return
        record.place = Place.STEM
        if items == self._layout.items and self._layout.steps > 1 and not record.static:
            rows = x.detach().reshape(items, -1)
            if self._layout.time_axis == 0:
                steps = rows.reshape(self._layout.steps, self._layout.batch, -1)
            else:
                steps = rows.reshape(self._layout.batch, self._layout.steps, -1).movedim(1, 0)
            record.static = all(torch.equal(steps[0], step) for step in steps[1:])

    def _matrix(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        outputs: list[Tensor],
        items: int,
        moment: Moment,
    ) -> bool:
        """Record a matrix product, whichever factor is the activation."""
        del kwargs
        a, b = args[-2:] if name in ("mm", "bmm") else args[1:3]
        from_a, from_b = self._origins.of(a), self._origins.of(b)
        if from_a is None and from_b is None:
            return False  # only what is added depends on the input
        out = outputs[0]
        if from_a is not None and from_b is not None:
            a3, b3 = (x if x.ndim == 3 else x[None] for x in (a, b))
            seen, other = self._look(a), self._look(b)
            seen3, other3 = Seen(a3, seen.evidence), Seen(b3, other.evidence)
            record = self._record_of(_ATTENTION, name, items, moment, out)
            self._book_product(record, overlap_count(seen3, other3, items=items), seen, other)
            return True
        x, weight = (a, b) if from_a is not None else (b.mT, a.mT)
        if weight.ndim == 3 and weight.stride(0) == 0:
            weight = weight[0]
        record = self._record_of(_LINEAR, name, items, moment, out)
        self._place(record, x, items)
        rows = x.reshape(-1, x.shape[-1])
        seen = Seen(rows, self._look(x).evidence)
        count = linear_count(seen, d_out=weight.shape[-1], items=items)
        self._book_product(record, count, seen, weight=weight)
        return True

    def _vector(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        outputs: list[Tensor],
        items: int,
        moment: Moment,
    ) -> bool:
        """Record a matrix times a vector, or two vectors, as a matrix product."""
        a, b = args[-2:] if name in ("mv", "dot") else args[1:3]
        matrix = a if a.ndim == 2 else a[None]
        column = b[:, None]
        for old, new in ((a, matrix), (b, column)):
            origin = self._origins.of(old)
            if origin is not None:
                self._origins.note(new, origin)
        return self._matrix("mm", (matrix, column), kwargs, outputs, items, moment)

    def _convolution(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        outputs: list[Tensor],
        items: int,
        moment: Moment,
    ) -> bool:
        del kwargs
        x, weight, _, stride, padding, dilation, transposed, _, groups = args
        if self._origins.of(x) is None or self._origins.of(weight) is not None:
            self._unknown(f"{name} with a weight that depends on the input")
            return True
        kernel = tuple(weight.shape[2:])
        stride, padding, dilation = (
            list(v) * (len(kernel) // len(v)) for v in (stride, padding, dilation)
        )
        window = Window(kernel, stride, padding, dilation, transposed, groups)
        record = self._record_of(OperationKind.CONVOLUTION, name, items, moment, outputs[0])
        self._place(record, x, items)
        seen = self._look(x)
        count = convolution_count(
            seen,
            weight=tuple(weight.shape),
            output=tuple(outputs[0].shape),
            window=window,
            items=items,
        )
        self._book_product(record, count, seen, weight=weight)
        return True

    def _dot_product_attention(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Any,
        outputs: list[Tensor],
        items: int,
        moment: Moment,
    ) -> bool:
        """Record scores, softmax and mixture; weights of a softmax are real and seldom zero."""
        del kwargs
        q, k, v = args[:3]
        queries, keys, values = (x.reshape(-1, *x.shape[-2:]) for x in (q, k, v))
        seen_q, seen_k = (Seen(x, self._look(o).evidence) for x, o in ((queries, q), (keys, k)))
        scores = self._record_of(_ATTENTION, name, items, moment, outputs[0])
        many = queries.shape[0] * queries.shape[1] * keys.shape[1]
        scores.totals["outputs"] = many
        count = overlap_count(seen_q, Seen(keys.mT, seen_k.evidence), items=items)
        self._book_product(scores, count, seen_q, seen_k)
        work = Work(OperationKind.SOFTMAX, 1, 1, 1, 2)
        soft = self._elementary(name, work, many, outputs[0], items, moment, used=True)
        soft.totals["outputs"] = many
        weights = self._looks.see(values.new_full((1,), 0.5)).evidence
        ones = torch.ones_like(values[..., :1, :1]).expand(-1, queries.shape[1], keys.shape[1])
        mixed = self._record_of(_ATTENTION, name, items, moment, outputs[0])
        seen_v = Seen(values, self._look(v).evidence)
        dense = Seen(ones, weights)
        self._book_product(mixed, overlap_count(dense, seen_v, items=items), dense, seen_v)
        return True

    def _unknown(self, name: str) -> None:
        key = name, self._frames.top.layer
        self.unknown[key] = self.unknown.get(key, 0) + 1


_PRODUCTS: dict[str, Callable[..., bool]] = {
    **dict.fromkeys(("mm", "addmm", "bmm", "baddbmm"), Watch._matrix),
    **dict.fromkeys(("mv", "addmv", "dot"), Watch._vector),
    "convolution": Watch._convolution,
    **dict.fromkeys(
        (
            "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_flash_attention",
            "_scaled_dot_product_efficient_attention",
            "_scaled_dot_product_cudnn_attention",
        ),
        Watch._dot_product_attention,
    ),
}
_FIXED_NORMS = frozenset(
    {
        *("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm"),
        *("_batch_norm_no_update", "miopen_batch_norm"),
    }
)
_FRESH_NORM = Work(OperationKind.NORMALISATION, 4, 3)
_NORMS = _FIXED_NORMS | {
    *("native_layer_norm", "native_group_norm", "_native_batch_norm_legit", "rms_norm"),
    *("_fused_rms_norm",),
}
_POOLS = frozenset(
    {
        *("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d"),
        *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "avg_pool1d"),
    }
)
_SOFTMAXES = frozenset({"_softmax", "_safe_softmax", "_log_softmax"})


def _name_of(func: Any) -> tuple[str, bool]:
    """Return the name of an operator without the sign of one that writes, and that sign."""
    name: str = func.overloadpacket.__name__
    writes = name.endswith("_") and not name.startswith("__")
    return name.rstrip("_") if writes else name, writes


def _neuron_work(updates: int, spikes: Tensor) -> dict[str, float]:
    """Return elementary operations of the equation: leak, input, comparison, and reset."""
    return {
        "outputs": float(updates),
        "additions": updates + float(spikes.sum()),
        "multiplications": float(updates),
        "comparisons": float(updates),
    }


def _axis_of(name: str, args: tuple[Any, ...]) -> int:
    """Return the axis that an operator works on, 0 if it was not said."""
    place = 2 if name in ("split", "split_with_sizes", "chunk") else 1
    axis = args[place] if len(args) > place else 0
    return axis if isinstance(axis, int) else 0


def _leads(axis: int, layout: Layout) -> bool:
    return axis in (0, layout.time_axis)


def _is_numbers(x: Tensor) -> bool:
    """Say whether a factor is a tensor of numbers, not a mask and not a single number."""
    return x.is_floating_point() and x.ndim > 0


def _fold(x: Tensor, items: int) -> Tensor:
    """Return sums over the numbers of each item."""
    if x.numel() % items or not x.numel():
        return x.sum(dtype=torch.float64)[None].cpu()
    rows = x.reshape(items, -1)
    exact = rows.dtype == torch.float64 or rows.shape[1] < 1 << 24
    return (rows.sum(dim=1).double() if exact else rows.sum(dim=1, dtype=torch.float64)).cpu()
