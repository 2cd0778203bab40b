"""What a curve knows of right answers."""

from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from spikedim.response.curve._calibration import Calibration
from spikedim.response.curve._curve_variant import CurveVariant
from spikedim.response.curve._decision_grid import decision_grid, decision_steps
from spikedim.response.curve._decision_law import DecisionLaw
from spikedim.response.simulation import Simulator
from spikedim.response.trace import ResponseTrace

__all__ = ["Decisions", "decisions_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_GROUPS = 16
_MISS = 0.02  # of accuracy at a simulated point, above which the law is given up


@final
@dataclass(frozen=True, eq=False)
class Decisions:
    """Accuracies of all samples, and of all but one group of them.

    Parameters
    ----------
    target : str
        What counts as right; empty if nothing does.
    reference : float or None
        Accuracy with exact rates.
    measured : tuple of float
        Accuracies at the simulated points.
    grid, accuracies : ndarray of shape [G]
        tau and A(tau); empty if accuracy is interpolated.
    decided : tuple of int
        Simulated T that tell tau.
    coefficients : tuple of float
        h of them.
    group_references, group_measured, group_accuracies : ndarray of shape [J], [J, c], [J, G]
        The same without a group.
    notes : tuple of str
        What a reader must know.
    """

    target: str = ""
    reference: float | None = None
    measured: tuple[float, ...] = ()
    grid: Array = field(default_factory=lambda: np.zeros(0))
    accuracies: Array = field(default_factory=lambda: np.zeros(0))
    decided: tuple[int, ...] = ()
    coefficients: tuple[float, ...] = ()
    group_references: Array = field(default_factory=lambda: np.zeros(0))
    group_measured: Array = field(default_factory=lambda: np.zeros((0, 0)))
    group_accuracies: Array = field(default_factory=lambda: np.zeros((0, 0)))
    notes: tuple[str, ...] = ()


def decisions_of(
    simulator: Simulator, trace: ResponseTrace | None, points: Calibration, *, draws: int
) -> Decisions:
    """Return accuracies by Gaussian noise where covariances are known and agree, else measured."""
    samples = len(simulator.reference)
    has_law = trace is not None and trace.covariances.size > 0 and points.exponent == 1
    if not simulator.answers or simulator.axis < 2 or not (points.steps or has_law):
        return Decisions()
    answered = simulator.targets is not None
    exact = simulator.reference.argmax(axis=1)
    right = simulator.right if answered else np.ones(samples)
    found = [points.points[t] for t in points.steps]
    measured = np.zeros((len(found), samples))
    for row, each in zip(measured, found, strict=True):
        row[:] = each.right if answered else each.agreed
    grid, table = np.zeros(0), np.zeros((samples, 0))
    if has_law and trace is not None:
        answers = simulator.targets if simulator.targets is not None else exact
        grid = decision_steps()
        table = decision_grid(
            simulator.reference,
            trace.covariances,
            answers,
            draws=draws,
            generator=np.random.default_rng(simulator.seed),
        )
    law = DecisionLaw(
        steps=points.steps,
        measured=measured.mean(axis=1),
        reference=float(right.mean()),
        grid=grid,
        accuracies=table.mean(axis=0),
    )
    law, notes = _judged(law, points)
    if not law.grid.size:
        table = np.zeros((samples, 0))
    times = np.asarray(law.decided, dtype=np.float64)
    return Decisions(
        target="labels" if answered else "agreement with exact rates",
        reference=float(right.mean()),
        measured=tuple(measured.mean(axis=1).tolist()),
        grid=law.grid,
        accuracies=table.mean(axis=0),
        decided=law.decided,
        coefficients=tuple((times**2 / law.taus() - times).tolist()) if law.decided else (),
        group_references=_without_groups(right[:, None])[:, 0],
        group_measured=_without_groups(measured.T),
        group_accuracies=_without_groups(table),
        notes=notes,
    )


def _judged(law: DecisionLaw, points: Calibration) -> tuple[DecisionLaw, tuple[str, ...]]:
    """Return the law with the points that tell tau, or else one that interpolates, and why."""
    if not points.steps:
        if points.law.variant is CurveVariant.FREE:
            return law, ("Accuracy is that of N(Z, Sigma / T): too high at small T as a rule.",)
        return law, ()
    if not law.grid.size:
        return law, ("Accuracy is interpolated between simulated points.",)
    decided = replace(law, decided=law.informative())
    if decided.decided:
        missed = np.abs(decided.at(np.asarray(law.steps, dtype=np.float64)) - law.measured).max()
        if missed <= _MISS:
            return decided, ()
    plain = replace(law, grid=np.zeros(0), accuracies=np.zeros(0))
    text = (
        "Accuracy is interpolated between simulated points: Gaussian noise of the first order "
        "does not explain them, or they are too close to that of exact rates."
    )
    return plain, (text,)


def _without_groups(rows: Array) -> Array:
    """Return means [J, ...] over all samples [S, ...] but a group."""
    count = min(_GROUPS, len(rows))
    if count < 2:
        return np.zeros((0, rows.shape[1]))
    sums = [rows[j::count].sum(axis=0) for j in range(count)]
    sizes = [len(rows[j::count]) for j in range(count)]
    total = rows.sum(axis=0)
    return np.stack([(total - s) / (len(rows) - n) for s, n in zip(sums, sizes, strict=True)])
