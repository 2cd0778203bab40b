"""Images of a data set as one array [S, channels, H, W], in memory or mapped from a file."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
import torch
from numpy.lib import format as npy_format

from spikedim._core import AbstractProgress, AnyArray, InputError
from spikedim.data import Samples, cache_folder
from spikedim.training.examples._divide import DIGEST, digests_of

__all__ = ["Pixels", "image_shape", "needed_bytes", "read_pixels"]

_CALLER = "open_examples"
_MARGIN = 1 << 24  # a file system keeps a little for itself
_KNOWN_CHANNELS = (1, 2, 3, 4)


@final
@dataclass(frozen=True, eq=False)
class Pixels:
    """All images of one part of a data set, in its order.

    Parameters
    ----------
    images : ndarray of shape [S, channels, H, W]
        uint8, where 255 stands for 1, or float32 in [0, 1].
    digests : ndarray of shape [S]
        Hash of every image.
    mapped : bool
        Whether `images` is mapped from a file.
    """

    images: AnyArray
    digests: AnyArray
    mapped: bool


def image_shape(samples: Samples, side: int | None) -> tuple[int, int, int]:
    """Return channels, height and width of the images as they are stored; refuse other shapes."""
    height, width, channels = samples.item_shape
    if channels not in _KNOWN_CHANNELS:
        raise InputError(
            f"{_CALLER}: `spec` must hold images of 1 to 4 channels; got items of shape "
            f"{samples.item_shape} in {samples.spec!r}. Of a video series, take single frames."
        )
    if height != width:
        raise InputError(
            f"{_CALLER}: `spec` must hold square images; got {height} x {width} in "
            f"{samples.spec!r}. Open a folder as images:DIR@{min(height, width)}, which crops."
        )
    return channels, side or height, side or width


def needed_bytes(samples: Samples, side: int | None) -> int:
    """Return the bytes of all images of `samples`."""
    size = samples.shape[0] * int(np.prod(image_shape(samples, side)))
    return size * _stored_type(samples).itemsize


def _stored_type(samples: Samples) -> np.dtype[Any]:
    bytes_of_255 = samples.dtype == np.uint8 and samples.scale == 1 / 255 and samples.offset == 0
    return np.dtype(np.uint8) if bytes_of_255 else np.dtype(np.float32)


def read_pixels(
    samples: Samples, *, side: int | None, mapped: bool, progress: AbstractProgress
) -> Pixels:
    """Decode all images, into memory or once for all into a file of the cache."""
    if mapped:
        return _mapped_pixels(samples, side, progress)
    images = np.empty((samples.shape[0], *image_shape(samples, side)), _stored_type(samples))
    digests = np.empty(len(images), DIGEST)
    start = 0
    for batch in _decoded(samples, side, progress):
        images[start : start + len(batch)] = batch
        digests[start : start + len(batch)] = digests_of(batch)
        start += len(batch)
    return Pixels(images, digests, mapped=False)


def _decoded(samples: Samples, side: int | None, progress: AbstractProgress) -> Iterator[AnyArray]:
    """Yield images [b, channels, H, W] as they are stored."""
    height, width, channels = samples.item_shape
    task = progress.start(f"reading {samples.spec} ({samples.split})", float(samples.shape[0]))
    try:
        for rows in samples.batches():
            images = rows.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
            if _stored_type(samples) != np.uint8:
                images = _unit_values(images, samples)
            if side is not None and side != height:
                images = _resized(np.ascontiguousarray(images), side)
            yield np.ascontiguousarray(images)
            progress.advance(task, float(len(images)))
    finally:
        progress.finish(task)


def _unit_values(images: AnyArray, samples: Samples) -> AnyArray:
    """Return what raw values stand for, which must lie in [0, 1]."""
    values = images.astype(np.float64) * samples.scale + samples.offset
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise InputError(
            f"{_CALLER}: `spec` must hold 8-bit images or values from 0 to 1; got {low:g} to "
            f"{high:g} in {samples.spec!r}. Subtract the smallest and divide by the range, or "
            "save them as uint8."
        )
    return values.astype(np.float32)


def _resized(images: AnyArray, side: int) -> AnyArray:
    """Return images of another size: bilinear, antialiased, 8-bit values rounded."""
    values = torch.from_numpy(images).float()
    size = (side, side)
    scaled = torch.nn.functional.interpolate(values, size=size, mode="bilinear", antialias=True)
    if images.dtype == np.uint8:
        return scaled.round_().clamp_(0, 255).to(torch.uint8).numpy()
    return scaled.clamp_(0, 1).numpy()


def _mapped_pixels(samples: Samples, side: int | None, progress: AbstractProgress) -> Pixels:
    """Return images mapped from the cache; decode them first if they are not there yet."""
    shape = (samples.shape[0], *image_shape(samples, side))
    dtype = _stored_type(samples)
    identity = f"{samples.fingerprint}|{samples.split}|{shape}|{dtype.str}|{samples.scale!r}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = cache_folder() / "examples"
    images, digests = folder / f"images-{name}.npy", folder / f"digests-{name}.npy"
    with _telling_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f"images-{name}.lock"):
            if not (images.is_file() and digests.is_file()):
                _check_space(folder, int(np.prod(shape)) * dtype.itemsize)
                _write(samples, side, progress, images, digests, shape, dtype)
        return Pixels(_load(images, shape), _load(digests, shape[:1]), mapped=True)


def _load(path: Path, shape: tuple[int, ...]) -> AnyArray:
    """Map a file of the cache, or say that it is damaged."""
    reason = "another shape"
    try:
        found: AnyArray | None = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        found, reason = None, str(error)
    if found is None or found.shape != shape:
        raise InputError(
            f"{_CALLER}: `spec` must have a whole copy in the cache; got the damaged "
            f"{str(path)!r} ({reason:.80}). Delete that file."
        )
    return found


@contextmanager
def _telling_disk(folder: Path) -> Iterator[None]:
    """Turn a full or forbidden disk into one sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{_CALLER}: `memory_budget` must be large enough to hold the images, or there must be "
            f"room for their copy; got an error in {str(folder)!r} ({error.strerror or error}). "
            "Free space, raise the budget, or set SPIKEDIM_CACHE to another disk."
        ) from error


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + _MARGIN > free:
        raise InputError(
            f"{_CALLER}: `memory_budget` must be large enough to hold the images, or there must be "
            f"room for their copy of {needed / 2**30:,.2f} GiB; got {free / 2**30:,.2f} GiB free "
            f"in {str(folder)!r}. Free space, raise the budget, or set SPIKEDIM_CACHE to another "
            "disk."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock, which the system frees if the process dies; others wait."""
    with path.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _write(
    samples: Samples,
    side: int | None,
    progress: AbstractProgress,
    images: Path,
    digests: Path,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> None:
    """Decode into neighbours of both files and rename them; what a killed one left is replaced."""
    found = []
    partial = images.with_suffix(".partial")
    try:
        # Written, not mapped: on a full disk a mapped page would kill the process.
        with partial.open("wb") as stream:
            _header(stream, shape, dtype)
            for batch in _decoded(samples, side, progress):
                stream.write(batch.data)
                found.append(digests_of(batch))
            _sync(stream)
        aside = digests.with_suffix(".partial")
        with aside.open("wb") as stream:
            np.save(stream, np.concatenate(found))
            _sync(stream)
        aside.replace(digests)
        partial.replace(images)  # last: its presence says that both are whole
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _header(stream: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    description = {"descr": npy_format.dtype_to_descr(dtype), "fortran_order": False}
    npy_format.write_array_header_2_0(stream, {**description, "shape": shape})


def _sync(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
