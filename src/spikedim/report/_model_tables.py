"""Models as tables: the list, the layers of one, its totals, what was published of it."""

from collections.abc import Iterator

from spikedim.models import Card, Coding, Family, LayerRow, PublishedResult, Source, card, names
from spikedim.report._format import ABSENT, TIMES, approximate, count
from spikedim.report._table import Column, Quantity, Table

__all__ = [
    "card_layers_table",
    "cards_tables",
    "published_table",
    "switches_table",
    "totals_table",
]


def cards_tables(cards: tuple[Card, ...], families: tuple[Family, ...]) -> tuple[Table, ...]:
    """List models, one table a family, one row each.

    Parameters
    ----------
    cards : tuple of Card
        From `spikedim.models.card`.
    families : tuple of Family
        From `spikedim.models.family`; models of other families are left out.

    Returns
    -------
    tuple of Table
        Shape, parameters, operations, neurons, published accuracy; the title says whether the
        family can be built, and has a twin and an ordinary network.
    """
    columns = (
        Column("model"),
        Column("blocks", numeric=True, expendable=3),
        Column(f"N {TIMES} D", numeric=True, expendable=1),
        Column("parameters", numeric=True),
        Column("MACs", "per step", numeric=True),
        Column("neurons", numeric=True, expendable=2),
        Column("published", "%", numeric=True),
        Column("T", numeric=True),
    )
    return tuple(
        Table(
            _family_title(family),
            columns,
            tuple(_listed(card) for card in cards if card.family == family.name),
        )
        for family in families
        if any(card.family == family.name for card in cards)
    )


def _family_title(family: Family) -> str:
    built = "can be built" if family.can_be_built else "card only"
    suffixes = ", twin with :softmax, ordinary network with :ann" * family.has_twin
    return f"{family.name}: {built}{suffixes}"


def _listed(card: Card) -> tuple[str | Quantity, ...]:
    """Return the row of one model in the list."""
    best = card.published_results[0] if card.published_results else None
    steps = card.steps if best is None else best.steps
    return (
        card.name,
        Quantity(str(card.depth), card.depth),
        Quantity(f"{card.tokens} {TIMES} {card.width}", card.tokens * card.width),
        Quantity(count(card.parameters, 3), card.parameters),
        Quantity(count(card.macs, 3), card.macs),
        Quantity(count(card.neurons, 3), card.neurons),
        _accuracy(best, star="*"),
        Quantity(ABSENT if steps is None else str(steps), steps),
    )


def _accuracy(result: PublishedResult | None, *, star: str = "") -> Quantity:
    """Return a printed accuracy, the side of the image where it is not the card's, a star.

    The star marks what others than the authors said.
    """
    if result is None or result.accuracy_percent is None:
        return Quantity(ABSENT)
    side = f" at {result.resolution}²" if result.resolution else ""
    mark = star if result.kind is Source.OTHERS else ""
    return Quantity(f"{result.accuracy_percent:.2f}{mark}{side}", result.accuracy_percent)


def card_layers_table(card: Card) -> Table:
    """List the layers of one model.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    Table
        Kind, parameters, operations, what the layer reads, the population behind it.
    """
    dead = card.parameters_released > card.parameters
    columns = (
        Column("layer"),
        Column("kind", expendable=3),
        Column("reads"),
        Column("parameters", numeric=True),
        *([Column("dead", numeric=True, expendable=2)] if dead else []),
        Column("MACs", "per step", numeric=True),
        Column("population", expendable=4),
        Column(f"N {TIMES} D", numeric=True, expendable=1),
    )
    twin = card.coding is Coding.RATES
    rows: list[tuple[str | Quantity, ...]] = []
    for row in card.layers:
        behind = row.population
        if not (row.parameters or row.dead_parameters or row.macs or behind):
            continue  # dead parameters that a twin does not have
        rows.append(
            (
                row.name,
                row.kind,
                _input_words(row, twin=twin),
                Quantity(f"{row.parameters:,}", row.parameters),
                *([Quantity(f"{row.dead_parameters:,}", row.dead_parameters)] if dead else []),
                Quantity(f"{row.macs:,}", row.macs),
                _beside(row.name, behind.name) if behind else "",
                Quantity(f"{behind.tokens} {TIMES} {behind.features}", behind.neurons)
                if behind
                else Quantity(ABSENT),
            )
        )
    return Table("Layers", columns, tuple(rows))


def _beside(layer: str, population: str) -> str:
    """Return the last name of a population in the module of the layer, the whole of any other."""
    module, _, name = population.rpartition(".")
    return name if module == layer.rpartition(".")[0] else population


