"""Running statistics, of normalisations and of firing rates, estimated anew from data."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.circuits import RateCode
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import RunningRate

__all__ = ["recalibrate_norms"]


def recalibrate_norms(
    model: AbstractSpikingTransformer,
    batches: Iterable[Tensor],
    *,
    steps: int | None = None,
    code_steps: int | Mapping[str, int] | None = None,
    code: RateCode | str = RateCode.BERNOULLI,
    generator: torch.Generator | None = None,
) -> None:
    """Replace the running statistics of normalisations and rates by averages over batches.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Changed in place; its mode is the same afterwards.
    batches : iterable of Tensor
        Inputs as the model's `forward` takes them; every batch weighs the same.
    steps : int, optional
        T; the model's own without it.
    code_steps : int or mapping of str to int, optional
        Of a rate-coded twin: estimates under the noise of so many spikes for every rate, of all
        populations or of each by its name.
    code : RateCode or str, default "bernoulli"
        How rates become these spikes, as in `code_rates`.
    generator : torch.Generator, optional
        Draws these spikes, and dropped branches; a new one of seed 0 without it.

    Raises
    ------
    InputError
        If there is no batch, or `forward` refuses one; then the statistics are as they were.

    Notes
    -----
    A fresh model normalises with mean 0 and variance 1 in evaluation mode, which leaves most
    neurons silent; so does a change of data, of T or of coding. The firing rates that scale the
    attention of SpikingResformer are averaged too. Costs one forward pass a batch; weights do not
    change.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> model = build("spikformer-2-64/digits").eval()
    >>> images = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> recalibrate_norms(model, [images])
    >>> model.forward_with_states(images).populations["block.0.attn.q_lif"].spikes.any()
    tensor(True)
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | RunningRate)]
    momenta, training = [norm.momentum for norm in norms], model.training
    before = [[buffer.clone() for buffer in norm.buffers()] for norm in norms]
    seen = False
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # cumulative average
        model.train()
        with torch.no_grad():
            for batch in batches:
                if generator is None:
                    generator = torch.Generator(device=batch.device).manual_seed(0)
                model(batch, steps=steps, code_steps=code_steps, code=code, generator=generator)
                seen = True
        _check_seen(seen)
    except BaseException:
        for norm, buffers in zip(norms, before, strict=True):
            for buffer, kept in zip(norm.buffers(), buffers, strict=True):
                buffer.copy_(kept)
        raise
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(training)


def _check_seen(seen: bool) -> None:
    if not seen:
        raise InputError("recalibrate_norms: `batches` must have at least one batch; got none.")
