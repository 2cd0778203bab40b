"""The tables of an energy audit: rule sets, twins, break-evens, choices, constants, origins."""

from collections.abc import Iterator, Sequence

from spikedim.energy import AuditedEnergy, Constant, EnergyAudit, EnergyRatio, Word, constants
from spikedim.report._energy_audit_rows import (
    EnergyUnit,
    energy_of,
    energy_unit,
    expected_of,
    is_published,
    matched_twin,
    ratio_of,
    rule_names,
    runs_in_steps,
    subjects,
)
from spikedim.report._energy_audit_words import band_words
from spikedim.report._format import ABSENT, TIMES, approximate, interval
from spikedim.report._origin_table import origin_table
from spikedim.report._table import Column, Quantity, Table
from spikedim.report._words import subject_words

__all__ = [
    "break_even_table",
    "choices_table",
    "constants_table",
    "energy_audit_origins_table",
    "energy_audit_table",
    "energy_ratios_table",
    "expected_table",
    "unknown_table",
    "verdict_table",
]

_EXPENDABLE = {"ann_fp32_zero_skipping": 5, "ann_fp16": 4, "ann_int8": 3}
Row = tuple[str | Quantity, ...]

_MOST_READINGS = 24
_NO_LIMIT = 1_000_000  # steps


def _unit(audit: EnergyAudit, names: Sequence[str]) -> EnergyUnit:
    found = [one for name in names if (one := energy_of(audit, name)) is not None]
    return energy_unit(one.value_mj for one in found)


def energy_audit_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return the energies under every rule set.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show, by default all of the audit.

    Returns
    -------
    Table
        One row for each rule set: the spiking net with the band of constants and choices, what
        was expected of it before training, its twins.
    """
    names = rule_names(audit, rules)
    unit, twins = _unit(audit, names), subjects(audit)[1:]
    columns = (
        Column("rule set"),
        Column("spiking net", unit.name, numeric=True, interval=True),
        *([Column("expected", unit.name, numeric=True, expendable=2)] if audit.expected else []),
        *(
            Column(_twin(twin), unit.name, numeric=True,
                   expendable=_EXPENDABLE.get(twin, 0))
            for twin in twins
        ),
    )  # fmt: skip
    rows: tuple[Row, ...] = tuple(
        (
            name,
            _banded(energy_of(audit, name), unit),
            *([_plain(expected_of(audit, name), unit)] if audit.expected else []),
            *(_plain(energy_of(audit, name, twin), unit) for twin in twins),
        )
        for name in names
    )
    title = "Energy of one inference: spiking net in fp32, and twins"
    return Table(title, columns, rows, emphasised=0 if rows else None)


def _twin(subject: str) -> str:
    """Return the name of a twin as the header of its column."""
    return subject_words(subject).removesuffix(" twin")


def _banded(energy: AuditedEnergy | None, unit: EnergyUnit) -> Quantity:
    if energy is None:
        return Quantity(ABSENT)
    value, low, high = (
        one * unit.per_mj for one in (energy.value_mj, energy.low_mj, energy.high_mj)
    )
    return Quantity(band_words(value, low, high), value, low, high)


def _plain(energy: AuditedEnergy | None, unit: EnergyUnit) -> Quantity:
    if energy is None:
        return Quantity(ABSENT)
    value = energy.value_mj * unit.per_mj
    return Quantity(approximate(value), value)


def energy_ratios_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return how many times as much as the spiking net every twin costs.

    Parameters
    ----------
    audit : EnergyAudit
        From `spikedim.energy.audit_energy`.
    rules : sequence of str
        Rule sets to show, by default all of the audit.

    Returns
    -------
    Table
        One row for each rule set: ratio with its band for each twin, spikes in its arithmetic, and
        the largest firing rate and T at which the spiking net costs less than the bit-matched one.
    """
    twins = [twin for twin in subjects(audit)[1:] if any(r.twin == twin for r in audit.ratios)]
    matched = matched_twin(audit)
    columns = (
        Column("rule set"),
        *(
            Column(_twin(twin), numeric=True, interval=True,
                   expendable=_EXPENDABLE.get(twin, 0))
            for twin in twins
        ),
        Column("rate", numeric=True),
        Column("T", numeric=True),
    )  # fmt: skip
    rows: tuple[Row, ...] = tuple(
        (
            name,
            *(_ratio(ratio_of(audit, name, twin)) for twin in twins),
            *_break_even(audit, ratio_of(audit, name, matched)),
        )
        for name in rule_names(audit, rules)
    )
    return Table(
        f"Energy of a twin over that of the spiking net in the same arithmetic; the largest rate "
        f"and T at which spikes cost less than the {subject_words(matched)}, whose bits follow T",
        columns,
        rows if twins else (),
    )


