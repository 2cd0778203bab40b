"""Steps and spikes of the sigma-delta code that starts at a random phase."""

import math

from spikedim._core import check_fraction
from spikedim.bounds._assumptions import EQUAL_ENTRIES, LIPSCHITZ, SMOOTH_FRACTION
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import BENNETT

__all__ = ["random_phase_spikes", "random_phase_steps"]

_COUNT = Assumption("each entry emits floor(x T + phase) spikes with its own uniform random phase")
_REFERENCE = f"{BENNETT}; theory index 1.3"


def _steps(precision: float, caller: str) -> float:
    """Solve L / (sqrt(6) T) = epsilon_rms."""
    return whole_steps(precision / math.sqrt(6), caller=caller)


def random_phase_steps(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Fewest steps in which counts of randomly started sigma-delta neurons reach an RMS error.

    .. math:: T = \left\lceil \frac{L}{\sqrt6\,\epsilon_{rms}} \right\rceil

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.

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
    random_phase_spikes : The same law in spikes.
    sigma_delta_steps : Fixed phase, smaller error, but biased.

    Notes
    -----
    Assumptions:

    1. Each entry emits floor(x T + phase) spikes with its own uniform random phase.
    2. The fractional part of x T is uniform over the entries: exact for x uniform on [0, 1],
       close for a smooth density once T is not small.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    The count is unbiased with variance {xT}(1 - {xT}), but its steps depend on each other:
    never multiply such trains by coincidence. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = random_phase_steps(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    41.0
    """
    name = "random_phase_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=_steps(precision, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "random-phase-coded population"),
        assumptions=(_COUNT, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def random_phase_spikes(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float, rate: float
) -> Bound:
    r"""Spike count at which a random-phase code reaches an RMS error.

    .. math:: N = n d\, r\, T

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    rate : float
        Mean of x over the entries, in (0, 1]: the mean firing rate of the code.

    Returns
    -------
    Bound
        Expected spikes per sample in the steps of `random_phase_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    random_phase_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. Each entry emits floor(x T + phase) spikes with its own uniform random phase.
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
    >>> got = random_phase_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0, rate=0.5
    ... )
    >>> got.value
    41.0
    """
    name = "random_phase_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    mean = check_fraction(rate, name="rate", caller=name)
    steps = _steps(precision, name)
    return Bound(
        name=name,
        value=entries * mean * steps,
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "random-phase-coded population"),
        assumptions=(_COUNT, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )
