"""Steps and spikes of the latency code: one spike whose time is the value."""

import math

from spikedim.bounds._assumptions import EQUAL_ENTRIES, LIPSCHITZ, SMOOTH_FRACTION
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import BENNETT

__all__ = ["latency_spikes", "latency_steps"]

_TIMED = Assumption(
    "each entry fires once, in step floor(x T) + 1, and the decoder answers the middle of that step"
)
_REFERENCE = f"{BENNETT}; theory index 6.1"


def _steps(precision: float, caller: str) -> float:
    """Solve L / (sqrt(12) T) = epsilon_rms."""
    return whole_steps(precision / math.sqrt(12), caller=caller)


def latency_steps(*, tokens: int, features: int, epsilon_rms: float, lipschitz: float) -> Bound:
    r"""Fewest steps in which one well-timed spike per entry reaches an RMS error.

    .. math:: T = \left\lceil \frac{L}{\sqrt{12}\,\epsilon_{rms}} \right\rceil

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
    latency_spikes : The same law in spikes.
    binary_code_steps : Fewer steps still, with more spikes.

    Notes
    -----
    Assumptions:

    1. Each entry fires once, in step floor(x T) + 1, and the decoder answers the middle of
       that step.
    2. The fractional part of x T is uniform over the entries: exact for x uniform on [0, 1],
       close for a smooth density once T is not small.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    An explicit counterexample to a code-free lower bound of order 1/epsilon^2. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = latency_steps(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    29.0
    """
    name = "latency_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=_steps(precision, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "latency-coded population"),
        assumptions=(_TIMED, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def latency_spikes(*, tokens: int, features: int, epsilon_rms: float, lipschitz: float) -> Bound:
    r"""Spike count of the latency code, one per entry, whatever the error.

    .. math:: N = n d

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
        Expected spikes per sample in the steps of `latency_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    latency_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. Each entry fires once, in step floor(x T) + 1, and the decoder answers the middle of
       that step.
    2. The fractional part of x T is uniform over the entries: exact for x uniform on [0, 1],
       close for a smooth density once T is not small.
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    An explicit counterexample to a code-free lower bound of order 1/epsilon^2. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = latency_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    2.0
    """
    name = "latency_spikes"
    entries = count_entries(tokens, features, caller=name)
    input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=float(entries),
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "latency-coded population"),
        assumptions=(_TIMED, SMOOTH_FRACTION, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )
