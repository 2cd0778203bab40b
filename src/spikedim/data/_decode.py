"""One image file to one array, through Pillow, with a guard against image bombs."""

import io
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

Frame = tuple[int, int, int]


def look(data: bytes | Path, what: object) -> Frame:
    """Return (height, width, channels) from the header; channels is 1 or 3."""
    return _open(data, what, None)[0]


def decode(data: bytes | Path, what: object, frame: Frame, crop: int | None) -> AnyArray:
    """Return uint8 [H, W, C] of exactly the shape `frame`; refuse another size.

    With `crop`, the shorter side is first resized to round(crop * 256 / 224) (bilinear,
    antialiased) and the centre crop x crop is cut out.
    """
    found, pixels = _open(data, what, "RGB" if frame[2] == 3 else "L", crop)
    if pixels is None or pixels.shape != frame:
        raise refuse(
            f"hold images of one size, {frame[0]} x {frame[1]} x {frame[2]} like the first",
            f"{' x '.join(map(str, found))} in {what}",
            "Resize them, or open them as images:DIR@SIZE, which resizes and crops.",
        )
    return pixels


def _open(
    data: bytes | Path, what: object, mode: str | None, crop: int | None = None
) -> tuple[Frame, AnyArray | None]:
    """Read the header, and the pixels if a `mode` is given; every failure names `what`."""
    from PIL import Image, UnidentifiedImageError

    source = io.BytesIO(data) if isinstance(data, bytes) else data
    if isinstance(data, Path) and data.exists() and not data.is_file():
        raise refuse("hold regular files", what, "Remove the pipe or device.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=_FORMATS) as image:
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
    """Check size and mode of an opened image, then decode it if `mode` allows its channels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _bomb(what, f"{width} x {height} pixels")
    if image.mode in _DEEP:
        raise refuse("hold 8-bit images", f"mode {image.mode} in {what}", "Convert them.")
    frame = (height, width, 1 if image.mode in _GREY else 3)
    if mode is None or (mode == "L" and frame[2] == 3):
        return frame, None
    plain = image.convert(mode)
    pixels = np.asarray(plain if crop is None else _resize(plain, crop), np.uint8)
    return frame, pixels[..., None] if pixels.ndim == 2 else pixels


def _bomb(what: object, reason: object) -> Exception:
    return refuse(
        f"hold images of at most {MAX_PIXELS:,} pixels (an image bomb has more)",
        f"{what} ({reason})",
        "Scale the image down or remove it.",
    )


def _resize(image: Any, crop: int) -> Any:
    """Resize the shorter side to crop * 256 / 224, then cut the centre."""
    from PIL import Image

    short = round(crop * 256 / 224)
    width, height = image.size
    factor = short / min(width, height)
    size = (max(short, round(width * factor)), max(short, round(height * factor)))
    larger = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (size[0] - crop) // 2, (size[1] - crop) // 2
    return larger.crop((left, top, left + crop, top + crop))
