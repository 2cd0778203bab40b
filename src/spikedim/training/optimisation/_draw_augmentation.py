"""Random changes of images, drawn for a whole batch at once."""

import math

import torch
from torch import Tensor

from spikedim._core import InputError, check_integer
from spikedim.training.optimisation._augmentation_draw import AugmentationDraw
from spikedim.training.optimisation._image_operation import ImageOperation
from spikedim.training.recipes import Augmentation, RandAugment

__all__ = ["draw_augmentation"]

_ERASED_AREA = (0.02, 0.33)
_LOG_ASPECT = math.log(1 / 0.3)
_ATTEMPTS = 10


def draw_augmentation(
    augmentation: Augmentation,
    *,
    count: int,
    shape: tuple[int, int, int],
    generator: torch.Generator,
) -> AugmentationDraw:
    """Draw what happens to each image of a batch.

    Mirror, move, random operations, erase: in this order, each if the recipe asks for it. An
    erased rectangle has between 0.02 and 0.33 of the area and sides of a ratio of 0.3 to 3.3; its
    levels are drawn anew for every pixel.

    Parameters
    ----------
    augmentation : Augmentation
        Of a recipe.
    count : int
        Images B of the whole batch.
    shape : tuple of int
        Channels, rows and columns of an image.
    generator : torch.Generator
        Its device is where the images must be.

    Returns
    -------
    AugmentationDraw
        ``draw.part(start, stop).apply(images[start:stop])`` is that part of
        ``draw.apply(images)``, to the bit.

    Raises
    ------
    InputError
        If a number of `shape` is below 1, or images could be moved out of sight.

    Notes
    -----
    Noise is uniform in [0, 1], since images are normalised only afterwards: published code erases
    with normal noise after that step, where uniform noise has a mean near 0 and a standard
    deviation near 1 as well (0.29 over that of the data, 0.2 to 0.3).

    References
    ----------
    .. [1] E. D. Cubuk et al., "RandAugment: practical automated data augmentation with a reduced
       search space", NeurIPS, 2020, section 3.
    .. [2] Z. Zhong et al., "Random erasing data augmentation", AAAI, 2020, algorithm 1.

    Examples
    --------
    >>> draw = draw_augmentation(
    ...     Augmentation(flip=True, crop=2),
    ...     count=4,
    ...     shape=(1, 8, 8),
    ...     generator=torch.Generator().manual_seed(0),
    ... )
    >>> images = torch.ones(4, 1, 8, 8)
    >>> draw.apply(images).shape
    torch.Size([4, 1, 8, 8])
    >>> torch.equal(draw.part(1, 3).apply(images[1:3]), draw.apply(images)[1:3])
    True
    """
    caller = "draw_augmentation"
    count = check_integer(count, name="count", caller=caller)
    for side in shape:
        check_integer(side, name="shape", caller=caller)
    if augmentation.crop >= min(shape[1:]) and augmentation.crop > 0:
        raise InputError(
            f"{caller}: `augmentation.crop` must be below the sides of an image, {shape[1]} x "
            f"{shape[2]}; got {augmentation.crop}."
        )
    mirrored = moved = operations = strengths = erased = boxes = noise = None
    if augmentation.flip:
        mirrored = _uniform(count, generator=generator) < 0.5
    if augmentation.crop > 0:
        moved = torch.randint(
            -augmentation.crop,
            augmentation.crop + 1,
            (count, 2),
            generator=generator,
            device=generator.device,
        )
    if augmentation.randaugment is not None:
        operations, strengths = _draw_operations(augmentation.randaugment, count, generator)
    if augmentation.erase > 0:
        erased = _uniform(count, generator=generator) < augmentation.erase
        boxes = _draw_boxes(count, shape, generator)
        noise = torch.randint(
            0,
            256,
            (int(erased.sum()), *shape),
            dtype=torch.uint8,
            generator=generator,
            device=generator.device,
        )
    return AugmentationDraw(
        shape=shape,
        mirrored=mirrored,
        moved=moved,
        operations=operations,
        strengths=strengths,
        erased=erased,
        boxes=boxes,
        noise=noise,
    )


def _uniform(*shape: int, generator: torch.Generator) -> Tensor:
    """Return numbers in [0, 1) on the device of the generator."""
    return torch.rand(shape, generator=generator, device=generator.device)


def _draw_operations(
    random: RandAugment, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return operations and signed strengths [B, n]."""
    size, device = (count, random.operations), generator.device
    which = torch.randint(len(ImageOperation), size, generator=generator, device=device)
    left_out = _uniform(*size, generator=generator) >= random.probability
    normal = torch.randn(size, generator=generator, device=device)
    strength = (random.magnitude + random.deviation * normal).clamp(0, 10)
    negative = _uniform(*size, generator=generator) < 0.5
    return which.masked_fill(left_out, -1), torch.where(negative, -strength, strength)


def _draw_boxes(count: int, shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """Return rectangles [B, 4]: of 10 attempts the first that fits, else the first, cut."""
    _, height, width = shape
    low, high = _ERASED_AREA
    area = low + (high - low) * _uniform(count, _ATTEMPTS, generator=generator)
    aspect = ((2 * _uniform(count, _ATTEMPTS, generator=generator) - 1) * _LOG_ASPECT).exp()
    rows = (area * aspect * (height * width)).sqrt().round().long().clamp(min=1)
    columns = (area / aspect * (height * width)).sqrt().round().long().clamp(min=1)
    fits = (rows <= height) & (columns <= width)
    first = fits.long().argmax(1, keepdim=True)
    high_and_wide = torch.cat([rows.gather(1, first), columns.gather(1, first)], 1)
    sides = torch.tensor([height, width], device=generator.device)
    size = high_and_wide.minimum(sides)
    corner = (_uniform(count, 2, generator=generator) * (sides - size + 1)).long()
    corner = corner.minimum(sides - size)
    return torch.cat([corner, corner + size], 1)