def _ratio(ratio: EnergyRatio | None) -> Quantity:
    if ratio is None:
        return Quantity(ABSENT)
    return Quantity(
        band_words(ratio.value, ratio.low, ratio.high), ratio.value, ratio.low, ratio.high
    )


def _break_even(audit: EnergyAudit, ratio: EnergyRatio | None) -> tuple[Quantity, Quantity]:
    """Return the largest firing rate and T at which the spiking net costs less."""
    if ratio is None:
        return Quantity(ABSENT), Quantity(ABSENT)
    steps = ratio.break_even_steps
    largest = Quantity(_steps_words(steps), steps) if runs_in_steps(audit) else Quantity(ABSENT)
    rate = Quantity(_rate_words(audit, ratio, banded=False), ratio.break_even.rate)
    return rate, largest


def _steps_words(steps: int | None) -> str:
    """Return the largest T at which spikes cost less."""
    if steps is None:
        return "none"
    return "any" if steps >= _NO_LIMIT else f"{steps:,}"


def _rate_words(audit: EnergyAudit, ratio: EnergyRatio, *, banded: bool) -> str:
    """Return a break-even rate, or which side always wins."""
    even = ratio.break_even
    if even.rate is None and not audit.firing_rate:
        return ABSENT  # of a silent network no other rate follows
    if even.rate is None:
        return "any" if ratio.value > 1 else "none"
    if not banded or even.low is None or even.high is None:
        return approximate(even.rate)
    return band_words(even.rate, even.low, even.high)


def break_even_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return every ratio with its break-evens: one row for each rule set and twin."""
    columns = (
        Column("rule set"),
        Column("twin"),
        Column("spikes in"),
        Column("ratio", TIMES, numeric=True, interval=True),
        Column("largest rate", numeric=True, interval=True),
        Column("largest T", numeric=True),
    )
    names = rule_names(audit, rules)
    rows = tuple(
        (
            ratio.rules,
            subject_words(ratio.twin),
            ratio.word,
            _ratio(ratio),
            Quantity(
                _rate_words(audit, ratio, banded=True), ratio.break_even.rate,
                ratio.break_even.low, ratio.break_even.high,
            ),
            _break_even(audit, ratio)[1],
        )
        for ratio in audit.ratios
        if ratio.rules in names
    )  # fmt: skip
    return Table("Largest firing rate and T at which spikes cost less", columns, rows)


def expected_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return what was expected before training beside what was counted."""
    names = [name for name in rule_names(audit, rules) if expected_of(audit, name) is not None]
    unit = _unit(audit, names)
    columns = (
        Column("rule set"),
        Column("expected", unit.name, numeric=True, interval=True),
        Column("counted", unit.name, numeric=True, interval=True),
        Column("expected / counted", numeric=True),
    )
    rows: tuple[Row, ...] = tuple(
        (
            name,
            _banded(expected_of(audit, name), unit),
            _banded(energy_of(audit, name), unit),
            _quotient(expected_of(audit, name), energy_of(audit, name)),
        )
        for name in names
    )
    title = f"Expected of the card at the counted firing rate, T = {audit.steps:,}"
    return Table(title, columns, rows)


def _quotient(over: AuditedEnergy | None, under: AuditedEnergy | None) -> Quantity:
    if over is None or under is None or not under.value_mj:
        return Quantity(ABSENT)
    value = over.value_mj / under.value_mj
    return Quantity(approximate(value), value)


