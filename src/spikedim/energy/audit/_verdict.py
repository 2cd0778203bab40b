"""What becomes of the ratio of the literature, over all rule sets, twins and choices."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, final

from spikedim.energy.audit._contest import (
    MOST_STEPS,
    Contest,
    integer_choices,
    stem_choices,
)
from spikedim.energy.audit._energy_audit import EnergyVerdict
from spikedim.energy.audit._scaled_counts import runs_in_steps
from spikedim.energy.audit._words import spikes_words, twin_words
from spikedim.energy.pricing import Integers, Rules, Stem, Word

__all__ = ["CLAIM", "CLAIMED_HIGH", "CLAIMED_LOW", "distances", "judge"]

CLAIM = "38 to 57 times less energy than the same network without spikes (arXiv 2604.15769)"
CLAIMED_LOW, CLAIMED_HIGH = 38.0, 57.0

_TELLING = 1.05
_MIXED = "which compares arithmetic too"

_STEMS = {Stem.ONCE: "stem once", Stem.EVERY_STEP: "stem every step"}
_INTEGERS = {
    Integers.ADDITIONS: "sums of spikes as additions",
    Integers.MULTIPLICATIONS: "sums of spikes as multiplications",
    Integers.DENSE: "layers that read sums of spikes as dense",
}


@final
class _Entry(NamedTuple):
    """One ratio, and every choice that led to it."""

    ratio: float
    contest: Contest
    stem: Stem
    integers: Integers

    @property
    def choices(self) -> dict[str, str]:
        """Every choice in words, by what is chosen."""
        return {
            "rules": str(self.contest.rules),
            "word": spikes_words(self.contest.model.word),
            "twin": f"against {_twin(self.contest)}",
            "stem": _STEMS[self.stem],
            "integers": _INTEGERS[self.integers],
        }


def judge(contests: Sequence[Contest]) -> EnergyVerdict:
    """Compare the claimed ratio with that of every contest under every choice.

    Parameters
    ----------
    contests : sequence of Contest
        Those to which their rule set applies; at least one.
    """
    entries = [entry for contest in contests for entry in _entries(contest)]
    named = sorted(
        (pair for contest in contests for pair in _named(contest, entries)), reverse=True
    )
    ratios = [entry.ratio for entry in entries]
    alike = [entry.ratio for entry in entries if not entry.contest.mixes]
    return EnergyVerdict(
        claim=CLAIM,
        low=CLAIMED_LOW,
        high=CLAIMED_HIGH,
        holds=tuple(f"{words}: {ratio:.3g}" for ratio, words in named if ratio >= CLAIMED_LOW),
        fails=tuple(f"{words}: {ratio:.3g}" for ratio, words in named if ratio < CLAIMED_LOW),
        best=max(ratios),
        worst=min(ratios),
        best_alike=max(alike, default=None),
        worst_alike=min(alike, default=None),
        falsified_by=tuple(_falsified_by(contests, entries)),
    )


def _entries(contest: Contest) -> Iterator[_Entry]:
    """Yield the ratio of a contest under every choice that its model leaves open."""
    counts = contest.model.counts
    for stem in stem_choices(counts):
        for integers in integer_choices(counts):
            yield _Entry(contest.ratio(stem, integers), contest, stem, integers)


def _named(contest: Contest, entries: Sequence[_Entry]) -> Iterator[tuple[float, str]]:
    """Yield the different ratios of a contest with the choices that make a difference."""
    own = [entry for entry in entries if entry.contest is contest]
    free = [name for name in ("stem", "integers") if _matters(name, own)]
    seen: dict[tuple[str, ...], float] = {}
    for entry in own:
        key = tuple(entry.choices[name] for name in ("rules", "word", "twin", *free))
        seen.setdefault(key, entry.ratio)  # of a choice that hardly matters the usual one
    for (rules, word, twin, *rest), ratio in seen.items():
        mixed = [_MIXED] if contest.mixes else []
        yield ratio, ", ".join([f"{rules}: {word} {twin}", *mixed, *rest])


def _matters(name: str, entries: Sequence[_Entry]) -> bool:
    """Whether a choice changes some ratio by 5 % or more, all others being equal."""

    def others(entry: _Entry) -> tuple[str, ...]:
        return tuple(words for key, words in entry.choices.items() if key != name)

    groups = groupby(sorted(entries, key=others), key=others)
    spreads = ([entry.ratio for entry in group] for _, group in groups)
    return any(max(found) > min(found) * _TELLING for found in spreads)


def _falsified_by(contests: Sequence[Contest], entries: Sequence[_Entry]) -> Iterator[str]:
    """Say what takes the claim away where it holds: firing rate, T, single choices."""
    start = _start(entries)
    told = [contest for contest in contests if _usual(contest) or contest is start.contest]
    for contest in told:
        if contest.ratio() >= CLAIMED_LOW:
            yield from _limits(contest)
    if start.ratio >= CLAIMED_LOW:
        yield from _departures(start, entries)


def _start(entries: Sequence[_Entry]) -> _Entry:
    """Return the comparison that papers make if the claim holds there, else the largest ratio."""
    papers = [e for e in entries if _usual(e.contest) and e.contest.rules is Rules.M0]
    best = max(papers or entries, key=lambda entry: entry.ratio)
    if best.ratio < CLAIMED_LOW:
        best = max(entries, key=lambda entry: entry.ratio)
    return best


def _usual(contest: Contest) -> bool:
    return contest.twin.subject == "ann_fp32" and contest.model.word is Word.FP32


def _limits(contest: Contest) -> Iterator[str]:
    """Say at which firing rate and T a ratio falls below the claimed ones."""
    counts = contest.model.counts
    where = f"under {contest.rules}, {spikes_words(contest.model.word)} against {_twin(contest)}"
    rate, never = contest.critical_rate(CLAIMED_LOW)
    if not never:
        yield f"a firing rate above {rate:.2%} {where} (here {counts.firing_rate:.2%})"
    steps = contest.critical_steps(CLAIMED_LOW)
    if steps is not None and steps < MOST_STEPS:
        yield f"T above {steps:,} {where} (here {counts.steps})"


def _departures(start: _Entry, entries: Sequence[_Entry]) -> Iterator[str]:
    """Say which single choice takes the claim away."""
    before = start.choices
    told = set()
    for entry in sorted(entries, key=lambda entry: entry.ratio):
        after = entry.choices
        changed = [name for name in after if after[name] != before[name]]
        if len(changed) != 1 or entry.ratio >= CLAIMED_LOW:
            continue
        old, new = before[changed[0]], after[changed[0]]
        if new not in told:
            told.add(new)
            yield f"{new} instead of {old} ({entry.ratio:.3g} times, not {start.ratio:.3g})"


def distances(contests: Sequence[Contest]) -> Iterator[str]:
    """Say what the claim would take under each rule set where it does not hold."""
    for contest in contests:
        here, counts = contest.ratio(), contest.model.counts
        if not _usual(contest) or here >= CLAIMED_LOW:
            continue
        yield (
            f"Under {contest.rules} the fp32 network takes {here:.3g} times as much at a firing "
            f"rate of {counts.firing_rate:.2%} and T = {counts.steps}; {_needs(contest)}."
        )


def _needs(contest: Contest) -> str:
    """Say which firing rate or which T alone would give the claimed ratio."""
    rate, never = contest.critical_rate(CLAIMED_LOW)
    steps = contest.critical_steps(CLAIMED_LOW)
    ways = [] if never else [f"a firing rate below {rate:.2%}"]
    ways += [] if steps is None else [f"at most T = {steps}"]
    if not ways:
        alone = " and no T alone give" if runs_in_steps(contest.model.counts) else " gives"
        return f"no firing rate{alone} {CLAIMED_LOW:g} times"
    return f"{CLAIMED_LOW:g} times need {' or '.join(ways)}"


def _twin(contest: Contest) -> str:
    """Name a twin, with its rule set if that is another one."""
    words = twin_words(contest.twin)
    return f"{words} under {contest.beside}" if contest.beside is not contest.rules else words
