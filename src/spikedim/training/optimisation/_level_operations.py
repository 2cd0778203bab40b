"""Operations on levels of images [B, channels, H, W], of a strength [B] from -1 to 1."""

import torch
from torch import Tensor

__all__ = [
    "autocontrast",
    "brightness",
    "colour",
    "contrast",
    "equalize",
    "invert",
    "posterize",
    "sharpness",
    "solarize",
    "solarize_add",
]

# Of ITU-R 601-2, as in Pillow's conversion to grey.
_LUMINANCE = (0.299, 0.587, 0.114)


def _over_pixels(values: Tensor) -> Tensor:
    """Return one value per sample with axes for channels, rows and columns."""
    return values[:, None, None, None]


def _levels(images: Tensor) -> Tensor:
    """Return 256 levels from 0 to 255, int64."""
    return (images * 255).round().long().clamp(0, 255)


def _grey(images: Tensor) -> Tensor:
    """Return the luminance [B, 1, H, W]; the mean channel where there are not three."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True) if images.shape[1] > 1 else images
    red, green, blue = images.unbind(1)
    weights = _LUMINANCE
    return (weights[0] * red + weights[1] * green + weights[2] * blue)[:, None]


def _away_from(origin: Tensor, images: Tensor, share: Tensor) -> Tensor:
    """Return images 1 + 0.9 share times as far from an origin, at least a tenth."""
    factor = (1 + 0.9 * share).clamp(min=0.1)
    return origin + _over_pixels(factor) * (images - origin)


def autocontrast(images: Tensor, _: Tensor) -> Tensor:
    """Stretch every channel to [0, 1]."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    width = high - low
    # Less than half a level is rounding, which must not be blown up to an image.
    return torch.where(width > 0.5 / 255, (images - low) / width.clamp(min=0.5 / 255), images)


def equalize(images: Tensor, _: Tensor) -> Tensor:
    """Give every channel an even histogram."""
    levels = _levels(images).flatten(0, 1).flatten(1)
    counts = torch.zeros(len(levels), 256, dtype=torch.int64, device=images.device)
    counts.scatter_add_(1, levels, torch.ones_like(levels))
    brightest = counts.gather(1, levels.amax(1, keepdim=True))
    step = (levels.shape[1] - brightest) // 255
    below = counts.cumsum(1) - counts
    table = ((step // 2 + below) // step.clamp(min=1)).clamp(max=255)
    even = table.gather(1, levels).to(images.dtype).view_as(images) / 255
    return torch.where(step.view(*images.shape[:2], 1, 1) > 0, even, images)


def invert(images: Tensor, _: Tensor) -> Tensor:
    """Return the negative."""
    return 1 - images


def posterize(images: Tensor, share: Tensor) -> Tensor:
    """Keep 4 bits down to 1."""
    bits = (4 - (4 * share.abs()).floor()).clamp(min=1).long()
    width = _over_pixels(2 ** (8 - bits))
    return (_levels(images) // width * width).to(images.dtype) / 255


def solarize(images: Tensor, share: Tensor) -> Tensor:
    """Return the negative of levels from a threshold on."""
    threshold = 256 - (256 * share.abs()).floor().long().clamp(max=256)
    return torch.where(_levels(images) < _over_pixels(threshold), images, 1 - images)


def solarize_add(images: Tensor, share: Tensor) -> Tensor:
    """Lighten the dark half of the levels."""
    added = (110 * share.abs()).floor() / 255
    return torch.where(_levels(images) < 128, images + _over_pixels(added), images)


def colour(images: Tensor, share: Tensor) -> Tensor:
    """Scale the distance from grey."""
    return _away_from(_grey(images), images, share)


def contrast(images: Tensor, share: Tensor) -> Tensor:
    """Scale the distance from the mean level."""
    # Whole numbers add up to the same mean whatever the order, so for any part of a batch.
    levels = _levels(_grey(images)).flatten(1)
    mean = (levels.sum(1).double() / levels.shape[1] + 0.5).floor() / 255
    return _away_from(_over_pixels(mean.to(images.dtype)), images, share)


def brightness(images: Tensor, share: Tensor) -> Tensor:
    """Scale the distance from black."""
    return _away_from(torch.zeros_like(images), images, share)


def sharpness(images: Tensor, share: Tensor) -> Tensor:
    """Scale the distance from the smoothed image; its outermost pixels stay."""
    rows, columns = images.shape[2:]
    if min(rows, columns) < 3:
        return images
    total = 4 * images[..., 1:-1, 1:-1]
    for down in range(3):
        for right in range(3):
            total = total + images[..., down : rows - 2 + down, right : columns - 2 + right]
    smooth = images.clone()
    smooth[..., 1:-1, 1:-1] = total / 13
    return _away_from(smooth, images, share)
