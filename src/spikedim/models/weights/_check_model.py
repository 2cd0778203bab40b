"""What weights go into, or come from."""

from spikedim._core import InputError
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import RatePopulation

__all__ = ["check_model"]


def check_model(model: object, *, caller: str) -> None:
    """Refuse what `build` did not make: another module, decoders, or no memory for weights."""
    if not isinstance(model, AbstractSpikingTransformer):
        raise InputError(
            f"{caller}: `model` must be one that `build` made; got {type(model).__name__}. "
            "Give the model inside a wrapper; keep the state dict of other networks."
        )
    if any(tensor.is_meta for tensor in model.state_dict().values()):
        raise InputError(
            f"{caller}: `model` must have weights; got one on the device meta. "
            "Build it on the processor."
        )
    decoded = [
        name
        for name, population in model.populations.items()
        if isinstance(population, RatePopulation) and population.decoder is not None
    ]
    if decoded:
        raise InputError(
            f"{caller}: `model` must be without decoders, which files of weights do not hold; got "
            f"one behind {decoded[0]!r}. Use `without_decoders(model)`, and keep `state_dict()` of "
            "each decoder beside it."
        )
