"""Tensors of a safetensors file, and never of a pickle."""

import os
from pathlib import Path

from torch import Tensor

from spikedim._core import InputError
from spikedim.models.weights._tensors import fingerprint_tensors
from spikedim.models.weights._weights_record import WeightsRecord

__all__ = [
    "METADATA",
    "check_path",
    "looks_like_pickle",
    "looks_like_safetensors",
    "read_weights_file",
]

METADATA = "spikedim"
"""Under which key of the metadata the record stands."""

_PICKLE_NAMES = frozenset({".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"})
_ZIP, _PROTOCOLS = b"PK\x03\x04", tuple(b"\x80" + bytes([number]) for number in range(2, 6))


def check_path(path: object, *, caller: str, name: str) -> Path:
    """Return a path, or refuse what is none."""
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{caller}: `{name}` must be a path; got {type(path).__name__}.")
    return Path(path).expanduser()


def looks_like_safetensors(path: Path) -> bool:
    """Say whether a file starts with the length of a JSON header that fits into it, and with it."""
    with path.open("rb") as stream:
        start = stream.read(9)
    length = int.from_bytes(start[:8], "little")
    return start[8:] == b"{" and length + 8 <= path.stat().st_size


def looks_like_pickle(path: Path) -> bool:
    """Say whether a file has the first bytes, or else the name, of what torch.save writes."""
    with path.open("rb") as stream:
        start = stream.read(4)
    return start == _ZIP or start[:2] in _PROTOCOLS or path.suffix.lower() in _PICKLE_NAMES


def read_weights_file(
    path: str | os.PathLike[str], *, caller: str, name: str = "path"
) -> tuple[dict[str, Tensor], WeightsRecord | None]:
    """Return copies of all tensors, and the record if `save_weights` wrote the file."""
    from safetensors import SafetensorError, safe_open

    source = check_path(path, caller=caller, name=name)
    if not source.is_file():
        raise InputError(
            f"{caller}: `{name}` must be a safetensors file; got {str(source)!r}, which is "
            f"{'a folder' if source.is_dir() else 'not there'}."
        )
    try:
        if not looks_like_safetensors(source) and looks_like_pickle(source):
            raise InputError(
                f"{caller}: `{name}` must be a safetensors file; got {str(source)!r}, a pickle, "
                "which may run code when it is read. Convert it with convert_pickle(path, out)."
            )
        with safe_open(str(source), framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{caller}: `{name}` must be a whole safetensors file; got {str(source)!r} "
            f"({str(error).splitlines()[0]:.120}). Fetch or save it again."
        ) from error
    record = _record(metadata[METADATA], source, caller, name) if METADATA in metadata else None
    if record is not None and fingerprint_tensors(tensors) != record.fingerprint:
        raise InputError(
            f"{caller}: `{name}` must hold the tensors it was saved with; got others in "
            f"{str(source)!r}, by their fingerprint. Fetch or save it again."
        )
    return tensors, record


def _record(text: str, source: Path, caller: str, name: str) -> WeightsRecord:
    """Return the record of a file, or say that the file has none that can be understood."""
    try:
        return WeightsRecord.from_json(text)
    except InputError as error:
        raise InputError(
            f"{caller}: `{name}` must have metadata of save_weights; got {str(source)!r} "
            f"({error!s:.200})."
        ) from error
