"""How often every population of a model fired."""

from typing import NamedTuple, final

from torch import Tensor

from spikedim.neurons import LIFState

__all__ = ["SpikeCount"]


@final
class SpikeCount(NamedTuple):
    """Outputs of a run, and the spikes of every population, step and sample.

    Parameters
    ----------
    outputs : Tensor of shape [T, B, C] or [T, B, N, C]
        Logits of each step.
    spikes : dict of str to Tensor of shape [T, B]
        Spikes of every population, in the order of the forward pass; int64. Of a rate-coded twin
        T is 1: spikes of all `code_steps` together, or sums of exact rates in float64.
    neurons : dict of str to int
        Neurons of every population, for one sample.
    states : dict of str to LIFState
        State of every spiking population after the last step.
    unpadded : dict of str to Tensor of shape [B]
        Neurons of each sample that are not those of padding, int64; all of them for images.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> found = build("spikformer-2-64/digits").count_spikes(torch.ones(3, 1, 8, 8))
    >>> found.spikes["stem.lif0"].shape, found.neurons["stem.lif0"]
    (torch.Size([4, 3]), 512)
    """

    outputs: Tensor
    spikes: dict[str, Tensor]
    neurons: dict[str, int]
    states: dict[str, LIFState]
    unpadded: dict[str, Tensor]
