"""Gathers the records of all batches into one table of operations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, final

import numpy as np
from torch import Tensor

from spikedim.energy.counting._evidence import Evidence
from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._numbering import numbers
from spikedim.energy.counting._record import Record
from spikedim.energy.operations import (
    PRODUCTS,
    SAMPLED,
    Operation,
    OperationKind,
    Place,
    Values,
)

__all__ = ["Tally"]

Rows = np.ndarray[Any, np.dtype[np.float64]]
_FIELDS = ("synaptic", "mass", "active", "read", "spikes")


class _Key(NamedTuple):
    layer: str
    kind: OperationKind
    operator: str
    number: tuple[int, ...]


class _Batch(NamedTuple):
    """What the steps and samples of one batch needed, and from which sample on."""

    start: int
    rows: dict[str, Rows]


@final
class _Line:
    """One operation of one layer, batch after batch."""

    def __init__(self, first: Record) -> None:
        self.first = first
        self.values: Evidence | None = None
        self.other: Evidence | None = None
        self.passes = 1
        self.most_calls = 1
        self.static = True
        self.many_steps = False
        self.activated = True
        self.foldable = True
        self.totals: dict[str, float] = {}
        self.batches: list[_Batch] = []

    def add(self, records: list[Record], layout: Layout, start: int) -> None:
        """Take what one batch did, whose samples are counted on from `start`."""
        passes = _passes(records, layout)
        self.passes = max(self.passes, passes)
        self.most_calls = max(self.most_calls, len(records))
        self.static &= len({record.sum_read for record in records}) == 1
        self.many_steps |= layout.steps > 1
        for record in records:
            self.static &= record.static
            self.activated &= record.activated
            self.foldable &= record.foldable
            self.values = _joined(self.values, record.values)
            self.other = _joined(self.other, record.other)
            for name, total in record.totals.items():
                self.totals[name] = self.totals.get(name, 0.0) + total
        # Magnitudes are in units that one call was seen to have.
        units = [_unit(record.values, record.other) for record in records]
        rows = {}
        for name in _FIELDS:
            found = [
                (x if name != "mass" else x * unit, record.time_axis)
                for record, unit in zip(records, units, strict=True)
                if (x := getattr(record, name)) is not None
            ]
            if found:
                rows[name] = _steps(found, passes, layout)
        self.batches.append(_Batch(start, rows))

    def by_step(self, name: str, samples: int) -> Rows:
        """Return one field of each step and sample, [passes, S]; zero where it did not act."""
        out = np.zeros((self.passes, samples))
        for start, rows in self.batches:
            if name in rows:
                passes, batch = rows[name].shape
                out[:passes, start : start + batch] = rows[name]
        return out


@final
class Tally:
    """The table of operations, filled batch by batch."""

    def __init__(self) -> None:
        self._lines: dict[_Key, _Line] = {}
        self._samples = 0
        self._last: _Key | None = None

    def add(self, records: list[Record], layout: Layout) -> None:
        """Take the records of one forward pass."""
        found: dict[_Key, list[Record]] = {}
        for key, record in _keyed(records, layout):
            found.setdefault(key, []).append(record)
            if record.kind in (OperationKind.LINEAR, OperationKind.CONVOLUTION):
                self._last = key
        for key, group in found.items():
            if key not in self._lines:
                self._lines[key] = _Line(group[0])
            self._lines[key].add(group, layout, self._samples)
        self._samples += layout.batch

    @property
    def most_updates(self) -> int:
        """How often neurons were updated in one call that counted as one step; 1 if as said."""
        found = [
            line.most_calls
            for key, line in self._lines.items()
            if key.kind is OperationKind.NEURON and line.passes == 1
        ]
        return max(found, default=1)

    def table(self) -> tuple[tuple[Operation, ...], Rows]:
        """Return the operations, means over samples, and the samples [S, O, 5]."""
        if not self._lines:
            return (), np.zeros((self._samples, 0, len(SAMPLED)))
        rows = [self._operation(key, line) for key, line in self._lines.items()]
        return tuple(op for op, _ in rows), np.stack([sample for _, sample in rows], axis=1)

    def _operation(self, key: _Key, line: _Line) -> tuple[Operation, Rows]:
        steps = {name: line.by_step(name, self._samples) for name in _FIELDS}
        values = line.values or Evidence(Values.REAL)
        if _weighs(values, line.other):
            steps["mass"] = steps["mass"] / _unit(values, line.other)
            if _unit(values, line.other) != 1:
                steps["mass"] = steps["mass"].round()  # whole numbers, but for the division
        else:
            steps["mass"] = steps["synaptic"]
        sample = np.stack([steps[name].sum(axis=0) for name in _FIELDS], axis=1)
        means = dict(zip(SAMPLED, map(float, sample.mean(axis=0)), strict=True))
        shown = steps["spikes" if key.kind is OperationKind.NEURON else "synaptic"]
        product = key.kind in PRODUCTS
        inside = line.first.place is Place.INSIDE
        operation = Operation(
            layer=key.layer,
            kind=key.kind,
            operator=key.operator,
            place=Place.HEAD if key == self._last and inside else line.first.place,
            values=values.values,
            other_values=None if line.other is None else line.other.values,
            passes=line.passes * line.first.repeats,
            # With one step nothing is seen to stay the same; the stem would all the same.
            static=line.static and (line.many_steps or line.first.place is Place.STEM),
            weights=line.first.weights,
            neurons=line.first.neurons,
            foldable=line.foldable,
            unquantised=product and not (line.activated or values.values.spiking),
            steps=(
                tuple(map(float, shown.mean(axis=1)))
                if product or key.kind is OperationKind.NEURON
                else ()
            ),
        )
        averages: dict[str, Any] = {
            **means,
            **{name: total / self._samples for name, total in line.totals.items()},
        }
        return replace(operation, **averages), sample


def _keyed(records: list[Record], layout: Layout) -> Iterator[tuple[_Key, Record]]:
    """Yield the records with the line that each belongs to."""
    kinds: dict[tuple[str, OperationKind, str], list[Record]] = {}
    for record in records:
        kinds.setdefault((record.layer, record.kind, record.operator), []).append(record)
    found = {
        id(record): _Key(*kind, number)
        for kind, group in kinds.items()
        for record, number in zip(group, numbers(group, layout), strict=True)
    }
    return ((found[id(record)], record) for record in records)


def _passes(records: list[Record], layout: Layout) -> int:
    """Return how often an operation acted in one inference: T, or 1."""
    whole = any(layout.is_whole(record.items) for record in records)
    seldom = len(records) < layout.steps and all(record.once for record in records)
    return 1 if not whole and (len(records) == 1 or seldom) else layout.steps


def _steps(found: list[tuple[Tensor, int]], passes: int, layout: Layout) -> Rows:
    """Return what each step and sample needed, [passes, B]."""
    rows = [layout.by_step(x, time_axis).numpy() for x, time_axis in found]
    if passes == 1:
        return np.asarray(sum(r.sum(axis=0, keepdims=True) for r in rows))
    whole = [r for r in rows if len(r) == passes]
    single = [r for r in rows if len(r) != passes]
    out = np.sum(whole, axis=0) if whole else np.zeros((passes, layout.batch))
    # Calls of single steps come in their order, as many in each step.
    for index, row in enumerate(single):
        out[index * passes // len(single)] += row.sum(axis=0)
    return np.asarray(out, dtype=np.float64)


def _joined(a: Evidence | None, b: Evidence | None) -> Evidence | None:
    return b if a is None else a if b is None else a.join(b)


def _weighs(values: Evidence, other: Evidence | None) -> bool:
    """Say whether some factor is a whole number of spikes, so that magnitudes count."""
    return values.values.whole or (other is not None and other.values.whole)


def _unit(values: Evidence | None, other: Evidence | None) -> float:
    """Return what the magnitudes are multiples of."""
    return (1.0 if values is None else values.unit) * (1.0 if other is None else other.unit)
