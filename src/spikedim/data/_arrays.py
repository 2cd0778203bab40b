"""Arrays of 2 to 4 axes as sources: which axis is what, and how 8-bit values are read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._source import Source, refuse

__all__ = ["BYTE_SCALE", "Arrangement", "arrange", "array_source", "check_dtype", "slices"]

BYTE_SCALE = 1 / 255
Arrangement = tuple[str, tuple[int, ...], Callable[[AnyArray], AnyArray], tuple[str, ...]]
_CHANNELS = (1, 3, 4)


def _same(chunk: AnyArray) -> AnyArray:
    return chunk


def _add_channel(chunk: AnyArray) -> AnyArray:
    return chunk[..., None]


def _channels_last(chunk: AnyArray) -> AnyArray:
    return np.ascontiguousarray(np.moveaxis(chunk, 1, -1))


def arrange(
    shape: tuple[int, ...], dtype: np.dtype[Any], layer: str | None, what: object
) -> Arrangement:
    """Return modality, item shape, a function on chunks, and notes for an array of `shape`.

    [S, D] is a table; [S, H, W] is grey images if 8-bit or if an image layer is asked for, else a
    series [S, T, channels]; [S, H, W, C] and [S, C, H, W] are images.
    """
    if len(shape) not in (2, 3, 4) or min(shape[1:]) < 1 or shape[0] < 0:
        raise refuse(
            "hold an array with axes [S, D], [S, T, channels], [S, H, W] or [S, H, W, C]",
            f"shape {shape} in {what}",
            "Reshape the array so that its first axis counts samples.",
        )
    if len(shape) == 2:
        return "table", shape[1:], _same, ()
    if len(shape) == 3:
        as_image = layer is not None and layer.split(":")[0] in ("pixels", "patches", "pooled")
        if as_image or (layer is None and dtype == np.uint8):
            return "image", (*shape[1:], 1), _add_channel, ()
        return "series", shape[1:], _same, ("Axes read as [S, T, channels].",)
    if shape[3] not in _CHANNELS and shape[1] in _CHANNELS:
        note = "Axes read as [S, C, H, W] and moved to [S, H, W, C]."
        return "image", (shape[2], shape[3], shape[1]), _channels_last, (note,)
    return "image", shape[1:], _same, ()


def check_dtype(dtype: np.dtype[Any], what: object) -> tuple[np.dtype[Any], float, tuple[str, ...]]:
    """Return the type to hand out, its scale and notes; refuse all but real numbers."""
    if dtype.hasobject:
        raise refuse(
            "hold plain numbers",
            f"Python objects (pickles) in {what}",
            "They are never executed; save the array again with a numeric dtype.",
        )
    if dtype.kind not in "fiub":
        raise refuse(
            "hold real numbers",
            f"dtype {dtype} in {what}",
            "Save the array as integers or floating point.",
        )
    if dtype == np.uint8:
        return dtype, BYTE_SCALE, ("8-bit values v stand for v / 255.",)
    if dtype.kind == "b":
        return np.dtype(np.uint8), 1.0, ()
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return np.dtype(np.float32 if dtype.itemsize < 4 else np.float64), 1.0, ()
    return dtype.newbyteorder("="), 1.0, ()


def slices(
    count: int, fetch: Callable[[int, int], AnyArray]
) -> Callable[[int], Iterator[AnyArray]]:
    """Return a `Source.read` made of ``fetch(start, stop)``."""

    def read(rows: int) -> Iterator[AnyArray]:
        for start in range(0, count, rows):
            yield fetch(start, min(start + rows, count))

    return read


def array_source(
    x: AnyArray, *, fingerprint: str, layer: str | None = None, what: object = "array", **about: Any
) -> Source:
    """Return a source over an array in memory (or mapped)."""
    dtype, scale, notes = check_dtype(x.dtype, what)
    modality, item_shape, change, more = arrange(x.shape, x.dtype, layer, what)
    settled = {"modality": modality, "scale": scale, "notes": (*notes, *more), **about}

    def take(indices: Sequence[int]) -> AnyArray:
        return change(np.asarray(x[list(indices)], dtype))

    return Source(
        item_shape=item_shape,
        count=x.shape[0],
        dtype=dtype,
        read=slices(x.shape[0], lambda a, b: change(np.array(x[a:b], dtype))),
        take=take,
        fingerprint=fingerprint,
        **settled,
    )
