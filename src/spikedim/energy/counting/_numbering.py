"""Which calls of one operator in one layer are the same operation in other steps."""

from collections import Counter

from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._record import Record
from spikedim.energy.operations import PRODUCTS, OperationKind

__all__ = ["numbers"]


def numbers(records: list[Record], layout: Layout) -> list[tuple[int, ...]]:
    """Return a number for each call of one operator in one layer, the same for other steps.

    A parameter tells products apart. Without one, calls that hold all steps are products of their
    own, and so are as many single steps as there are calls in each.
    """
    found: list[tuple[int, ...]] = [(record.number,) for record in records]
    if layout.steps == 1 or not _is_told_by_place(records[0]):
        return found
    whole = [layout.is_whole(record.items) for record in records]
    singles = [i for i, record in enumerate(records) if not (whole[i] or record.once)]
    if _is_loop([records[i] for i in singles], layout.steps):
        period = len(singles) // layout.steps
        for place, i in enumerate(singles):
            found[i] = (place % period,)
    calls, seen = Counter(found), Counter[tuple[int, ...]]()
    result: list[tuple[int, ...]] = []
    for i, number in enumerate(found):
        place = seen[number]
        seen[number] += 1
        each = calls[number] if whole[i] else max(calls[number] // layout.steps, 1)
        result.append((*number, int(whole[i]), place % each))
    return result


def _is_told_by_place(record: Record) -> bool:
    counted = record.kind in PRODUCTS or record.kind is OperationKind.NEURON
    return counted and not record.shared


def _is_loop(records: list[Record], steps: int) -> bool:
    """Say whether one module ran through all steps itself, with the same shapes in each."""
    if len({record.number for record in records}) != len(records) or len(records) % steps:
        return False
    period = len(records) // steps
    sizes = [(r.totals.get("outputs"), r.neurons) for r in records]
    return bool(records) and sizes[period:] == sizes[:-period]
