"""Every operation on images beside Pillow, one image at a time, in 256 levels."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from spikedim.training.optimisation import ImageOperation, apply_operation

STRENGTHS = (-10.0, -7.3, -1.7, 0.0, 2.6, 4.1, 9.6, 10.0)


def levels_of(images):
    return (images * 255).round().to(torch.uint8)


def pillow(image):
    array = levels_of(image).permute(1, 2, 0).numpy()
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def enhanced(kind):
    return lambda image, s: kind(image).enhance(max(0.1, 1 + 0.09 * s))


def affine(matrix):
    return lambda image, s: image.transform(
        image.size, Image.Transform.AFFINE, matrix(s, *image.size), Image.Resampling.BILINEAR
    )


def solarize_add(image, s):
    added = int(110 * abs(s) / 10)
    return image.point(
        [min(255, k + added) if k < 128 else k for k in range(256)] * len(image.mode)
    )


# Operation by Pillow, and by how many of 256 levels rounding there may differ.
PILLOW = {
    ImageOperation.AUTOCONTRAST: (lambda image, _: ImageOps.autocontrast(image), 1),
    ImageOperation.EQUALIZE: (lambda image, _: ImageOps.equalize(image), 0),
    ImageOperation.INVERT: (lambda image, _: ImageOps.invert(image), 0),
    ImageOperation.ROTATE: (lambda image, s: image.rotate(3 * s, Image.Resampling.BILINEAR), 1),
    ImageOperation.POSTERIZE: (
        lambda image, s: ImageOps.posterize(image, max(1, 4 - int(0.4 * abs(s)))),
        0,
    ),
    ImageOperation.SOLARIZE: (
        lambda image, s: ImageOps.solarize(image, 256 - int(25.6 * abs(s))),
        0,
    ),
    ImageOperation.SOLARIZE_ADD: (solarize_add, 0),
    ImageOperation.COLOUR: (enhanced(ImageEnhance.Color), 2),
    ImageOperation.CONTRAST: (enhanced(ImageEnhance.Contrast), 1),
    ImageOperation.BRIGHTNESS: (enhanced(ImageEnhance.Brightness), 1),
    ImageOperation.SHARPNESS: (enhanced(ImageEnhance.Sharpness), 2),
    ImageOperation.SHEAR_X: (affine(lambda s, _w, _h: (1, 0.03 * s, 0, 0, 1, 0)), 1),
    ImageOperation.SHEAR_Y: (affine(lambda s, _w, _h: (1, 0, 0, 0.03 * s, 1, 0)), 1),
    ImageOperation.TRANSLATE_X: (affine(lambda s, w, _h: (1, 0, 0.045 * w * s, 0, 1, 0)), 1),
    ImageOperation.TRANSLATE_Y: (affine(lambda s, _w, h: (1, 0, 0, 0, 1, 0.045 * h * s)), 1),
}


@pytest.fixture(params=[(1, 28, 28), (3, 23, 31), (3, 8, 8)], ids=str)
def images(request, generator):
    """Uneven histograms: half of the levels are dark, one image is black but for a corner."""
    shape = (len(STRENGTHS), *request.param)
    images = (torch.rand(shape, generator=generator) * 255).round() / 255
    images[::2] = (images[::2] * 100).round() / 255
    images[1] = 0
    images[1, :, :9, :7] = (torch.rand(7, generator=generator) * 255).round() / 255
    return images


@pytest.mark.parametrize("operation", list(ImageOperation))
def test_matches_pillow(operation, images):
    peer, allowed = PILLOW[operation]
    got = apply_operation(images, operation, torch.tensor(STRENGTHS))
    for image, result, strength in zip(images, got, STRENGTHS, strict=True):
        want = np.atleast_3d(np.asarray(peer(pillow(image), strength))).transpose(2, 0, 1)
        difference = (255 * result.double() - torch.from_numpy(want.copy())).abs()
        assert difference.max().item() <= allowed + 1e-3, strength
