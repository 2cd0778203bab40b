"""Augmentation and mixing of a batch beside a loop over samples and pixels."""

import numpy as np
import pytest
import torch

from spikedim.training.optimisation import (
    ImageOperation,
    apply_operation,
    draw_augmentation,
    mix,
)
from spikedim.training.recipes import Augmentation, Mixing, RandAugment


def naive_apply(draw, images):
    """Change one sample after the other, one pixel after the other."""
    results, erased = [], 0
    for b, image in enumerate(images):
        _, height, width = image.shape
        image = image.clone()
        if draw.mirrored is not None and draw.mirrored[b]:
            image = torch.stack([image[:, :, width - 1 - x] for x in range(width)], -1)
        if draw.moved is not None:
            down, right = draw.moved[b].tolist()
            source, image = image, torch.zeros_like(image)
            for y in range(height):
                for x in range(width):
                    if 0 <= y - down < height and 0 <= x - right < width:
                        image[:, y, x] = source[:, y - down, x - right]
        if draw.operations is not None:
            for number, strength in zip(
                draw.operations[b].tolist(), draw.strengths[b], strict=True
            ):
                if number >= 0:
                    operation = list(ImageOperation)[number]
                    image = apply_operation(image[None], operation, strength[None])[0]
        if draw.erased is not None and draw.erased[b]:
            top, left, bottom, right = draw.boxes[b].tolist()
            for y in range(top, bottom):
                for x in range(left, right):
                    image[:, y, x] = draw.noise[erased, :, y, x].float() / 255
            erased += 1
        results.append(image)
    return torch.stack(results)


@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(),
        Augmentation(flip=True),
        Augmentation(crop=3),
        Augmentation(erase=0.6),
        Augmentation(randaugment=RandAugment(operations=3, probability=0.9)),
        Augmentation(flip=True, crop=2, erase=0.5, randaugment=RandAugment(operations=2)),
    ],
    ids=["nothing", "flip", "crop", "erase", "randaugment", "all"],
)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 13)], ids=str)
def test_matches_a_loop(augmentation, shape, generator):
    images = torch.rand(24, *shape, generator=generator)
    draw = draw_augmentation(augmentation, count=24, shape=shape, generator=generator)
    before = images.clone()
    assert torch.equal(draw.apply(images), naive_apply(draw, images))
    assert torch.equal(images, before)


def test_mixup_takes_one_share_of_everything(generator):
    images = torch.rand(5, 1, 4, 4, generator=generator)
    targets = torch.tensor([0, 1, 2, 0, 1])
    mixed, shares = mix(images, targets, mixing=Mixing(mixup=0.8), classes=3, generator=generator)
    own = shares[0, 0].item()
    assert 0 < own < 1
    for b, partner in enumerate([1, 0, 3, 2, 4]):
        want = own * images[b] + (1 - own) * images[partner]
        torch.testing.assert_close(mixed[b], want)
        wanted = np.zeros(3)
        wanted[targets[b]] += own
        wanted[targets[partner]] += 1 - own
        assert shares[b].tolist() == pytest.approx(wanted.tolist(), abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_cutmix_takes_every_pixel_from_one_of_two(seed):
    images = torch.arange(4.0)[:, None, None, None].expand(4, 2, 7, 9) / 4
    generator = torch.Generator().manual_seed(seed)
    mixed, shares = mix(
        images, torch.arange(4), mixing=Mixing(cutmix=1.0), classes=4, generator=generator
    )
    for b, partner in enumerate([1, 0, 3, 2]):
        own = (mixed[b] == images[b]).all(0)
        foreign = (mixed[b] == images[partner]).all(0)
        assert torch.equal(own, ~foreign)
        rows, columns = foreign.any(1).sum().item(), foreign.any(0).sum().item()
        assert foreign.sum().item() == rows * columns
        assert shares[b, b].item() == pytest.approx(own.float().mean().item(), abs=1e-6)
        assert shares[b, partner].item() == pytest.approx(foreign.float().mean().item(), abs=1e-6)
