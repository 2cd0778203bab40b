"""Predict a change on one half of the samples, and verify it on the other."""

from dataclasses import replace

from spikedim._core import Interval
from spikedim.models import Coding
from spikedim.planning.advice._advice import AdvisedChange, RejectedChange
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._context import Context
from spikedim.planning.advice._half import Half
from spikedim.planning.advice._sampled import gain

__all__ = ["judge", "verify_change"]

_LEAST = 0.05  # of a gain worth a line
_NEAR = 0.25  # how far a measured gain may be from its prediction, as a share of that


def judge(
    change: AbstractChange, context: Context
) -> tuple[AdvisedChange | RejectedChange, AbstractCandidate | None]:
    """Return what a change promises on the calibration half, and the changed network."""
    refusal = change.refusal(context)
    if refusal is not None:
        return RejectedChange(change.name, f"{refusal}.", None), None
    candidate = change.candidate(context)
    at = context.steps
    if change.gained is Gained.SPIKES:
        at = context.fewest(candidate) or context.steps
        if at >= context.steps:
            reason = "on the calibration half the goal needs all steps."
            return RejectedChange(change.name, reason, None), None
    value, ends = _gain(change, candidate, context, context.calibration, at)
    against = _objection(change, candidate, context, value, ends)
    if against is not None:
        return RejectedChange(change.name, against, value), None
    fewest = context.fewest(candidate)
    predicted = context.outcome(candidate, context.calibration, at)
    base = context.baseline.sample(context.calibration, context.steps)
    goal = None if fewest is None else context.outcome(candidate, context.calibration, fewest)
    return AdvisedChange(
        name=change.name,
        what=change.what(context),
        how=change.how(context, fewest or at),
        quantity=change.gained.value,
        predicted=predicted,
        measured=None,
        predicted_gain=value,
        measured_gain=None,
        predicted_interval=ends,
        measured_interval=None,
        law_gain=change.law_gain(context),
        goal_predicted=goal,
        goal_measured=None,
        predicted_saving=None if goal is None else 1 - goal.spikes / base.total,
        measured_saving=None,
        reached=None,
        agrees=None,
        notes=change.notes(context),
    ), candidate


def verify_change(
    change: AbstractChange, advised: AdvisedChange, candidate: AbstractCandidate, context: Context
) -> AdvisedChange:
    """Return a change with what it does on the held-out half."""
    half, at = context.held_out, advised.predicted.steps
    value, ends = _gain(change, candidate, context, half, at)
    base = context.baseline.sample(half, context.steps)
    goal, saving, reached = None, None, None
    if advised.goal_predicted is not None:
        fewest = advised.goal_predicted.steps
        goal = context.outcome(candidate, half, fewest)
        saving = 1 - goal.spikes / base.total
        reached = context.reached(candidate.sample(half, fewest), half)
    near = abs(value - advised.predicted_gain) <= _NEAR * abs(advised.predicted_gain)
    return replace(
        advised,
        measured=context.outcome(candidate, half, at),
        measured_gain=value,
        measured_interval=ends,
        goal_measured=goal,
        measured_saving=saving,
        reached=reached,
        agrees=near and (value > 0) is (advised.predicted_gain > 0),
    )


def _gain(
    change: AbstractChange, candidate: AbstractCandidate, context: Context, half: Half, at: int
) -> tuple[float, Interval]:
    """Return the gain of a change at T on a half."""
    base, found = context.baseline.sample(half, context.steps), candidate.sample(half, at)
    if change.gained is Gained.SPIKES:
        return gain(base.totals, found.totals, context.generator(half))
    return gain(base.errors, found.errors, context.generator(half))


def _objection(
    change: AbstractChange,
    candidate: AbstractCandidate,
    context: Context,
    value: float,
    ends: Interval,
) -> str | None:
    """Return why a change that applies is not advised."""
    base = context.baseline.sample(context.calibration, context.steps)
    found = candidate.sample(context.calibration, context.steps)
    band = f"{_signed(value)} [{_signed(ends.low)}, {_signed(ends.high)}]"
    said = f"saves {band} of the {change.gained.value} on the calibration half"
    if value < _LEAST or ends.low <= 0:
        return f"{said}: not worth it."
    if found.accuracy < base.accuracy - context.tolerance and change.gained is not Gained.SPIKES:
        fall = 100 * (base.accuracy - found.accuracy)
        return f"{said}, but accuracy falls by {fall:.1f} points."
    if change.demotion:
        return f"{said}, but {change.demotion}."
    if context.run.model.coding is Coding.SPIKES and change.gained is not Gained.SPIKES:
        # What such a network answers is decided by its training: an error alone says little.
        own, other = (context.fewest(each) for each in (context.baseline, candidate))
        if other is None or (own is not None and other >= own):
            return f"{said}, but the goal takes as many steps as without."
    return None


def _signed(share: float) -> str:
    return f"{100 * share:.0f} %".replace("-", "\N{MINUS SIGN}")
