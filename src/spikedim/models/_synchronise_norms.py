"""Normalisation over the samples of all processes that train together."""

from spikedim._core import InputError
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import AbstractProduct, RunningRate

__all__ = ["synchronise_norms"]


def synchronise_norms(model: AbstractSpikingTransformer) -> AbstractSpikingTransformer:
    """Let a model normalise by the statistics of all processes in training mode, in place.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Changed in place; weights, `state_dict` and mode stay as they are.

    Returns
    -------
    AbstractSpikingTransformer
        The same model.

    Raises
    ------
    InputError
        If `model` is not one of `build`.

    See Also
    --------
    recalibrate_norms : Estimates the statistics anew; over all processes too.

    Notes
    -----
    Processes are those of the default group of `torch.distributed`, looked up in every forward
    pass: without a group, or with one process, nothing changes. Each process passes its part of the
    batch, of any size, and all must call the model, and go backward, equally often. Then means,
    variances and the firing rates of SpikingResformer are those of the whole batch, running
    statistics are equal on all processes to a bit, and outputs are those of one process with the
    whole batch, but for rounding. So are gradients once summed over the processes, of a loss that
    is summed over samples.

    Costs one exchange of 2 D + 1 numbers a normalisation forward and of 2 D backward. An
    accelerated model computes the statistics in front of its kernel, with one more reading of each
    product, and gives the same. Gradients can be taken once only.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> model = synchronise_norms(build("spikformer-2-64/digits"))
    >>> model(torch.zeros(3, 1, 8, 8)).shape
    torch.Size([3, 10])
    """
    if not isinstance(model, AbstractSpikingTransformer):
        raise InputError(
            f"synchronise_norms: `model` must be a spiking transformer; got {type(model).__name__}."
            " Make one with `build`."
        )
    for module in model.modules():
        if isinstance(module, AbstractProduct | RunningRate):
            module.synchronised = True
    return model
