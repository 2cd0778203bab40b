"""The tables of a plan."""

from spikedim.dimension import DimensionEstimate
from spikedim.energy import EnergyEstimate
from spikedim.laws import LawResult
from spikedim.planning import Comparison, Plan
from spikedim.report._format import ABSENT, DASH, TIMES, approximate, count, interval, times
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._words import subject_words

__all__ = [
    "comparison_table",
    "dimension_text",
    "dimensions_table",
    "energy_table",
    "laws_table",
    "layers_table",
]


def laws_table(plan: Plan, *, applicable: bool = False) -> Table:
    """List steps and spikes under every law, applicable or not.

    Parameters
    ----------
    plan : Plan
        A plan.
    applicable : bool
        Leave out the laws that do not apply.

    Returns
    -------
    Table
        One row per law; the law that the answer rests on is emphasised.
    """
    laws = [law for law in plan.laws if law.steps is not None or not applicable]
    mixed = plan.network is not None
    columns = (
        Column("law"),
        *([Column("steps for")] if mixed else []),
        Column("T", "steps", numeric=True, interval=True),
        Column("spikes", "per sample", numeric=True, interval=True),
        Column("population"),
        Column("widest cause" if applicable else "widest cause, or why not applicable"),
    )
    names = [law.law for law in laws]
    chosen = names.index(plan.law) if plan.law in names else None
    rows = tuple(_law_row(law, mixed=mixed) for law in laws)
    return Table("Steps by law", columns, rows, chosen)


def _law_row(law: LawResult, *, mixed: bool) -> tuple[str | Quantity, ...]:
    named = (law.law, law.target.value) if mixed else (law.law,)
    if law.steps is None:
        return *named, Quantity(ABSENT), Quantity(ABSENT), "", f"not applicable: {law.reason}"
    steps = Quantity(
        interval(count(law.steps), _count(law.low), _count(law.high)), law.steps, law.low, law.high
    )
    spikes = Quantity(ABSENT)
    if law.spikes is not None:
        text = interval(count(law.spikes), _count(law.spikes_low), _count(law.spikes_high))
        spikes = Quantity(text, law.spikes, law.spikes_low, law.spikes_high)
    of = f"{law.population.tokens} {TIMES} {law.population.features}" if law.population else ""
    return *named, steps, spikes, of, law.causes[0].name if law.causes else "nothing varied"


def _count(value: float | int | None) -> str | None:
    return None if value is None else count(value)


def dimensions_table(dimensions: tuple[DimensionEstimate, ...], used: str = "") -> Table:
    """List the effective dimension by estimator.

    Parameters
    ----------
    dimensions : tuple of DimensionEstimate
        Estimates on one spectrum.
    used : str
        Name of the estimator to emphasise.

    Returns
    -------
    Table
        One row per estimate.
    """
    columns = (
        Column("estimator"),
        Column("d_eff", numeric=True, interval=True),
        Column(f"local 10{DASH}90 %", numeric=True),
        Column("1/n limit", numeric=True),
        Column("remark"),
    )
    names = [estimate.estimator for estimate in dimensions]
    emphasised = names.index(used) if used in names else None
    rows = tuple(map(_dimension_row, dimensions))
    return Table("Effective dimension by estimator", columns, rows, emphasised)


def _dimension_row(estimate: DimensionEstimate) -> tuple[str | Quantity, ...]:
    text = dimension_text(estimate)
    settings = ", ".join(f"{key} {value:g}" for key, value in estimate.parameters.items())
    name = f"{estimate.estimator} ({settings})" if settings else estimate.estimator
    local = estimate.local
    remark = "still rising with n: a lower bound" if estimate.still_rising else ""
    return (
        name,
        Quantity(text, estimate.value, estimate.low, estimate.high),
        Quantity(f"{_dimension(local.low)}{DASH}{_dimension(local.high)}" if local else ABSENT,
                 local.median if local else None),
        Quantity(ABSENT if estimate.extrapolated is None else _dimension(estimate.extrapolated),
                 estimate.extrapolated),
        remark,
    )  # fmt: skip


def dimension_text(estimate: DimensionEstimate) -> str:
    """Return the value of an estimate with its interval."""
    ends = (estimate.value, estimate.low, estimate.high)
    return interval(*map(_dimension, ends))


def _dimension(value: float) -> str:
    """Ranks are whole, ratios carry three digits."""
    return count(value) if value == int(value) else approximate(value, 3)


def energy_table(plan: Plan) -> Table:
    """List the energy by rule set and by what runs, with the ratio to the spiking net.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per rule set and subject; a ratio above 1 says that the spiking net wins.
    """
    columns = (
        Column("rule set"),
        Column("what runs"),
        Column("energy", "mJ per sample", numeric=True, interval=True),
        Column("against the spiking net", numeric=True),
    )
    spiking = {entry.rules: entry for entry in plan.energy if entry.subject == "snn"}
    rows = tuple(_energy_row(entry, spiking.get(entry.rules)) for entry in plan.energy)
    return Table("Energy", columns, rows)


def _energy_row(
    entry: EnergyEstimate, spiking: EnergyEstimate | None
) -> tuple[str | Quantity, ...]:
    text = interval(
        approximate(entry.value_mj), approximate(entry.low_mj), approximate(entry.high_mj)
    )
    energy = Quantity(text, entry.value_mj, entry.low_mj, entry.high_mj)
    ratio = Quantity(ABSENT)
    if spiking is not None and spiking is not entry and spiking.value_mj > 0:
        factor = entry.value_mj / spiking.value_mj
        ratio = Quantity(times(factor), factor)
    return entry.rules, subject_words(entry.subject), energy, ratio


def layers_table(plan: Plan) -> Table:
    """List neurons, operations and spikes of every spiking layer.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per spiking population; no rows without a model.
    """
    columns = (
        Column("layer"),
        Column("neurons", numeric=True),
        Column("MACs", "per step", numeric=True),
        Column("spikes", "per sample", numeric=True),
    )
    rows: list[tuple[str | Quantity, ...]] = []
    if plan.model is not None:
        per_neuron = plan.rate.value * plan.steps
        for name, neurons, macs in zip(
            plan.model.layer_names, plan.model.layer_neurons, plan.model.layer_macs, strict=True
        ):
            spikes = neurons * per_neuron
            rows.append(
                (
                    name,
                    Quantity(f"{neurons:,}", neurons),
                    Quantity(count(macs), macs),
                    Quantity(count(spikes), spikes),
                )
            )
    return Table("Where spikes go", columns, tuple(rows))


def comparison_table(comparison: Comparison) -> Table:
    """List the fields in which two results differ.

    Parameters
    ----------
    comparison : Comparison
        A comparison.

    Returns
    -------
    Table
        One row per field; the ratio is b / a.
    """
    columns = (
        Column("what"),
        Column("a", numeric=True),
        Column("b", numeric=True),
        Column("unit"),
        Column("b / a", numeric=True),
        Column("why no ratio"),
    )
    rows = tuple(
        (
            row.name,
            row.a,
            row.b,
            row.unit,
            Quantity(ABSENT) if row.ratio is None else Quantity(times(row.ratio), row.ratio),
            row.reason,
        )
        for row in comparison.rows
    )
    return Table("Differences", columns, rows)
