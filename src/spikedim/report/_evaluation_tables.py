"""The tables of an evaluation: every T, every population."""

from spikedim.models import Coding
from spikedim.report._evaluation_words import (
    largest_steps,
    learnt_at,
    population_spikes,
    steps_name,
)
from spikedim.report._format import ABSENT, approximate, count, interval, share
from spikedim.report._origin_table import origin_table
from spikedim.report._table import Column, Quantity, Table
from spikedim.training import EvaluatedPopulation, EvaluatedSteps, Evaluation

__all__ = ["evaluation_origins_table", "evaluation_table", "populations_table"]


def evaluation_table(found: Evaluation) -> Table:
    """Return one row for each T.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.

    Returns
    -------
    Table
        Accuracy with its interval, loss, spikes per sample, agreement with the reference; the
        perplexity of a language model.
    """
    language = any(point.perplexity is not None for point in found.points)
    drawn = any(point.draws > 1 for point in found.points)
    columns = (
        Column("T"),
        Column("accuracy", "%", numeric=True, interval=True),
        Column("loss", "nats", numeric=True),
        *([Column("perplexity", numeric=True)] if language else []),
        Column("spikes", "per sample", numeric=True),
        Column("agreement", "%", numeric=True),
        *([Column("draws", numeric=True, expendable=1)] if drawn else []),
    )
    rows = tuple(_row(point, language=language, drawn=drawn) for point in found.points)
    learnt = learnt_at(found)
    places = [
        place
        for place, point in enumerate(found.points)
        if point.steps == learnt and not point.allocation
    ]
    return Table(
        f"{found.model} on {found.data}, {found.split}",
        columns,
        rows,
        emphasised=places[0] if places else None,
    )


def _row(point: EvaluatedSteps, *, language: bool, drawn: bool) -> tuple[str | Quantity, ...]:
    low, high = point.accuracy_interval.low, point.accuracy_interval.high
    accuracy = interval(share(point.accuracy), share(low), share(high))
    return (
        steps_name(point).removeprefix("T = "),
        Quantity(accuracy, 100 * point.accuracy, 100 * low, 100 * high),
        Quantity(approximate(point.loss, 3), point.loss),
        *([_number(point.perplexity)] if language else []),
        _spikes(point.spikes_per_sample),
        Quantity(share(point.agreement), 100 * point.agreement),
        *([Quantity(f"{point.draws:,}", point.draws)] if drawn else []),
    )


def _number(value: float | None) -> Quantity:
    return Quantity(ABSENT if value is None else approximate(value, 3), value)


def _spikes(value: float | None) -> Quantity:
    return Quantity(ABSENT if value is None else count(round(value), 3), value)


def populations_table(found: Evaluation) -> Table:
    """Return how much every population fires.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.

    Returns
    -------
    Table
        Neurons, mean rate, rate in the first and the last step, spikes of one sample, share of
        neurons that never fired.
    """
    stepped = any(len(population.rates) > 1 for population in found.populations)
    columns = (
        Column("population"),
        Column("neurons", numeric=True),
        Column("rate", "per step", numeric=True),
        *([Column("first", numeric=True, expendable=2)] if stepped else []),
        *([Column("last", numeric=True, expendable=2)] if stepped else []),
        Column("spikes", "per sample", numeric=True),
        Column("never fired", "%", numeric=True, expendable=1),
    )
    rows = tuple(_population(found, one, stepped=stepped) for one in found.populations)
    return Table(f"Firing rates at T = {largest_steps(found):,}", columns, rows)


def _population(
    found: Evaluation, population: EvaluatedPopulation, *, stepped: bool
) -> tuple[str | Quantity, ...]:
    ends = (population.rates[0], population.rates[-1]) if stepped else ()
    return (
        population.name,
        Quantity(count(round(population.neurons), 3), population.neurons),
        Quantity(f"{population.rate:.3f}", population.rate),
        *(Quantity(f"{rate:.3f}", rate) for rate in ends),
        _spikes(population_spikes(found, population)),
        Quantity(share(population.silent_share), 100 * population.silent_share),
    )


def _coding(found: Evaluation) -> str:
    """Say what populations carry, and at which T it was trained."""
    if found.coding is Coding.ACTIVATIONS:
        return f"{found.coding.value} of an ordinary network"
    learnt = learnt_at(found)
    if learnt is None:
        return f"{found.coding.value}, trained with exact rates"
    how = "with the noise of" if found.trained_code_steps else "at"
    return f"{found.coding.value}, trained {how} T = {learnt}"


def evaluation_origins_table(found: Evaluation) -> Table:
    """Return model, data, seed, versions and fingerprints.

    Parameters
    ----------
    found : Evaluation
        From `spikedim.training.evaluate`.

    Returns
    -------
    Table
        One row per fact.
    """
    facts = {
        "model": found.model,
        "coding": _coding(found),
        "weights": found.weights_fingerprint,
        "data": f"{found.data}, {found.split}, {found.classes:,} classes",
        "data fingerprint": found.data_fingerprint,
    }
    return origin_table(facts, found.provenance)
