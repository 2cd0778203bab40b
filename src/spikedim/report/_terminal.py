"""Results as text: an answer first, tables of at most 100 columns, warnings last."""

import io
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim.laws import LawTarget
from spikedim.planning import Advisory, Comparison, Measurement, Plan
from spikedim.report._bounds_tables import rungs_table
from spikedim.report._fitted_table import FittedTable
from spikedim.report._format import approximate, count, interval, share
from spikedim.report._plan_tables import (
    comparison_table,
    dimensions_table,
    energy_table,
    laws_table,
)
from spikedim.report._table import Table
from spikedim.report._words import subject_words

__all__ = [
    "absent_laws",
    "as_text",
    "comparison_view",
    "inverse_lines",
    "measurement_view",
    "plain_view",
    "plan_view",
    "result_view",
    "table_view",
]

WIDTH = 100


def table_view(table: Table) -> RenderableType:
    """Return a Rich table: text left, numbers right, units in the header.

    Where it is too wide it loses the columns that its maker called expendable, and names them;
    if that is not enough, it lists each row cell by cell. It never cuts a number.

    Parameters
    ----------
    table : Table
        Any report table.

    Returns
    -------
    RenderableType
        To print with a Rich console.
    """
    return FittedTable(table)


def plain_view(text: str) -> RenderableType:
    """Return a paragraph: brackets in it are brackets, not markup.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    RenderableType
        The text and an empty line, to print with a Rich console.
    """
    return Padding(Text(text), (0, 0, 1, 0))


def result_view(
    headline: str,
    tables: Iterable[Table],
    lines: Iterable[str] = (),
    advisories: tuple[Advisory, ...] = (),
    *,
    lead: Iterable[str] = (),
) -> RenderableType:
    """Return what most results are on a terminal: headline, tables, remarks, warnings.

    `lead` are sentences that belong to the answer: they stand right below the headline.
    """
    parts: list[RenderableType] = [Text(headline, style="bold"), *map(Text, lead)]
    parts += map(table_view, tables)
    if said := "\n".join(lines):
        parts.append(Padding(Text(said), (1, 0, 0, 0)))
    if advisories:
        parts.append(advisory_view(advisories))
    return Group(*parts)


def plan_view(plan: Plan) -> RenderableType:
    """Return a plan for the terminal.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    RenderableType
        Headline, tables, inverse answers and warnings, to print with a Rich console.
    """
    more = f"All {len(plan.bounds)} bounds are on the page (--html) and in the JSON (--out)."
    tables = [
        table_view(laws_table(plan, applicable=True)),
        Text("\n".join(absent_laws(plan)), style="dim"),
        table_view(dimensions_table(plan.dimensions, plan.dimension_used)),
    ]
    if plan.bounds:
        tables += [table_view(rungs_table(plan)), Text(more, style="dim")]
    if plan.energy:
        tables.append(table_view(energy_table(plan)))
    return Group(
        Text(plan.headline, style="bold"),
        *tables,
        Padding(Text("\n".join(inverse_lines(plan))), (1, 0, 0, 0)),
        advisory_view(plan.advisories),
    )


def absent_laws(plan: Plan) -> tuple[str, ...]:
    """Say of every law that does not apply why not."""
    return tuple(
        f"{law.law} does not apply: {law.reason}" for law in plan.laws if law.steps is None
    )


def inverse_lines(plan: Plan) -> tuple[str, ...]:
    """Return the plan read backwards: which error, which rate, which budget.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    tuple of str
        One sentence per question that the plan could answer.
    """
    inverse, lines = plan.inverse, []
    rules = f" [{inverse.energy_rules}]" if inverse.energy_rules else ""
    if inverse.epsilon_at_steps is not None:
        epsilon = f"{approximate(inverse.epsilon_at_steps)}:{plan.epsilon.kind.value}"
        lines.append(f"T = {inverse.steps} buys an error of {epsilon} [law: {_error_law(plan)}].")
    lines += _accuracy_lines(plan)
    if inverse.rate_to_beat is not None:
        rate = approximate(inverse.rate_to_beat)
        lines.append(
            f"To cost less than the {subject_words(inverse.twin)} at T = {plan.steps}, stay under "
            f"{rate} spikes per neuron and step{rules}."
        )
    if inverse.energy_mj is not None:
        budget = f"{approximate(inverse.energy_mj)} mJ"
        fits = inverse.steps_within_energy
        if fits is not None:
            steps = f"{fits:,} steps" if fits else "no step"
            one = inverse.energy_of_one_step_mj
            price = "" if one is None else f"; one step costs {approximate(one)} mJ"
            lines.append(
                f"{budget} pays for {steps} at a rate of {plan.rate.value:g}{price}{rules}."
            )
        if inverse.rate_within_energy is not None:
            rate = approximate(inverse.rate_within_energy)
            lines.append(f"{budget} pays for T = {plan.steps} at a rate of at most {rate}{rules}.")
    if plan.network_spikes is not None:
        lines.append(
            f"The whole network fires {count(plan.network_spikes)} spikes per sample at T = "
            f"{plan.steps} {_firing(plan)}."
        )
    if plan.energy_reason:
        lines.append(f"No energy: {plan.energy_reason}")
    return tuple(lines)


