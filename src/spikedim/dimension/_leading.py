"""Leading eigenvalues with a proof that they settle a variance threshold."""

import torch
from torch import Tensor

from spikedim._core import AnyArray
from spikedim.dimension._subsets import descending

__all__ = ["certified_leading", "leading_eigenvalues"]

_PAYS_FROM = 1024
# Twice the rank of a typical d95 (217 of 3,072 for CIFAR-10 pixels): faster convergence pays.
_RANK_SHARE = 0.135
_ROUNDS = 4
_BLOCK = 512


def leading_eigenvalues(matrix: Tensor, fraction: float) -> AnyArray:
    """Return eigenvalues of a covariance, largest first, that settle `fraction` of its trace.

    All of them, unless a cheaper leading part carries its own proof (`certified_leading`).
    """
    if len(matrix) >= _PAYS_FROM:
        leading = certified_leading(matrix, fraction, rank=int(_RANK_SHARE * len(matrix)))
        if leading is not None:
            return leading
    return descending(matrix)


def certified_leading(matrix: Tensor, fraction: float, *, rank: int) -> AnyArray | None:
    r"""Return `rank` Ritz values whose sums provably cross `fraction` where the eigenvalues' do.

    Subspace iteration in float32 finds a basis; everything that is claimed uses float64. With
    Ritz pairs (theta_i, q_i) of A, residuals f_i = A q_i - theta_i q_i and G the compression of
    A to the complement of q_1..q_p, three facts hold. Ritz sums never exceed sums of
    eigenvalues, so cum(d) >= fraction is certain. For any nu, a_i > 0, by 2uv <= u^2/a + a v^2,

        A <= diag(theta + a) (+) (G + nu I),   nu = sum_i |f_i|^2 / a_i,

    with one common matrix term F'F/nu_1 for i <= j = d - 1 (its trace is the price in the sum)
    and the free choice a_i = theta_j - theta_i for i > j. If G <= g I with
    g + nu_1 + nu_2 <= theta_j, the j largest eigenvalues sum to at most sum(theta_i) +
    sum_{i<=j} |f_i|^2 / nu_1, which is set to the threshold, so cum(d - 1) < fraction. And
    G <= g I is proved by a Cholesky factorisation of g I - A + c Q Q'.

    Returns None where the proof fails; nothing is then known.
    """
    a = matrix / matrix.trace()
    theta, vectors, residuals = _rayleigh_ritz(a, _iterate(a, rank))
    held = theta.cumsum(0)
    d = int((held < fraction).sum()) + 1
    j = d - 1
    if d > rank - 2:
        return None
    chosen, bound = d, -1.0
    if j > 0:
        room = float(fraction - held[j - 1]) * (1 - 1e-9)
        if room <= 0:
            return None
        price = float(residuals[:j].sum()) / room
        spread = (theta[j - 1] - theta[j:]).clamp(min=1e-300)
        below = theta[j - 1] - price - (residuals[j:] / spread).cumsum(0)
        # theta_{p+1} is a good guess of the norm of G; the factorisation decides.
        chosen = j + int((below[:-1] - 1.05 * theta[j + 1 :]).argmax()) + 1
        bound = float(below[chosen - j - 1]) * (1 - 1e-9)
        if not bound > 0 or not _bounds_complement(a, vectors[:, :chosen], bound):
            return None
    leading: AnyArray = (theta * matrix.trace()).clamp(min=0).numpy()
    return leading


def _iterate(a: Tensor, rank: int) -> Tensor:
    """Return an orthonormal basis [D, rank] close to the leading eigenvectors."""
    narrow = a.float()
    start = torch.Generator().manual_seed(0)
    basis = torch.randn(len(a), rank, generator=start)
    for _ in range(_ROUNDS):
        basis = torch.linalg.qr(narrow @ basis)[0]
    return basis


def _rayleigh_ritz(a: Tensor, basis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return Ritz values, largest first, their vectors and the squared norms of residuals."""
    # Orthonormal in float32 already: one Cholesky step makes it so in float64.
    wide = basis.double()
    factor = torch.linalg.cholesky(wide.T @ wide)
    q = torch.linalg.solve_triangular(factor, wide.T, upper=False).T
    image = a @ q
    theta, turn = torch.linalg.eigh(q.T @ image)
    theta, turn = theta.flip(0), turn.flip(1)
    vectors = q @ turn
    residuals = (image @ turn - vectors * theta).square().sum(dim=0)
    return theta, vectors, residuals


def _bounds_complement(a: Tensor, vectors: Tensor, bound: float) -> bool:
    """Prove that the compression of `a` to the complement of `vectors` is at most `bound`."""
    shifted = -a
    weight = 2 * float(a.diagonal().sum())
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, start + _BLOCK)
        shifted[rows, start:].addmm_(vectors[rows], vectors[start:].T, alpha=weight)
    # Rounding of the factorisation is below D * eps * trace (Higham, Theorem 10.5 form).
    trace = bound * len(a) + weight * vectors.shape[1]
    slack = 4 * len(a) * torch.finfo(torch.float64).eps * trace
    shifted.diagonal().add_(bound - slack)
    return _positive_definite(shifted)


def _positive_definite(upper: Tensor) -> bool:
    """Say whether the blocked Cholesky factorisation of an upper triangle runs to its end."""
    for start in range(0, len(upper), _BLOCK):
        stop = min(start + _BLOCK, len(upper))
        factor, failed = torch.linalg.cholesky_ex(upper[start:stop, start:stop].mT)
        if int(failed):
            return False
        panel = torch.linalg.solve_triangular(factor, upper[start:stop, stop:], upper=False)
        for left in range(stop, len(upper), _BLOCK):
            rows = panel[:, left - stop : left - stop + _BLOCK]
            upper[left : left + _BLOCK, left:].addmm_(rows.T, panel[:, left - stop :], alpha=-1)
    return True
