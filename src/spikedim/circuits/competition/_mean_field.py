"""The rate equation of the log-inhibition circuit: solution and Lyapunov function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import FloatArray, InputError, Result, check_positive
from spikedim.circuits._checks import check_logits, check_matrix
from spikedim.circuits._rows import relative_weights, softmax_rows
from spikedim.circuits.competition._gli_state import SLOWEST_GAIN, check_budget

__all__ = ["MeanField", "mean_field", "mean_field_inhibition"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True, eq=False)
class MeanField(Result):
    """The rate equation of rows of logits at one value of the inhibition.

    Parameters
    ----------
    rates : FloatArray
        Shape [..., n]; spikes per step ``exp(z_i - g)`` of each competitor.
    excess : FloatArray
        Shape [...]; ``x = sum(rates) / budget``: 1 at rest.
    inhibition_slope : FloatArray
        Shape [...]; dg/dt, per step.
    lyapunov : FloatArray
        Shape [...]; ``V = sum_i (rate_i - budget attn_i)^2``.
    lyapunov_slope : FloatArray
        Shape [...]; dV/dt, below 0 except at rest.
    rest_decay : float
        Decay of V near rest, per step: ``2 eta budget``.
    """

    schema: ClassVar[str] = "spikedim.mean_field/1"

    rates: FloatArray
    excess: FloatArray
    inhibition_slope: FloatArray
    lyapunov: FloatArray
    lyapunov_slope: FloatArray
    rest_decay: float


def mean_field(
    logits: Any, inhibition: Any, *, budget: float = 1.0, gain: float = SLOWEST_GAIN
) -> MeanField:
    r"""Evaluate the rate equation of the log-inhibition circuit.

    .. math::
        \dot g = \eta \Bigl(\sum_j e^{z_j - g} - \rho\Bigr),\qquad
        V = \rho^2 \lVert\alpha\rVert^2 (x - 1)^2,\qquad
        \dot V = -2 \eta \rho\, x V \le 0

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Drives z; -inf masks an entry. Equal drives are no exception.
    inhibition : float or array of shape [...]
        Potential g.
    budget : float
        Spikes per step of a row, rho in (0, n].
    gain : float
        eta per step, above 0; by default what the circuit settles at.

    Returns
    -------
    MeanField
        Rates, V and both slopes.

    Raises
    ------
    InputError
        If a number is not finite or out of range, or a rate overflows.

    See Also
    --------
    mean_field_inhibition : The solution over time.

    Notes
    -----
    V has no other minimum than rates equal to the budget times the softmax, so they are reached
    from every start, exponentially, whatever the logits. The circuit's floor ``g >= max z`` does
    not touch this as long as the budget is at most ``1 / max attn``: at the floor the total rate
    is then above the budget and g rises. A larger budget leaves g at the floor. Cost O(R n).

    References
    ----------
    .. [1] Theory index, Lyapunov function after 3b.

    Examples
    --------
    >>> at = mean_field([0.0, 0.0], 0.0)
    >>> at.rates.tolist(), float(at.excess), bool(at.lyapunov_slope < 0)
    ([1.0, 1.0], 2.0, True)
    """
    z = check_logits(logits, caller="mean_field")
    rho = check_budget(budget, z.shape[-1], caller="mean_field")
    eta = check_positive(gain, name="gain", caller="mean_field")
    g = _per_row(inhibition, z, name="inhibition", caller="mean_field")
    attn = softmax_rows(z)
    with np.errstate(over="ignore"):
        rates = np.exp(z - g[..., None])
        total = rates.sum(axis=-1)
        value = np.square(rates - rho * attn).sum(axis=-1)
        fall = -2 * eta * total * value
        finite = np.isfinite(fall).all() and np.isfinite(total / rho).all()
    if not finite:
        raise InputError(
            f"mean_field: `inhibition` must leave finite rates; got {g.min():g} under logits up to "
            f"{z.max():g}. Start nearer to the largest logit."
        )
    return MeanField(
        rates=rates,
        excess=np.asarray(total / rho),
        inhibition_slope=np.asarray(eta * (total - rho)),
        lyapunov=np.asarray(value),
        lyapunov_slope=np.asarray(fall),
        rest_decay=2 * eta * rho,
    )


def mean_field_inhibition(
    logits: Any, times: Any, *, start: Any, budget: float = 1.0, gain: float = SLOWEST_GAIN
) -> FloatArray:
    r"""Solve the rate equation of the log-inhibition circuit.

    .. math::
        e^{g(t)} = e^{g_\infty} + (e^{g(0)} - e^{g_\infty})\, e^{-\eta\rho t},\qquad
        g_\infty = \ln \tfrac1\rho \sum_j e^{z_j}

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Drives z; -inf masks an entry.
    times : array of shape [K]
        Times from the start, in steps, at least 0.
    start : float or array of shape [...]
        Inhibition g at time 0.
    budget : float
        Spikes per step of a row, rho in (0, n].
    gain : float
        eta per step, above 0.

    Returns
    -------
    FloatArray
        Shape [K, ...]; g at each time.

    Raises
    ------
    InputError
        If a number is not finite or out of range, or a time is negative.

    See Also
    --------
    mean_field : Rates and Lyapunov function at any inhibition.

    Notes
    -----
    ``exp(g)`` obeys a linear equation, so the solution holds for all starts. Cost O(R (n + K)).

    Examples
    --------
    >>> g = mean_field_inhibition([0.0, 0.0], [0.0, 1000.0], start=0.0)
    >>> g.round(6).tolist()
    [0.0, 0.693147]
    """
    caller = "mean_field_inhibition"
    z = check_logits(logits, caller=caller)
    rho = check_budget(budget, z.shape[-1], caller=caller)
    eta = check_positive(gain, name="gain", caller=caller)
    g = _per_row(start, z, name="start", caller=caller)
    when = check_matrix(times, caller=caller, name="times", ndim=1)
    if when.min() < 0:
        raise InputError(
            f"{caller}: `times` must be at least 0; got {when.min():g}. Count from the start."
        )
    strongest = z.max(axis=-1)
    rest = strongest + np.log(relative_weights(z).sum(axis=-1)) - np.log(rho)
    with np.errstate(over="ignore"):  # at rest for long
        left = (-eta * when * rho).reshape(-1, *(1 for _ in g.shape))
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(rest + np.log(-np.expm1(left)), g + left))


def _per_row(number: Any, logits: Array, *, name: str, caller: str) -> Array:
    """Return one finite number per row."""
    array = check_matrix(number, caller=caller, name=name, ndim=None)
    try:
        return np.asarray(np.broadcast_to(array, logits.shape[:-1]))
    except ValueError as error:
        raise InputError(
            f"{caller}: `{name}` must be a number or have shape {logits.shape[:-1]}; got shape "
            f"{array.shape}. Give one potential for each row."
        ) from error
