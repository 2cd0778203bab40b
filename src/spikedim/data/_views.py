"""Layers: how an item becomes features [D] or tokens [n, d]."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._source import Source, refuse

__all__ = ["LAYERS", "View", "build_view", "check_layer"]

LAYERS = {
    "image": ("pixels", "patches:P", "pooled:P"),
    "series": ("features", "tokens", "features:T", "tokens:T"),
    "table": ("features",),
    "text": ("embedding", "embedding:minilm", "embedding:tfidf"),
}
_FORM = re.compile(r"([a-z]+)(?::([1-9][0-9]{0,5}))?")


@final
@dataclass(frozen=True, eq=False)
class View:
    """A layer applied to one source.

    Parameters
    ----------
    layer : str
        Its name, e.g. ``"patches:4"``.
    shape : tuple of int
        Shape of one sample, (D,) or (n, d).
    dtype : numpy.dtype
        Type of the values it yields.
    scale : float
        Factor of a raw value after the transform.
    transform : callable
        Maps raw items [b, *item_shape] to [b, *shape].
    """

    layer: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    transform: Callable[[AnyArray], AnyArray]


def check_layer(layer: str | None, modality: str) -> tuple[str, int | None]:
    """Return the kind and parameter of `layer`, or raise `InputError` listing the valid ones."""
    valid = LAYERS[modality]
    if layer is None:
        return valid[0], None
    if layer in valid and not layer.endswith((":P", ":T")):
        return layer, None
    match = _FORM.fullmatch(layer)
    if match and match[2] and any(form in valid for form in (f"{match[1]}:P", f"{match[1]}:T")):
        return match[1], int(match[2])
    if "@" in layer:
        raise refuse(
            f"be one of {', '.join(valid)} for {modality} data",
            repr(layer),
            "NAME@RUN, a layer of a trained run, is for `spikedim measure` and `spikedim plan`.",
            name="layer",
        )
    raise refuse(
        f"be one of {', '.join(valid)} for {modality} data",
        repr(layer),
        "P and T are whole numbers, e.g. patches:4."
        if any(":" in v for v in valid)
        else "Leave it out for the default.",
        name="layer",
    )


def build_view(source: Source, layer: str | None) -> View:
    """Return the view of `source` that `layer` names, or the default view of its modality."""
    kind, size = check_layer(layer, source.modality)
    if source.modality == "image":
        return _image_view(source, kind, size)
    if source.modality == "series":
        return _series_view(source, kind, size)
    width = int(np.prod(source.item_shape))
    name = source.layer_name or kind
    return View(name, (width,), source.dtype, source.scale, _flatten)


def _flatten(chunk: AnyArray) -> AnyArray:
    return chunk.reshape(len(chunk), -1)


def _image_view(source: Source, kind: str, size: int | None) -> View:
    height, width, channels = source.item_shape
    if kind == "pixels" or size is None:
        shape: tuple[int, ...] = (height * width * channels,)
        return View("pixels", shape, source.dtype, source.scale, _flatten)
    if height % size or width % size:
        common = [str(p) for p in range(1, 65) if height % p == width % p == 0]
        raise refuse(
            f"divide images of {height} x {width} pixels",
            f"{kind}:{size}",
            f"Sizes that do: {', '.join(common)}.",
            name="layer",
        )
    down, across = height // size, width // size

    def cut(chunk: AnyArray) -> AnyArray:
        return chunk.reshape(len(chunk), down, size, across, size, channels)

    if kind == "patches":

        def patch(chunk: AnyArray) -> AnyArray:
            tiles = cut(chunk).transpose(0, 1, 3, 2, 4, 5)
            return np.ascontiguousarray(tiles).reshape(len(chunk), down * across, -1)

        shape = (down * across, size * size * channels)
        return View(f"patches:{size}", shape, source.dtype, source.scale, patch)

    shape = (down * across * channels,)
    if source.dtype.kind == "f":

        def mean(chunk: AnyArray) -> AnyArray:
            averages: AnyArray = cut(chunk).mean(axis=(2, 4), dtype=np.float64)
            return averages.astype(source.dtype).reshape(len(chunk), -1)

        return View(f"pooled:{size}", shape, source.dtype, source.scale, mean)

    # Integer sums with the division left to the scale: the averages stay exact.
    total = _sum_dtype(source.dtype, size * size)

    def add(chunk: AnyArray) -> AnyArray:
        sums: AnyArray = cut(chunk).sum(axis=(2, 4), dtype=total)
        return sums.reshape(len(chunk), -1)

    return View(f"pooled:{size}", shape, total, source.scale / size**2, add)


def _sum_dtype(dtype: np.dtype[Any], terms: int) -> np.dtype[Any]:
    """Return the smallest integer type that holds a sum of `terms` values."""
    info = np.iinfo(dtype)
    kinds = (np.uint16, np.uint32, np.uint64) if info.min == 0 else (np.int16, np.int32, np.int64)
    for kind in kinds:
        if (
            np.iinfo(kind).max >= int(info.max) * terms
            and int(np.iinfo(kind).min) <= info.min * terms
        ):
            return np.dtype(kind)
    return np.dtype(np.float64)


def _series_view(source: Source, kind: str, size: int | None) -> View:
    steps, channels = source.item_shape
    length = steps if size is None else size
    if length > steps:
        raise refuse(
            f"keep at most the {steps} steps there are",
            f"{kind}:{length}",
            f"Use {kind}:{steps} or {kind}.",
            name="layer",
        )
    name = kind if size is None else f"{kind}:{size}"
    if kind == "tokens":

        def crop(chunk: AnyArray) -> AnyArray:
            return np.ascontiguousarray(chunk[:, :length])

        return View(name, (length, channels), source.dtype, source.scale, crop)

    def flatten(chunk: AnyArray) -> AnyArray:
        return np.ascontiguousarray(chunk[:, :length]).reshape(len(chunk), -1)

    return View(name, (length * channels,), source.dtype, source.scale, flatten)
