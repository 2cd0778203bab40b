"""The folder where fetched data sets are kept."""

import os
import secrets
import shutil
from pathlib import Path

from spikedim._core import InputError

__all__ = [
    "CACHE_VARIABLE",
    "MARKER",
    "PARTIAL",
    "cache_folder",
    "cached",
    "clear_cache",
    "data_folder",
]

CACHE_VARIABLE = "SPIKEDIM_CACHE"
MARKER = "dataset.json"
PARTIAL = ".partial-"
_HEX = "[0-9a-f]" * 16


def cache_folder() -> Path:
    """Return the folder of fetched data: ``$SPIKEDIM_CACHE`` or the user cache of this platform.

    Returns
    -------
    Path
        Absolute; it is created when something is fetched, not before.
    """
    chosen = os.environ.get(CACHE_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("spikedim", appauthor=False)


def data_folder(name: str) -> Path:
    """Return where the data set `name` lives, or would."""
    return cache_folder() / "data" / name


def cached(name: str) -> bool:
    """Say whether the data set `name` has been fetched completely.

    Parameters
    ----------
    name : str
        One of `names`; an unknown name is simply not cached.

    Returns
    -------
    bool
        True only for a whole data set.
    """
    # The marker is written before the folder is moved into place, so it vouches for the rest.
    return name.replace("-", "").isalnum() and (data_folder(name) / MARKER).is_file()


def clear_cache(name: str | None = None) -> int:
    """Delete the fetched data set `name`, or everything fetched; return the bytes set free.

    Parameters
    ----------
    name : str or None
        One of `names`, or None for all of them, embeddings, copies of images that training
        maps, and unfinished downloads.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    InputError
        If `name` was not fetched, or the folder cannot be deleted.
    """
    if name is not None and not cached(name):
        raise InputError(
            f"clear_cache: `name` must be a fetched data set; got {name!r}. "
            "See them with: spikedim data list."
        )
    return sum(_delete(path) for path in ([data_folder(name)] if name is not None else _made()))


def _made() -> list[Path]:
    """Return what this package made: the variable may name a folder with other things in it."""
    root = cache_folder()
    folders = [marker.parent for marker in root.glob(f"data/*/{MARKER}")]
    sets = [folder for folder in folders if (folder / "train-y.npy").is_file()]
    embeddings = [path for kind in ("minilm", "tfidf") for path in root.glob(_embedding(kind))]
    copies = [  # of images that did not fit the memory budget of a training
        path
        for kind in ("images", "digests")
        for suffix in ("npy", "lock")
        for path in root.glob(f"examples/{kind}-{_HEX}.{suffix}")
    ]
    return [*sets, *embeddings, *copies, *root.glob(f"{PARTIAL}*")]


def _embedding(kind: str) -> str:
    return f"embeddings/{kind}-{_HEX}.npy"


def _delete(path: Path) -> int:
    """Delete a file or folder and return the bytes it took."""
    try:
        if path.is_file():
            size = path.stat().st_size
            path.unlink()
            return size
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        # Renamed first: an interruption must not leave half a data set in its place.
        aside = path
        if not path.name.startswith(PARTIAL):
            aside = cache_folder() / f"{PARTIAL}{secrets.token_hex(4)}"
            path.rename(aside)
        shutil.rmtree(aside)
    except FileNotFoundError:  # another process was faster
        return 0
    except OSError as error:
        raise InputError(
            f"clear_cache: `name` must be deletable; got {str(path)!r} ({error.strerror or error})."
            " Fix its permissions."
        ) from error
    return size
