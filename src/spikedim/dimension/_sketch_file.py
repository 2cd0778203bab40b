"""A covariance sketch as one npz file, without pickles, whole or absent."""

import json
import os
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from spikedim._core import AnyArray, InputError, check_writable
from spikedim.dimension._sketch_plan import TEST_VECTORS, SketchSettings

__all__ = ["FORMAT", "read_sketch", "write_sketch"]

FORMAT = "spikedim.covariance_sketch/1"


def write_sketch(
    path: str | os.PathLike[str], meta: dict[str, Any], arrays: dict[str, AnyArray]
) -> Path:
    """Write `meta` and `arrays` to a temporary neighbour, then rename it to `path`.

    Not `write_atomic`: that needs the whole content, a gigabyte, in memory twice.
    """
    target = check_writable(path, name="path", caller="CovarianceSketch.to_npz")
    text = np.frombuffer(json.dumps({"format": FORMAT, **meta}).encode(), dtype=np.uint8)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, meta=text, **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def read_sketch(
    path: str | os.PathLike[str],
) -> tuple[SketchSettings, dict[str, Any], dict[str, AnyArray]]:
    """Return settings, the other metadata and checked arrays, or raise `InputError`."""
    source = Path(path).expanduser()
    try:
        return _load(source)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            "CovarianceSketch.from_npz: `path` must be a file written by `to_npz`; got "
            f"{str(source)!r} ({error}). Write the sketch again."
        ) from error


def _load(source: Path) -> tuple[SketchSettings, dict[str, Any], dict[str, AnyArray]]:
    with zipfile.ZipFile(source) as archive:
        # Stored members cannot expand, so the file size bounds the memory.
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise ValueError("it is compressed")
    with np.load(source, allow_pickle=False) as data:
        meta = json.loads(data["meta"].tobytes())
        if meta.pop("format") != FORMAT:
            raise ValueError("it is of another format")
        settings = _settings(meta.pop("settings"))
        arrays = {name: data[name] for name in _shapes(settings)}
    _check(settings, meta, arrays)
    return settings, meta, arrays


def _settings(given: dict[str, Any]) -> SketchSettings:
    """Return settings with every type and range checked."""
    settings = SketchSettings(
        **{item.name: _typed(item.type, given[item.name]) for item in fields(SketchSettings)}
    )
    valid = (
        settings.dtype in ("float32", "float64")
        and 1 <= settings.rank <= settings.n_features
        and settings.seed >= 0
        and settings.scale != 0
        and min(settings.group_size, settings.tokens) >= 1
        and 2 * settings.group_size <= settings.reservoir < 1 << 24
    )
    if not valid:
        raise ValueError("its settings are out of range")
    return settings


def _typed(kind: Any, value: Any) -> Any:
    """Return `value` if it is of type `kind`."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def _shapes(settings: SketchSettings) -> dict[str, tuple[int | None, ...]]:
    """Return the shape of each array; None for the number of rows in the reservoir."""
    wide = (settings.n_features,)
    return {
        "product": (*wide, settings.rank + TEST_VECTORS),
        "mean": wide,
        "minimum": wide,
        "maximum": wide,
        "reservoir": (None, *wide),
        "priorities": (None,),
    }


def _check(settings: SketchSettings, meta: dict[str, Any], arrays: dict[str, AnyArray]) -> None:
    for name, shape in _shapes(settings).items():
        array = arrays[name]
        if len(array.shape) != len(shape) or any(
            want not in (None, got) for want, got in zip(shape, array.shape, strict=True)
        ):
            raise ValueError(f"array {name!r} has shape {array.shape}")
        kind = {"priorities": "uint64", "product": settings.dtype, "reservoir": settings.dtype}
        if array.dtype != np.dtype(kind.get(name, "float64")):
            raise ValueError(f"array {name!r} has type {array.dtype}")
        if meta["n_samples"] and not np.isfinite(array).all():
            raise ValueError(f"array {name!r} is not finite")
    if len(arrays["reservoir"]) != len(arrays["priorities"]):
        raise ValueError("its reservoir is torn")
    for name, kind_of in (("n_samples", int), ("drawn", int), ("trace", float)):
        if _typed(kind_of, meta[name]) < 0:
            raise ValueError(f"{name} is negative")
    if meta["key"] is not None:
        _typed(int, meta["key"])
    _typed(str, meta["fingerprint"])
