"""A copy of a model whose logits are lower by a constant of each class."""

import copy

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.models.families import AbstractSpikingTransformer

__all__ = ["with_shifted_readout"]


def with_shifted_readout(
    model: AbstractSpikingTransformer, shift: Tensor
) -> AbstractSpikingTransformer:
    """Return a copy whose classifier has a lower bias.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Stays as it is.
    shift : Tensor of shape [C]
        What is taken from each logit: the mean, over calibration samples, of coded minus exact
        logits at the T in use.

    Returns
    -------
    AbstractSpikingTransformer
        The copy, in the mode of the model.

    Raises
    ------
    InputError
        If `shift` has another shape or is not finite, or the classifier has no bias.

    Notes
    -----
    Few spikes move the mean logits, by class and T; taking that away costs nothing at run time. A
    shift is a calibration: it belongs to one T and must not be measured on the samples that the
    accuracy is.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> twin = build("spikformer-2-64/digits:softmax", depth=1).eval()
    >>> images = torch.ones(2, 1, 8, 8)
    >>> lower = with_shifted_readout(twin, torch.full((10,), 0.5))
    >>> torch.allclose(lower(images), twin(images) - 0.5)
    True
    """
    if not isinstance(model, AbstractSpikingTransformer):
        raise InputError(
            f"with_shifted_readout: `model` must be one that `build` made; got "
            f"{type(model).__name__}. Give the model inside a wrapper."
        )
    bias = model.head.bias
    if bias is None:
        raise InputError(
            f"with_shifted_readout: `model` must have a classifier with bias; got "
            f"{model.card.name} without. Subtract the shift from its logits."
        )
    fits = isinstance(shift, Tensor) and shift.shape == bias.shape
    if not fits or not bool(torch.isfinite(shift).all()):
        got = f"shape {tuple(shift.shape)}" if isinstance(shift, Tensor) else type(shift).__name__
        raise InputError(
            f"with_shifted_readout: `shift` must be a tensor of {len(bias)} finite numbers, one a "
            f"class; got {got}. Average coded minus exact logits over samples."
        )
    out = copy.deepcopy(model)
    with torch.no_grad():
        out.head.bias.sub_(shift.to(bias))
    return out
