"""The folder where fetched data sets are kept."""

import os
import shutil
from pathlib import Path

from spikedim._core import InputError

__all__ = ["CACHE_VARIABLE", "MARKER", "cache_folder", "cached", "clear_cache", "data_folder"]

CACHE_VARIABLE = "SPIKEDIM_CACHE"
MARKER = "dataset.json"


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
        One of `names`, or None for all of them, the embeddings and unfinished downloads.

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
    # Only folders this package makes: the variable may point at a folder with other things in it.
    targets = (
        [data_folder(name)]
        if name is not None
        else [cache_folder() / part for part in ("data", "embeddings")]
        + list(cache_folder().glob(".partial-*"))
    )
    freed = 0
    for target in targets:
        if not target.is_dir():
            continue
        freed += sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
        try:
            shutil.rmtree(target)
        except OSError as error:
            raise InputError(
                f"clear_cache: `name` must be deletable; got {str(target)!r} ({error.strerror}). "
                "Fix its permissions."
            ) from error
    return freed
