"""The published account's step from bits to spikes."""

from spikedim._core import check_in
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._references import PUBLISHED
from spikedim.bounds._spikes_for_bits import MOST_BITS

__all__ = ["published_one_bit_per_spike"]

_VERDICT = (
    "False for sparse trains: a spike of a train with mean rate r carries up to H_b(r)/r bits, "
    "which is above 1 for every r below 0.773 (3.6 bits at r = 0.2). True only for denser trains."
)


def published_one_bit_per_spike(
    *, bits: float, population: str = "any population, as published"
) -> Bound:
    r"""Spike count as published, at no more than one bit each.

    .. math:: N \ge B

    Parameters
    ----------
    bits : float
        B at least 0, e.g. the value of an information bound.
    population : str, optional
        Whose bits these are, in words; copied into the result.

    Returns
    -------
    Bound
        Spikes per sample, with the verdict.

    Raises
    ------
    InputError
        If `bits` is negative.

    See Also
    --------
    spikes_for_bits : The corrected step, H_b(r)/r bits per spike.

    Notes
    -----
    Assumptions:

    1. A spike carries at most one bit, at whatever firing rate.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, step from bits to spikes.

    Examples
    --------
    >>> published_one_bit_per_spike(bits=227.5).value
    227.5
    """
    name = "published_one_bit_per_spike"
    return Bound(
        name=name,
        value=check_in(bits, 0.0, MOST_BITS, name="bits", caller=name),
        unit="spikes",
        kind=BoundKind.PUBLISHED,
        population=population,
        assumptions=(Assumption("a spike carries at most one bit, at whatever firing rate"),),
        reference=f"{PUBLISHED}, step from bits to spikes",
        verdict=_VERDICT,
    )
