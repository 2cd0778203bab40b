"""The weights a run starts from."""

import os
from pathlib import Path

from spikedim._core import InputError, fingerprint_file
from spikedim.models import AbstractSpikingTransformer, load_weights
from spikedim.training.runs import RunFolder

__all__ = ["load_start"]


def load_start(
    model: AbstractSpikingTransformer,
    source: str | os.PathLike[str] | None,
    out: str | os.PathLike[str],
) -> str | None:
    """Load the weights to start from; return their fingerprint."""
    if source is None:
        return None
    if isinstance(source, str) and source.startswith("sha256:"):
        folder = RunFolder(Path(out).expanduser())
        if folder.checkpoint.exists() or folder.previous_checkpoint.exists():
            return source  # what is resumed is in the checkpoint
        raise InputError(
            f"fit: `start_from` must be a run or a weights file where no checkpoint is; got "
            f"{source!r} for {str(out)!r}. Name the weights that it began with again (--from)."
        )
    path = Path(source).expanduser()
    if path.is_dir():
        path = RunFolder(path).weights
        if not path.is_file():
            raise InputError(
                f"fit: `start_from` must be a finished run or a weights file; got {str(source)!r}, "
                "which has no weights.safetensors. Finish that run with --resume, or save the "
                "weights of its last checkpoint: save_weights(open_run(...).model, FILE)."
            )
    load_weights(model, path)
    return fingerprint_file(path)
