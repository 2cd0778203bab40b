"""A sweep in one sentence: how fast the error falls, whether the theorem held, at what price."""

import math

from spikedim.circuits.sweeps._sweep_result import CircuitSweep, SweepPoint

__all__ = ["headline"]

_ESTIMATE = "which is a lower estimate"
_GOAL = 0.05  # relative error that the last part of the sentence asks for


def headline(found: CircuitSweep) -> str:
    """Return the answer in one sentence, with units and intervals."""
    fall, verdict = _fall(found), _verdict(found)
    parts = [verdict, fall] if not found.theorem.name else [fall, verdict]
    return f"{found.subject}: {'; '.join([*parts, _price(found)])}."


def _fall(found: CircuitSweep) -> str:
    """Say how the error changes with what was swept."""
    slope, error = found.slope, f"the RMS {found.quantity}"
    if slope is None:
        return f"no slope of {error} ({found.slope_reason})"
    value, low, high = (f"{round(x, 2) + 0.0:.2f}" for x in (slope.value, slope.low, slope.high))
    if slope.falls is None:
        text = f"the slope of {error} is uncertain: {value} ({low} to {high})"
    elif slope.falls is False:
        text = f"{error} does not fall with {found.axis} (slope {value}, {low} to {high})"
    else:
        text = f"{error} falls as {found.axis}^{value} ({low} to {high})"
    if found.expected_slope is not None:
        text += f", expected {found.expected_slope:g}"
    return text


def _verdict(found: CircuitSweep) -> str:
    """Say whether every certificate holds."""
    name = found.theorem.name
    silent = [point for point in found.failed if point.silent_rows]
    failed = [point for point in found.failed if not point.silent_rows]
    parts = []
    if failed:
        title = f"the certificate of theorem {name}" if name else "the certificate"
        parts.append(f"{title} FAILS at {_places(found, failed)}")
    if silent:
        parts.append(f"rows are SILENT at {_places(found, silent)}")
    if parts:
        return ("" if name else "no theorem; ") + " and ".join(parts)
    if not name:
        return "no theorem"
    if found.holds is None:
        open_at = [point for point in found.points if point.holds is None]
        return f"the certificate of theorem {name} is not checked at {_places(found, open_at)}"
    if found.forgiven:
        return (
            f"theorem {name} holds but for {found.forgiven:,} of "
            f"{sum(point.runs for point in found.points):,} runs, which its failure probability "
            "allows"
        )
    return f"every certificate of theorem {name} holds{_condition(found)}{_vacuous(found)}"


def _condition(found: CircuitSweep) -> str:
    """Say what the bound was computed from, if that is only an estimate."""
    for entry in found.theorem.assumptions:
        if _ESTIMATE in entry.text:
            return f" if {entry.text.partition(':')[0]} (estimated from samples: give its L)"
    return ""


def _vacuous(found: CircuitSweep) -> str:
    """Say from where on the bound says more than that a row is a distribution."""
    empty = [point.at for point in found.points if found.is_vacuous(point)]
    if not empty:
        return ""
    telling = [point.at for point in found.points if point.at > max(empty)]
    if not telling:
        return f", but it says nothing up to {found.axis} = {max(empty):,}"
    return f", and says something from {found.axis} = {min(telling):,} on"


def _places(found: CircuitSweep, points: list[SweepPoint]) -> str:
    """List swept values, at most four of them."""
    shown = ", ".join(f"{point.at:,}" for point in points[:4])
    more = f" and {len(points) - 4} more" if len(points) > 4 else ""
    return f"{found.axis} = {shown}{more}"


def _price(found: CircuitSweep) -> str:
    """Say the error and the spikes at the first point that is good enough, else at the last."""
    good = [p for p in found.points if p.relative_error is not None and p.relative_error <= _GOAL]
    point = good[0] if good else found.points[-1]
    place = f"{found.axis} = {point.at:,}"
    steps = f" ({point.steps:,} steps)" if found.axis == "T" and point.steps != point.at else ""
    size = "no measured error" if point.rms_error is None else _error(point)
    goal = ""
    if good:
        goal = f", the first within {100 * _GOAL:g} %,"
    elif any(p.relative_error is not None for p in found.points):
        goal = f" ({100 * _GOAL:g} % is not reached)"
    return f"{size} at {place}{steps}{goal} with {_spikes(found, point)}"


def _spikes(found: CircuitSweep, point: SweepPoint) -> str:
    """Say how many spikes what costs; rows are read out by some of all populations."""
    if point.row_spikes is not None:
        row = _number(point.row_spikes, whole=True)
        everywhere = _number(point.spikes, whole=True)
        return f"{row} read-out spikes per row ({everywhere} in all populations)"
    each = f" per {found.copy}" if found.copy else ""
    return f"{_number(point.spikes / found.copies, whole=True)} spikes{each}"


def _error(point: SweepPoint) -> str:
    """Return an error with its interval, and its share of the exact value."""
    value = point.rms_error or 0.0
    text = _number(value)
    if point.rms_low is not None and point.rms_high is not None:
        low, high = _number(point.rms_low), _number(point.rms_high)
        text += "" if low == high else f" ({low} to {high})"
    if point.relative_error is not None:
        text += f", {_number(100 * point.relative_error)} % of the exact value,"
    return text


def _number(value: float, *, whole: bool = False) -> str:
    """Return `value` with two digits; a count is whole from 10 on."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if whole and exponent >= 1:
        return f"{value:,.0f}"
    if not -4 <= exponent < 7:
        return f"{value:.1e}"
    return f"{round(value, 1 - exponent):,.{max(0, 1 - exponent)}f}"
