"""The python version of CIFAR-10 and CIFAR-100: pickles, read without trusting them.

Nothing that the file names is ever called: arrays are rebuilt from their raw bytes by stand-ins,
every other class or function is refused by name, and memory stays in proportion to the file.
"""

import io
import pickle
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._arrays import BYTE_SCALE
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._source import Request, Source, refuse
from spikedim.data._streams import rebatch

__all__ = ["open_cifar", "read_plain_pickle"]

_SIDE = 32


@dataclass(frozen=True)
class _Flavour:
    files: dict[str, tuple[str, ...]]
    meta: str
    label_keys: tuple[str, ...]
    name_keys: tuple[str, ...]
    folder: str


_FLAVOURS = {
    "cifar10": _Flavour(
        {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)},
        "batches.meta",
        ("labels",),
        ("label_names",),
        "cifar-10-batches-py",
    ),
    "cifar100": _Flavour(
        {"train": ("train",), "test": ("test",)},
        "meta",
        ("fine_labels", "labels"),
        ("fine_label_names",),
        "cifar-100-python",
    ),
}


class _Dtype:
    """Stands for `numpy.dtype`: keeps the one-byte integer code, ignores its state."""

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.code = code.decode("latin1") if isinstance(code, bytes) else code

    def __setstate__(self, state: Any) -> None:
        """Ignore byte order and alignment: one byte has neither."""


class _Array:
    """Stands for `numpy.ndarray` during unpickling."""

    def __init__(self, encode: Callable[[str], bytes]) -> None:
        self.array: AnyArray | None = None
        self._encode = encode

    def __setstate__(self, state: Any) -> None:
        """Rebuild the array from (version, shape, dtype, column order, bytes)."""
        _, shape, dtype, fortran, raw = state
        if not isinstance(dtype, _Dtype) or dtype.code not in ("u1", "|u1"):
            raise pickle.UnpicklingError("only arrays of unsigned bytes are read")
        data = self._encode(raw) if isinstance(raw, str) else bytes(raw)
        order: Any = "F" if fortran else "C"
        self.array = np.frombuffer(data, np.uint8).reshape(shape, order=order)


