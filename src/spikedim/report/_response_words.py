"""What the response of a network says, in sentences."""

from spikedim.bounds import EpsilonKind
from spikedim.planning import Advisory, ResponseAnswers
from spikedim.report._format import approximate, count, interval, percent, share
from spikedim.response import CurveVariant

__all__ = [
    "accuracy_loss_claim",
    "error_claim",
    "error_text",
    "response_advisories",
    "response_lines",
    "shares_claim",
    "steps_text",
]

_VARIANTS = {
    CurveVariant.TWO_POINT: "K / (T + a(T)), a from simulated passes at T = {}",
    CurveVariant.FREE: "K / (T + K / S), nothing simulated",
    CurveVariant.GRADIENT_FREE: "a line through simulated passes at T = {}, without derivatives",
    CurveVariant.ASYMPTOTIC: "K / T^p, first order only",
    CurveVariant.SIMULATED: "simulated passes at T = {}",
}
_MOST_AWAY = 0.1  # of the error: a measured point further from the curve is named
_Z = 1.96


def error_text(found: ResponseAnswers, squared_error: float) -> str:
    """Return a squared error as one in the kind that was asked for."""
    value = found.error_of(squared_error)
    return percent(value) if found.epsilon.kind is EpsilonKind.RELATIVE else approximate(value)


def steps_text(steps: int, low: int | None, high: int | None) -> str:
    """Return ``17 (14-21)``."""
    return interval(
        count(steps),
        None if low is None else count(low),
        None if high is None else count(high),
    )


def _asked(found: ResponseAnswers) -> str:
    """Say the error that was asked for."""
    value = found.epsilon.value
    if found.epsilon.kind is EpsilonKind.RELATIVE:
        return f"a relative error of {percent(value)}"
    kind = "an RMS error" if found.epsilon.kind is EpsilonKind.RMS else "a Frobenius error"
    return f"{kind} of {approximate(value)}"


def error_claim(found: ResponseAnswers) -> str:
    """Say which T meets the error."""
    steps = steps_text(found.steps_for_error, found.steps_for_error_low, found.steps_for_error_high)
    asked = _asked(found)
    return f"{asked[0].upper()}{asked[1:]} of the outputs takes T = {steps}"


def accuracy_loss_claim(found: ResponseAnswers) -> str:
    """Say which T keeps the accuracy."""
    curve = found.curve
    if found.steps_for_accuracy is None or curve.reference_accuracy is None:
        return "Accuracy is not predicted"
    steps = steps_text(
        found.steps_for_accuracy, found.steps_for_accuracy_low, found.steps_for_accuracy_high
    )
    return (
        f"T = {steps} stays within {100 * found.tolerance:g} points of "
        f"{share(curve.reference_accuracy)} % {_kind(found)}"
    )


def _kind(found: ResponseAnswers) -> str:
    """Say what an accuracy is a share of."""
    return "right" if found.curve.accuracy_target == "labels" else "agreement with exact rates"


def shares_claim(found: ResponseAnswers) -> str:
    """Say where the error comes from."""
    rows = sorted(found.trace.populations, key=lambda row: row.share, reverse=True)
    if len(rows) == 1:
        return f"All of K comes from {rows[0].name}"
    total, several = 0.0, []
    for row in rows:
        several.append(row.name)
        total += row.share
        if total >= 0.5:
            break
    if len(several) == 1:
        return f"{percent(rows[0].share)} of K comes from {several[0]}"
    return f"{len(several)} of {len(rows)} populations make {percent(total)} of K"


def response_lines(found: ResponseAnswers) -> tuple[str, ...]:
    """Return K, L and what the numbers rest on, then what each T loses."""
    trace, curve = found.trace, found.curve
    power = "T" if trace.exponent == 1 else f"T^{trace.exponent}"
    k = interval(*(approximate(value, 3) for value in (trace.value, trace.low, trace.high)))
    lines = [
        (
            f"K = {k}: the squared error of the {trace.outputs:,} outputs is K / {power} where "
            f"spikes are many ({curve.code.value} code, samples: {trace.n_samples:,})."
        )
    ]
    gains = [
        f"{name} {approximate(value, 3)}"
        for name, value in (
            ("L", trace.lipschitz),
            ("stable rank", trace.stable_rank),
            ("response dimension", trace.response_dimension),
        )
        if value is not None
    ]
    if gains:
        lines.append(f"{', '.join(gains)} (medians over samples; L of the first population).")
    elif trace.probes is not None:
        lines.append(f"Outputs were probed in {trace.probes:,} random directions: no L.")
    form = _VARIANTS[curve.variant].format(", ".join(map(str, curve.calibration_steps)))
    if curve.interpolated and curve.variant is not CurveVariant.SIMULATED:
        form += "; interpolated between them, since two points did not predict the others"
    if curve.own_asymptote:
        form += "; beyond the last it goes on by itself, since K is not its limit"
    lines.append(f"Curve: {form}.")
    lines += _losses(found)
    lines += _measured(found)
    return (*lines, *map(_sentence, (*curve.notes, *trace.notes)))


def _sentence(note: str) -> str:
    """Begin a note with a capital and end it with a stop."""
    text = note[:1].upper() + note[1:]
    return text if text.endswith(".") else f"{text}."


def _losses(found: ResponseAnswers) -> list[str]:
    """Say what few steps lose, the other way round."""
    point = min(found.points, key=lambda point: abs(point.steps - 4))
    text = f"T = {point.steps:,} leaves an error of {error_text(found, point.squared_error)}"
    reference = found.curve.reference_accuracy
    if point.accuracy is not None and reference is not None:
        text += f" and {share(point.accuracy)} % {_kind(found)}"
        if found.curve.accuracy_target == "labels":
            points = 100 * (reference - point.accuracy)
            side = "below" if points >= 0 else "above"
            text += f", {abs(points):.1f} points {side} exact rates"
    return [f"{text}."]


def _measured(found: ResponseAnswers) -> list[str]:
    """Say how far measured points lie from the curve."""
    if found.simulation is None:
        return []
    away = {}
    for point in found.points:
        measured = found.simulation.at(point.steps)
        spread = _Z * measured.squared_error_deviation
        ratio = point.squared_error / measured.squared_error - 1 if measured.squared_error else 0.0
        away[point.steps] = (ratio, abs(point.squared_error - measured.squared_error) <= spread)
    mean = sum(abs(ratio) for ratio, _ in away.values()) / len(away)
    worst = max(away, key=lambda steps: abs(away[steps][0]))
    return [
        (
            f"Measured at {len(away)} T: the predicted squared error is {percent(mean)} off on "
            f"average, {percent(abs(away[worst][0]))} at most (T = {worst:,})."
        )
    ]


def response_advisories(found: ResponseAnswers) -> tuple[Advisory, ...]:
    """Return the scope and what is weak."""
    advisories = [Advisory(text, _remedy(found, text)) for text in found.warnings]
    if found.simulation is None and not found.curve.warnings:
        advisories.append(
            Advisory("Only T that calibrate the curve were simulated.", "See others (--measure).")
        )
    return tuple(advisories)


def _remedy(found: ResponseAnswers, text: str) -> str:
    """Say what to do about a warning of the result."""
    if text.startswith("Scope"):
        return "Plan a directly coded net by itself (spikedim plan --model RUN)."
    if text.startswith("Epsilon"):
        return "Choose epsilon for the outputs."
    if text.startswith("The weights are random"):
        return "Train it (spikedim train)."
    if found.simulation is not None:
        return "Trust the measured points over the curve."
    return "Simulate the T you mean (--measure)."
