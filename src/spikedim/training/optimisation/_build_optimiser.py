"""The optimiser of a recipe over the parameters of a model."""

import torch
from torch import nn

from spikedim._core import InputError
from spikedim.training.recipes import Optimiser, OptimiserKind

__all__ = ["build_optimiser"]


def build_optimiser(optimiser: Optimiser, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimiser over all parameters of a model that learn.

    Weights of products and embeddings decay; normalisations, biases, leaks and whatever else has
    at most one axis do so only with ``decay_all``.

    Parameters
    ----------
    optimiser : Optimiser
        AdamW, or SGD with ``beta1`` as momentum (no damping, not Nesterov's).
    model : Module
        Its parameters that require a gradient.

    Returns
    -------
    Optimizer
        With one or two groups, those that decay first; every ``lr`` is the highest rate.

    Raises
    ------
    InputError
        If no parameter of the model learns.

    Notes
    -----
    The fused kernels of torch are used: on a CPU 5 times as fast as a loop over tensors, equal to
    the bit from run to run, and so after a load of their state.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR, 2019,
       algorithm 2.

    Examples
    --------
    >>> moved = build_optimiser(Optimiser(weight_decay=0.05), nn.Linear(3, 2))
    >>> [(group["weight_decay"], len(group["params"])) for group in moved.param_groups]
    [(0.05, 1), (0.0, 1)]
    """
    decaying: list[nn.Parameter] = []
    spared: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            (decaying if optimiser.decay_all or parameter.ndim > 1 else spared).append(parameter)
    groups = [
        {"params": parameters, "weight_decay": decay}
        for parameters, decay in ((decaying, optimiser.weight_decay), (spared, 0.0))
        if parameters
    ]
    if not groups:
        raise InputError(
            f"build_optimiser: `model` must have a parameter that requires a gradient; got "
            f"{type(model).__name__} without one."
        )
    rate = optimiser.learning_rate
    if optimiser.kind is OptimiserKind.SGD:
        return torch.optim.SGD(groups, lr=rate, momentum=optimiser.beta1, fused=True)
    betas = (optimiser.beta1, optimiser.beta2)
    return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=optimiser.epsilon, fused=True)
