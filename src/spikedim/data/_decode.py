"""One image file to one array, through Pillow, with a guard against image bombs."""

import io
import math
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from spikedim._core import AnyArray, InputError
from spikedim.data._source import refuse

__all__ = ["IMAGE_SUFFIXES", "MAX_PIXELS", "Frame", "decode", "look"]

MAX_PIXELS = 64_000_000
IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
)
# What Pillow's decoders raise on damaged files, beside OSError.
_BAD_IMAGE = (
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
# Named, because Pillow would otherwise hand e.g. PostScript to an external program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_GREY = ("1", "L", "LA")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")

# Peak per pixel as measured, the decoder's own buffers included: WebP 22 in colour, LA 7 in grey.
_COLOUR_BYTES, _GREY_BYTES = 24, 8
_RESIZED_BYTES = 8

Frame = tuple[int, int, int]


def look(data: bytes | Path, what: object, *, crop: int | None, budget: int) -> Frame:
    """Return (height, width, channels) from the header; channels is 1 or 3.

    Refuse an image whose pixels, and those of its resized copy if it is to be cropped, would not
    fit `budget` bytes.
    """
    return _open(data, what, None, crop, budget)[0]


def decode(
    data: bytes | Path, what: object, frame: Frame, *, crop: int | None, budget: int
) -> AnyArray:
    """Return uint8 [H, W, C] of exactly the shape `frame`; refuse another size.

    With `crop`, the shorter side is first resized to round(crop * 256 / 224) (bilinear,
    antialiased) and the centre crop x crop is cut out.
    """
    found, pixels = _open(data, what, "RGB" if frame[2] == 3 else "L", crop, budget)
    if pixels is None or pixels.shape != frame:
        raise refuse(
            f"hold images of one size, {frame[0]} x {frame[1]} x {frame[2]} like the first",
            f"{' x '.join(map(str, found))} in {what}",
            "Resize them, or open them as images:DIR@SIZE, which resizes and crops.",
        )
    return pixels


def _open(
    data: bytes | Path, what: object, mode: str | None, crop: int | None, budget: int
) -> tuple[Frame, AnyArray | None]:
    """Read the header, and the pixels if a `mode` is given; every failure names `what`."""
    from PIL import Image, UnidentifiedImageError

    source = io.BytesIO(data) if isinstance(data, bytes) else data
    held = len(data) if isinstance(data, bytes) else 0
    if isinstance(data, Path) and data.exists() and not data.is_file():
        raise refuse("hold regular files", what, "Remove the pipe or device.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=_FORMATS) as image:
                _check_size(image, what, crop, budget, held)
                return _read(image, what, mode, crop)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bomb(what, error) from error
    except UnidentifiedImageError as error:
        raise refuse(
            "hold images in a known format (PNG, JPEG, BMP, GIF, WebP, TIFF, PPM)",
            what,
            "Remove or convert that file.",
        ) from error
    except InputError:
        raise
    except _BAD_IMAGE as error:
        raise refuse("hold whole images", what, f"Decoding stopped: {error}.") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise refuse("hold whole images", what, f"Decoding stopped: {error}.") from error


def _read(
    image: Any, what: object, mode: str | None, crop: int | None
) -> tuple[Frame, AnyArray | None]:
    """Check the mode of an opened image, then decode it if `mode` allows its channels."""
    width, height = image.size
    if image.mode in _DEEP:
        raise refuse("hold 8-bit images", f"mode {image.mode} in {what}", "Convert them.")
    frame = (height, width, 1 if image.mode in _GREY else 3)
    if mode is None or (mode == "L" and frame[2] == 3):
        return frame, None
    plain = image.convert(mode)
    pixels = np.asarray(plain if crop is None else _resize(plain, crop), np.uint8)
    return frame, pixels[..., None] if pixels.ndim == 2 else pixels


def _check_size(image: Any, what: object, crop: int | None, budget: int, held: int) -> None:
    """Refuse an image that does not fit: a few kB may stand for 64 million pixels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _bomb(what, f"{width} x {height} pixels")
    needed = held + width * height * (_GREY_BYTES if image.mode in _GREY else _COLOUR_BYTES)
    if crop is not None:
        needed += math.prod(_resized((width, height), crop)) * _RESIZED_BYTES
    if needed > budget:
        raise refuse(
            f"be at least {needed:,} bytes to decode an image of {width} x {height} pixels",
            f"{budget:,} for {what}",
            "Raise it, or scale the image down.",
            name="memory_budget",
        )


def _bomb(what: object, reason: object) -> Exception:
    return refuse(
        f"hold images of at most {MAX_PIXELS:,} pixels (an image bomb has more)",
        f"{what} ({reason})",
        "Scale the image down or remove it.",
    )


def _resized(size: tuple[int, int], crop: int) -> tuple[int, int]:
    """Return width and height with a shorter side of crop * 256 / 224."""
    short = round(crop * 256 / 224)
    width, height = size
    factor = short / min(width, height)
    return max(short, round(width * factor)), max(short, round(height * factor))


def _resize(image: Any, crop: int) -> Any:
    """Resize the shorter side to crop * 256 / 224, then cut the centre."""
    from PIL import Image

    size = _resized(image.size, crop)
    larger = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (size[0] - crop) // 2, (size[1] - crop) // 2
    return larger.crop((left, top, left + crop, top + crop))
