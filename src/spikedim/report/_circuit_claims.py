"""What the charts of a circuit sweep say, in one sentence each, and what to be warned of."""

from spikedim.circuits import CircuitSweep, Slope, SweepPoint
from spikedim.planning import Advisory
from spikedim.report._circuit_rows_figure import row_points
from spikedim.report._circuit_spikes_figure import circuit_costs, with_spikes
from spikedim.report._format import approximate, count

__all__ = ["circuit_advisories", "error_claim", "origin_claim", "rows_claim", "spikes_claim"]

_SPAN = 1.0  # bits; rows that differ by less cannot show what spikes depend on
_NEAR = 0.05  # slopes that differ by less are called the same


def error_claim(sweep: CircuitSweep) -> str:
    """Say how far the error fell, and whether the theorem held."""
    theorem = f"theorem {sweep.theorem.name}"
    if not sweep.theorem.name:
        verdict = "nothing is promised"
    elif sweep.holds is None:
        verdict = f"{theorem} was not checked everywhere"
    elif sweep.holds:
        points = len(sweep.points)
        verdict = f"{theorem} holds at {f'all {points} points' if points > 1 else 'the only point'}"
        if sweep.forgiven:
            runs = f"{count(sweep.forgiven)} run{'s'[: sweep.forgiven != 1]}"
            verdict += f", but for {runs} that its failure probability allows"
    else:
        verdict = f"{theorem} fails at {len(sweep.failed)} of {len(sweep.points)} points"
    known = [point for point in sweep.points if point.rms_error is not None]
    if len(known) < 2:
        return f"{verdict[0].upper()}{verdict[1:]}"
    first, last = known[0], known[-1]
    if sweep.slope is not None and sweep.slope.falls is False:
        fall = f"The error stays near {approximate(last.rms_error or 0.0)}"
    else:
        fall = (
            f"From {sweep.axis} = {first.at:,} to {last.at:,} the error goes from "
            f"{approximate(first.rms_error or 0.0)} to {approximate(last.rms_error or 0.0)}"
        )
    return f"{fall}; {verdict}"


def spikes_claim(sweep: CircuitSweep) -> str:
    """Say what the smallest error costs."""
    points = with_spikes(sweep)
    name, costs = circuit_costs(sweep)
    if not points:
        return "No point has both spikes and an error"
    error, cost = min((p.rms_error or 0.0, cost) for p, cost in zip(points, costs, strict=True))
    return f"The smallest error, {approximate(error)}, takes {count(round(cost))} {name}"


def rows_claim(sweep: CircuitSweep) -> str:
    """Say whether rows that say more get more spikes."""
    point = row_points(sweep)[-1]
    spikes = [row.spikes for row in point.rows]
    bits = [row.entropy_bits for row in point.rows]
    if len(point.rows) == 1:
        return f"A row of {approximate(bits[0])} bits takes {count(spikes[0])} spikes"
    rows = f"rows of {approximate(min(bits))} to {approximate(max(bits))} bits"
    low, high = min(spikes), max(spikes)
    if max(bits) - min(bits) <= _SPAN:
        took = f"{count(low)} spikes" if low == high else f"{count(low)} to {count(high)} spikes"
        return f"{rows[0].upper()}{rows[1:]}, too alike to compare, take {took}"
    if high <= 1.05 * low:
        return f"Spikes do not depend on what a row says: about {count(high)} for {rows}"
    return f"{rows[0].upper()}{rows[1:]} take {count(low)} to {count(high)} spikes"


def origin_claim(sweep: CircuitSweep) -> str:
    """Say how many runs this rests on."""
    runs = sum(point.runs for point in sweep.points)
    last = sweep.points[-1]
    return (
        f"{runs:,} runs of {count(last.neurons)} neurons and {count(last.synapses)} synapses "
        f"at {sweep.axis} = {last.at:,}"
    )


def circuit_advisories(sweep: CircuitSweep) -> tuple[Advisory, ...]:
    """Return what is wrong or weak, the worst first."""
    found = [_failure(sweep, point) for point in sweep.failed]
    found += [
        _allowed(sweep, point)
        for point in sweep.points
        if point.failures and point.holds is not False
    ]
    slope, expected = sweep.slope, sweep.expected_slope
    if slope is not None and expected is not None and _differs(slope, expected):
        found.append(
            Advisory(
                f"The fitted slope {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}) does "
                f"not contain the expected {expected:g}.",
                "Fit from a larger value on (--slope-from): a slope is what large values tend to.",
            )
        )
    broken = [entry.text for entry in sweep.theorem.assumptions if entry.holds is False]
    found += [
        Advisory(f"An assumption does not hold: {text}", "Do not rely on the bound.")
        for text in broken
    ]
    if sweep.points[0].rms_error is not None and sweep.points[0].runs == 1:
        found.append(
            Advisory(
                "Errors have no interval: there was one run.",
                "Draw several inputs (--runs), unless the input is what you want to know about.",
            )
        )
    return tuple(found)


def _differs(slope: Slope, expected: float) -> bool:
    """Whether a slope is neither near the expected one nor too uncertain to tell."""
    return abs(slope.value - expected) > _NEAR and not slope.low <= expected <= slope.high


def _allowed(sweep: CircuitSweep, point: SweepPoint) -> Advisory:
    """Say which failures were not counted, and why."""
    return Advisory(
        f"{point.failures:,} of {point.runs:,} runs broke the bound of theorem "
        f"{sweep.theorem.name} at {sweep.axis} = {point.at:,}; each may, with probability "
        f"{sweep.theorem.failure_probability:g}.",
        "Run again with another --seed: failures that come back are no bad luck.",
    )


def _failure(sweep: CircuitSweep, point: SweepPoint) -> Advisory:
    """Say what failed at one point."""
    place = f"at {sweep.axis} = {point.at:,}"
    if point.silent_rows:
        return Advisory(
            f"{point.silent_rows:,} rows are silent {place}: they have no value.",
            "Run for more steps, or look for drives that never reach the threshold.",
        )
    broken = f"The certificate of theorem {sweep.theorem.name} fails {place}"
    numbers = ""
    if point.error is not None and point.bound is not None:
        numbers = f": {approximate(point.error, 3)} against {approximate(point.bound, 3)}"
    return Advisory(
        f"{broken}{numbers}, in {point.failures} of {point.runs} runs.",
        "An assumption of the theorem does not hold, or the circuit has a fault: report it.",
    )
