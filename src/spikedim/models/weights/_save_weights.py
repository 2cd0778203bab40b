"""Weights to a file."""

import os
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from spikedim._core import InputError, check_integer, check_writable, write_atomic
from spikedim.models._build import build
from spikedim.models.families import AbstractSpikingTransformer, BuildRequest
from spikedim.models.weights._check_model import check_model
from spikedim.models.weights._misfit import refuse_misfits
from spikedim.models.weights._tensors import fingerprint_tensors, shapes_of
from spikedim.models.weights._weights_file import METADATA
from spikedim.models.weights._weights_record import WeightsRecord

__all__ = ["save_weights"]

_CALLER = "save_weights"


def save_weights(model: AbstractSpikingTransformer, path: str | os.PathLike[str]) -> Path:
    """Write the weights of a model, and how it was built, to one safetensors file.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Built by `build`.
    path : path-like
        File to write; one that exists is replaced, whole or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If `path` cannot be written, or the model has no weights, has some that are not finite or of
        different types, or has others than `build` gives it, so that `open_model` could not read
        them back.

    See Also
    --------
    open_model : The model again, from the file alone.
    load_weights : The weights into a model that exists.

    Notes
    -----
    Buffers are weights too: running means and variances, and rates. The metadata hold a
    `WeightsRecord` as JSON, with a fingerprint of all tensors. Needs the size of the file in memory
    once more while writing.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.models import build
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(build("spikformer-2-64/digits"), f"{folder}/digits.safetensors").name
    'digits.safetensors'
    """
    from safetensors.torch import save

    check_model(model, caller=_CALLER)
    target = check_writable(path, name="path", caller=_CALLER)
    request = model.built_from
    if request is None:
        raise InputError(
            f"{_CALLER}: `model` must be as `build` made it; got one without a record of that. "
            "Save a model before fusing it."
        )
    steps = check_integer(model.steps, name="model.steps", caller=_CALLER, minimum=1)
    state = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    _check(state, request)
    record = WeightsRecord(request, steps, version("spikedim"), fingerprint_tensors(state))
    # One key only: their order in the file would be random.
    return write_atomic(target, save(state, metadata={METADATA: record.to_json()}))


def _check(state: dict[str, Tensor], request: BuildRequest) -> None:
    """Refuse what could not be read back."""
    wanted = shapes_of(build(request.name, device="meta", **request.overrides()).state_dict())
    got = shapes_of(state)
    refuse_misfits(
        caller=_CALLER,
        name="model",
        model=f"{request.name} as it was built",
        missing=[key for key in wanted if key not in got],
        unexpected=[key for key in got if key not in wanted],
        misshapen=[
            f"{key} {list(got[key])} for {list(shape)}"
            for key, shape in wanted.items()
            if got.get(key, shape) != shape
        ],
        advice="Save a model before changing its modules.",
    )
    kinds = sorted({str(tensor.dtype) for tensor in state.values() if tensor.is_floating_point()})
    if len(kinds) > 1:
        raise InputError(
            f"{_CALLER}: `model` must have weights of one type; got {', '.join(kinds)}. "
            "Call model.to(dtype) first."
        )
    for key, tensor in state.items():
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                f"{_CALLER}: `model` must have finite weights; got NaN or infinity in {key!r}. "
                "Go back to weights from before its training diverged."
            )
