"""Lets a model run operator by operator: no fused kernels, no gradients, nothing remembered."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from spikedim.models import AbstractSpikingTransformer, SpikingPopulation

__all__ = ["forget", "plain_path"]

_SWITCHED_OFF = (
    "acceleration was switched off while counting: operators inside fused kernels cannot be seen"
)


@contextmanager
def plain_path(model: nn.Module) -> Iterator[tuple[str, ...]]:
    """Switch acceleration and training mode off, and on again afterwards; yield what to say."""
    before = [(module, name, getattr(module, name)) for module, name in _fast_paths(model)]
    training = [module for module in model.modules() if module.training]
    joined = torch.backends.mha.get_fastpath_enabled()
    notes = (_SWITCHED_OFF,) if before else ()
    try:
        for module, name, _ in before:
            setattr(module, name, "torch" if name == "backend" else None)
        torch.backends.mha.set_fastpath_enabled(False)  # torch's own transformer layers
        model.eval()
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            yield notes
    finally:
        torch.backends.mha.set_fastpath_enabled(joined)
        for module, name, value in before:
            setattr(module, name, value)
        for module in training:
            module.training = True


def _fast_paths(model: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Yield the attributes that choose a fused kernel, where one is chosen."""
    for module in model.modules():
        if isinstance(module, SpikingPopulation) and module.fused is not None:
            yield module, "fused"
        elif isinstance(module, AbstractSpikingTransformer) and module.compute_dtype is not None:
            yield module, "compute_dtype"
        elif isinstance(getattr(module, "backend", None), str) and module.backend != "torch":
            yield module, "backend"  # SpikingJelly


def forget(model: nn.Module) -> None:
    """Reset neurons that remember their state between calls, as those of other packages do."""
    for module in model.modules():
        name = "reset" if hasattr(module, "_memories") else "reset_mem"  # SpikingJelly, snnTorch
        reset = getattr(module, name, None)
        if callable(reset):
            reset()
