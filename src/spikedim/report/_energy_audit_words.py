"""What an energy audit found, in sentences."""

from collections.abc import Sequence

from spikedim.energy import (
    EnergyAudit,
    Integers,
    Norms,
    Operation,
    PriceOptions,
    Rules,
    Stem,
    UnknownOperator,
)
from spikedim.planning import Advisory
from spikedim.report._energy_audit_rows import (
    energy_of,
    energy_unit,
    is_published,
    matched_twin,
    priced_operations,
    ratio_of,
    rule_names,
)
from spikedim.report._format import DASH, TIMES, approximate, count, interval, percent, times
from spikedim.report._words import subject_words

__all__ = [
    "band_words",
    "beside_claim",
    "choice_words",
    "energies_claim",
    "energy_audit_advisories",
    "energy_audit_lines",
    "layers_claim",
    "unknown_claim",
    "verdict_claim",
    "verdict_lines",
]

_FEW = 30  # samples below which an interval over them is rough
_MOST_UNKNOWN = 8
_MOST_READINGS = 2
_MOST_LAYERS = 4
_STEM = {Stem.ONCE: "stem once", Stem.EVERY_STEP: "stem in every step"}
_INTEGERS = {
    Integers.ADDITIONS: "a count of n spikes as n additions",
    Integers.MULTIPLICATIONS: "counts of spikes as multiplications",
    Integers.DENSE: "layers that read counts as dense",
}
_NORMS = {Norms.FOLDED: "normalisations folded", Norms.COUNTED: "normalisations counted"}


def choice_words(rules: str, options: PriceOptions) -> tuple[str, ...]:
    """Say how stem, integers and normalisations are booked, and the width of words."""
    if is_published(rules):
        return ("as published, which leaves no choice",)
    return (
        _STEM[options.stem],
        _INTEGERS[options.integers],
        _NORMS[options.norms],
        f"{options.word} words",
    )


def band_words(value: float, low: float, high: float) -> str:
    """Return a value with its band, two digits each."""
    return interval(approximate(value), approximate(low), approximate(high))


def verdict_claim(audit: EnergyAudit) -> str:
    """Say under how many readings the published ratio is reached."""
    verdict = audit.verdict
    readings = len(verdict.holds) + len(verdict.fails)
    claim = f"“{verdict.claim}”"
    if not readings:
        return f"{claim}: there is no twin to hold it against"
    where = {0: "none", readings: "every one"}.get(len(verdict.holds), str(len(verdict.holds)))
    ends, alike = (verdict.worst, verdict.best), (verdict.worst_alike, verdict.best_alike)
    said = f"{claim} holds under {where} of {readings} readings: the ratios go from {_ends(*ends)}"
    if alike[0] is None or alike[1] is None or alike == ends:
        return said
    same = _ends(alike[0], alike[1])
    return f"{said}, with the same arithmetic on both sides from {same}"


def _ends(low: float, high: float) -> str:
    return f"{approximate(low, 3)} to {approximate(high, 3)}{TIMES}"


def verdict_lines(audit: EnergyAudit, *, causes: int | None = None) -> tuple[str, ...]:
    """Say where the published ratio holds and fails, nearest first, and what would change that.

    `causes` is how much of the latter is said.
    """
    verdict = audit.verdict
    lines = []
    for word, readings in (("Holds", verdict.holds), ("Fails", verdict.fails)):
        if readings:
            rest = len(readings) - _MOST_READINGS
            more = f"; and {rest} more" if rest > 0 else ""
            lines.append(f"{word} under {'; '.join(readings[:_MOST_READINGS])}{more}.")
    said = [f"What makes it false: {cause}." for cause in verdict.falsified_by[:causes]]
    if rest := len(verdict.falsified_by) - len(said):
        said.append(f"So do {rest:,} more on the page (--html).")
    return (*lines, *said)


def energies_claim(audit: EnergyAudit, rules: Sequence[str] = ()) -> str:
    """Say how far the rule sets are apart, and under how many the spiking net wins."""
    names = rule_names(audit, rules)
    spent = {name: one.value_mj for name in names if (one := energy_of(audit, name)) is not None}
    if not spent:
        return "No rule set priced this run"
    least, most = min(spent, key=lambda k: spent[k]), max(spent, key=lambda k: spent[k])
    claim = f"{_joule(spent[least])} under {least}"
    if len(spent) > 1:
        apart = f": {times(spent[most] / spent[least])} apart" if spent[least] else ""
        claim = f"From {claim} to {_joule(spent[most])} under {most}{apart}"
    twin = matched_twin(audit)
    found = [ratio_of(audit, name, twin) for name in names]
    ratios = [ratio.value for ratio in found if ratio is not None]
    if not ratios:
        return claim
    won = sum(ratio > 1 for ratio in ratios)
    where = {0: "none", len(ratios): "all"}.get(won, str(won))
    return f"{claim}; against the {subject_words(twin)} spikes win under {where} of {len(ratios)}"


def _joule(value_mj: float) -> str:
    unit = energy_unit([value_mj])
    return f"{approximate(value_mj * unit.per_mj)} {unit.name}"


