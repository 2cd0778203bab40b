"""The one door to data: a specification in, `Samples` out."""

import difflib
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    SilentProgress,
    check_choice,
    parse_bytes,
)
from spikedim.data._cifar_pickle import flavour_of, open_cifar
from spikedim.data._delimited import open_delimited
from spikedim.data._digits import open_digits
from spikedim.data._huggingface import open_huggingface
from spikedim.data._idx import find_idx, is_idx, open_idx
from spikedim.data._images import open_image_folder, open_image_tar
from spikedim.data._named import open_named
from spikedim.data._npy import open_npy, open_npz
from spikedim.data._parquet import find_shards, open_parquet
from spikedim.data._reading import reading
from spikedim.data._registry import names
from spikedim.data._samples import Samples, build_samples
from spikedim.data._series import open_series
from spikedim.data._source import Request, Source, refuse
from spikedim.data._sst2 import open_sst2
from spikedim.data._streams import open_bytes
from spikedim.data._views import build_view

__all__ = ["open_samples"]

SPLITS = ("train", "test", "validation")
SCHEMES = ("cifar10", "cifar100", "imagenet", "images", "sst2", "hf")
FORMATS = ".npz, .npy, .parquet, .csv, .tsv, .ts, idx, idx.gz, a tar or folder of images"
_SUFFIXES = (".npz", ".npy", ".parquet", ".csv", ".tsv", ".ts", ".gz", ".tar", ".tgz")
_IMAGENET_CROP = 224
_MAX_CROP = 4096


def open_samples(
    spec: str | os.PathLike[str],
    *,
    layer: str | None = None,
    split: str = "train",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
) -> Samples:
    """Open a data set by name, path or hub name, and see it through one layer.

    Parameters
    ----------
    spec : str or path
        One of

        - a name: ``digits`` (embedded), ``cifar10``, ``mnist``, ``fashion-mnist``,
          ``movie-reviews``, ``japanese-vowels`` (after ``spikedim data fetch NAME``);
        - your own copy: ``cifar10:DIR`` and ``cifar100:DIR`` (the python version),
          ``imagenet:DIR`` or ``imagenet:FILE.tar`` (shorter side resized to 256, centre crop 224),
          ``images:DIR@SIZE`` (the same for another crop), ``sst2:DIR`` (TSV or parquet);
        - a path: ``.npz`` (``FILE.npz:KEY`` picks an array), ``.npy``, ``.parquet`` (a file, a
          folder of shards, ``FILE.parquet:COLUMN``), ``.csv``, ``.tsv``, ``.ts`` (time series), idx
          and idx.gz, a folder or tar of images of one size (flat or one sub-folder per class), the
          folder of CIFAR's python version;
        - ``hf:NAME``, ``hf:NAME@CONFIG`` or ``hf:FOLDER``: a Hugging Face data set (extra ``hf``).
    layer : str or None
        Images: ``pixels`` (default), ``patches:P`` (tokens of P x P pixels) or ``pooled:P`` (means
        over P x P pixels). Series: ``features`` (default, [S, T * channels]), ``tokens`` ([S, T,
        channels]), either with ``:T`` for the first T steps. Tables: ``features``. Texts:
        ``embedding`` (a pretrained sentence model if installed, else TF-IDF and SVD; the result
        says which), ``embedding:minilm``, ``embedding:tfidf``. An array [S, H, W] of other than
        8-bit numbers is a series unless an image layer is named.
    split : str
        ``"train"`` (default; all there is, if undivided), ``"test"`` or ``"validation"``.
    memory_budget : int or str
        Most bytes to hold at one time, e.g. ``"2GB"``.
    progress : AbstractProgress or None
        Listener for long openings.

    Returns
    -------
    Samples
        At least 2 samples, not yet read; batches are read when asked for.

    Raises
    ------
    InputError
        If `spec` is unknown, missing, corrupt, unsafe or too small, `layer` does not fit the kind
        of data, or `split` does not exist.
    MissingExtraError
        If the format needs an optional package.

    Notes
    -----
    Opening reads headers, labels and (for the fingerprint) up to 1 GiB of file content. Pickles
    are never executed, archives never unpacked to disk, and 8-bit data stays 8-bit.

    Examples
    --------
    >>> samples = open_samples("digits", layer="pooled:4")
    >>> samples.shape, samples.scale
    ((1797, 4), 0.00390625)
    """
    spec = str(spec) if isinstance(spec, os.PathLike) else spec
    if not isinstance(spec, str) or not spec.strip() or not spec.isprintable():
        raise refuse(
            "be a name or path of printable characters", repr(spec), f"Names: {', '.join(names())}."
        )
    check_choice(split, SPLITS, name="split", caller="open_samples")
    budget = parse_bytes(memory_budget, caller="open_samples")
    request = Request(
        spec=spec,
        layer=layer,
        split=split,
        memory_budget=budget,
        progress=SilentProgress() if progress is None else progress,
    )
    with reading(spec):
        source = _open(request)
    if source.count < 2:
        raise refuse("hold at least 2 samples", f"{source.count} in {spec}", "Supply more samples.")
    if source.item_bytes > budget:
        raise refuse(
            f"be at least one sample, {source.item_bytes:,} bytes",
            budget,
            "Raise it.",
            name="memory_budget",
        )
    view = build_view(source, layer)
    return build_samples(source, view, spec=spec, split=split, memory_budget=budget)


