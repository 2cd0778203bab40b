"""Content fingerprints of tensors and of the weights of a module."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import fingerprint_arrays

__all__ = ["fingerprint_tensor", "fingerprint_weights"]


def fingerprint_tensor(x: Tensor) -> str:
    """Return the identity of the values of a tensor."""
    return fingerprint_arrays(_array(x))


def fingerprint_weights(model: nn.Module | None) -> str:
    """Return the identity of parameters and buffers; empty without a module."""
    if model is None:
        return ""
    state = {k: v for k, v in sorted(model.state_dict().items()) if isinstance(v, Tensor)}
    return fingerprint_arrays(*map(_array, state.values()), salt="\n".join(state))


def _array(x: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a tensor as numpy reads it, which knows no bfloat16."""
    x = x.detach().cpu()
    return np.asarray((x.float() if x.dtype == torch.bfloat16 else x).numpy())
