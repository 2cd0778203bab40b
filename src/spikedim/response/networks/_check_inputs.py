"""The door for inputs of a network of rates, and for the rates it shows."""

import torch
from torch import Tensor, nn

from spikedim._core import InputError, NumericsError
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork

__all__ = ["check_generator", "check_inputs", "check_rates", "check_weights"]


def check_inputs(network: AbstractRateNetwork, x: Tensor, *, caller: str) -> Tensor:
    """Return inputs [S, ...] out of every graph, or raise `InputError`."""
    if not isinstance(x, Tensor):
        raise InputError(
            f"{caller}: `x` must be a torch.Tensor; got {type(x).__name__}. Convert it with "
            "`torch.as_tensor`."
        )
    if x.ndim < 1 or 0 in x.shape or x.is_sparse or x.is_meta:
        raise InputError(
            f"{caller}: `x` must be dense inputs [S, ...] with at least one sample; got shape "
            f"{tuple(x.shape)}. Pass what the model reads."
        )
    if x.is_complex() or x.dtype == torch.bool:
        raise InputError(
            f"{caller}: `x` must be real numbers; got {x.dtype}. Convert it to torch.float32."
        )
    if not _fits(tuple(x.shape[1:]), network.input_shape, shorter=not x.is_floating_point()):
        raise InputError(
            f"{caller}: `x` must be inputs of shape {network.input_shape} for {network.name}; got "
            f"shape {tuple(x.shape)}. Put the samples on the first axis."
        )
    # A copy: tensors of inference mode cannot enter a graph.
    x = x.detach().clone() if x.is_inference() else x.detach()
    if x.is_floating_point() and not bool(torch.isfinite(x).all()):
        raise InputError(
            f"{caller}: `x` must be finite; got NaN or infinity. Remove those samples."
        )
    if network.input_shape is None and x.is_floating_point():
        _check_reads(network, x[:1].clone(), caller=caller)  # a model may write to its input
    return x


def _check_reads(network: AbstractRateNetwork, x: Tensor, *, caller: str) -> None:
    """Raise `InputError` unless a network that does not know its inputs can run one sample."""
    try:
        with torch.no_grad():
            network.run(x, lambda _, rates: rates)
    except RuntimeError as error:  # what torch says of shapes and types
        raise InputError(
            f"{caller}: `x` must be inputs that {network.name} reads; got {x.dtype} of shape "
            f"{tuple(x.shape)} for a batch of 1 ({str(error).splitlines()[0]:.120}). Put the "
            "samples on the first axis."
        ) from error


def _fits(sample: tuple[int, ...], wanted: tuple[int, ...] | None, *, shorter: bool) -> bool:
    """Compare shapes; sentences of token numbers may be shorter than the longest."""
    if wanted is None or sample == wanted:
        return True
    return shorter and len(sample) == len(wanted) == 1 and sample[0] <= wanted[0]


def check_weights(model: nn.Module | None, *, caller: str) -> None:
    """Raise an error unless every weight is finite and may enter a graph."""
    for name, weight in model.named_parameters() if model is not None else ():
        if weight.is_inference():
            raise InputError(
                f"{caller}: `model` must be built outside torch.inference_mode; got {name!r} made "
                "inside. Build it outside."
            )
        if not bool(torch.isfinite(weight).all()):
            raise NumericsError(
                f"{caller}: `model` must have finite weights; got NaN or infinity in {name!r}. "
                "Train it again from a checkpoint before that."
            )


def check_rates(name: str, rates: Tensor, *, caller: str) -> None:
    """Raise an error unless rates lie in [0, 1]."""
    low, high = (float(end) for end in rates.detach().aminmax())
    if low != low or high != high:
        raise NumericsError(
            f"{caller}: rates must be numbers; got NaN in {name!r}. Look at the weights."
        )
    if not 0 <= low <= high <= 1:
        raise InputError(
            f"{caller}: `model` must have rates in [0, 1]; got [{low:.4g}, {high:.4g}] in "
            f"{name!r}. Clip them, or mark another submodule."
        )


def check_generator(generator: torch.Generator | None, *, caller: str) -> None:
    """Raise `InputError` unless a generator is torch's, or absent."""
    if not isinstance(generator, torch.Generator | None):
        raise InputError(
            f"{caller}: `generator` must be a torch.Generator; got {type(generator).__name__}. "
            "Pass `torch.Generator().manual_seed(0)`."
        )
