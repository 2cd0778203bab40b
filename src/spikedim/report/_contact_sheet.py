"""A few samples as small pictures inside the page."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from spikedim._core import AnyArray, InputError

__all__ = ["contact_sheet"]

_SIDE = 72  # pixels; larger pictures are reduced


def contact_sheet(images: Sequence[AnyArray]) -> tuple[str, ...]:
    """Return `images` as PNG data URIs.

    Parameters
    ----------
    images : sequence of ndarray
        uint8 arrays [H, W] or [H, W, 3].

    Returns
    -------
    tuple of str
        One ``data:image/png;base64,...`` per image, at most 72 pixels on a side.

    Raises
    ------
    InputError
        If an array is not such an image.
    """
    return tuple(_data_uri(image) for image in images)


def _data_uri(pixels: AnyArray) -> str:
    grey, colour = pixels.ndim == 2, pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.dtype != np.uint8 or not (grey or colour) or 0 in pixels.shape:
        raise InputError(
            "contact_sheet: `images` must be uint8 [H, W] or [H, W, 3]; got "
            f"{pixels.dtype} {pixels.shape}. Use Samples.preview."
        )
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((_SIDE, _SIDE))
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
