"""An error target of outputs as a squared Frobenius error."""

from spikedim.bounds import Epsilon, EpsilonKind

__all__ = ["output_epsilon", "squared_output_error"]


def squared_output_error(epsilon: Epsilon, *, outputs: int, mean_square: float) -> float:
    """Return epsilon_F^2 for m outputs whose exact values have this mean squared length."""
    factor = {
        EpsilonKind.FRO: 1.0,
        EpsilonKind.RMS: float(outputs),
        EpsilonKind.RELATIVE: mean_square,
    }[epsilon.kind]
    return epsilon.value**2 * factor


def output_epsilon(
    squared_error: float, kind: EpsilonKind, *, outputs: int, mean_square: float
) -> float:
    """Return the error of that kind: the inverse of `squared_output_error`."""
    unit = squared_output_error(Epsilon(1.0, kind), outputs=outputs, mean_square=mean_square)
    return float((squared_error / unit) ** 0.5)
