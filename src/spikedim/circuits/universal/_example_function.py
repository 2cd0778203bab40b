"""The equivariant function that stands in for a user's own."""

from typing import Any

import numpy as np

__all__ = ["EXAMPLE_WORDS", "gap_to_max_and_mean"]

EXAMPLE_WORDS = (
    "gap_to_max_and_mean: of the first feature how far each token is below the largest, of the "
    "others how far it is from their mean"
)


def gap_to_max_and_mean(x: Any) -> Any:
    r"""Say of each token how far it is from the others: permutation-equivariant, not linear.

    .. math:: f(X)_{i1} = \max_j x_{j1} - x_{i1}, \qquad
        f(X)_{ia} = \bigl|x_{ia} - \tfrac1n \textstyle\sum_j x_{ja}\bigr| \quad (a > 1)

    Parameters
    ----------
    x : array of shape [..., n, d]
        Rates in [0, 1].

    Returns
    -------
    ndarray of shape [..., n, d]
        Gaps in [0, 1].

    Notes
    -----
    Its Lipschitz constant in the Frobenius norm is sqrt(n): the features do not mix; the gap to
    the largest has the Jacobian 1 e_k^T - I, whose norm is sqrt(n), and the other map has norm 1.

    Examples
    --------
    >>> gap_to_max_and_mean(np.array([[0.75, 0.0], [0.5, 1.0]])).tolist()
    [[0.0, 0.5], [0.25, 0.5]]
    """
    array = np.asarray(x, dtype=np.float64)
    gaps = np.abs(array - array.mean(axis=-2, keepdims=True))
    first = array[..., 0]
    gaps[..., 0] = first.max(axis=-1, keepdims=True) - first
    return gaps
