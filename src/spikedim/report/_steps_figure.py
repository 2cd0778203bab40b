"""Steps against error: every law a line with its band."""

from matplotlib.figure import Figure

from spikedim.laws import LawCurve, LawTarget
from spikedim.planning import Plan
from spikedim.report._format import approximate, count, interval, shorten
from spikedim.report._style import INK, SERIES, log_axis, new_figure, plain_axes
from spikedim.report._words import epsilon_axis

__all__ = ["steps_alt", "steps_figure"]

_DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_LEAST, _MOST = 0.7, 1e7  # steps shown


def steps_figure(plan: Plan, width: float) -> Figure:
    """Draw unrounded T against the error target on log-log axes.

    Parameters
    ----------
    plan : Plan
        A plan.
    width : float
        Points.

    Returns
    -------
    Figure
        One line and one band per law, the chosen error and T marked.
    """
    narrow = width < 500
    curves = _ordered(plan)
    rows = len(curves) + 1 if narrow else -(-(len(curves) + 1) // 3)
    figure = new_figure(width, (300 if narrow else 360) + 17 * rows)
    axes = plain_axes(figure)
    for number, curve in enumerate(curves):
        colour = SERIES[number % len(SERIES)]
        dash = _DASHES[number % len(_DASHES)]
        axes.fill_between(curve.epsilons, curve.low, curve.high, color=colour, alpha=0.18, lw=0)
        axes.plot(curve.epsilons, curve.steps, color=colour, ls=dash, label=shorten(curve.law, 28))
    epsilon = plan.epsilon.value
    if plan.target is LawTarget.ACCURACY:  # no error was asked for: the answer is a level
        axes.axhline(plan.steps, color=INK, lw=1, ls=(0, (2, 2)))
    else:
        axes.axvline(epsilon, color=INK, lw=1, ls=(0, (2, 2)))
    axes.errorbar(
        [epsilon],
        [plan.steps],
        yerr=[[plan.steps - plan.steps_low], [plan.steps_high - plan.steps]],
        fmt="o",
        ms=7,
        capsize=4,
        color=INK,
        label=f"answer: T = {_answer(plan)}",
        zorder=5,
    )
    errors = [*(value for curve in curves for value in curve.epsilons), epsilon]
    steps = [*(value for curve in curves for value in (*curve.low, *curve.high)), plan.steps_high]
    margin = 1.0001 if curves else 3.0
    log_axis(axes, "x", min(errors) / margin, max(errors) * margin, ticks=4 if narrow else 9)
    top = min(max(steps) * 1.3, _MOST)
    log_axis(axes, "y", _LEAST, max(top, 2 * plan.steps_high), ticks=8)
    of = "" if plan.target is LawTarget.DATA_ERROR else " of the outputs"
    axes.set_xlabel(f"error ε{of}" if narrow else epsilon_axis(plan.epsilon.kind))
    axes.set_ylabel("T [steps], before rounding up")
    figure.legend(loc="outside upper left", ncols=1 if narrow else 3, handlelength=2.6)
    return figure


def _ordered(plan: Plan) -> list[LawCurve]:
    """Put the law of the answer first: it gets the accent colour."""
    return sorted(plan.curves, key=lambda curve: curve.law != plan.law)


def _answer(plan: Plan) -> str:
    return interval(count(plan.steps), count(plan.steps_low), count(plan.steps_high))


def steps_alt(plan: Plan) -> str:
    """Say what the chart shows."""
    parts = [
        f"{curve.law} from T = {approximate(max(curve.steps))} at ε = "
        f"{approximate(min(curve.epsilons))} to {approximate(min(curve.steps))} at ε = "
        f"{approximate(max(curve.epsilons))}"
        for curve in _ordered(plan)
    ]
    lines = "; ".join(parts) if parts else "No law gives a line"
    if plan.target is LawTarget.ACCURACY:
        return (
            f"Steps against error on logarithmic axes. {lines}. "
            f"For the accuracy, {plan.law} gives T = {_answer(plan)}."
        )
    return (
        f"Steps against error on logarithmic axes. {lines}. "
        f"At the chosen ε = {plan.epsilon}, {plan.law} gives T = {_answer(plan)}."
    )
