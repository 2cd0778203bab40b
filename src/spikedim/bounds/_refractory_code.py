"""Steps and spikes of a stochastic rate code with a refractory period."""

from spikedim.bounds._assumptions import EQUAL_ENTRIES, LIPSCHITZ, UNIFORM_ENTRIES
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._refractory import check_refractory

__all__ = ["refractory_code_spikes", "refractory_code_steps"]

_RENEWAL = Assumption(
    "an entry x fires at rate x / (1 + refractory_steps), by a constant hazard outside the "
    "refractory period; the decoder scales the rate back"
)
_LONG = Assumption("T is long against refractory_steps, so that the renewal limit holds")
_REFERENCE = (
    "D. R. Cox, Renewal Theory, Methuen, 1962 (asymptotic variance of a count); theory index 1.3"
)


def _steps(precision: float, silent: int, caller: str) -> float:
    """Solve L^2 (2 + silent) / (12 T) = epsilon_rms^2."""
    return whole_steps((2 + silent) * precision**2 / 12, caller=caller)


def refractory_code_steps(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float, refractory_steps: int
) -> Bound:
    r"""Fewest steps in which stochastic neurons with a refractory period reach an RMS error.

    .. math:: T = \left\lceil \frac{2 + t_{ref}}{12}\,
        \frac{L^2}{\epsilon_{rms}^2} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    refractory_steps : int
        Steps d without a spike after each spike, at least 0.

    Returns
    -------
    Bound
        Whole steps, at least 1.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    refractory_code_spikes : The same law in spikes.
    bernoulli_steps : Without a refractory period.

    Notes
    -----
    Assumptions:

    1. An entry x fires at rate x / (1 + refractory_steps), by a constant hazard outside the
       refractory period; the decoder scales the rate back.
    2. T is long against refractory_steps: the variance is that of a renewal process, a limit.
    3. The entries of X are independent and uniform on [0, 1].
    4. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    5. The output has as many entries as the population, n d.

    A rate r has count variance r(1 - d r)(1 - (d + 1) r) T with d = t_ref. Covering [0, 1] with
    rates up to 1/(1 + d) costs steps but saves spikes; d = 0 is the Bernoulli code. Cost O(1).

    References
    ----------
    .. [1] D. R. Cox, Renewal Theory, Methuen, 1962 (asymptotic variance of a count).

    Examples
    --------
    >>> got = refractory_code_steps(
    ...     tokens=1, features=2, epsilon_rms=0.1, lipschitz=1.0, refractory_steps=1
    ... )
    >>> got.value
    25.0
    """
    name = "refractory_code_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    silent = check_refractory(refractory_steps, name)
    return Bound(
        name=name,
        value=_steps(precision, silent, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "refractory-coded population, uniform entries"),
        assumptions=(_RENEWAL, _LONG, UNIFORM_ENTRIES, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def refractory_code_spikes(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float, refractory_steps: int
) -> Bound:
    r"""Spike count at which a stochastic refractory code reaches an RMS error.

    .. math:: N = \frac{n d\,T}{2(1 + t_{ref})}

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    refractory_steps : int
        Steps d without a spike after each spike, at least 0.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `refractory_code_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    refractory_code_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. An entry x fires at rate x / (1 + refractory_steps), by a constant hazard outside the
       refractory period; the decoder scales the rate back.
    2. T is long against refractory_steps: the variance is that of a renewal process, a limit.
    3. The entries of X are independent and uniform on [0, 1].
    4. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    5. The output has as many entries as the population, n d.

    Cost O(1).

    References
    ----------
    .. [1] D. R. Cox, Renewal Theory, Methuen, 1962 (asymptotic variance of a count).

    Examples
    --------
    >>> got = refractory_code_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.1, lipschitz=1.0, refractory_steps=1
    ... )
    >>> got.value
    12.5
    """
    name = "refractory_code_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    silent = check_refractory(refractory_steps, name)
    steps = _steps(precision, silent, name)
    return Bound(
        name=name,
        value=entries * steps / (2 * (1 + silent)),
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "refractory-coded population, uniform entries"),
        assumptions=(_RENEWAL, _LONG, UNIFORM_ENTRIES, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )
