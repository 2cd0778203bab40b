"""Pairs of samples of a batch mixed, with their targets."""

import math

import numpy as np
import torch
from jaxtyping import Int64, Shaped
from torch import Tensor
from torch.nn import functional

from spikedim._core import InputError, check_integer
from spikedim.training.recipes import Mixing

__all__ = ["mix"]


def mix(
    inputs: Shaped[Tensor, "B *rest"],
    targets: Int64[Tensor, "B *places"],
    *,
    mixing: Mixing,
    classes: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Mix each image of a batch with its neighbour, and their targets in the same shares.

    Images 0 and 1 are partners, 2 and 3, and so on; the last of an odd batch stays as it is. With
    :math:`\lambda \sim \mathrm{Beta}(a, a)` drawn once, mixup takes
    :math:`\lambda x + (1 - \lambda) x'`; cutmix puts a rectangle of :math:`1 - \lambda` of the
    area, less what stands out, from the same place of the partner.

    Parameters
    ----------
    inputs : Tensor of shape [B, channels, H, W]
        Images, float; anything if nothing is to be mixed.
    targets : Tensor of shape [B]
        Class numbers int64, from 0.
    mixing : Mixing
        Of a recipe; its ``until`` is for the caller.
    classes : int
        How many classes C there are.
    generator : torch.Generator
        One number is drawn from it.

    Returns
    -------
    tuple of Tensor
        Inputs, and either shares of the classes float32 [B, C] or, where this batch is not mixed,
        `targets` as they are.

    Raises
    ------
    InputError
        If something else than images with a class each is to be mixed.

    Notes
    -----
    Samples come in random order, so a neighbour is a random partner. It makes the result
    independent of how a batch is split into parts that start at even numbers, if each part is
    given a generator in the same state.

    References
    ----------
    .. [1] H. Zhang et al., "mixup: beyond empirical risk minimization", ICLR, 2018, section 2.
    .. [2] S. Yun et al., "CutMix: regularization strategy to train strong classifiers with
       localizable features", ICCV, 2019, equations 1 and 2.

    Examples
    --------
    >>> images, targets = torch.rand(2, 1, 8, 8, generator=torch.Generator()), torch.tensor([0, 1])
    >>> _, shares = mix(
    ...     images, targets, mixing=Mixing(mixup=0.8), classes=3, generator=torch.Generator()
    ... )
    >>> shares.shape, shares.sum(1)
    (torch.Size([2, 3]), tensor([1., 1.]))
    """
    if mixing.mixup == mixing.cutmix == 0 or mixing.probability == 0:
        return inputs, targets
    classes = check_integer(classes, name="classes", caller="mix")
    if inputs.ndim != 4 or not inputs.is_floating_point() or targets.ndim != 1:
        raise InputError(
            "mix: `inputs` must be float images [B, channels, H, W] with one class each; got "
            f"{inputs.dtype} {list(inputs.shape)} with targets {list(targets.shape)}. "
            "Set mixing.mixup and mixing.cutmix to 0 for this data."
        )
    seed = torch.randint(2**62, (), generator=generator, device=generator.device)
    draws = np.random.default_rng(int(seed))
    mixed, cut = draws.random() < mixing.probability, draws.random() < 0.5
    if not mixed:
        return inputs, targets
    partner = (torch.arange(len(inputs), device=inputs.device) ^ 1).clamp(max=len(inputs) - 1)
    if mixing.mixup == 0 or (mixing.cutmix > 0 and cut):
        inputs, own = _cut_in(inputs, partner, draws.beta(mixing.cutmix, mixing.cutmix), draws)
    else:
        own = draws.beta(mixing.mixup, mixing.mixup)
        inputs = own * inputs + (1 - own) * inputs[partner]
    shares = functional.one_hot(targets, classes).float()
    return inputs, own * shares + (1 - own) * shares[partner]


def _cut_in(
    images: Tensor, partner: Tensor, own: float, draws: np.random.Generator
) -> tuple[Tensor, float]:
    """Return images with a rectangle of their partners, and the share of the area left."""
    height, width = images.shape[2:]
    top, bottom = _span(height, math.sqrt(1 - own), draws)
    left, right = _span(width, math.sqrt(1 - own), draws)
    mixed = images.clone()
    mixed[..., top:bottom, left:right] = images[partner][..., top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)


def _span(length: int, share: float, draws: np.random.Generator) -> tuple[int, int]:
    """Return the ends of a share of a length about a random middle, cut where it stands out."""
    size, middle = round(share * length), int(draws.integers(length))
    first = middle - size // 2
    return max(first, 0), min(first + size, length)
