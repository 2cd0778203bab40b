"""The operations of an energy audit: products layer by layer, everything else kind by kind."""

from collections.abc import Iterator, Sequence

from spikedim.energy import PRODUCTS, EnergyAudit, Operation, OperationKind
from spikedim.report._energy_audit_rows import (
    EnergyUnit,
    PricedOperation,
    energy_of,
    energy_unit,
    priced_operations,
    rule_names,
)
from spikedim.report._format import ABSENT, TIMES, approximate, count
from spikedim.report._table import Column, Quantity, Table

__all__ = ["beside_products_table", "beside_shares_table", "energy_operations_table"]

Row = tuple[str | Quantity, ...]

# What most tools leave out: named even where a model has none.
_NAMED = (
    OperationKind.NEURON,
    OperationKind.NORMALISATION,
    OperationKind.RESIDUAL,
    OperationKind.POOLING,
    OperationKind.SOFTMAX,
)


def energy_operations_table(
    audit: EnergyAudit, rules: Sequence[str] = (), *, most: int | None = None
) -> Table:
    """Return the products, and whatever else costs energy, in the order of the network.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show; the first of them prices, by default the first of the audit.
    most : int, optional
        How many rows; the cheapest are summed into one more. Such a table is for a terminal: it
        leaves out the kinds, which the names of layers tell.

    Returns
    -------
    Table
        Layer, kind, observed values, rate, dense multiply-accumulates, exact synaptic operations
        beside rate times multiply-accumulates, energy, how that was booked.
    """
    names = rule_names(audit, rules)
    priced = priced_operations(audit, names[0]) if names else []
    rows = [one for one in priced if one.operation.kind in PRODUCTS or one.energy_mj]
    unit = energy_unit(one.energy_mj for one in rows)
    columns = (
        Column("layer"),
        *([Column("kind")] if most is None else []),
        Column("reads"),
        Column("rate", numeric=True),
        Column("MACs", numeric=True),
        Column("synaptic", numeric=True),
        Column(f"rate {TIMES} MACs", numeric=True, expendable=1),
        Column("energy", unit.name, numeric=True),
        Column("booked as", expendable=2),
    )
    costly = sorted(range(len(rows)), key=lambda place: -rows[place].energy_mj)[:most]
    cells = [_row(rows[place], unit) for place in sorted(costly)]
    if rest := [one for place, one in enumerate(rows) if place not in costly]:
        cells.append(_sum_of(rest, unit))
    if most is not None:
        cells = [(name, *rest) for name, _, *rest in cells]
    under = f", {names[0]}" if names else ""
    title = f"Dense MACs and exact synaptic operations of one inference{under}"
    return Table(title, columns, tuple(cells))


def _row(priced: PricedOperation, unit: EnergyUnit) -> Row:
    one = priced.operation
    spent = priced.energy_mj * unit.per_mj
    product = one.kind in PRODUCTS
    return (
        one.layer or "(model)",
        one.kind.value,
        _values(one),
        Quantity(approximate(one.rate), one.rate),
        _number(one.macs if product else None),
        _number(one.synaptic_operations if product else None),
        _number(one.rate_times_macs if product else None),
        Quantity(approximate(spent), spent),
        priced.booked_as,
    )


def _sum_of(rows: Sequence[PricedOperation], unit: EnergyUnit) -> Row:
    spent = sum(row.energy_mj for row in rows) * unit.per_mj
    return (
        f"{len(rows)} others",
        "",
        "",
        Quantity(""),
        _number(sum(row.operation.macs for row in rows)),
        _number(sum(row.operation.synaptic_operations for row in rows)),
        _number(sum(row.operation.rate_times_macs for row in rows)),
        Quantity(approximate(spent), spent),
        "",
    )


def _values(operation: Operation) -> str:
    """Say what was observed to enter: of two activations both."""
    if operation.kind is OperationKind.NEURON:
        return ""
    if operation.other_values is None:
        return operation.values.value
    return f"{operation.values} {TIMES} {operation.other_values}"


def _number(value: float | int | None) -> Quantity:
    return Quantity(ABSENT) if value is None else Quantity(count(_whole(value), 3), value)


def _whole(value: float | int) -> float | int:
    """Return a mean over samples as people read it: whole where it is large."""
    return round(value) if value >= 100 else value


def beside_products_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return what the operations do that most tools leave out, one row for each kind."""
    names = rule_names(audit, rules)
    rows = priced_operations(audit, names[0]) if names else []
    columns = (
        Column("operation"),
        Column("lines", numeric=True, expendable=3),
        Column("additions", numeric=True),
        Column("multiplied", numeric=True),
        Column("compared", numeric=True, expendable=2),
        Column("special", numeric=True, expendable=1),
        Column("booked as"),
    )
    cells = tuple(
        _kind(kind, [row for row in rows if row.operation.kind is kind], _absent(audit, kind))
        for kind in _beside(audit)
    )
    under = f"; booked under {names[0]}" if names else ""
    return Table(f"Beside products, one inference{under}", columns, cells)


def _beside(audit: EnergyAudit) -> list[OperationKind]:
    """Return the kinds that are no products: those of the model, and those always named."""
    own = {one.kind for one in audit.operations} - PRODUCTS
    return [kind for kind in OperationKind if kind in own or kind in _NAMED]


def _absent(audit: EnergyAudit, kind: OperationKind) -> str:
    """Say why a model has no operation of a kind."""
    folded = audit.fused and kind is OperationKind.NORMALISATION
    return "not in it; folded ones are gone" if folded else "not in it"


def _kind(kind: OperationKind, rows: Sequence[PricedOperation], absent: str) -> Row:
    """Return what all operations of one kind do together."""
    own = [row.operation for row in rows]
    sums = (
        sum(one.additions for one in own),
        sum(one.multiplications for one in own),
        sum(one.comparisons for one in own),
        sum(one.specials for one in own),
    )
    booked = "; ".join(dict.fromkeys(row.booked_as for row in rows)) if rows else absent
    return (
        kind.value,
        Quantity(f"{len(rows):,}", len(rows)),
        *(_number(value) for value in sums),
        booked,
    )


def beside_shares_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return which share of the energy each rule set gives to what is no product."""
    kinds = [kind for kind in _beside(audit) if any(one.kind is kind for one in audit.operations)]
    columns = (
        Column("rule set"),
        *(Column(kind.value, "%", numeric=True) for kind in kinds),
    )
    rows: tuple[Row, ...] = tuple(
        (name, *_shares(audit, name, kinds))
        for name in rule_names(audit, rules)
        if (one := energy_of(audit, name)) is not None and one.lines and one.value_mj
    )
    return Table("Share of the energy beside products", columns, rows if kinds else ())


def _shares(audit: EnergyAudit, rules: str, kinds: Sequence[OperationKind]) -> Iterator[Quantity]:
    energy = energy_of(audit, rules)
    priced = priced_operations(audit, rules)
    for kind in kinds:
        own = [row for row in priced if row.operation.kind is kind and row.is_beside]
        spent = sum(row.energy_mj for row in own)
        if energy is None or not spent:
            yield Quantity(ABSENT, 0)
        else:
            share = 100 * spent / energy.value_mj
            yield Quantity(approximate(share), share)
