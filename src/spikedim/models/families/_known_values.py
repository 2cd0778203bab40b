"""Whether the values of an input can be checked."""

from torch import Tensor

__all__ = ["are_values_known"]


def are_values_known(x: Tensor) -> bool:
    """Say whether the entries of `x` are numbers now: not on meta, not inside `torch.vmap`."""
    if x.is_meta:
        return False
    try:
        bool(x.reshape(-1)[0])
    except RuntimeError:  # torch has no public question for being inside `torch.vmap`
        return False
    return True
