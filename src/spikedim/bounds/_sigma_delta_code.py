"""Steps and spikes of the sigma-delta code: integrate and fire without leak."""

import math

from spikedim._core import check_fraction, check_in
from spikedim.bounds._assumptions import EQUAL_ENTRIES, LIPSCHITZ, SMOOTH_FRACTION
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import BENNETT

__all__ = ["sigma_delta_max_error_steps", "sigma_delta_spikes", "sigma_delta_steps"]

_COUNT = Assumption(
    "each entry emits floor(x T + phase) spikes: no leak, soft reset, constant drive"
)
_REFERENCE = f"{BENNETT}; theory index 1.3"


def _steps(precision: float, phase: float, caller: str) -> float:
    """Solve L sqrt(phase^2 - phase + 1/3) / T = epsilon_rms."""
    return whole_steps(math.sqrt(phase**2 - phase + 1 / 3) * precision, caller=caller)


def sigma_delta_steps(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float, phase: float = 0.5
) -> Bound:
    r"""Fewest steps in which sigma-delta counts reach an RMS error.

    .. math:: T = \left\lceil \sqrt{\varphi^2 - \varphi + \tfrac13}\;
        \frac{L}{\epsilon_{rms}} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    phase : float, default 0.5
        Initial membrane potential in units of the threshold, in [0, 1].

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
    sigma_delta_spikes : The same law in spikes.
    sigma_delta_max_error_steps : For the largest error in the place of the RMS.

    Notes
    -----
    Assumptions:

    1. Each entry emits floor(x T + phase) spikes: no leak, soft reset, constant drive.
    2. The fractional part of x T is uniform over the entries: exact for x uniform on [0, 1],
       close for a smooth density once T is not small.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    The constant is .289 at phase one half, .577 at phase 0. The error is a bias, not noise:
    averaging runs does not help. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = sigma_delta_steps(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    29.0
    """
    name = "sigma_delta_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    start = check_in(phase, 0.0, 1.0, name="phase", caller=name)
    return Bound(
        name=name,
        value=_steps(precision, start, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "sigma-delta-coded population"),
        assumptions=(_COUNT, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def sigma_delta_spikes(
    *,
    tokens: int,
    features: int,
    epsilon_rms: float,
    lipschitz: float,
    phase: float = 0.5,
    rate: float,
) -> Bound:
    r"""Spike count at which a sigma-delta code reaches an RMS error.

    .. math:: N = n d\, r\, T

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    phase : float, default 0.5
        Initial membrane potential in units of the threshold, in [0, 1].
    rate : float
        Mean of x over the entries, in (0, 1]: the mean firing rate of the code.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `sigma_delta_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    sigma_delta_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. Each entry emits floor(x T + phase) spikes: no leak, soft reset, constant drive.
    2. The fractional part of x T is uniform over the entries: exact for x uniform on [0, 1],
       close for a smooth density once T is not small.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = sigma_delta_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0, rate=0.5
    ... )
    >>> got.value
    29.0
    """
    name = "sigma_delta_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    start = check_in(phase, 0.0, 1.0, name="phase", caller=name)
    mean = check_fraction(rate, name="rate", caller=name)
    steps = _steps(precision, start, name)
    return Bound(
        name=name,
        value=entries * mean * steps,
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "sigma-delta-coded population"),
        assumptions=(_COUNT, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def sigma_delta_max_error_steps(
    *, tokens: int, features: int, max_error: float, phase: float = 0.5
) -> Bound:
    r"""Fewest steps in which every sigma-delta rate is within a largest error, with certainty.

    .. math:: T = \left\lceil \frac{\max(\varphi, 1 - \varphi)}{\delta} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1; the value does not depend on it.
    max_error : float
        Largest error delta of a rate over all entries, in (0, 1].
    phase : float, default 0.5
        Initial membrane potential in units of the threshold, in [0, 1].

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
    hoeffding_steps : The same promise for a Bernoulli code, with a failure probability.

    Notes
    -----
    Assumptions:

    1. Each entry emits floor(x T + phase) spikes: no leak, soft reset, constant drive.

    No failure probability and no union over entries: the error is deterministic. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> sigma_delta_max_error_steps(tokens=64, features=384, max_error=0.05).value
    10.0
    """
    name = "sigma_delta_max_error_steps"
    count_entries(tokens, features, caller=name)
    largest = check_fraction(max_error, name="max_error", caller=name)
    start = check_in(phase, 0.0, 1.0, name="phase", caller=name)
    return Bound(
        name=name,
        value=whole_steps(max(start, 1 - start) / largest, caller=name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "sigma-delta-coded population"),
        assumptions=(_COUNT,),
        reference=_REFERENCE,
    )
