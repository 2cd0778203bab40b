"""An error target of outputs as a squared Frobenius error."""

from spikedim.bounds import Epsilon, EpsilonKind

__all__ = ["output_epsilon", "squared_output_error"]


def squared_output_error(epsilon: Epsilon, *, outputs: int, mean_square: float) -> float:
    """Return the squared Frobenius error that an error target of outputs means.

    Parameters
    ----------
    epsilon : Epsilon
        ``fro``, ``rms`` (per output) or ``relative`` (to the exact outputs).
    outputs : int
        m, entries of one output.
    mean_square : float
        Mean squared length of the exact outputs.

    Returns
    -------
    float
        epsilon_F^2.

    Examples
    --------
    >>> squared_output_error(Epsilon.parse("0.5:relative"), outputs=10, mean_square=8.0)
    2.0
    """
    return epsilon.as_squared_fro(entries=outputs, mean_square=mean_square)


def output_epsilon(
    squared_error: float, kind: EpsilonKind, *, outputs: int, mean_square: float
) -> float:
    """Return the error target that a squared Frobenius error meets.

    Parameters
    ----------
    squared_error : float
        Squared Frobenius error, at least 0.
    kind : EpsilonKind
        Kind of the result.
    outputs : int
        m, entries of one output.
    mean_square : float
        Mean squared length of the exact outputs, above 0 for a relative error.

    Returns
    -------
    float
        Error of that kind: the inverse of `squared_output_error`.

    Examples
    --------
    >>> output_epsilon(2.0, EpsilonKind.RELATIVE, outputs=10, mean_square=8.0)
    0.5
    """
    unit = squared_output_error(Epsilon(1.0, kind), outputs=outputs, mean_square=mean_square)
    return float((squared_error / unit) ** 0.5)
