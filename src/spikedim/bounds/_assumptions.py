"""Assumptions that several theorems share, worded once."""

from spikedim.bounds._bound import Assumption

__all__ = [
    "BERNOULLI_CODE",
    "EQUAL_ENTRIES",
    "LIPSCHITZ",
    "SCALED_IDENTITY",
    "SMOOTH_FRACTION",
    "UNIFORM_ENTRIES",
]

UNIFORM_ENTRIES = Assumption("the entries of X are independent and uniform on [0, 1]")
SCALED_IDENTITY = Assumption(
    "the function is f(X) = L X, the hardest of its class; "
    "an upper Lipschitz constant alone gives no lower bound"
)
BERNOULLI_CODE = Assumption(
    "given X, the spikes of entry a are independent Bernoulli(x_a) over steps and entries, "
    "with the same T for every entry"
)
LIPSCHITZ = Assumption(
    "what follows the code is L-Lipschitz in the Frobenius norm and reads the decoded rates"
)
EQUAL_ENTRIES = Assumption("the output has as many entries as the population, n d")
SMOOTH_FRACTION = Assumption(
    "the fractional part of x T is uniform over the entries: exact for x uniform on [0, 1], "
    "close for a smooth density once T is not small"
)
