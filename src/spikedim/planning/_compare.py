"""Two results side by side, and when not to divide them."""

from collections.abc import Iterable

from spikedim._core import InputError
from spikedim.energy import EnergyEstimate
from spikedim.planning._comparison import Comparison, ComparisonRow
from spikedim.planning._measurement import Measurement
from spikedim.planning._plan import Plan
from spikedim.planning._wording import assumed_text, dimension_text, interval_text, times_text

__all__ = ["compare"]

_Row = tuple[ComparisonRow, bool]


def compare(a: Plan | Measurement, b: Plan | Measurement) -> Comparison:
    """Say in what two plans, or two measurements, differ.

    Parameters
    ----------
    a, b : Plan or Measurement
        Two results of the same kind.

    Returns
    -------
    Comparison
        The fields that differ with ratios b / a, and a sentence for every ratio that would be
        meaningless.

    Raises
    ------
    InputError
        If one is a plan and the other a measurement.

    Notes
    -----
    Energies under different rule sets are never divided; steps for different kinds of error, and
    dimensions of different data or layers, are shown without a ratio.

    Examples
    --------
    >>> from spikedim.planning import plan
    >>> a = plan("digits", model=None, epsilon="0.2:relative")
    >>> compare(a, a).headline
    'No compared field differs.'
    """
    if isinstance(a, Plan) and isinstance(b, Plan):
        return _compare_plans(a, b)
    if isinstance(a, Measurement) and isinstance(b, Measurement):
        return _compare_measurements(a, b)
    raise InputError(
        f"compare: `b` must be the same kind of result as `a`; got a {type(a).__name__} and a "
        f"{type(b).__name__}. Compare plans with plans and measurements with measurements."
    )


def _number(
    name: str,
    unit: str,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    reason: str = "",
    *,
    whole: bool = False,
) -> _Row:
    """Return a row for two numbers with intervals, and whether they are equal."""
    if unit == "dimensions":
        texts = (dimension_text(*a), dimension_text(*b))
    else:
        texts = (interval_text(*a, whole=whole), interval_text(*b, whole=whole))
    ratio = None if reason or a[0] == 0 else b[0] / a[0]
    return ComparisonRow(name, unit, *texts, ratio, reason), a == b


def _floats(value: int, low: int, high: int) -> tuple[float, float, float]:
    return float(value), float(low), float(high)


def _text(name: str, a: object, b: object) -> _Row:
    """Return a row for two texts, and whether they are equal."""
    return ComparisonRow(name, "", str(a), str(b)), a == b


def _compare_plans(a: Plan, b: Plan) -> Comparison:
    refusals = []
    steps_reason = ""
    if a.epsilon.kind is not b.epsilon.kind:
        steps_reason = f"one error is {a.epsilon.kind.value}, the other {b.epsilon.kind.value}"
    elif a.target is not b.target:
        steps_reason = f"one plan is for {a.target.value}, the other for {b.target.value}"
    elif a.data.fingerprint != b.data.fingerprint or a.data.layer != b.data.layer:
        steps_reason = "the data or their layers differ, so the same epsilon is not the same task"
    task_reason = steps_reason
    if not steps_reason and a.law != b.law:
        steps_reason = (
            f"they rest on different laws ({a.law} and {b.law}), so it would compare the laws and "
            "not the designs"
        )
    if steps_reason:
        refusals.append(f"No ratio of steps, spikes or energies: {steps_reason}.")
    spikes_reason = steps_reason
    if a.spikes_of != b.spikes_of:
        spikes_reason = spikes_reason or "they are spikes of different populations"
        refusals.append(f"No ratio of spikes: {a.spikes_of} against {b.spikes_of}.")
    energy_rows, energy_refusals = _energy(a.energy, b.energy, steps_reason)
    refusals.extend(energy_refusals)
    rows = [
        _number(
            "steps",
            "steps",
            _floats(a.steps, a.steps_low, a.steps_high),
            _floats(b.steps, b.steps_low, b.steps_high),
            steps_reason,
            whole=True,
        ),
        _number(
            "spikes",
            "spikes",
            (a.spikes, a.spikes_low, a.spikes_high),
            (b.spikes, b.spikes_low, b.spikes_high),
            spikes_reason,
        ),
        *energy_rows,
        _text("law", a.law, b.law),
        *_dimensions(a, b),
        *_law_rows(a, b, task_reason),
        _text("epsilon", a.epsilon, b.epsilon),
        _text("data", f"{a.data.spec} ({a.data.layer})", f"{b.data.spec} ({b.data.layer})"),
        _text("data fingerprint", a.data.fingerprint, b.data.fingerprint),
        _text("model", _model(a), _model(b)),
        _text("firing rate", assumed_text(a.rate), assumed_text(b.rate)),
        _text("L", assumed_text(a.lipschitz), assumed_text(b.lipschitz)),
        _text("version", a.provenance.spikedim_version, b.provenance.spikedim_version),
    ]
    return _comparison("plan", rows, refusals, _plan_name(a), _plan_name(b))


