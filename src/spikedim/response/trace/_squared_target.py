"""What an error target means for the outputs of one network."""

from spikedim._core import InputError
from spikedim.bounds import Epsilon

__all__ = ["squared_target"]


def squared_target(
    epsilon: Epsilon | None, *, outputs: int, reference_mean_square: float, caller: str
) -> float:
    """Return epsilon as a squared Frobenius error, or raise `InputError`."""
    if not isinstance(epsilon, Epsilon):
        raise InputError(
            f"{caller}: `epsilon` must be an Epsilon; got {epsilon!r:.40}. Write e.g. "
            "`Epsilon.parse('0.1:relative')`."
        )
    found = epsilon.as_squared_fro(entries=outputs, mean_square=reference_mean_square)
    if found <= 0:
        raise InputError(
            f"{caller}: `epsilon` must be absolute for outputs that are all 0; got {epsilon}. Use "
            "fro or rms."
        )
    return found
