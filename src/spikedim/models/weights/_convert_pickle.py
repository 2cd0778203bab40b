"""From a pickle to a file that cannot run code."""

import argparse
import os
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spikedim._core import InputError, check_writable, write_atomic
from spikedim.models.weights._pickle_conversion import PickleConversion
from spikedim.models.weights._tensors import fingerprint_tensors
from spikedim.models.weights._unwrap import unwrap
from spikedim.models.weights._weights_file import check_path

__all__ = ["convert_pickle"]

_CALLER = "convert_pickle"


def convert_pickle(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> PickleConversion:
    """Copy the tensors of a file that ``torch.save`` wrote to a safetensors file.

    Parameters
    ----------
    path : path-like
        Checkpoint, for example ``model.pth``: a state dict, or a dictionary that holds one under
        ``state_dict`` or ``model``.
    out : path-like
        Where to write, ending in ``.safetensors``; whole or not at all.

    Returns
    -------
    PickleConversion
        How many tensors, and what else the checkpoint had.

    Raises
    ------
    InputError
        If `path` is not there, asks for more than tensors and plain values, or holds no tensors by
        name; or if `out` cannot be written.

    See Also
    --------
    import_state_dict : Gives the tensors to a model.

    Notes
    -----
    Read with ``weights_only=True``: torch rebuilds tensors, numbers, strings and dictionaries of
    them, plus the ``argparse.Namespace`` that training scripts store, and refuses anything else.
    Nothing in the file is run. A prefix that training tools put on all names (``module.``,
    ``_orig_mod.``, ``model.``, ``net.``) is taken off.

    Examples
    --------
    >>> import tempfile, torch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.save({"epoch": 3, "model": {"head.bias": torch.zeros(2)}}, f"{folder}/a.pth")
    ...     done = convert_pickle(f"{folder}/a.pth", f"{folder}/a.safetensors")
    >>> done.tensors, done.unwrapped
    (1, ('model, leaving epoch',))
    """
    from safetensors.torch import save

    source = check_path(path, caller=_CALLER, name="path")
    if not source.is_file():
        raise InputError(f"{_CALLER}: `path` must be a file; got {str(source)!r}.")
    target = check_writable(out, name="out", caller=_CALLER)
    if target.suffix.lower() != ".safetensors":
        raise InputError(
            f"{_CALLER}: `out` must end in .safetensors; got {str(target)!r}. "
            "Pickles and safetensors should not be mixed up."
        )
    loaded = _read(source)
    if not isinstance(loaded, Mapping):
        raise InputError(
            f"{_CALLER}: `path` must hold a dictionary; got {type(loaded).__name__}. "
            "Save the state dict: torch.save(model.state_dict(), path)."
        )
    found, unwrapped = unwrap(loaded, caller=_CALLER, name="path")
    # Tensors may share memory, which safetensors does not write.
    tensors = {key: _plain(key, tensor) for key, tensor in found.items()}
    write_atomic(target, save(tensors, metadata={"format": "pt"}))
    return PickleConversion(
        str(source), str(target), len(tensors), unwrapped, fingerprint_tensors(tensors)
    )


def _read(source: Path) -> Any:
    """Return what a pickle holds, if it holds nothing but tensors and plain values."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        what = f"asks for {asked[1]}" if asked else "is not of a form that can be read safely"
        raise InputError(
            f"{_CALLER}: `path` must hold tensors and plain values only; got {str(source)!r}, "
            f"which {what}. Save the state dict alone where you trust the file."
        ) from error
    except Exception as error:  # torch has many words for bytes that are no pickle
        raise InputError(
            f"{_CALLER}: `path` must be a whole file of torch.save; got {str(source)!r} "
            f"({next(iter(str(error).splitlines()), type(error).__name__):.120})."
        ) from error


def _plain(key: str, tensor: Tensor) -> Tensor:
    """Return a copy that owns its memory, or refuse what safetensors does not know."""
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_complex():
        raise InputError(
            f"{_CALLER}: `path` must hold dense real tensors; got {tensor.dtype} of layout "
            f"{tensor.layout} in {key!r}. Convert it before saving."
        )
    return tensor.detach().clone(memory_format=torch.contiguous_format)
