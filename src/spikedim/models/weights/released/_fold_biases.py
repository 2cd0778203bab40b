"""Biases in front of a normalisation, which moves its mean by as much."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

__all__ = ["fold_biases"]


def fold_biases(
    state: Mapping[str, Tensor], pairs: Sequence[tuple[str, str]], *, unbiased: str
) -> dict[str, Tensor]:
    r"""Return a state dict whose convolutions have biases where ours have them.

    Each pair is the pattern of a convolution's path and its normalisation, with ``\1``: its bias is
    taken off the running mean, which changes no value. Modules that match `unbiased` get zeros.
    """
    folded = dict(state)
    for name, tensor in state.items():
        path, _, leaf = name.rpartition(".")
        if leaf == "weight" and tensor.ndim > 1 and re.fullmatch(unbiased, path):
            folded[f"{path}.bias"] = torch.zeros_like(tensor[:, 0].flatten())
        for pattern, norm in pairs:
            found = re.fullmatch(pattern, path)
            if leaf == "bias" and found:
                mean = f"{found.expand(norm)}.running_mean"
                if mean in folded and folded[mean].shape == tensor.shape:
                    folded[mean] = folded[mean] - folded.pop(name)
    return folded