def layers_claim(audit: EnergyAudit, rules: str) -> str:
    """Say which operation costs most."""
    rows = priced_operations(audit, rules)
    most = max(rows, key=lambda row: row.energy_mj, default=None)
    total = sum(row.energy_mj for row in rows)
    if most is None or not total:
        return f"No operation costs anything under {rules}"
    return (
        f"{_place(most.operation)} costs {percent(most.energy_mj / total)} of the energy under "
        f"{rules}"
    )


def _place(operation: Operation) -> str:
    return f"{operation.layer or 'the model'} ({operation.kind})"


def beside_claim(audit: EnergyAudit, rules: Sequence[str] = ()) -> str:
    """Say what share of the energy is none of products, at most and at least."""
    shares = {}
    for name in rule_names(audit, rules):
        rows = priced_operations(audit, name)
        energy = energy_of(audit, name)
        beside = sum(row.energy_mj for row in rows if row.is_beside)
        if energy is not None and energy.value_mj:
            shares[name] = beside / energy.value_mj
    if not any(shares.values()):
        return "No rule set charges anything but products"
    most = max(shares, key=lambda name: shares[name])
    free = [name for name, share in shares.items() if not share]
    silent = f"; {', '.join(free)} leave{'s'[: len(free) == 1]} it out" if free else ""
    return f"What is no product costs {percent(shares[most])} under {most}{silent}"


def unknown_claim(unknown: Sequence[UnknownOperator]) -> str:
    """Say how many operators are missing from every number."""
    one = len(unknown) == 1
    return (
        f"{len(unknown)} operator{'' if one else 's'} acted on activations and "
        f"{'was' if one else 'were'} not counted: every energy is too low"
    )


def energy_audit_lines(audit: EnergyAudit, rules: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what the numbers rest on, a sentence each; the audit has notes beside them."""
    names = rule_names(audit, rules)
    shown = f"{audit.n_samples:,} sample{'s'[: audit.n_samples != 1]} of {audit.data}"
    lines = [f"{shown}, {audit.split}, at T = {audit.steps:,}; {_firing(audit)}."]
    energy = energy_of(audit, names[0]) if names else None
    if energy is not None:
        lines.append(f"{names[0]}: {'; '.join(choice_words(names[0], energy.options))}.")
        found = energy.sample_interval_mj
        if found is not None:
            unit = energy_unit([energy.value_mj])
            ends = [approximate(end * unit.per_mj, 3) for end in (found.low, found.high)]
            lines.append(
                f"{names[0]}: {100 * found.level:g} % interval over samples "
                f"{ends[0]}{DASH}{ends[1]} {unit.name}; the bands in the tables are those of "
                "constants and choices."
            )
    chip = energy_of(audit, Rules.M4) if Rules.M4 in names else None
    if chip is not None:
        lines.append(f"{chip.rules}: the prices of {chip.options.chip}; --chip chooses another.")
    return tuple(lines)


def _firing(audit: EnergyAudit) -> str:
    if not audit.neurons:
        return "no spiking neurons"
    return (
        f"{audit.neurons:,} neurons fire {count(round(audit.spikes), 3)} spikes an inference, "
        f"{approximate(audit.firing_rate)} per neuron and step"
    )


def energy_audit_advisories(audit: EnergyAudit, rules: Sequence[str] = ()) -> tuple[Advisory, ...]:
    """Return what is wrong or weak with an audit, the missing operators first."""
    found = [
        Advisory(
            f"{one.operator} was not counted: {one.calls:,} call{'s'[: one.calls != 1]} in "
            f"{_layers(one)}.",
            "Every energy is too low by what it costs; --strict makes this an error.",
        )
        for one in audit.unknown[:_MOST_UNKNOWN]
    ]
    if len(audit.unknown) > _MOST_UNKNOWN:
        rest = ", ".join(one.operator for one in audit.unknown[_MOST_UNKNOWN:])
        found.append(Advisory(f"Nor were counted: {rest}.", "The page (--html) says where."))
    priced = {one.rules for one in audit.energies}
    found += [
        Advisory(f"{name} does not price this run.", "It is left out.")
        for name in rules
        if name not in priced
    ]
    if not audit.trained:
        found.append(
            Advisory(
                "The weights are random, and so are the firing rates that the energy follows.",
                "Give the folder of a run of `spikedim train`.",
            )
        )
    if 0 < audit.n_samples < _FEW:
        found.append(
            Advisory(
                f"{audit.n_samples:,} sample{'s were' if audit.n_samples != 1 else ' was'} "
                "counted: an interval over so few is rough.",
                "More of them (--samples) would tell.",
            )
        )
    return tuple(found)


def _layers(unknown: UnknownOperator) -> str:
    """Name the layers of an operator, the first few of many."""
    names = [name or "the model itself" for name in unknown.layers]
    rest = len(names) - _MOST_LAYERS
    more = f" and {rest:,} more" if rest > 0 else ""
    return ", ".join(names[:_MOST_LAYERS]) + more
