"""One step of the log-inhibition circuit, state in and state out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, final

import numpy as np

from spikedim._core import CountArray, FloatArray, InputError, check_choice, check_number
from spikedim.circuits._checks import check_logits, check_noise
from spikedim.circuits._rows import relative_weights

__all__ = [
    "Emission",
    "GLIState",
    "Update",
    "ceiling",
    "check_budget",
    "first_gain",
    "gli_step",
    "inhibition_rule",
    "init_gli_state",
    "kicks",
    "step_gain",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

SLOWEST_GAIN = 0.05
_LEAST_BUDGET = 2.0**-40


class Emission(StrEnum):
    """How a competitor turns its drive into spikes."""

    INTEGRATE_AND_FIRE = "integrate_and_fire"  # deterministic, soft reset, starts at half threshold
    RANDOM_PHASE = "random_phase"  # the same from a uniform random membrane: errors in common go
    ESCAPE = "escape"  # a spike with probability equal to the drive


class Update(StrEnum):
    """How the inhibitory integrator answers the spikes of the last step."""

    LINEAR = "linear"  # by spikes minus budget
    LOG = "log"  # by the logarithm of their ratio: sooner at rest for many competitors, spends more


@final
@dataclass(frozen=True, eq=False)
class GLIState:
    """State of one or more log-inhibition circuits between two steps.

    Parameters
    ----------
    step : int
        Steps that were run.
    feedback : FloatArray
        Shape [...]; potential of the inhibitory integrator above the strongest drive, at least 0:
        the inhibition is ``g = max z + feedback``.
    membranes : FloatArray
        Shape [..., n]; membranes of the competitors (unused by escape emission).
    spikes : CountArray
        Shape [..., n]; 1 where a competitor fired in the last step.
    """

    step: int
    feedback: FloatArray
    membranes: FloatArray
    spikes: CountArray


def init_gli_state(logits: Any, *, budget: float = 1.0, phases: Any | None = None) -> GLIState:
    """Return the state before the first step.

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Drives z; only their shape and masks matter here.
    budget : float
        Spikes per step of each row, in (0, n].
    phases : array of shape [..., n], optional
        Membranes to start from, in [0, 1): uniform random numbers make the run one of random
        phase. Half the threshold by default.

    Returns
    -------
    GLIState
        Step 0, membranes at their phases, inhibition at ``max z - ln budget`` or, for a budget
        above 1, at its floor ``max z``.

    Raises
    ------
    InputError
        If `logits` has NaN, +inf or a fully masked row, the budget is not in (0, n], or `phases`
        has another shape or leaves [0, 1).

    Notes
    -----
    Cost O(R n) for R rows.

    Examples
    --------
    >>> state = init_gli_state([[0.0, 1.0]])
    >>> state.step, state.membranes.tolist(), state.feedback.tolist()
    (0, [[0.5, 0.5]], [0.0])
    """
    z = check_logits(logits, caller="init_gli_state")
    rho = check_budget(budget, z.shape[-1], caller="init_gli_state")
    given = check_noise(
        phases, z.shape, needed=phases is not None, name="phases", caller="init_gli_state"
    )
    return GLIState(
        step=0,
        feedback=np.full(z.shape[:-1], 0.0 - np.log(first_gain(rho))),
        membranes=np.full(z.shape, 0.5) if given is None else given.copy(),
        spikes=np.zeros(z.shape, dtype=np.int64),
    )


def gli_step(
    state: GLIState,
    logits: Any,
    *,
    emission: Emission | str = Emission.INTEGRATE_AND_FIRE,
    budget: float = 1.0,
    update: Update | str = Update.LINEAR,
    uniforms: Any | None = None,
) -> tuple[CountArray, GLIState]:
    r"""Run one step of the log-inhibition circuit.

    .. math::
        h_t = \min\bigl(\ln\tfrac n\rho,\,
            \max(0,\, h_{t-1} + \eta_t (n I_\mathrm{inh}(t) - \rho))\bigr),\quad
        I_\mathrm{inh}(t) = \frac1n \sum_j s_j(t-1),\quad
        p_i(t) = e^{z_i - \max z - h_t}

    Parameters
    ----------
    state : GLIState
        State after the step before; see `init_gli_state`.
    logits : array or Tensor of shape [..., n]
        Drives of this step; they may change from step to step. -inf masks a competitor.
    emission : Emission or str
        ``"integrate_and_fire"`` or ``"random_phase"``: ``v += p``, fire and subtract 1 at
        ``v >= 1``; they differ in the phases of `init_gli_state`. ``"escape"``: fire with
        probability p.
    budget : float
        Spikes per step of each row, in (0, n].
    update : Update or str
        ``"linear"`` as above with ``eta = max(.05, 1/(1+t))``; ``"log"``:
        ``h += max(.05, 1/t) ln((n I + .5)/(rho + .5))``.
    uniforms : array of shape [..., n], optional
        Numbers in [0, 1), one per competitor: needed by escape emission, refused otherwise.

    Returns
    -------
    spikes : CountArray
        Shape [..., n]; 0 or 1.
    state : GLIState
        State after this step.

    Raises
    ------
    InputError
        If a shape, a number or a choice is wrong.

    See Also
    --------
    gli : All steps at once for constant logits.

    Notes
    -----
    The floor h >= 0 is feed-forward inhibition by the strongest drive: no drive p exceeds 1. The
    ceiling (n counts unmasked competitors) is what equal drives need, and no row needs more.
    Cost O(R n).

    Examples
    --------
    >>> state = init_gli_state([0.0, -20.0])
    >>> spikes, state = gli_step(state, [0.0, -20.0])
    >>> spikes.tolist(), state.membranes.round(3).tolist()
    ([1, 0], [0.5, 0.5])
    """
    if not isinstance(state, GLIState):
        raise InputError(
            f"gli_step: `state` must be a GLIState; got {type(state).__name__}. "
            "Begin with `init_gli_state(logits)`."
        )
    z = check_logits(logits, caller="gli_step")
    chosen = Emission(check_choice(emission, Emission, name="emission", caller="gli_step"))
    rule = Update(check_choice(update, Update, name="update", caller="gli_step"))
    rho = check_budget(budget, z.shape[-1], caller="gli_step")
    if z.shape != state.membranes.shape:
        raise InputError(
            f"gli_step: `logits` must have the shape of the state, {state.membranes.shape}; "
            f"got {z.shape}."
        )
    drawn = check_noise(
        uniforms, z.shape, needed=chosen is Emission.ESCAPE, name="uniforms", caller="gli_step"
    )
    weights = relative_weights(z)
    if state.step:
        kick = kicks(z.shape[-1], rho, rule)[state.spikes.sum(axis=-1)]
        raised = state.feedback + step_gain(state.step + 1, rule) * kick
        feedback = np.asarray(np.minimum(np.maximum(raised, 0.0), ceiling(weights, rho)))
        gain = np.exp(-feedback)
    else:
        feedback = state.feedback
        gain = np.full(feedback.shape, first_gain(rho))
    drive = weights * gain[..., None]
    if drawn is None:
        charged = state.membranes + drive
        spikes = (charged >= 1.0).astype(np.int64)
        membranes = charged - spikes
    else:
        spikes = (drawn < drive).astype(np.int64)
        membranes = state.membranes
    return spikes, GLIState(state.step + 1, feedback, membranes, spikes)


def ceiling(weights: Array, budget: float) -> Array:
    """Return the h at which n equal drives spend the budget; other rows need less."""
    return np.asarray(np.log(np.maximum(np.count_nonzero(weights, axis=-1) / budget, 1.0)))


def first_gain(budget: float) -> float:
    """Return ``exp(-h)`` of the first step: the budget, or 1 at the floor."""
    return min(1.0, budget)


def step_gain(step: int, update: Update) -> float:
    """Return the gain eta of the inhibitory integrator at a step t >= 2."""
    return max(SLOWEST_GAIN, 1.0 / (step + (update is Update.LINEAR)))


def kicks(competitors: int, budget: float, update: Update) -> Array:
    """Return what 0, 1, ..., n spikes add to the integrator, before the gain."""
    spikes = np.arange(competitors + 1, dtype=np.float64)
    if update is Update.LINEAR:
        return spikes - budget
    return np.asarray(np.log(spikes + 0.5) - np.log(budget + 0.5))


def inhibition_rule(budget: float, update: Update) -> str:
    """Return the rule of the inhibitory integrator in words, from its second step on."""
    kick = (
        f"1 / (t + 1)) (spikes - {budget!r})"
        if update is Update.LINEAR
        else f"1 / t) ln((spikes + 0.5) / ({budget!r} + 0.5))"
    )
    top = f"ln(n / {budget!r}) of n unmasked competitors"
    return f"h += max({SLOWEST_GAIN}, {kick} at steps t >= 2, kept between 0 and {top}"


def check_budget(budget: object, competitors: int, *, caller: str) -> float:
    """Return the budget as a float in (0, n], at least one spike in the longest run."""
    rho = check_number(budget, name="budget", caller=caller)
    if 0 < rho < _LEAST_BUDGET:
        raise InputError(
            f"{caller}: `budget` must be at least 2**-40, one spike in the longest run; got "
            f"{budget!r}. Use one near 1."
        )
    if not 0 < rho <= competitors:
        raise InputError(
            f"{caller}: `budget` must be in (0, {competitors}], spikes per step of a row of "
            f"{competitors}; got {budget!r}. Use one near 1."
        )
    return rho
