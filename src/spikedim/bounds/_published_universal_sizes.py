"""The published account's sizes of a universal approximator."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result, check_integer
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import count_entries, describe, input_precision, whole_steps
from spikedim.bounds._references import PUBLISHED

__all__ = ["UniversalSizes", "published_universal_sizes"]

_NAME = "published_universal_sizes"
_VERDICT = (
    "False for all continuous equivariant functions if the weights have bounded precision and the "
    "hidden width is polynomial: the class has metric entropy of order (L/epsilon)^(n d)/n! bits, "
    "more than polynomially many such weights can hold. The account states neither assumption. "
    "It can hold for a fixed smooth class or with an unbounded hidden width."
)


@final
@dataclass(frozen=True)
class UniversalSizes(Result):
    """The three sizes of the published universality theorem.

    Parameters
    ----------
    layers, heads, steps : Bound
        L, H and T, each with the verdict.
    """

    schema: ClassVar[str] = "spikedim.universal_sizes/1"

    layers: Bound
    heads: Bound
    steps: Bound


def published_universal_sizes(
    *, tokens: int, features: int, head_features: int, epsilon_fro: float
) -> UniversalSizes:
    r"""Layers, heads and steps of a universal spiking transformer as published, constants set to 1.

    .. math:: \text{layers} = O(\ln\tfrac1\epsilon), \quad
        \text{heads} = O\left(\frac{n^2 d}{\epsilon^2}\right), \quad
        \text{steps} = O\left(\frac{n^2 d_k^2}{\epsilon^2}\right)

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the input, each at least 1.
    head_features : int
        Features d_k of one head, at least 1.
    epsilon_fro : float
        Largest Frobenius error over all inputs, in (0, 1).

    Returns
    -------
    UniversalSizes
        Three bounds in whole layers, heads and steps, each at least 1 and with the verdict.

    Raises
    ------
    InputError
        If a size is not a positive integer or `epsilon_fro` is not above 0.
    AssumptionError
        If `epsilon_fro` is not below 1 (assumption 2).

    See Also
    --------
    rate_code_sufficient_steps : Steps of an explicit universal construction.

    Notes
    -----
    Assumptions:

    1. The function is continuous and permutation-equivariant; nothing else.
    2. epsilon_fro is below 1, so that its logarithm has a sign.
    3. The constants of the order statements are 1; none are published.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, theorem 7.

    Examples
    --------
    >>> got = published_universal_sizes(tokens=2, features=2, head_features=2, epsilon_fro=0.5)
    >>> got.layers.value, got.heads.value, got.steps.value
    (1.0, 32.0, 64.0)
    """
    count_entries(tokens, features, caller=_NAME)
    width = check_integer(head_features, name="head_features", caller=_NAME)
    precision = input_precision(epsilon_fro, 1.0, caller=_NAME, name="epsilon_fro")
    assumptions = (
        Assumption("the function is continuous and permutation-equivariant; nothing else"),
        Assumption("epsilon_fro must be below 1, so that its logarithm has a sign", precision > 1),
        Assumption("the constants of the order statements are 1; none are published"),
    )
    Bound.require(_NAME, assumptions)

    def size(value: float, unit: str) -> Bound:
        return Bound(
            name=_NAME,
            value=whole_steps(value, caller=_NAME),
            unit=unit,
            kind=BoundKind.PUBLISHED,
            population=describe(tokens, features, "input of the whole network"),
            assumptions=assumptions,
            reference=f"{PUBLISHED}, theorem 7",
            verdict=_VERDICT,
        )

    return UniversalSizes(
        layers=size(math.log(precision), "layers"),
        heads=size(tokens**2 * features * precision**2, "heads"),
        steps=size((tokens * width) ** 2 * precision**2, "steps"),
    )
