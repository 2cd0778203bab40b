"""The published account's rate-distortion function."""

import math

from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision
from spikedim.bounds._references import PUBLISHED

__all__ = ["published_rate_distortion"]

_VERDICT = (
    "False for uniform rates, the only source for which it could be meant: the rate-distortion "
    "function lies 1.79 to 2.05 bits per entry lower, and is 0 from epsilon_rms = 0.289 L on, "
    "where this form still asks 1.79 bits per entry. The logarithmic growth is right."
)


def published_rate_distortion(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Bit count as published, without the constant of the rate-distortion function.

    .. math:: R(D) = n d \log_2 \frac{L}{\epsilon}

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error, above 0 and below L: the published step sets D = (epsilon / L)^2 per
        entry.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Bits per sample, above 0, with the verdict.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.
    AssumptionError
        If `epsilon_rms` is not below `lipschitz` (assumption 2).

    See Also
    --------
    uniform_information_bits : The corrected bound from below.
    uniform_information_bits_upper : The corrected bound from above.

    Notes
    -----
    Assumptions:

    1. The rate-distortion function of the data is that of a uniform distribution at high
       resolution, with its constant left out.
    2. epsilon_rms is below L, so that the logarithm is above 0.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, rate-distortion step.

    Examples
    --------
    >>> published_rate_distortion(
    ...     tokens=10, features=10, epsilon_rms=0.25, lipschitz=1.0
    ... ).value
    200.0
    """
    name = "published_rate_distortion"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    assumptions = (
        Assumption(
            "the data have the high-resolution rate-distortion function of uniform rates, "
            "with its constant left out"
        ),
        Assumption(
            "epsilon_rms must be below lipschitz, so that the logarithm is above 0", precision > 1
        ),
    )
    Bound.require(name, assumptions)
    return Bound(
        name=name,
        value=entries * math.log2(precision),
        unit="bits",
        kind=BoundKind.PUBLISHED,
        population=describe(tokens, features, "population"),
        assumptions=assumptions,
        reference=f"{PUBLISHED}, rate-distortion step",
        verdict=_VERDICT,
    )