def _compare_measurements(a: Measurement, b: Measurement) -> Comparison:
    rows = [
        *_dimensions(a, b),
        _text("data", f"{a.data.spec} ({a.data.layer})", f"{b.data.spec} ({b.data.layer})"),
        _text("data fingerprint", a.data.fingerprint, b.data.fingerprint),
        _text("rows", a.rows_are, b.rows_are),
        _text("number of rows", a.data.n_samples, b.data.n_samples),
        _text("features", a.data.n_features, b.data.n_features),
        _text("version", a.provenance.spikedim_version, b.provenance.spikedim_version),
    ]
    names = [f"{each.data.spec} ({each.data.layer})" for each in (a, b)]
    reason = _dimension_reason(a, b)
    refusals = [f"No ratio of dimensions: {reason}."] if reason else []
    return _comparison("measurement", rows, refusals, *names)


def _dimension_reason(a: Plan | Measurement, b: Plan | Measurement) -> str:
    """Say why dimensions may not be divided; empty if they may."""
    if a.data.layer != b.data.layer:
        return f"they were measured on different layers ({a.data.layer} and {b.data.layer})"
    if a.data.n_features != b.data.n_features:
        return f"rows have {a.data.n_features:,} and {b.data.n_features:,} features"
    rows = [each.rows_are for each in (a, b) if isinstance(each, Measurement)]
    if len(set(rows)) > 1:
        return "one measured samples, the other tokens"
    return ""


def _dimensions(a: Plan | Measurement, b: Plan | Measurement) -> list[_Row]:
    """Return one row for each estimator that both used with the same parameters."""
    others = {found.estimator: found for found in b.dimensions}
    rows = []
    for found in a.dimensions:
        other = others.get(found.estimator)
        if other is None:
            continue
        reason = _dimension_reason(a, b)
        if found.parameters != other.parameters:
            reason = reason or "the estimator has different parameters"
        ours, theirs = ((each.value, each.low, each.high) for each in (found, other))
        rows.append(_number(found.estimator, "dimensions", ours, theirs, reason))
    return rows


def _law_rows(a: Plan, b: Plan, reason: str) -> list[_Row]:
    """Return the steps of every law that applies in both plans, but the answer's own."""
    others = {row.law: row for row in b.laws if row.steps is not None}
    rows = []
    for row in a.laws:
        other = others.get(row.law)
        if row.law == a.law == b.law or other is None or row.steps is None:
            continue
        ours, theirs = (_floats(x.steps or 1, x.low or 1, x.high or 1) for x in (row, other))
        why = reason
        if row.population != other.population:
            why = why or "steps for different populations"
        rows.append(_number(f"steps by {row.law}", "steps", ours, theirs, why, whole=True))
    return rows


def _energy(
    a: Iterable[EnergyEstimate], b: Iterable[EnergyEstimate], reason: str
) -> tuple[list[_Row], list[str]]:
    """Return one row for each subject and rule set that both plans have."""
    ours = {(row.subject, row.rules): row for row in a}
    theirs = {(row.subject, row.rules): row for row in b}
    rows = [
        _number(
            f"energy of {subject}, {rules}",
            "mJ",
            (row.value_mj, row.low_mj, row.high_mj),
            (theirs[key].value_mj, theirs[key].low_mj, theirs[key].high_mj),
            reason if subject == "snn" else "",
        )
        for key, row in ours.items()
        if key in theirs
        for subject, rules in [key]
    ]
    one_sided = {rules for _, rules in ours} ^ {rules for _, rules in theirs}
    if ours and theirs and one_sided:
        named = ", ".join(sorted(one_sided))
        return rows, [f"No ratio of energies under {named}: only one plan has that rule set."]
    if bool(ours) != bool(theirs):
        return rows, ["No ratio of energies: only one plan names a model."]
    return rows, []


def _model(plan: Plan) -> str:
    return "none" if plan.model is None else plan.model.name


def _plan_name(plan: Plan) -> str:
    return f"{plan.data.spec} ({plan.data.layer}), {_model(plan)}, {plan.epsilon}, {plan.law}"


def _comparison(kind: str, rows: Iterable[_Row], refusals: list[str], a: str, b: str) -> Comparison:
    """Keep what differs, name what does not, and say the first difference."""
    kept = list(rows)
    differing = tuple(row for row, same in kept if not same)
    return Comparison(
        headline=_headline(differing, refusals),
        kind=kind,
        a=a,
        b=b,
        rows=differing,
        refusals=tuple(refusals) if differing else (),
        same=tuple(row.name for row, same in kept if same),
    )


def _headline(rows: tuple[ComparisonRow, ...], refusals: list[str]) -> str:
    """Return the first differing number, its ratio or why there is none."""
    if not rows:
        return "No compared field differs."
    first = next((row for row in rows if row.unit), rows[0])
    unit = f" {first.unit}" if first.unit else ""
    text = f"{first.name}: {first.a} in a, {first.b}{unit} in b"
    if first.ratio is not None:
        return f"{text}, {times_text(first.ratio)}."
    return f"{text}; {refusals[0][0].lower()}{refusals[0][1:]}" if refusals else f"{text}."