def _firing(plan: Plan) -> str:
    """Say at which rate the network fires, and how that is known."""
    if plan.network is not None and plan.target is not LawTarget.DATA_ERROR:
        return f"at the mean rate {approximate(plan.rate.value)} ({plan.rate.source})"
    return f"if every layer fires at {plan.rate.value:g} ({plan.rate.source})"


def _error_law(plan: Plan) -> str:
    """Name the law that an error rests on: accuracy has none of its own."""
    if plan.target is not LawTarget.ACCURACY or plan.network is None:
        return plan.law
    return "response" if plan.network.code else "empirical"


def _accuracy_lines(plan: Plan) -> list[str]:
    """Say what accuracy the asked number of steps leaves."""
    inverse, network = plan.inverse, plan.network
    if inverse.accuracy_at_steps is None or network is None:
        return []
    low, high = inverse.accuracy_low, inverse.accuracy_high
    text = interval(
        share(inverse.accuracy_at_steps),
        None if low is None else share(low),
        None if high is None else share(high),
    )
    lost = ""
    if network.reference_accuracy is not None:
        points = 100 * (network.reference_accuracy - inverse.accuracy_at_steps)
        whose = "exact rates" if network.code else "the best evaluated"
        lost = f", {abs(points):.1f} points {'below' if points >= 0 else 'above'} {whose}"
    return [f"T = {inverse.steps} leaves {text} % right{lost} [law: accuracy]."]


def measurement_view(measurement: Measurement) -> RenderableType:
    """Return a measurement for the terminal.

    Parameters
    ----------
    measurement : Measurement
        A measurement.

    Returns
    -------
    RenderableType
        Headline, table, remarks and warnings, to print with a Rich console.
    """
    data = measurement.data
    facts = (
        f"{data.spec}, layer {data.layer}: {data.n_samples:,} {measurement.rows_are} of "
        f"{data.n_features:,} features, {data.constant_features:,} of them constant; "
        f"spectrum by {data.spectrum_method}; {data.fingerprint}."
    )
    return Group(
        Text(measurement.headline, style="bold"),
        table_view(dimensions_table(measurement.dimensions)),
        Padding(Text("\n".join((facts, *measurement.notes))), (1, 0, 0, 0)),
        advisory_view(measurement.advisories),
    )


def comparison_view(comparison: Comparison) -> RenderableType:
    """Return a comparison for the terminal.

    Parameters
    ----------
    comparison : Comparison
        A comparison.

    Returns
    -------
    RenderableType
        Headline, table of differences and refusals, to print with a Rich console.
    """
    lines = list(comparison.refusals)
    if comparison.same:
        lines.append(f"The same in both: {', '.join(comparison.same)}.")
    return Group(
        Text(comparison.headline, style="bold"),
        Padding(Text(f"a: {comparison.a}\nb: {comparison.b}"), (1, 0, 0, 0)),
        table_view(comparison_table(comparison)),
        Padding(Text("\n".join(lines)), (1, 0, 0, 0)),
    )


def advisory_view(advisories: tuple[Advisory, ...]) -> RenderableType:
    """Return the warnings, each with what to do."""
    if not advisories:
        return Text("")
    lines = [
        Text.assemble(("Warning: ", "bold yellow"), f"{advice.text} ", (advice.remedy, "italic"))
        for advice in advisories
    ]
    return Padding(Group(*lines), (1, 0, 0, 0))


def as_text(view: RenderableType, *, width: int = WIDTH) -> str:
    """Return what a view prints, without colour.

    Parameters
    ----------
    view : RenderableType
        From `plan_view`, `measurement_view`, `comparison_view` or `table_view`.
    width : int
        Columns, at most.

    Returns
    -------
    str
        Plain text, no trailing spaces.
    """
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, force_terminal=False)
    console.print(view)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
