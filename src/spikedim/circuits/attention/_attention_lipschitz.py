"""How much exact attention can stretch the difference between two given inputs."""

from typing import Any

import numpy as np

from spikedim.circuits.attention._attention_bound import diameters
from spikedim.circuits.attention._attention_heads import Heads

__all__ = ["stretch_bound"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def stretch_bound(
    heads: Heads, span: Array, ours: Array, theirs: Array, mask: Array | None
) -> float:
    r"""Return an L with :math:`\lVert f(X') - f(X) \rVert_F \le L \lVert X' - X \rVert_F`.

    For rates of both inputs, in units of the input itself: :math:`A' X' U - A X U = A' (X' - X) U
    + (A' - A) V`. The first term is below the product of spectral norms. A row of the second is
    at most half the diameter of V times the largest change of its scores, since softmax is
    1-Lipschitz from the largest to the l1 norm, and
    :math:`\sqrt{d_k}\, \delta z_{ij} = \delta q_i \cdot k_j + q'_i \cdot \delta k_j`.
    """
    per_unit = np.divide(1.0, span, out=np.zeros_like(span), where=span > 0)[:, None]
    run, exact = heads.exact(ours, mask), heads.exact(theirs, mask)
    weights = np.linalg.norm(per_unit * heads.folded_value, ord=2, axis=(1, 2))
    mixing = np.linalg.norm(run.rows, ord=2, axis=(1, 2)) * weights
    by_query = exact.key @ (per_unit * heads.query).transpose(0, 2, 1)  # [H, j, D]
    by_key = run.query @ (per_unit * heads.key).transpose(0, 2, 1)  # [H, i, D]
    scores = np.linalg.norm(by_query, axis=2).max(axis=1) + np.linalg.norm(by_key, axis=(1, 2))
    return float((mixing + diameters(exact.value) / 2 * heads.scale * scores).sum())
