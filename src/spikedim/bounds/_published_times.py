"""The published account's times of the softmax circuit and of attention."""

from spikedim._core import check_integer
from spikedim.bounds._bound import Assumption, Bound, BoundKind
from spikedim.bounds._population import describe, input_precision, whole_steps
from spikedim.bounds._references import PUBLISHED

__all__ = ["published_attention_time", "published_wta_time"]

_CONSTANT = Assumption("the constant of the order statement is 1; none is published")
_WTA_VERDICT = (
    "Unproved for the circuit as written and false if its inhibition is subtractive: that circuit "
    "settles at an affine threshold of the drives, or at sparsemax, and its distance from softmax "
    "does not fall with T. For inhibition in the exponent it holds but is loose: 1/epsilon^2 "
    "steps are enough with sampled spikes, whatever n, and order sqrt(n/12)/epsilon with "
    "deterministic ones. No separation of the inputs is needed."
)
_ATTENTION_VERDICT = (
    "Unproved for attention built on subtractive inhibition, whose error does not fall with T. "
    "For compiled attention with divisive inhibition and bounded score noise it holds but is "
    "loose: measured, 0.15 to 0.30 n d_k/epsilon^2 steps are enough."
)


def published_wta_time(*, tokens: int, row_error: float) -> Bound:
    r"""Time of the softmax circuit as published, with the constant set to 1.

    .. math:: T = O\left(\frac{n^2}{\epsilon^2}\right)

    Parameters
    ----------
    tokens : int
        Entries n of one softmax row, at least 1.
    row_error : float
        Euclidean error of one softmax row, above 0.

    Returns
    -------
    Bound
        Whole steps, at least 1, with the verdict.

    Raises
    ------
    InputError
        If `tokens` is not a positive integer or `row_error` is not above 0.

    See Also
    --------
    published_attention_time : The same account's time of whole attention.

    Notes
    -----
    Assumptions:

    1. Lateral inhibition makes the firing rates converge to softmax with error n/sqrt(T).
    2. The constant of the order statement is 1; none is published.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, lateral-inhibition theorem.

    Examples
    --------
    >>> published_wta_time(tokens=16, row_error=0.5).value
    1024.0
    """
    name = "published_wta_time"
    n = check_integer(tokens, name="tokens", caller=name)
    precision = input_precision(row_error, 1.0, caller=name, name="row_error")
    return Bound(
        name=name,
        value=whole_steps(n**2 * precision**2, caller=name),
        unit="steps",
        kind=BoundKind.PUBLISHED,
        population=f"one softmax row of {tokens} tokens",
        assumptions=(
            Assumption(
                "lateral inhibition makes the firing rates converge to softmax with error n/sqrt(T)"
            ),
            _CONSTANT,
        ),
        reference=f"{PUBLISHED}, lateral-inhibition theorem",
        verdict=_WTA_VERDICT,
    )


def published_attention_time(*, tokens: int, head_features: int, epsilon_fro: float) -> Bound:
    r"""Time of one attention head as published, with the constant set to 1.

    .. math:: T = O\left(\frac{n^2 d_k^2}{\epsilon^2}\right)

    Parameters
    ----------
    tokens : int
        Number n of tokens, at least 1.
    head_features : int
        Features d_k of one head, at least 1.
    epsilon_fro : float
        Frobenius error of the head's output, above 0.

    Returns
    -------
    Bound
        Whole steps, at least 1, with the verdict.

    Raises
    ------
    InputError
        If a size is not a positive integer or `epsilon_fro` is not above 0.

    See Also
    --------
    published_wta_time : One softmax row.

    Notes
    -----
    Assumptions:

    1. Queries, keys and values have entries of order 1, and the softmax circuit converges to
       softmax.
    2. The constant of the order statement is 1; none is published.

    Cost O(1).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, attention theorem.

    Examples
    --------
    >>> published_attention_time(tokens=2, head_features=2, epsilon_fro=0.05).value
    6400.0
    """
    name = "published_attention_time"
    n = check_integer(tokens, name="tokens", caller=name)
    width = check_integer(head_features, name="head_features", caller=name)
    precision = input_precision(epsilon_fro, 1.0, caller=name, name="epsilon_fro")
    return Bound(
        name=name,
        value=whole_steps((n * width) ** 2 * precision**2, caller=name),
        unit="steps",
        kind=BoundKind.PUBLISHED,
        population=describe(tokens, head_features, "attention head"),
        assumptions=(
            Assumption(
                "queries, keys and values have entries of order 1, and the softmax circuit "
                "converges to softmax"
            ),
            _CONSTANT,
        ),
        reference=f"{PUBLISHED}, attention theorem",
        verdict=_ATTENTION_VERDICT,
    )
