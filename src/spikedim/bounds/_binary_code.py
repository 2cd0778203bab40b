"""Steps and spikes of the positional binary code: step k carries digit k."""

import math

from spikedim.bounds._assumptions import EQUAL_ENTRIES, LIPSCHITZ, UNIFORM_ENTRIES
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import BENNETT

__all__ = ["binary_code_spikes", "binary_code_steps"]

_DIGITS = Assumption(
    "the spike in step k is binary digit k of x; the decoder weighs step k by 2^-k and answers "
    "the middle of the cell"
)
_REFERENCE = f"{BENNETT}; theory index 6.1"


def _steps(precision: float, caller: str) -> float:
    """Solve L 2^-T / sqrt(12) = epsilon_rms."""
    return whole_steps(math.log2(precision / math.sqrt(12)), caller=caller)


def binary_code_steps(*, tokens: int, features: int, epsilon_rms: float, lipschitz: float) -> Bound:
    r"""Fewest steps in which the binary digits of the rates, one per step, reach an RMS error.

    .. math:: T = \left\lceil \log_2 \frac{L}{\sqrt{12}\,\epsilon_{rms}} \right\rceil

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
    binary_code_spikes : The same law in spikes.
    latency_steps : One spike per entry.

    Notes
    -----
    Assumptions:

    1. The spike in step k is binary digit k of x; the decoder weighs step k by 2^-k and answers
       the middle of the cell.
    2. The entries of X are independent and uniform on [0, 1].
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    Within 1.26 steps of the information bound. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = binary_code_steps(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    5.0
    """
    name = "binary_code_steps"
    count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=_steps(precision, name),
        unit="steps",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "binary-coded population, uniform entries"),
        assumptions=(_DIGITS, UNIFORM_ENTRIES, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )


def binary_code_spikes(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Spike count of the positional binary code, half a spike per entry and digit.

    .. math:: N = \frac{n d\,T}{2}

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
        Expected spikes per sample in the steps of `binary_code_steps`.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is out of its range.

    See Also
    --------
    binary_code_steps : The same law in steps.

    Notes
    -----
    Assumptions:

    1. The spike in step k is binary digit k of x; the decoder weighs step k by 2^-k and answers
       the middle of the cell.
    2. The entries of X are independent and uniform on [0, 1].
    3. What follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates.
    4. The output has as many entries as the population, n d.

    An explicit counterexample to a code-free lower bound of order 1/epsilon^2. Cost O(1).

    References
    ----------
    .. [1] W. R. Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> got = binary_code_spikes(
    ...     tokens=1, features=2, epsilon_rms=0.01, lipschitz=1.0
    ... )
    >>> got.value
    5.0
    """
    name = "binary_code_spikes"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    steps = _steps(precision, name)
    return Bound(
        name=name,
        value=entries * steps / 2,
        unit="spikes",
        kind=BoundKind.UPPER,
        population=describe(tokens, features, "binary-coded population, uniform entries"),
        assumptions=(_DIGITS, UNIFORM_ENTRIES, LIPSCHITZ, EQUAL_ENTRIES),
        reference=_REFERENCE,
    )
