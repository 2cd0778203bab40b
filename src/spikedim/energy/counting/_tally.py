"""Gathers the records of all batches into one table of operations."""

from dataclasses import replace
from typing import Any, NamedTuple, final

import numpy as np
from torch import Tensor

from spikedim.energy.counting._evidence import Evidence
from spikedim.energy.counting._layout import Layout
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
    number: int


@final
class _Line:
    """One operation of one layer, batch after batch."""

    def __init__(self, first: Record) -> None:
        self.first = first
        self.values: Evidence | None = None
        self.other: Evidence | None = None
        self.passes = 1
        self.static = True
        self.place = first.place
        self.foldable = first.foldable
        self.totals: dict[str, float] = {}
        self.by_step: dict[str, list[Rows]] = {name: [] for name in _FIELDS}

    def add(self, records: list[Record], layout: Layout) -> None:
        """Take what one batch did."""
        singles = [r for r in records if r.items != layout.items or layout.steps == 1]
        once = all(record.once for record in records) and len(singles) < max(layout.steps, 2)
        self.passes = 1 if once else layout.steps
        self.static &= all(r.static for r in records)
        for record in records:
            self.values = _joined(self.values, record.values)
            self.other = _joined(self.other, record.other)
            for name, total in record.totals.items():
                self.totals[name] = self.totals.get(name, 0.0) + total
        for name in _FIELDS:
            found = [getattr(r, name) for r in records]
            if any(x is not None for x in found):
                self.by_step[name].append(self._steps(found, layout))

    def _steps(self, found: list[Tensor | None], layout: Layout) -> Rows:
        """Return what each step and sample needed, [passes, B]."""
        rows = [layout.by_step(x).numpy() for x in found if x is not None]
        if self.passes == 1:
            return np.asarray(sum(r.sum(axis=0, keepdims=True) for r in rows))
        whole = [r for r in rows if len(r) == self.passes]
        single = [r for r in rows if len(r) != self.passes]
        out = np.sum(whole, axis=0) if whole else np.zeros((self.passes, layout.batch))
        # Calls of single steps come in their order, as many in each step.
        for index, row in enumerate(single):
            out[index * self.passes // len(single)] += row.sum(axis=0)
        return np.asarray(out, dtype=np.float64)


@final
class Tally:
    """The table of operations, filled batch by batch."""

    def __init__(self) -> None:
        self._lines: dict[_Key, _Line] = {}
        self._samples = 0
        self._last = _Key("", OperationKind.LINEAR, "", -1)

    def add(self, records: list[Record], layout: Layout) -> None:
        """Take the records of one forward pass."""
        found: dict[_Key, list[Record]] = {}
        for record in records:
            key = _Key(record.layer, record.kind, record.operator, record.number)
            found.setdefault(key, []).append(record)
            if record.kind in (OperationKind.LINEAR, OperationKind.CONVOLUTION):
                self._last = key
        for key, group in found.items():
            if key not in self._lines:
                self._lines[key] = _Line(group[0])
            self._lines[key].add(group, layout)
        self._samples += layout.batch

    def table(self) -> tuple[tuple[Operation, ...], Rows]:
        """Return the operations, means over samples, and the samples [S, O, 5]."""
        if not self._lines:
            return (), np.zeros((self._samples, 0, len(SAMPLED)))
        rows = [self._operation(key, line) for key, line in self._lines.items()]
        return tuple(op for op, _ in rows), np.stack([sample for _, sample in rows], axis=1)

    def _operation(self, key: _Key, line: _Line) -> tuple[Operation, Rows]:
        steps = {
            name: np.concatenate(parts, axis=1) if parts else np.zeros((1, self._samples))
            for name, parts in line.by_step.items()
        }
        values = line.values or Evidence(Values.REAL)
        synaptic, mass = steps["synaptic"], steps["mass"]
        steps["mass"] = (
            mass / _unit(values, line.other) if _weighs(values, line.other) else synaptic
        )
        sample = np.stack([steps[name].sum(axis=0) for name in _FIELDS], axis=1)
        means = dict(zip(SAMPLED, map(float, sample.mean(axis=0)), strict=True))
        shown = steps["spikes" if key.kind is OperationKind.NEURON else "synaptic"]
        counted = key.kind in PRODUCTS or key.kind is OperationKind.NEURON
        operation = Operation(
            layer=key.layer,
            kind=key.kind,
            operator=key.operator,
            place=Place.HEAD if key == self._last and line.place is Place.INSIDE else line.place,
            values=values.values,
            other_values=None if line.other is None else line.other.values,
            passes=line.passes * line.first.repeats,
            static=line.static,
            weights=line.first.weights,
            neurons=line.first.neurons,
            foldable=line.foldable,
            steps=tuple(map(float, shown.mean(axis=1))) if counted else (),
        )
        numbers: dict[str, Any] = {
            **means,
            **{name: total / self._samples for name, total in line.totals.items()},
        }
        return replace(operation, **numbers), sample


def _joined(a: Evidence | None, b: Evidence | None) -> Evidence | None:
    return b if a is None else a if b is None else a.join(b)


def _weighs(values: Evidence, other: Evidence | None) -> bool:
    """Say whether some factor is a whole number of spikes, so that magnitudes count."""
    return values.values.whole or (other is not None and other.values.whole)


def _unit(values: Evidence, other: Evidence | None) -> float:
    """Return what the magnitudes are multiples of."""
    unit = values.unit if values.values.whole else 1.0
    return unit * (other.unit if other is not None and other.values.whole else 1.0)