def _open(request: Request) -> Source:
    """Find the opener: a name, then a scheme, then a path."""
    spec = request.spec.strip()
    if spec == "digits":
        return open_digits(request)
    if spec in names():
        return open_named(spec, request)
    scheme, colon, rest = spec.partition(":")
    if colon and scheme in SCHEMES:
        return _open_scheme(scheme, rest, request)
    path = Path(spec).expanduser()
    if path.is_dir():
        return _open_folder(path, request)
    if path.exists():
        return _open_file(path, request, None)
    head, colon, key = spec.rpartition(":")
    if colon and Path(head).expanduser().is_file():
        return _open_file(Path(head).expanduser(), request, key)
    raise _unknown(spec)


def _unknown(spec: str) -> Exception:
    """Tell a missing file from a misspelt name."""
    if "/" in spec or spec.lower().endswith(_SUFFIXES):
        return refuse("name an existing file or folder", repr(spec), "Check the path.")
    known = [*names(), *(f"{scheme}:PATH" for scheme in SCHEMES)]
    word = spec.partition(":")[0]
    close = difflib.get_close_matches(word.lower(), [*names(), *SCHEMES], n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return refuse(
        f"be one of {', '.join(known)} or a path", repr(spec), f"{hint}Formats: {FORMATS}."
    )


def _open_scheme(scheme: str, rest: str, request: Request) -> Source:
    """Open a user's own copy of a known data set."""
    if not rest:
        raise refuse(f"be {scheme}:PATH", repr(request.spec), "Add the path after the colon.")
    if scheme == "hf":
        return open_huggingface(rest, request)
    crop = _IMAGENET_CROP if scheme == "imagenet" else None
    sized = re.fullmatch(r"(.+)@(\d{1,9})", rest) if scheme == "images" else None
    if sized:
        rest, crop = sized[1], int(sized[2])
        if not 1 <= crop <= _MAX_CROP:
            raise refuse(
                f"crop to 1..{_MAX_CROP} pixels", repr(request.spec), "E.g. images:DIR@224."
            )
    path = Path(rest).expanduser()
    if not path.exists():
        raise refuse("name an existing file or folder", path, "Check the path.")
    if scheme == "sst2":
        return open_sst2(path, request)
    if scheme in ("cifar10", "cifar100"):
        return open_cifar(path, request, scheme)
    opener = open_image_folder if path.is_dir() else open_image_tar
    return opener(path, request, crop)


def _open_folder(folder: Path, request: Request) -> Source:
    """Open a folder by what is in it."""
    flavour = flavour_of(folder)
    if flavour is not None:
        return open_cifar(folder, request, flavour)
    images = find_idx(folder, request.split)
    if images is not None:
        return open_idx(images, request)
    shards = find_shards(folder, request.split)
    if shards:
        return open_parquet(shards, request)
    return open_image_folder(folder, request)


def _open_file(path: Path, request: Request, key: str | None) -> Source:
    """Open a file by its first bytes, and text formats by its extension."""
    if not path.is_file():  # a pipe or device could make the first read wait for ever
        raise refuse("be a regular file or a folder", path, "Save the data as a file first.")
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(b"PK"):
        return open_npz(path, request, key)
    if head.startswith(b"PAR1"):
        return open_parquet([path], request, key)
    if key is not None:
        raise refuse("name a part only of .npz and .parquet files", repr(request.spec), "Drop it.")
    opener = _opener(path, head)
    if opener is None:
        raise refuse(f"be in a known format: {FORMATS}", path, "Convert it to one of them.")
    if request.split != "train" and opener in (open_npy, open_idx):
        raise refuse(
            "be 'train' for a single file", repr(request.split), "Name the file.", name="split"
        )
    return opener(path, request)


def _opener(path: Path, head: bytes) -> Callable[[Path, Request], Source] | None:
    """Choose by content where content tells; empty and foreign files go to the named format."""
    suffix = path.suffix.lower()
    if head.startswith(b"\x93NUMPY") or suffix == ".npy":
        return open_npy
    if is_idx(head[:4]):
        return open_idx
    if suffix == ".tar" or path.name.lower().endswith((".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")):
        return open_image_tar
    if head.startswith(b"\x1f\x8b"):
        with open_bytes(path) as stream:
            return open_idx if is_idx(stream.read(4)) else None
    if suffix == ".ts":
        return open_series
    if suffix in (".csv", ".tsv"):
        return open_delimited
    if suffix == ".npz":
        raise zipfile.BadZipFile("not a zip archive, which every .npz file is")
    if suffix == ".parquet":
        return lambda file, request: open_parquet([file], request)
    return None
