"""What the tables, charts and sentences of an energy audit pick out of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, final

from spikedim.energy import (
    CLOSED_FORM_RULES,
    PRODUCTS,
    AuditedEnergy,
    EnergyAudit,
    EnergyRatio,
    Operation,
    OperationKind,
    Place,
    PricedLine,
    Rules,
    Word,
)

__all__ = [
    "EnergyUnit",
    "PricedOperation",
    "energy_of",
    "energy_unit",
    "expected_of",
    "is_published",
    "layer_energies",
    "matched_twin",
    "priced_operations",
    "ratio_of",
    "rule_names",
    "runs_in_steps",
    "subjects",
    "without_lines",
]

_FIRST = ("snn", "ann_fp32", "ann_fp16", "ann_int8")
_MATCHED = "qann_"
_LEAST = 0.1
_PUBLISHED = frozenset(Rules) - {*CLOSED_FORM_RULES, Rules.M2, Rules.M4}
_UNITS = (("mJ", 1.0), ("µJ", 1e3), ("nJ", 1e6), ("pJ", 1e9))


@final
class EnergyUnit(NamedTuple):
    """A unit and how many of it a millijoule is."""

    name: str
    per_mj: float


def energy_unit(energies_mj: Iterable[float]) -> EnergyUnit:
    """Return the largest unit in which the middle one of some energies is at least 0.1.

    Of an even number of them the lower one of the two in the middle.

    Examples
    --------
    >>> energy_unit([0.0, 3e-4, 0.5, 2e-3]).name, energy_unit([0.63]).name
    ('µJ', 'mJ')
    """
    known = sorted(value for value in energies_mj if value > 0)
    middle = known[(len(known) - 1) // 2] if known else 1.0
    units = [EnergyUnit(*unit) for unit in _UNITS]
    return next((unit for unit in units if middle * unit.per_mj >= _LEAST), units[-1])


def rule_names(audit: EnergyAudit, rules: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the rule sets of an audit in its order: those in `rules`, all if it has none."""
    found = dict.fromkeys(one.rules for one in audit.energies if one.subject == "snn")
    return tuple(name for name in found if name in rules) or tuple(found)


def subjects(audit: EnergyAudit) -> tuple[str, ...]:
    """Return the spiking network and its twins in the order of the columns."""
    found = dict.fromkeys(one.subject for one in audit.energies)
    matched = [name for name in found if name.startswith(_MATCHED)]
    first = [*(name for name in _FIRST if name in found), *matched]
    return (*first, *(name for name in found if name not in first))


def matched_twin(audit: EnergyAudit) -> str:
    """Return the twin with as many levels as T steps have, else the first, else ''."""
    twins = [name for name in subjects(audit) if name != "snn"]
    return next((name for name in twins if name.startswith(_MATCHED)), "".join(twins[:1]))


def energy_of(audit: EnergyAudit, rules: str, subject: str = "snn") -> AuditedEnergy | None:
    """Return the first energy of a subject under a rule set, the usual choices."""
    return next(
        (one for one in audit.energies if (one.rules, one.subject) == (rules, subject)), None
    )


def expected_of(audit: EnergyAudit, rules: str) -> AuditedEnergy | None:
    """Return what was expected of the model before training."""
    return next((one for one in audit.expected if one.rules == rules), None)


def ratio_of(
    audit: EnergyAudit, rules: str, twin: str, *, word: str | None = None
) -> EnergyRatio | None:
    """Return the ratio of a twin to the spiking network in a word, by default that of the twin.

    Where there is none the one in fp32: some rule sets price spikes alike in every word.
    """
    found = {one.word: one for one in audit.ratios if (one.rules, one.twin) == (rules, twin)}
    if word is None:
        word = next((str(one) for one in Word if twin == f"ann_{one}"), str(Word.FP32))
    return found.get(word, found.get(str(Word.FP32), next(iter(found.values()), None)))


def is_published(rules: str) -> bool:
    """Tell whether a rule set is a published form, which leaves no choice."""
    return rules in _PUBLISHED


def runs_in_steps(audit: EnergyAudit) -> bool:
    """Tell whether layers act step by step, not once on counts of spikes as rate codes do."""
    kind = OperationKind.NEURON
    steps = max((one.passes for one in audit.operations if one.kind is kind), default=1)
    own = [one for one in audit.operations if one.accumulates and one.place is Place.INSIDE]
    return steps == 1 or any(one.passes == steps for one in own)


@final
class PricedOperation(NamedTuple):
    """An operation, what it costs under one rule set, and how that was booked."""

    operation: Operation
    energy_mj: float
    booked_as: str
    part: str = ""

    @property
    def is_beside(self) -> bool:
        """Whether it costs as what is no product: an attention may be booked on its neurons."""
        return self.operation.kind not in PRODUCTS and self.part != OperationKind.ATTENTION


def priced_operations(audit: EnergyAudit, rules: str) -> list[PricedOperation]:
    """Return every operation of the model with its energy under one rule set."""
    energy = energy_of(audit, rules)
    lines = () if energy is None else energy.lines
    if len(lines) == len(audit.operations):
        return [
            PricedOperation(operation, line.energy_mj, line.booked_as, line.part)
            for operation, line in zip(audit.operations, lines, strict=True)
        ]
    return [PricedOperation(one, *_spent(one, lines)) for one in audit.operations]


def _spent(operation: Operation, lines: Sequence[PricedLine]) -> tuple[float, str, str]:
    """Sum the lines of a layer of one kind, where there is not one for each operation."""
    own = [one for one in lines if (one.layer, one.kind) == (operation.layer, operation.kind)]
    booked = "; ".join(dict.fromkeys(one.booked_as for one in own))
    return sum((one.energy_mj for one in own), 0.0), booked, own[0].part if own else ""


def layer_energies(
    audit: EnergyAudit, rules: str, twin: str
) -> list[tuple[str, float | int, float | int]]:
    """Return (layer, mJ of the spiking network, mJ of the twin) of the layers that cost any."""
    spent: dict[str, list[float]] = {}
    for place, subject in enumerate(("snn", twin)):
        energy = energy_of(audit, rules, subject)
        for line in () if energy is None else energy.lines:
            spent.setdefault(line.layer or "(model)", [0.0, 0.0])[place] += line.energy_mj
    return [(name, ours, theirs) for name, (ours, theirs) in spent.items() if ours or theirs]


def without_lines(audit: EnergyAudit, rules: str) -> EnergyAudit:
    """Return the audit with only those energies of single operations that a page shows.

    All of them are nine tenths of the bytes of a deep model.
    """
    shown = (energy_of(audit, rules), energy_of(audit, rules, matched_twin(audit)))
    energies = tuple(one if one in shown else replace(one, lines=()) for one in audit.energies)
    return replace(audit, energies=energies)
