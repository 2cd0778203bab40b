"""A checkpoint as one safetensors file that knows its own checksum."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.training.runs._checkpoint import Checkpoint

__all__ = ["SCHEMA", "DamagedError", "read_file", "read_record", "write_file"]

SCHEMA = "spikedim.checkpoint/1"

_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_CHUNK = 1 << 22
_LARGEST_HEADER = 100_000_000  # of the format
_BLANK = "0" * 8


class DamagedError(Exception):
    """The file is not the one that was written."""


def write_file(stream: BinaryIO, checkpoint: Checkpoint) -> None:
    """Write a checkpoint tensor by tensor, then its checksum into the place left for it."""
    tensors = _named(checkpoint)
    blank = _header(tensors, checkpoint)
    checksum = zlib.crc32(blank)
    stream.write(blank)
    for tensor in tensors.values():
        data = memoryview(_bytes(tensor))
        for start in range(0, len(data), _CHUNK):
            part = data[start : start + _CHUNK]
            checksum = zlib.crc32(part, checksum)
            stream.write(part)
    stream.seek(blank.index(_mark(_BLANK)))
    stream.write(_mark(f"{checksum:08x}"))


def read_record(path: Path) -> dict[str, Any]:
    """Return what a file says about itself, unchecked, or an empty record."""
    try:
        with path.open("rb") as stream:
            return dict(_record(_read_header(stream, path)))
    except (OSError, DamagedError):
        return {}


def read_file(path: Path, *, caller: str) -> Checkpoint:
    """Return a checkpoint whose every byte was checked, or raise `DamagedError`."""
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as stream:
            header = _read_header(stream, path)
            _check_content(stream, header)
        record = _record(header)
        if record.get("schema") != SCHEMA:
            raise InputError(
                f"{caller}: `folder` must hold a checkpoint that this version can read; got "
                f"{str(path)!r} of schema {record.get('schema')!r}. Install the version that "
                "trained it."
            )
        with safe_open(str(path), framework="pt", device="cpu") as file:
            # Without a copy they would follow later changes of the file.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        return Checkpoint(
            **{key: record[key] for key in ("update", "seed", "identity", "best", "numbers")},
            model=_part(tensors, "model/"),
            optimiser=_part(tensors, "optimiser/"),
        )
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise DamagedError(f"{error!s:.120}") from error


def _named(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Return all tensors by their names in the file, large elements first, so that all align."""
    parts = {"model/": checkpoint.model, "optimiser/": checkpoint.optimiser}
    named = {
        prefix + key: tensor.detach()
        for prefix, part in parts.items()
        for key, tensor in part.items()
    }
    for key, tensor in named.items():
        if tensor.dtype not in _TYPES or tensor.layout is not torch.strided or tensor.is_meta:
            raise InputError(
                f"write_checkpoint: `checkpoint` must hold dense tensors of real numbers; got "
                f"{tensor.dtype}, {tensor.layout} on {tensor.device} for {key!r}. Leave it out."
            )
    order = sorted(named, key=lambda key: (-named[key].element_size(), key))
    return {key: named[key] for key in order}


def _header(tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> bytes:
    """Return the first bytes of the file, with a checksum of zeros."""
    names = ("update", "seed", "identity", "best")
    record: dict[str, Any] = {"schema": SCHEMA}
    record |= {name: getattr(checkpoint, name) for name in names}
    record["numbers"] = dict(checkpoint.numbers)
    try:
        text = json.dumps(record, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"write_checkpoint: `checkpoint` must hold finite plain numbers; got {error!s:.80}."
        ) from error
    header: dict[str, Any] = {"__metadata__": {"checksum": _BLANK, "spikedim": text}}
    start = 0
    for key, tensor in tensors.items():
        end = start + tensor.numel() * tensor.element_size()
        kind, shape = _TYPES[tensor.dtype], list(tensor.shape)
        header[key] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
        start = end
    data = json.dumps(header, separators=(",", ":")).encode()
    data += b" " * (-len(data) % 8)
    return len(data).to_bytes(8, "little") + data


def _bytes(tensor: Tensor) -> Any:
    """Return the bytes of one tensor, without a copy where it lies in order in main memory."""
    return tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def _mark(checksum: str) -> bytes:
    """Return the checksum as it stands in the header."""
    return f'"checksum":"{checksum}"'.encode()


def _read_header(stream: BinaryIO, path: Path) -> bytes:
    """Return the first bytes of a file, up to the tensors."""
    start = stream.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > min(_LARGEST_HEADER, path.stat().st_size - 8):
        raise DamagedError("it ends too early")
    return start + stream.read(length)


def _check_content(stream: BinaryIO, header: bytes) -> None:
    """Compare the checksum in a header with that of header and tensors."""
    metadata = _metadata(header)
    mark = _mark(str(metadata.get("checksum")))
    checksum = zlib.crc32(header.replace(mark, _mark(_BLANK), 1))
    while chunk := stream.read(_CHUNK):
        checksum = zlib.crc32(chunk, checksum)
    if _mark(f"{checksum:08x}") != mark:
        raise DamagedError("its checksum does not fit its content")


def _metadata(header: bytes) -> dict[str, Any]:
    """Return the metadata of a header."""
    try:
        return dict(json.loads(header[8:])["__metadata__"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError("its header is no header of a checkpoint") from error


def _record(header: bytes) -> dict[str, Any]:
    """Return the record of a header."""
    try:
        return dict(json.loads(_metadata(header)["spikedim"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError("its header has no record of a checkpoint") from error


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors of one part by their own names."""
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}
