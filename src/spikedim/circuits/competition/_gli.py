"""Softmax by lateral inhibition: one global inhibitory potential, subtracted in the exponent."""

import math
from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, SilentProgress, check_choice
from spikedim.circuits._checks import check_generator, check_logits, check_noise, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import rows_result
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Role, Wiring
from spikedim.circuits.competition._gli_law import (
    FAILURE_PROBABILITY,
    escape_bound,
    escape_rms,
    integrate_bound,
    integrate_rms,
    phase_rms,
)
from spikedim.circuits.competition._gli_rows import Rows
from spikedim.circuits.competition._gli_run import run_rows
from spikedim.circuits.competition._gli_state import (
    Emission,
    Update,
    check_budget,
    first_gain,
    inhibition_rule,
)
from spikedim.circuits.competition._gli_theorems import RESIDUALS, THEOREMS

__all__ = ["gli", "gli_wiring"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


def gli(
    logits: Any,
    *,
    steps: int,
    emission: Emission | str = Emission.INTEGRATE_AND_FIRE,
    budget: float = 1.0,
    update: Update | str = Update.LINEAR,
    generator: np.random.Generator | None = None,
    noise: Any | None = None,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Softmax of each row by spikes that share one inhibitory potential.

    .. math::
        g_t = \Bigl[g_{t-1} + \eta_t (n I_\mathrm{inh}(t) - \rho)
            \Bigr]_{\max_i z_i}^{\max_i z_i + \ln(n/\rho)},\quad
        I_\mathrm{inh}(t) = \frac1n \sum_j s_j(t-1), \\
        p_i(t) = e^{z_i - g_t},\quad
        \hat\alpha_i = \frac{N_i}{\sum_j N_j}

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Scores z; -inf masks an entry, whose softmax is exactly 0.
    steps : int
        Time steps T, at least 1.
    emission : Emission or str
        ``"integrate_and_fire"``: each competitor adds p to its membrane (at first 1/2) and fires
        at 1: deterministic, error O(1/T). ``"random_phase"``: the same from a membrane uniform in
        [0, 1): no error in common with other rows, twice the bound. ``"escape"``: it
        fires with probability p, error O(1/sqrt(T)), steps independent given the inhibition.
    budget : float
        Spikes per step of a row, rho in (0, n]. A row cannot spend more than 1 / max softmax.
    update : Update or str
        ``"linear"``: as above with ``eta = max(.05, 1/(1+t))``. ``"log"``:
        ``g += max(.05, 1/t) ln((n I + .5)/(rho + .5))``: less error in as many steps for n >= 64,
        because it spends more, 1.1 to 1.6 rho spikes per step where logits spread by 1 or more and
        many times rho where they are nearly equal.
    generator : numpy.random.Generator, optional
        Needed by random phase and escape unless `noise` is given; integrate-and-fire draws
        nothing.
    noise : array of shape [R, n] or [T, R, n], optional
        Uniform numbers in [0, 1) in place of a generator: the phases of random phase, one for
        each competitor, or those of every step of escape emission. R counts the rows.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n] holds the shares of the spikes. The certificate is Theorem 3a (l1 error
        of a row at most (n - 1)/N, always; n counts unmasked entries), 3a' for random phase
        (twice that, always) or, for escape emission, a bound on the l2 error that fails with
        probability at most 1e-6 for all rows together.

    Raises
    ------
    InputError
        If `logits` has NaN, +inf or a fully masked row, `steps` is below 1, the budget is not in
        (0, n], or a random emission has neither generator nor noise.

    See Also
    --------
    gli_step : One step, for logits that change.
    gli_error_law : The error to expect of how many steps.

    Notes
    -----
    Whatever the inhibition does, ``attn_hat_i - attn_i = (r_i - attn_i R) / N`` with
    ``r_i = N_i - exp(z_i) sum_t exp(-g_t)`` and ``R = sum_i r_i``: it sets the number of spikes and
    cancels in their shares. Integrate-and-fire keeps ``r_i = v_i(0) - v_i(T)`` within 1/2,
    from a random phase within 1, because the floor of g (feed-forward inhibition by the strongest
    drive) keeps p_i at most 1. The l1 error is then at most ``2 sum_j (1 - attn_j) |r_j| / N``.
    The ceiling of g is what n unmasked drives as strong as the strongest need, so no row needs
    more; without it a burst of many equal drives would silence its row for as long. Drives that
    are exactly equal still fire together, a few times the budget.

    From a random phase a competitor that is driven by x fires x times on average, whatever x is,
    but for what its phase does to the inhibition: errors average out over rows, where equal
    rows of deterministic neurons repeat theirs; measured, a bias below a tenth of their error is
    left from T = 4 on. A single row pays for it with the root of two in its RMS error.
    With a budget of at least 1 no row is silent, unless escape emission leaves it so: the strongest
    competitor fires in the first step.

    Cost O(R n T) time, about 4e-10 s per competitor and step with numba and 3e-9 s without,
    and at least 1e-5 s per step without, so 0.1 s for 10,000 steps of a short row;
    O(R n) memory, whatever T (and the noise, 8 MB at a time). Rows are shared among as many
    threads as torch may use. With and without numba the arithmetic is the same float64 one in
    the same order, but for the last digit of one exponential per row and step.

    References
    ----------
    .. [1] D. A. Freedman, "On tail probabilities for martingales", Annals of Probability 3, 1975.
    .. [2] Theory index 3a, 3a', 3b.

    Examples
    --------
    >>> result = gli([[0.0, 1.0, 2.0]], steps=400)
    >>> result.value.round(2).tolist()
    [[0.09, 0.25, 0.67]]
    >>> result.certificate.holds, result.row_spikes.tolist()
    (True, [403])
    """
    z = check_logits(logits, caller="gli")
    count = check_steps(steps, caller="gli")
    chosen = Emission(check_choice(emission, Emission, name="emission", caller="gli"))
    rule = Update(check_choice(update, Update, name="update", caller="gli"))
    rho = check_budget(budget, z.shape[-1], caller="gli")
    rows = z.reshape(-1, z.shape[-1])
    random = chosen is not Emission.INTEGRATE_AND_FIRE
    if generator is not None:
        check_generator(generator, caller="gli")
    if noise is not None or not random:
        shape = rows.shape if chosen is Emission.RANDOM_PHASE else (count, *rows.shape)
        drawn = check_noise(noise, shape, needed=random, caller="gli")
    else:
        drawn, generator = None, check_generator(generator, caller="gli")
    run = run_rows(
        rows,
        steps=count,
        emission=chosen,
        budget=rho,
        update=rule,
        generator=generator,
        noise=drawn,
        progress=progress,
    )
    return _result(
        z,
        run,
        emission=chosen,
        budget=rho,
        update=rule,
        steps=count,
        measure_error=measure_error,
    )


def _result(
    logits: Array,
    run: Rows,
    *,
    emission: Emission,
    budget: float,
    update: Update,
    steps: int,
    measure_error: bool | None,
) -> CircuitResult:
    """Set the counts beside the theorem of their emission."""
    spikes = run.counts.sum(axis=1)
    spoke = spikes > 0
    competitors = np.count_nonzero(run.weights, axis=1)
    drive = run.exposure * run.weights.sum(axis=1)
    free = None
    residual = RESIDUALS.get(emission)
    if residual is not None and spoke.any():
        free = integrate_bound(run.counts[spoke], competitors[spoke], residual=residual)

    def bounds(counts: Counts, attn: Array) -> Array:
        if residual is not None:
            return integrate_bound(counts, competitors[spoke], residual=residual)
        return escape_bound(
            attn,
            counts,
            drive[spoke],
            steps=steps,
            bounds=run.counts.size,
            failure=FAILURE_PROBABILITY,
        )

    def rms_law(attn: Array) -> float | None:
        if not spoke.any():
            return None
        match emission:
            case Emission.INTEGRATE_AND_FIRE:
                law = integrate_rms(attn[spoke], spikes[spoke], competitors[spoke])
            case Emission.RANDOM_PHASE:
                law = phase_rms(attn[spoke], spikes[spoke])
            case Emission.ESCAPE:
                law = escape_rms(attn[spoke], spikes[spoke], steps)
        return float(np.sqrt(np.square(law).mean()))

    return rows_result(
        "gli",
        logits,
        run.counts,
        theorem=THEOREMS[emission],
        order=2 if residual is None else 1,
        bounds=bounds,
        free_bounds=free,
        rms_law=rms_law,
        steps=steps,
        wiring=gli_wiring(
            logits.shape[-1],
            copies=len(run.counts),
            emission=emission,
            budget=budget,
            update=update,
        ),
        measure_error=measure_error,
    )


_FIRES = {
    Emission.INTEGRATE_AND_FIRE: "charged by exp(z - g) in every step",
    Emission.RANDOM_PHASE: "charged by exp(z - g) in every step, from a uniform start in [0, 1)",
    Emission.ESCAPE: "fires with probability exp(z - g)",
}


def gli_wiring(
    competitors: int, *, copies: int, emission: Emission, budget: float, update: Update
) -> Wiring:
    """Return the parts: drives, competitors, one integrator, one maximum of the drives.

    The integrator holds h, what the inhibition g is above the strongest drive.
    """
    one = np.array(1.0)
    dynamics = Dynamics.ESCAPE if emission is Emission.ESCAPE else Dynamics.INTEGRATE_AND_FIRE
    return Wiring(
        populations=(
            Population("drives", competitors, Dynamics.ACCUMULATOR),
            Population(
                "competitors",
                competitors,
                dynamics,
                initial=0.5 if emission is Emission.INTEGRATE_AND_FIRE else 0.0,
                rule=_FIRES[emission],
            ),
            Population(
                "inhibition",
                1,
                Dynamics.INTEGRATOR,
                initial=0.0 - math.log(first_gain(budget)),
                rule=inhibition_rule(budget, update),
            ),
            Population("strongest drive", 1, Dynamics.MAXIMUM),
        ),
        projections=(
            Projection("drives", "competitors", Pattern.ONE_TO_ONE, one),
            Projection("drives", "strongest drive", Pattern.ALL_TO_ALL, one),
            Projection(
                "strongest drive", "competitors", Pattern.ALL_TO_ALL, one, Role.LOG_INHIBITION
            ),
            Projection("competitors", "inhibition", Pattern.ALL_TO_ALL, one, delay_steps=1),
            Projection("inhibition", "competitors", Pattern.ALL_TO_ALL, one, Role.LOG_INHIBITION),
        ),
        copies=copies,
    )
