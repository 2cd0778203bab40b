"""Residual branches, with stochastic depth."""

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.models.layers._forward_pass import ForwardPass

__all__ = ["add_branch"]


def add_branch(
    x: Tensor, branch: Tensor, context: ForwardPass, *, drop: float, training: bool
) -> Tensor:
    """Return x + branch; in training the branch of a sample is dropped with probability `drop`.

    A branch that stays is divided by 1 - drop, and is dropped in all steps or in none.
    """
    if not (training and drop):
        return x + branch
    if not isinstance(context.generator, torch.Generator):
        raise InputError(
            "forward: `generator` must be a torch.Generator to train with drop_path; "
            f"got {context.generator!r}. Pass `torch.Generator().manual_seed(0)`."
        )
    draws = torch.rand(branch.shape[1], generator=context.generator, device=branch.device)
    kept = (draws >= drop).to(branch.dtype) / (1 - drop)
    return x + branch * kept.reshape(1, -1, *(1,) * (branch.ndim - 2))
