"""What weights go into, or come from."""

from spikedim._core import InputError
from spikedim.models.families import AbstractSpikingTransformer

__all__ = ["check_model"]


def check_model(model: object, *, caller: str) -> None:
    """Refuse what `build` did not make, and a model without memory for its weights."""
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
