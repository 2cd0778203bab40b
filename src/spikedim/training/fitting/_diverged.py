"""A training whose numbers left the range."""

import torch
from torch import Tensor

from spikedim._core import InputError, NumericsError

__all__ = ["diverged", "is_overflow"]


def diverged(what: str) -> NumericsError:
    """Return the error of a training of which `what` is not finite."""
    return NumericsError(
        f"fit: {what} must be finite; got NaN or infinity. What was saved stays. Lower "
        "optimiser.learning_rate, set optimiser.clip_norm, or look at the data."
    )


def is_overflow(error: InputError, x: Tensor) -> bool:
    """Say whether a model refused what its own weights made of finite inputs."""
    return "must be finite" in str(error) and bool(torch.isfinite(x).all())
