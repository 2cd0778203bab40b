"""Bits of the quantised twin that can hold a spike count."""

from spikedim._core import check_integer

__all__ = ["quantised_bits"]


def quantised_bits(steps: int) -> int:
    r"""Count the bits that hold every spike count of T steps, :math:`\lceil\log_2(T+1)\rceil`.

    Parameters
    ----------
    steps : int
        T >= 1.

    Returns
    -------
    int
        Activation bits of the capacity-matched quantised network.

    Raises
    ------
    InputError
        If `steps` is not an integer >= 1.

    Notes
    -----
    A T-step network of integrate-and-fire neurons with reset by subtraction and input current
    in [0, threshold) equals a network of that many bits exactly [1]_; a leak breaks the equality.

    References
    ----------
    .. [1] Z. Yan et al., "Reconsidering the energy efficiency of spiking neural networks
       inference from analytical perspectives", arXiv 2409.08290v4, 2026, Theorem 1.

    Examples
    --------
    >>> [quantised_bits(t) for t in (1, 3, 4, 15, 16)]
    [1, 2, 3, 4, 5]
    """
    # T.bit_length() is the exact ceil(log2(T + 1)) for positive integers.
    return check_integer(steps, name="steps", caller="quantised_bits").bit_length()