def _input_words(row: LayerRow, *, twin: bool) -> str:
    """Say what a layer reads: 0 or 1, sums of them, or any number."""
    if not row.parameters and not row.macs:
        return ""
    if not row.spiking_input:
        return "real"
    if twin:
        return "rate"
    return "integer" if row.integer_input else "binary"


def totals_table(card: Card) -> Table:
    """Add up one model in the ways that printed sizes differ by.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    Table
        Parameters used, released, of normalisations, fused and printed; operations by what their
        input is; neurons.
    """
    columns = (Column("total"), Column("number", numeric=True), Column("what it counts"))
    return Table("Totals", columns, tuple(_totals(card)))


def _totals(card: Card) -> Iterator[tuple[str | Quantity, ...]]:
    yield "parameters", _exact(card.parameters), "used by the forward pass"
    if card.parameters_released > card.parameters:
        never = {row.name.rpartition(".")[2] for row in card.layers if row.dead_parameters}
        text = f"with those that never act ({', '.join(sorted(never))})"
        yield "parameters released", _exact(card.parameters_released), text
    if card.norm_parameters:
        yield (
            "parameters of norms",
            _exact(card.norm_parameters),
            "gain and shift of normalisations",
        )
    if fused := _fused(card):
        yield (
            "parameters fused",
            _exact(fused.parameters),
            f"each RepConv as one convolution ({fused.name})",
        )
    if card.published_parameters:
        yield "parameters printed", Quantity(card.published_parameters), "as the paper writes it"
    yield "MACs per step", _exact(card.macs), "multiply-accumulates, batch of one"
    yield from _operations(card)
    if card.populations:
        yield "neurons", _exact(card.neurons), f"in {len(card.populations)} populations"


def _operations(card: Card) -> Iterator[tuple[str | Quantity, ...]]:
    """Yield the operations by what their input is."""
    macs = dict.fromkeys(_READ, 0)
    twin = card.coding is Coding.RATES
    for row in card.layers:
        if row.macs:
            macs[_input_words(row, twin=twin)] += row.macs
    named = {f"MACs on {kind} input": (macs[kind], text) for kind, text in _READ.items()}
    named["MACs of attention"] = (card.attention_macs, "products, counted above too")
    for name, (number, text) in named.items():
        if number:
            yield name, _exact(number), f"{text}: {_share(number, card.macs)} %"


def _share(number: int, whole: int) -> str:
    percent = 100 * number / whole
    return "less than 0.01" if percent < _LEAST_PERCENT else approximate(percent)


_LEAST_PERCENT = 0.01
_READ = {
    "real": "of layers that read real numbers",
    "rate": "of layers that read rates in [0, 1], or their sums",
    "integer": "of layers that read sums of spikes",
    "binary": "of layers that read 0 or 1",
}


def _exact(number: int) -> Quantity:
    return Quantity(f"{number:,}", number)


def _fused(found: Card) -> Card | None:
    """Return the card of the same model with fused convolutions, None if there is none."""
    base, _, dataset = found.name.partition("/")
    name = f"{base}-fused/{dataset}"
    return card(name) if name in names() else None


def published_table(card: Card) -> Table:
    """List what was printed of one model, with sources.

    Parameters
    ----------
    card : Card
        From `spikedim.models.card`.

    Returns
    -------
    Table
        Accuracy, energy, T, and where each was read; no row was measured here.
    """
    columns = (
        Column("accuracy", "%", numeric=True),
        Column("energy", "mJ", numeric=True),
        Column("T", "steps", numeric=True),
        Column("by"),
        Column("where and how"),
    )
    rows = tuple(
        (
            _accuracy(result),
            Quantity(ABSENT if result.energy_mj is None else f"{result.energy_mj:.10g}",
                     result.energy_mj),
            Quantity(ABSENT if result.steps is None else str(result.steps), result.steps),
            result.kind.value,
            _where(card, result),
        )
        for result in card.published_results
    )  # fmt: skip
    return Table("Published, not measured here", columns, rows)


def _where(card: Card, result: PublishedResult) -> str:
    on = "" if result.dataset == card.dataset else f"on {result.dataset}"
    return "; ".join(part for part in (result.source, on, result.note) if part)


def switches_table(family: Family) -> Table:
    """List what `build` takes for a family beside the shape.

    Parameters
    ----------
    family : Family
        From `spikedim.models.family`.

    Returns
    -------
    Table
        Name, default and effect; ``legacy_`` marks known faults of released code.
    """
    rows = tuple((switch.name, switch.default, switch.summary) for switch in family.switches)
    columns = (Column("keyword of build"), Column("default"), Column("what it does"))
    return Table("Switches (legacy_: a known fault of the released code)", columns, rows)