@final
class _PlainUnpickler(pickle.Unpickler):
    """Admits byte arrays and plain containers only."""

    def __init__(self, data: bytes, what: Path) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.what = what
        self.left = len(data)

    def encode(self, text: str) -> bytes:
        """Return text as bytes; all such copies together may not exceed the file."""
        self.left -= len(text)
        if self.left < 0:
            raise pickle.UnpicklingError("it expands to more than the file")
        return text.encode("latin1")

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in, or refuse the class by name."""
        # Made anew each time: a pickle may set attributes of what it finds.
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return lambda *_: _Array(self.encode)
        if (module, name) == ("_codecs", "encode"):
            return lambda text, *_: self.encode(text)
        if (module, name) == ("numpy", "dtype"):
            return lambda code, *_: _Dtype(code)
        if (module, name) == ("numpy", "ndarray"):
            return "ndarray"  # only ever named as an argument of _reconstruct
        raise refuse(
            "be a pickle of byte arrays and plain containers only",
            f"the class {module}.{name} in {self.what}",
            "It was not executed. Get the file from its official source.",
        )


def _check_memo(data: bytes) -> None:
    """Refuse memo numbers beyond the count of opcodes, for which a huge table would be made."""
    for count, (opcode, number, _) in enumerate(pickletools.genops(data)):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(number or 0) > count:
            raise pickle.UnpicklingError(f"memo number {number} after {count} opcodes")


def read_plain_pickle(path: Path, budget: int) -> dict[str, Any]:
    """Return the dict in a CIFAR pickle, arrays as numpy arrays; nothing in it is executed."""
    size = path.stat().st_size
    if 2 * size > budget:
        raise refuse(
            "be a pickle that fits the memory budget twice",
            f"{size:,} bytes in {path} with a budget of {budget:,}",
            "Raise memory_budget.",
        )
    try:
        data = path.read_bytes()
        _check_memo(data)
        content = _PlainUnpickler(data, path).load()
    except (
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        UnicodeDecodeError,
        MemoryError,
        OverflowError,
    ) as error:
        raise refuse("be a whole CIFAR pickle", path, f"Reading stopped: {error}.") from error
    except ValueError as error:
        if isinstance(error, pickle.PickleError) or "open_samples" not in str(error):
            raise refuse("be a whole CIFAR pickle", path, f"Reading stopped: {error}.") from error
        raise
    if not isinstance(content, dict):
        raise refuse("be a CIFAR pickle (a dict)", f"{type(content).__name__} in {path}", "")
    return {
        key.decode("latin1") if isinstance(key, bytes) else str(key): (
            value.array if isinstance(value, _Array) else value
        )
        for key, value in content.items()
    }


def flavour_of(folder: Path) -> str | None:
    """Return which CIFAR the folder holds, judged by its file names."""
    for name, flavour in _FLAVOURS.items():
        needed = [*(file for files in flavour.files.values() for file in files[:1]), flavour.meta]
        if all((folder / file).is_file() for file in needed):
            return name
    return None


def open_cifar(folder: Path, request: Request, name: str) -> Source:
    """Return a source over the pickles of CIFAR-10 or CIFAR-100, one file in memory at a time."""
    flavour = _FLAVOURS[name]
    if (folder / flavour.folder).is_dir():
        folder = folder / flavour.folder
    if request.split not in flavour.files:
        raise refuse("be train or test", repr(request.split), f"{name} has no other.", name="split")
    files = [folder / file for file in flavour.files[request.split]]
    missing = [file.name for file in (*files, folder / flavour.meta) if not file.is_file()]
    if missing:
        raise refuse(
            f"be the folder of the python version of {name}",
            f"{folder} without {', '.join(missing)}",
            f"Unpack the archive of the python version; it makes {flavour.folder}.",
        )
    budget = request.memory_budget
    found: list[int] = []
    for file in request.progress.track(files, f"reading {name}", float(len(files))):
        batch = read_plain_pickle(file, budget)
        images = _images(batch, file)
        found += _labels(batch, flavour.label_keys, len(images), file)
    meta = read_plain_pickle(folder / flavour.meta, budget)
    class_names: list[Any] = next((meta[k] for k in flavour.name_keys if k in meta), [])
    fingerprint, notes = fingerprint_paths(files, folder)

    def read(rows: int) -> Iterator[AnyArray]:
        chunks = (_images(read_plain_pickle(file, budget), file) for file in files)
        for chunk in rebatch(chunks, rows):
            planes = chunk.reshape(-1, 3, _SIDE, _SIDE)
            yield np.ascontiguousarray(planes.transpose(0, 2, 3, 1))

    return Source(
        modality="image",
        item_shape=(_SIDE, _SIDE, 3),
        count=len(found),
        dtype=np.dtype(np.uint8),
        scale=BYTE_SCALE,
        read=read,
        fingerprint=fingerprint,
        labels=np.array(found, np.int64),
        class_names=tuple(
            n.decode("latin1") if isinstance(n, bytes) else str(n) for n in class_names
        ),
        licence="No formal licence: cite its author",
        citation="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        notes=("8-bit values v stand for v / 255.", *notes),
    )


def _images(batch: dict[str, Any], file: Path) -> AnyArray:
    """Return the [b, 3072] bytes of one batch."""
    data = batch.get("data")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3 * _SIDE**2:
        shape = getattr(data, "shape", None)
        raise refuse("hold `data` of shape [S, 3072]", f"shape {shape} in {file}", "Corrupt file?")
    return data


def _labels(batch: dict[str, Any], keys: tuple[str, ...], count: int, file: Path) -> list[int]:
    """Return the labels of one batch."""
    labels = next((batch[key] for key in keys if key in batch), None)
    whole = isinstance(labels, list) and all(isinstance(label, int) for label in labels)
    if not isinstance(labels, list) or not whole or len(labels) != count:
        raise refuse(f"hold one whole-number label per image ({count})", file, "Corrupt file?")
    return labels
