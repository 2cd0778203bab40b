"""How large a codebook is, how large it must be, and how large anything must be."""

import math
from typing import Any

from spikedim._core import InputError, check_integer, check_positive
from spikedim.circuits.universal._multisets import multisets

__all__ = ["codebook_cells", "codebook_size", "equivariant_class_bits"]


def codebook_size(*, tokens: int, features: int, cells: int) -> int:
    r"""Count the memory entries of a codebook.

    .. math:: K = m^d \binom{m^d + n - 2}{n - 1}

    Parameters
    ----------
    tokens, features : int
        n and d, each at least 1.
    cells : int
        m per axis, at least 1.

    Returns
    -------
    int
        K: own cells times multisets of the n - 1 other cells.

    Raises
    ------
    InputError
        If a number is not a positive integer.

    Examples
    --------
    >>> [codebook_size(tokens=2, features=2, cells=m) for m in (2, 4, 8)]
    [16, 256, 4096]
    """
    n, d, m = _sizes("codebook_size", tokens=tokens, features=features, cells=cells)
    kinds: int = m**d
    return kinds * multisets(kinds, n - 1)


def codebook_cells(*, tokens: int, features: int, lipschitz: float, epsilon_fro: float) -> int:
    r"""Cells per axis for which a codebook keeps a Frobenius error, everywhere.

    .. math:: m = \left\lceil \frac{L \sqrt{n d}}{2 \epsilon_F} \right\rceil

    Parameters
    ----------
    tokens, features : int
        n and d, each at least 1.
    lipschitz : float
        L, above 0, in output units per unit rate.
    epsilon_fro : float
        Frobenius error of the whole output, above 0, in output units.

    Returns
    -------
    int
        m, at least 1.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    Examples
    --------
    >>> codebook_cells(tokens=2, features=2, lipschitz=1.0, epsilon_fro=0.125)
    8
    """
    caller = "codebook_cells"
    n, d = _sizes(caller, tokens=tokens, features=features)
    return max(1, _whole(math.sqrt(n * d), lipschitz, epsilon_fro, caller))


def equivariant_class_bits(
    *, tokens: int, features: int, lipschitz: float, epsilon_fro: float
) -> int:
    r"""Fewest bits of any family of networks that serves every equivariant function.

    .. math:: B = \binom{g^d + n - 1}{n} \ge \frac{g^{nd}}{n!}, \qquad
        g = \left\lceil \frac{L}{2 \epsilon_F} \right\rceil

    Parameters
    ----------
    tokens, features : int
        n and d, each at least 1.
    lipschitz : float
        L, above 0, in output units per unit rate.
    epsilon_fro : float
        Largest Frobenius error over all inputs, above 0, in output units.

    Returns
    -------
    int
        Weights times bits per weight cannot be fewer; the exact integer, which may be long.

    Raises
    ------
    InputError
        If a size is not a positive integer or a number is not above 0.

    See Also
    --------
    spikedim.bounds.published_universal_sizes : Sizes that stay polynomial.
    codebook_size : The memory of a construction that is enough, of the same order.

    Notes
    -----
    Assumptions:

    1. The networks must approximate every L-Lipschitz permutation-equivariant function on
       [0, 1]^(n x d) within `epsilon_fro` at every input.

    Proof: g grid points per axis are further apart than rho = 2 epsilon_F/L. Give every orbit of
    the grid under permutations of tokens a bump of slope L/sqrt(n), radius rho/2 and either
    sign, the same for all tokens. The bumps do not meet, so each of the 2^B sign patterns is an
    L-Lipschitz equivariant function, and two of them differ by more than 2 epsilon_F somewhere:
    no network serves both.

    References
    ----------
    .. [1] A. N. Kolmogorov and V. M. Tikhomirov, "Epsilon-entropy and epsilon-capacity of sets in
       functional spaces", American Mathematical Society Translations 17, 1961.

    Examples
    --------
    >>> equivariant_class_bits(tokens=2, features=2, lipschitz=1.0, epsilon_fro=0.05)
    5050
    """
    caller = "equivariant_class_bits"
    n, d = _sizes(caller, tokens=tokens, features=features)
    return multisets(max(1, _whole(1.0, lipschitz, epsilon_fro, caller)) ** d, n)


def _sizes(caller: str, **sizes: object) -> tuple[int, ...]:
    """Return each size as an int of at least 1."""
    return tuple(check_integer(value, name=name, caller=caller) for name, value in sizes.items())


def _whole(factor: float, lipschitz: Any, epsilon_fro: Any, caller: str) -> int:
    """Return ceil(factor L/(2 epsilon))."""
    slope = check_positive(lipschitz, name="lipschitz", caller=caller)
    error = check_positive(epsilon_fro, name="epsilon_fro", caller=caller)
    ratio = factor * slope / 2 / error
    if not ratio < 1 << 53:
        raise InputError(
            f"{caller}: `epsilon_fro` must be above L/2^54; got {epsilon_fro!r} with L = {slope:g}."
        )
    return math.ceil(ratio * (1 - 1e-12))  # a quotient one rounding above a whole number
