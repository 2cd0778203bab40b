"""Operations that move pixels of images [B, channels, H, W], of a strength [B] from -1 to 1."""

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "rotate",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
]


def _sampled(images: Tensor, rows: tuple[Tensor, ...], columns: tuple[Tensor, ...]) -> Tensor:
    """Return each pixel from where it lies in the image; both maps are a*x + b*y + c in pixels.

    Coordinates count from the corner, a pixel's centre at one half.
    """
    height, width = images.shape[2:]
    dtype, device = images.dtype, images.device
    y = (torch.arange(height, dtype=dtype, device=device) + 0.5)[:, None]
    x = torch.arange(width, dtype=dtype, device=device) + 0.5
    from_x, from_y = (
        a[:, None, None] * x + b[:, None, None] * y + c[:, None, None]
        for a, b, c in (columns, rows)
    )
    grid = torch.stack([from_x * (2 / width) - 1, from_y * (2 / height) - 1], -1)
    found: Tensor = functional.grid_sample(
        images, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    inside = (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
    return found.masked_fill(~inside[:, None], 0.0)


def rotate(images: Tensor, share: Tensor) -> Tensor:
    """Turn about the centre."""
    height, width = images.shape[2:]
    angle = share * math.radians(30)
    cos, sin = angle.cos(), angle.sin()
    middle_x, middle_y = width / 2, height / 2
    columns = (cos, -sin, middle_x - cos * middle_x + sin * middle_y)
    rows = (sin, cos, middle_y - sin * middle_x - cos * middle_y)
    return _sampled(images, rows, columns)


def _moved(
    images: Tensor,
    *,
    x_per_y: Tensor | None = None,
    y_per_x: Tensor | None = None,
    x: Tensor | None = None,
    y: Tensor | None = None,
) -> Tensor:
    """Return images read from a place that is so much further right (x) and down (y)."""
    none = images.new_zeros(len(images))
    one = none + 1
    columns = (one, none if x_per_y is None else x_per_y, none if x is None else x)
    rows = (none if y_per_x is None else y_per_x, one, none if y is None else y)
    return _sampled(images, rows, columns)


def shear_x(images: Tensor, share: Tensor) -> Tensor:
    """Move rows, each further than the one above."""
    return _moved(images, x_per_y=0.3 * share)


def shear_y(images: Tensor, share: Tensor) -> Tensor:
    """Move columns, each further than the one on the left."""
    return _moved(images, y_per_x=0.3 * share)


def translate_x(images: Tensor, share: Tensor) -> Tensor:
    """Move left."""
    return _moved(images, x=0.45 * images.shape[3] * share)


def translate_y(images: Tensor, share: Tensor) -> Tensor:
    """Move up."""
    return _moved(images, y=0.45 * images.shape[2] * share)
