"""Rate-coded twins of spiking transformers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models import AbstractSpikingTransformer, Coding, RatePopulation
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change
from spikedim.response.networks._attention_heads import attention_heads
from spikedim.response.networks._evaluation_mode import evaluation_mode

__all__ = ["TwinNetwork"]


@final
class TwinNetwork(AbstractRateNetwork):
    """A twin whose populations are its `RatePopulation` modules.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Of coding ``rates``; it is run in evaluation mode.
    caller : str
        Named in errors.
    """

    model: AbstractSpikingTransformer

    def __init__(self, model: AbstractSpikingTransformer, *, caller: str) -> None:
        if model.coding is not Coding.RATES:
            raise InputError(
                f"{caller}: `model` must be rate-coded; got {model.card.name}, {_what(model)}. "
                f"Use its twin, {model.card.base}:softmax, or the law `empirical`."
            )
        self.model = model
        self.name = model.card.name
        self.input_shape = tuple(model.card.input_shape)
        self.heads = attention_heads(model)

    def run(self, x: Tensor, change: Change) -> Tensor:
        """Return logits [B, C], or [B, N, C] of a language model."""
        with evaluation_mode(self.model), _changed(self.model, change):
            return self.model(x)  # type: ignore[no-any-return]


def _what(model: AbstractSpikingTransformer) -> str:
    return "whose neurons spike by themselves" if model.coding.spiking else "an ordinary network"


@contextmanager
def _changed(model: AbstractSpikingTransformer, change: Change) -> Iterator[None]:
    """Let `change` decide what every encoder returns."""
    with ExitStack() as stack:
        for name, population in model.populations.items():
            if isinstance(population, RatePopulation):
                hook = _hook(name, change)
                handle = population.encoder.register_forward_hook(hook)
                stack.callback(handle.remove)
        yield


def _hook(name: str, change: Change) -> Any:
    """Return a hook for rates [1, B, ..., D]."""

    def replace(module: nn.Module, given: Any, rates: Tensor) -> Tensor:  # noqa: ARG001
        return change(name, rates[0])[None]

    return replace
