"""Energies and ratios of an audit, row by row."""

from collections.abc import Iterator, Sequence

from spikedim._core import AbstractProgress
from spikedim.energy.audit._contest import Contest, applies
from spikedim.energy.audit._energy_audit import AuditedEnergy, EnergyRatio
from spikedim.energy.audit._side import Side
from spikedim.energy.pricing import Chip, Rules, Word, price, rule_set

__all__ = ["audited_energies", "contests", "energy_ratio", "refusals"]


def audited_energies(
    sides: Sequence[Side], progress: AbstractProgress, *, chip: Chip
) -> tuple[AuditedEnergy, ...]:
    """Return every side under every rule set that applies to it, M4 for one chip."""
    found: list[AuditedEnergy] = []
    for rules in progress.track(Rules, "price operations", float(len(Rules))):
        found.extend(_under(rules, sides, chip))
    return tuple(found)


def _under(rules: Rules, sides: Sequence[Side], chip: Chip) -> Iterator[AuditedEnergy]:
    """Yield the energies under one rule set, those of an arithmetic only if it knows it."""
    for side in sides:
        if not applies(rules, side):
            continue
        options = side.options()
        priced = price(
            side.counts,
            rules=rules,
            stem=options.stem,
            integers=options.integers,
            word=options.word,
            activation_bits=options.activation_bits,
            chip=chip,
        )
        yield AuditedEnergy(
            subject=side.subject,
            rules=priced.rules,
            options=priced.options,
            source=priced.source,
            value_mj=priced.value_mj,
            low_mj=priced.low_mj,
            high_mj=priced.high_mj,
            sample_interval_mj=priced.sample_interval_mj,
            breakdown_mj=priced.breakdown_mj,
            lines=priced.lines if priced.source == "counted" else (),
            constants=priced.constants,
            notes=priced.notes,
        )


def refusals(side: Side) -> Iterator[str]:
    """Say which rule sets do not apply to a network, and why."""
    for rules in Rules:
        reason = rule_set(rules).refusal(side.counts, side.options())
        if reason:
            yield f"{rules} does not apply: {reason}."


def contests(models: Sequence[Side], twins: Sequence[Side]) -> tuple[Contest, ...]:
    """Return every pair under every rule set that applies to both.

    The model in fp32 meets every twin, in another arithmetic the twins of the same one; in int8
    also the fp32 network, which is a comparison of arithmetic more than of spikes.
    """
    found = [
        Contest(rules, model, twin)
        for rules in Rules
        for model in models
        for twin in twins
        if _meets(model, twin)
    ]
    return tuple(contest for contest in found if contest.applies)


def _meets(model: Side, twin: Side) -> bool:
    if model.word is Word.FP32:
        return twin.bits is None or twin.word is Word.FP32
    return twin.word is model.word or (model.word is Word.INT8 and twin.subject == "ann_fp32")


def energy_ratio(contest: Contest) -> EnergyRatio:
    """Return the ratio of a contest with its band and its limits."""
    value, (low, high) = contest.ratio(), contest.band()
    return EnergyRatio(
        twin=contest.twin.subject,
        rules=str(contest.rules),
        value=value,
        low=min(low, value),
        high=max(high, value),
        break_even=contest.break_even(),
        break_even_steps=contest.critical_steps(1.0),
        word=str(contest.model.word),
    )
