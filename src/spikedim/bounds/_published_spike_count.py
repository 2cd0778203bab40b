"""The published account's number of spikes."""

from spikedim.bounds._assumptions import BERNOULLI_CODE
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision
from spikedim.bounds._references import PUBLISHED

__all__ = ["published_spike_count"]

_VERDICT = (
    "Right up to a constant (1/12 for uniform rates) for an independent Bernoulli rate code with "
    "a per-entry RMS error and f = L X. False for codes in general: a latency code needs n d "
    "spikes and a sigma-delta code order n d L/epsilon. False with the Frobenius error of the "
    "stated objective, which asks (n d)^2. False for a single function that only has an upper "
    "Lipschitz constant: a constant function needs no spikes."
)


def published_spike_count(
    *, tokens: int, features: int, epsilon_rms: float, lipschitz: float
) -> Bound:
    r"""Spike count as published, with the constant of the order statement set to 1.

    .. math:: N = \Omega\left(\frac{L^2 n d}{\epsilon^2}\right)

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error, above 0: the reading under which the order can be right.
    lipschitz : float
        L in output units per unit rate, above 0.

    Returns
    -------
    Bound
        Spikes per sample, with the verdict.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    rate_code_spikes : The theorem behind the order, with its constant.
    latency_spikes : A code that does better.

    Notes
    -----
    Assumptions:

    1. Given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries,
       with the same T for every entry. The account does not state this.
    2. The constant of the order statement is 1; none is published.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, spike-count lower bound.

    Examples
    --------
    >>> published_spike_count(tokens=2, features=2, epsilon_rms=0.5, lipschitz=1.0).value
    16.0
    """
    name = "published_spike_count"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    return Bound(
        name=name,
        value=entries * precision**2,
        unit="spikes",
        kind=BoundKind.PUBLISHED,
        population=describe(tokens, features, "population"),
        assumptions=(
            BERNOULLI_CODE,
            Assumption("the constant of the order statement is 1; none is published"),
        ),
        reference=f"{PUBLISHED}, spike-count lower bound",
        verdict=_VERDICT,
    )
