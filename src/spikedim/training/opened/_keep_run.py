"""A finished run as a small folder: record, tokenizer, weights in half precision."""

import os
import shutil
from pathlib import Path

import torch

from spikedim._core import InputError
from spikedim.models import save_weights
from spikedim.training.opened._open_run import open_run
from spikedim.training.runs import RunFolder, RunStatus, disk_errors

__all__ = ["keep_run"]


def keep_run(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Copy a finished run without checkpoints and log, its weights rounded to float16.

    Parameters
    ----------
    path : path-like
        Folder that `fit` wrote.
    out : path-like
        Folder for the copy; an earlier copy of the same run is written over.

    Returns
    -------
    Path
        The folder `out`, which `open_run` opens: the model comes back in float32.

    Raises
    ------
    InputError
        If the run is not finished, a weight is beyond the range of float16, or `out` is taken: by
        other content, or by a run with a log or checkpoints, such as `path` itself.

    Notes
    -----
    Two bytes a parameter: a model of 650,000 parameters takes 1.3 MB; its run folder, with two
    checkpoints and the log, more than ten times that. Rounding moves a weight by up to 1 in 2,048,
    so evaluate the copy, not the original, where numbers are published with it.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     one = f"{folder}/run"
    ...     _ = fit("spikformer-2-64/digits", "digits", out=one, changes={"updates": "1"})
    ...     kept = keep_run(one, f"{folder}/kept")
    ...     sorted(file.name for file in kept.iterdir())
    ['run.json', 'weights.safetensors']
    """
    run = open_run(path)
    if run.record.status is not RunStatus.FINISHED:
        raise InputError(
            f"keep_run: `path` must be a finished run; got {str(path)!r}, which is "
            f"{run.record.status.value}. Finish it with --resume."
        )
    target = RunFolder(Path(out).expanduser())
    if target.log.exists() or target.checkpoint.exists() or _same(target.path, Path(path)):
        raise InputError(
            f"keep_run: `out` must be a new folder, or an earlier copy; got {str(out)!r}, where a "
            "run was trained. Choose another folder."
        )
    half = run.model.to(torch.float16)
    for name, tensor in half.state_dict().items():
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                f"keep_run: `path` must have weights within ±65504, the range of float16; got more "
                f"in {name!r}. Copy the folder as it is."
            )
    source, folder = RunFolder.open(path), RunFolder.create(out, run.record)
    with disk_errors(folder.path, caller="keep_run"):
        save_weights(half, folder.weights)
        if source.tokenizer.is_file():
            shutil.copyfile(source.tokenizer, folder.tokenizer)
    folder.save(run.record)
    folder.lock.unlink(missing_ok=True)  # nobody trains a copy
    return folder.path


def _same(one: Path, other: Path) -> bool:
    """Say whether two paths are one folder."""
    return one.resolve() == other.expanduser().resolve()
