"""Loss and hits of a batch as sums over samples, so that parts of a batch add up to it."""

from typing import NamedTuple, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from spikedim._core import InputError
from spikedim.training.recipes import LossKind, Objective

__all__ = ["CorrectSum", "LossSum", "correct_sum", "loss_sum"]

# `examples.IGNORED`, which this folder does not see; a test keeps the two equal.
_IGNORED = -100


@final
class LossSum(NamedTuple):
    """Loss of a batch, or of a part of one, before division.

    Parameters
    ----------
    total : Tensor of shape []
        Sum over the places that have a target, float32, differentiable.
    count : Tensor of shape []
        How many places those are, int64.
    """

    total: Tensor
    count: Tensor  # type: ignore[assignment]  # not the method of tuple


@final
class CorrectSum(NamedTuple):
    """Hits in a batch, or in a part of one.

    Parameters
    ----------
    correct : Tensor of shape []
        Places whose largest output is that of their target, int64.
    count : Tensor of shape []
        Places that have a target, int64.
    """

    correct: Tensor
    count: Tensor  # type: ignore[assignment]  # not the method of tuple


def loss_sum(
    outputs: Float[Tensor, "T B *N C"], targets: Shaped[Tensor, "B *rest"], objective: Objective
) -> LossSum:
    r"""Return the loss summed over samples, and the number of samples.

    With outputs :math:`o_t` and cross-entropy H, a sample costs

    .. math:: \ell = H\left(\frac1T \sum_t o_t, y\right) \quad\text{or}\quad
        \ell_{TET} = (1 - \lambda) \frac1T \sum_t H(o_t, y)
        + \frac{\lambda}{T C} \sum_{t, c} (o_{t c} - \phi)^2 .

    Parameters
    ----------
    outputs : Tensor of shape [T, B, C] or [T, B, N, C]
        Logits of every step, per sample or per token; float32 is used inside also for bfloat16.
    targets : Tensor of shape [B], [B, N] or [B, C]
        Class numbers int64, -100 where there is no target; or shares of the classes, float, of
        outputs [T, B, C].
    objective : Objective
        Which loss, with its label smoothing, :math:`\lambda` (``regular``) and :math:`\phi`
        (``level``).

    Returns
    -------
    LossSum
        Its total over its count is the mean; both add up over parts of a batch.

    Raises
    ------
    InputError
        If `targets` do not fit `outputs`.

    Notes
    -----
    Class numbers are not compared with C here; what opens a data set does that. With label
    smoothing s a target becomes (1 - s) y + s / C, shares of mixed samples as well.

    References
    ----------
    .. [1] S. Deng et al., "Temporal efficient training of spiking neural network via gradient
       re-weighting", ICLR, 2022, arXiv 2202.11946.

    Examples
    --------
    >>> outputs, targets = torch.zeros(4, 2, 10), torch.tensor([3, 5])
    >>> total, count = loss_sum(outputs, targets, Objective())
    >>> round((total / count).item(), 4)
    2.3026
    """
    outputs = _checked(outputs, targets, caller="loss_sum")
    count = _count(targets)
    if objective.kind is LossKind.CROSS_ENTROPY:
        return LossSum(_cross_entropy(outputs.mean(0), targets, objective), count)
    steps = len(outputs)
    repeated = targets.expand(steps, *targets.shape)
    entropy = _cross_entropy(outputs, repeated, objective) / steps
    if objective.regular == 0:
        return LossSum(entropy, count)
    distance = (outputs - objective.level).square().mean((0, -1))
    if not targets.is_floating_point():
        distance = distance.masked_fill(targets == _IGNORED, 0.0)
    share = objective.regular
    return LossSum((1 - share) * entropy + share * distance.sum(), count)


def correct_sum(
    outputs: Float[Tensor, "T B *N C"], targets: Shaped[Tensor, "B *rest"]
) -> CorrectSum:
    """Return how many places are classified right by the mean output, and how many there are.

    Parameters
    ----------
    outputs : Tensor of shape [T, B, C] or [T, B, N, C]
        Logits of every step.
    targets : Tensor of shape [B], [B, N] or [B, C]
        As in `loss_sum`; of shares the largest counts as the class.

    Returns
    -------
    CorrectSum
        Adds up over parts of a batch.

    Raises
    ------
    InputError
        If `targets` do not fit `outputs`.

    Notes
    -----
    Of equal outputs the first counts, as two classes with as many spikes may have.

    Examples
    --------
    >>> outputs = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> correct, count = correct_sum(outputs, torch.tensor([0, 0]))
    >>> correct.item(), count.item()
    (1, 2)
    """
    outputs = _checked(outputs, targets, caller="correct_sum").detach()
    wanted = targets.argmax(-1) if targets.is_floating_point() else targets
    return CorrectSum((outputs.mean(0).argmax(-1) == wanted).sum(), _count(targets))


def _checked(outputs: Tensor, targets: Tensor, *, caller: str) -> Tensor:
    """Return the outputs in float32 at least, or say why the two do not fit."""
    if outputs.ndim not in (3, 4) or 0 in (outputs.shape[0], outputs.shape[-1]):
        raise InputError(
            f"{caller}: `outputs` must have shape [T, B, C] or [T, B, N, C]; "
            f"got {list(outputs.shape)}."
        )
    if targets.is_floating_point():
        wanted = list(outputs.shape[1:]) if outputs.ndim == 3 else None
    else:
        wanted = list(outputs.shape[1:-1]) if targets.dtype == torch.int64 else None
    if list(targets.shape) != wanted:
        raise InputError(
            f"{caller}: `targets` must be int64 {list(outputs.shape[1:-1])}, or float [B, C] for "
            f"outputs [T, B, C]; got {targets.dtype} {list(targets.shape)} for outputs "
            f"{list(outputs.shape)}."
        )
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def _count(targets: Tensor) -> Tensor:
    """Return the number of places that have a target."""
    if targets.is_floating_point():
        return torch.tensor(len(targets), device=targets.device)
    return (targets != _IGNORED).sum()


def _cross_entropy(logits: Tensor, targets: Tensor, objective: Objective) -> Tensor:
    """Return the sum over all places of the cross-entropy."""
    kinds = logits.shape[-1]
    if targets.is_floating_point():
        targets = targets.to(logits.dtype).reshape(-1, kinds)
    else:
        targets = targets.reshape(-1)
    return functional.cross_entropy(
        logits.reshape(-1, kinds),
        targets,
        reduction="sum",
        ignore_index=_IGNORED,
        label_smoothing=objective.label_smoothing,
    )