def verdict_table(audit: EnergyAudit) -> Table:
    """Return under which readings the published ratio holds, and under which not."""
    rows = (
        *(("holds", reading) for reading in audit.verdict.holds),
        *(("fails", reading) for reading in audit.verdict.fails),
    )
    title = f"A ratio of at least {audit.verdict.low:g}"
    if len(rows) > _MOST_READINGS:
        title += f": the largest {_MOST_READINGS} of {len(rows):,} readings (the file has all)"
    columns = (Column("verdict"), Column("under"))
    return Table(title, columns, rows[:_MOST_READINGS])


def unknown_table(audit: EnergyAudit) -> Table:
    """Return the operators that were not counted, and where they acted."""
    columns = (Column("operator"), Column("calls", numeric=True), Column("layers"))
    rows = tuple(
        (
            one.operator,
            Quantity(f"{one.calls:,}", one.calls),
            ", ".join(name or "the model itself" for name in one.layers),
        )
        for one in audit.unknown
    )
    return Table("Not counted", columns, rows)


def choices_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return what each rule set chose and leaves out, and the spiking net in other words."""
    names = rule_names(audit, rules)
    unit = _unit(audit, names)
    own = [one for one in audit.energies if one.subject == "snn"]
    words = [word for word in Word if any(one.options.word is word for one in own)][1:]
    columns = (
        Column("rule set"),
        Column("stem"),
        Column("integers"),
        Column("norms"),
        Column("words"),
        *(Column(f"in {word}", unit.name, numeric=True) for word in words),
        Column("what it leaves out, and what other choices would give"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            one.rules,
            *_chosen(one),
            *(_plain(_in_words(own, name, word), unit) for word in words),
            "; ".join(one.notes),
        )
        for name in names
        if (one := energy_of(audit, name)) is not None
    )
    return Table("Choices", columns, rows)


def _chosen(energy: AuditedEnergy) -> tuple[str, ...]:
    """Return what was chosen; a published form leaves no choice."""
    if is_published(energy.rules):
        return ("as published",) * 4
    chosen = energy.options
    stem = chosen.stem.value.replace("_", " ")
    return stem, chosen.integers.value, chosen.norms.value, chosen.word.value


def _in_words(found: Sequence[AuditedEnergy], rules: str, word: Word) -> AuditedEnergy | None:
    return next((one for one in found if (one.rules, one.options.word) == (rules, word)), None)


def constants_table(audit: EnergyAudit, rules: Sequence[str] = ()) -> Table:
    """Return the constants that were charged, with source and confidence."""
    names = rule_names(audit, rules)
    charged = dict.fromkeys(
        name for one in audit.energies if one.rules in names for name in one.constants
    )
    known = {constant.name: constant for constant in constants()}
    columns = (
        Column("constant"),
        Column("value", numeric=True, interval=True),
        Column("unit"),
        Column("confidence, source, scope"),
    )
    rows = tuple(tuple(_constant(name, known.get(name))) for name in charged)
    return Table("Constants", columns, rows)


def _constant(name: str, found: Constant | None) -> Iterator[str | Quantity]:
    yield name
    if found is None:
        yield from (Quantity(ABSENT), "", "not listed")
        return
    width = "" if found.word_bits is None else f"{found.word_bits}-bit words, "
    node = "" if found.node_nm is None else f"{found.node_nm} nm, "
    ends = [f"{end:g}" for end in (found.low, found.high)]
    text = interval(f"{found.value:g}", *ends)
    yield Quantity(text, found.value, found.low, found.high)
    yield found.unit
    said = f"{found.confidence}: {width}{node}{found.source}: {found.scope}"
    yield said.replace("/", "/\N{ZERO WIDTH SPACE}")  # where a path may break


def energy_audit_origins_table(audit: EnergyAudit) -> Table:
    """Return model, parameters, data, seed, versions and fingerprints, one row per fact."""
    facts = {
        "model": f"{audit.model}, {'trained' if audit.trained else 'random weights'}",
        "T": f"{audit.steps:,}",
        "parameters": f"{audit.parameters:,}",
        "parameters, folded": f"{audit.fused_parameters:,}",
        "counted": "with folded parameters" if audit.fused else "as built, nothing folded",
        "weights": audit.weights_fingerprint,
        "data": f"{audit.data}, {audit.split}, {audit.n_samples:,} samples",
        "data fingerprint": audit.data_fingerprint,
    }
    return origin_table(facts, audit.provenance)
