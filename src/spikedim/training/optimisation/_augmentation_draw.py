"""What random changes happen to each image of a batch."""

from dataclasses import dataclass, field
from typing import final

import torch
from jaxtyping import Shaped
from torch import Tensor

from spikedim._core import InputError
from spikedim.training.optimisation._image_operation import ImageOperation, apply_operation

__all__ = ["AugmentationDraw"]

_OPERATIONS = tuple(ImageOperation)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class AugmentationDraw:
    """What happens to each image of a batch; a field is None if its kind of change is off.

    Parameters
    ----------
    shape : tuple of int
        Channels, rows and columns of an image.
    mirrored : Tensor of shape [B] or None
        Whether left and right are swapped.
    moved : Tensor of shape [B, 2] or None
        By how many rows down and columns right.
    operations : Tensor of shape [B, n] or None
        Position in `ImageOperation` of what is done one after the other, -1 for nothing.
    strengths : Tensor of shape [B, n] or None
        Strength of each, from -10 to 10.
    erased : Tensor of shape [B] or None
        Whether a rectangle is erased.
    boxes : Tensor of shape [B, 4] or None
        Its first row and column, and those after its last.
    noise : Tensor of shape [E, channels, H, W] or None
        Levels uint8 that stand in the rectangles of the E images that have one.
    """

    shape: tuple[int, int, int]
    mirrored: Tensor | None = field(default=None, repr=False)
    moved: Tensor | None = field(default=None, repr=False)
    operations: Tensor | None = field(default=None, repr=False)
    strengths: Tensor | None = field(default=None, repr=False)
    erased: Tensor | None = field(default=None, repr=False)
    boxes: Tensor | None = field(default=None, repr=False)
    noise: Tensor | None = field(default=None, repr=False)

    def part(self, start: int, stop: int) -> "AugmentationDraw":
        """Return what happens to the images from `start` up to, not with, `stop`."""
        rows = slice(start, stop)
        noise = self.noise
        if self.erased is not None and noise is not None:
            noise = noise[int(self.erased[:start].sum()) : int(self.erased[:stop].sum())]
        return AugmentationDraw(
            shape=self.shape,
            mirrored=None if self.mirrored is None else self.mirrored[rows],
            moved=None if self.moved is None else self.moved[rows],
            operations=None if self.operations is None else self.operations[rows],
            strengths=None if self.strengths is None else self.strengths[rows],
            erased=None if self.erased is None else self.erased[rows],
            boxes=None if self.boxes is None else self.boxes[rows],
            noise=noise,
        )

    def apply(self, images: Shaped[Tensor, "B *rest"]) -> Tensor:
        """Return changed images [B, channels, H, W] in [0, 1]; anything if nothing is on."""
        changes = (self.mirrored, self.moved, self.operations, self.erased)
        counts = [len(change) for change in changes if change is not None]
        if not counts:
            return images
        if tuple(images.shape) != (counts[0], *self.shape) or not images.is_floating_point():
            raise InputError(
                f"AugmentationDraw.apply: `images` must be float {[counts[0], *self.shape]}, as "
                f"drawn; got {images.dtype} {list(images.shape)}."
            )
        if self.mirrored is not None:
            images = torch.where(self.mirrored[:, None, None, None], images.flip(-1), images)
        if self.moved is not None:
            images = _move(images, self.moved)
        if self.operations is not None and self.strengths is not None:
            for which, strength in zip(self.operations.T, self.strengths.T, strict=True):
                images = _operate(images, which, strength)
        if self.erased is not None and self.boxes is not None and self.noise is not None:
            images = _erase(images, self.erased, self.boxes, self.noise)
        return images


def _move(images: Tensor, moved: Tensor) -> Tensor:
    """Return images moved down and right; what enters is black."""
    height, width = images.shape[2:]
    rows = torch.arange(height, device=images.device) - moved[:, :1]
    columns = torch.arange(width, device=images.device) - moved[:, 1:]
    seen = ((rows >= 0) & (rows < height))[:, :, None]
    seen = seen & ((columns >= 0) & (columns < width))[:, None, :]
    place = rows.clamp(0, height - 1)[:, :, None] * width + columns.clamp(0, width - 1)[:, None, :]
    # One flat axis: indexing by four axes takes 4 times as long.
    pixels = place.flatten(1)[:, None].expand(-1, images.shape[1], -1)
    found = images.flatten(2).gather(2, pixels).view_as(images)
    return found.masked_fill_(~seen[:, None], 0.0)


def _operate(images: Tensor, which: Tensor, strength: Tensor) -> Tensor:
    """Return images after one operation each."""
    changed = images.clone()
    for number, operation in enumerate(_OPERATIONS):
        samples = (which == number).nonzero().flatten()
        if len(samples):
            changed[samples] = apply_operation(images[samples], operation, strength[samples])
    return changed


def _erase(images: Tensor, erased: Tensor, boxes: Tensor, noise: Tensor) -> Tensor:
    """Return images with noise in their rectangles."""
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    top, left, bottom, right = (bound[:, None] for bound in boxes[erased].unbind(1))
    inside = ((rows >= top) & (rows < bottom))[:, None, :, None]
    inside = inside & ((columns >= left) & (columns < right))[:, None, None, :]
    changed = images.clone()
    changed[erased] = torch.where(inside, noise.to(images.dtype) / 255, images[erased])
    return changed
