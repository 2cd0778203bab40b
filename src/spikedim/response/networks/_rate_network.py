"""From a model to a network of rates."""

from collections.abc import Sequence

from torch import nn

from spikedim._core import InputError
from spikedim.circuits import AbstractSpikingAttention, SpikingAttentionStack
from spikedim.models import AbstractSpikingTransformer
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork
from spikedim.response.networks._circuit_network import CircuitNetwork
from spikedim.response.networks._module_network import ModuleNetwork
from spikedim.response.networks._twin_network import TwinNetwork

__all__ = ["NetworkLike", "rate_network"]

NetworkLike = nn.Module | AbstractRateNetwork | AbstractSpikingAttention | SpikingAttentionStack
"""What `rate_network` takes."""


def rate_network(
    model: NetworkLike,
    populations: Sequence[str] | None = None,
    *,
    caller: str,
) -> AbstractRateNetwork:
    """Return a model as a function of its rates; raise `InputError` if it has none."""
    if isinstance(model, AbstractRateNetwork):
        if populations is not None:
            raise InputError(
                f"{caller}: `populations` must be absent for a network of rates, which has its "
                f"own; got {list(populations)!r:.80}. Leave it out."
            )
        return model
    if isinstance(model, AbstractSpikingAttention | SpikingAttentionStack):
        if populations is not None:
            raise InputError(
                f"{caller}: `populations` must be absent for a circuit, whose populations are "
                f"known; got {list(populations)!r:.80}. Leave it out."
            )
        return CircuitNetwork(model, caller=caller)
    if not isinstance(model, nn.Module):
        raise InputError(
            f"{caller}: `model` must be a torch.nn.Module or a compiled circuit; got "
            f"{type(model).__name__}. Build a twin, open a run, or wrap a function in a module."
        )
    if isinstance(model, AbstractSpikingTransformer):
        if populations is not None:
            raise InputError(
                f"{caller}: `populations` must be absent for {model.card.name}, whose populations "
                f"are known; got {list(populations)!r:.80}. Leave it out."
            )
        return TwinNetwork(model, caller=caller)
    return ModuleNetwork(model, populations, caller=caller)
