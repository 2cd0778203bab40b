"""Weights from a file, into a model or with the model."""

import os
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from spikedim._core import InputError, WeakResultWarning
from spikedim.models._build import build
from spikedim.models.cards import card
from spikedim.models.families import AbstractSpikingTransformer, BuildRequest
from spikedim.models.weights._check_model import check_model
from spikedim.models.weights._misfit import refuse_misfits
from spikedim.models.weights._tensors import check_values, shapes_of
from spikedim.models.weights._weights_file import read_weights_file
from spikedim.models.weights._weights_record import WeightsRecord

__all__ = ["load_weights", "open_model"]

_ARGUMENTS = frozenset({"name", "steps", "generator", "device", "dtype"})
"""What `build` takes beside overrides."""


def load_weights(model: AbstractSpikingTransformer, path: str | os.PathLike[str]) -> None:
    """Fill a model with the weights of a file.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Filled in place, in its own type. Model, twin and ordinary network take each other's
        weights, but for SpikingResformer, whose firing rates only the model has.
    path : path-like
        File that `save_weights` or `convert_pickle` wrote, with our names.

    Raises
    ------
    InputError
        If the file is not there, is a pickle or not whole, or a key is missing, unexpected, of
        another shape or not finite; then the model is unchanged.

    Warns
    -----
    WeakResultWarning
        If the weights were saved from a model with other switches, so that it computed otherwise.

    See Also
    --------
    open_model : Builds the model too.
    import_state_dict : Weights under other packages' names.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.models import build, save_weights
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save_weights(build("spikformer-2-64/digits"), f"{folder}/w.safetensors")
    ...     load_weights(build("spikformer-2-64/digits:softmax"), file)
    """
    check_model(model, caller="load_weights")
    tensors, record = read_weights_file(path, caller="load_weights")
    _fill(model, tensors, caller="load_weights")
    if record is not None and model.built_from is not None:
        changed = _differences(record.request, model.built_from)
        if changed:
            warnings.warn(
                f"load_weights: weights were saved from a model with {changed}. "
                "Use open_model to build the one they belong to.",
                WeakResultWarning,
                stacklevel=2,
            )


def open_model(
    path: str | os.PathLike[str],
    *,
    steps: int | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> AbstractSpikingTransformer:
    """Build the model of a file again, with its weights.

    Parameters
    ----------
    path : path-like
        File that `save_weights` wrote.
    steps : int, optional
        T of calls that do not say otherwise; that of the file without it.
    device : torch.device or str, optional
        Where the weights will live.
    dtype : torch.dtype, optional
        Type of the weights; that of the file without it.

    Returns
    -------
    AbstractSpikingTransformer
        In evaluation mode.

    Raises
    ------
    InputError
        As `load_weights`, and if the file does not say how the model was built, or asks for a shape
        that its tensors do not have.

    See Also
    --------
    save_weights : Writes such files.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.models import build, save_weights
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = build("spikformer-2-64/digits", depth=1, steps=2)
    ...     again = open_model(save_weights(model, f"{folder}/w.safetensors"))
    >>> again.card.name, again.card.depth, again.steps
    ('spikformer-2-64/digits', 1, 2)
    """
    tensors, record = read_weights_file(path, caller="open_model")
    if record is None:
        raise InputError(
            f"open_model: `path` must be a file that save_weights wrote; got {str(path)!r}, which "
            "does not say how to build the model. Build it and call load_weights(model, path)."
        )
    kind = next((t.dtype for t in tensors.values() if t.is_floating_point()), torch.float32)
    _check_request(record, tensors, str(path))
    model = build(
        record.request.name,
        steps=record.steps if steps is None else steps,
        device=device,
        dtype=kind if dtype is None else dtype,
        **record.request.overrides(),
    )
    check_model(model, caller="open_model")
    _fill(model, tensors, caller="open_model")
    return model.eval()


def _check_request(record: WeightsRecord, tensors: Mapping[str, Tensor], path: str) -> None:
    """Refuse a request that does not belong to the tensors, before it can ask for memory."""
    request = record.request
    numbers = sum(tensor.numel() for tensor in tensors.values())
    impossible = [
        f"{key} {value}"
        for key, value in request.shape.items()
        if key in _ARGUMENTS or value > (len(tensors) if key == "depth" else numbers)
    ]
    impossible += sorted(request.switches.keys() & _ARGUMENTS)
    if impossible:
        raise InputError(
            f"open_model: `path` must say how its tensors were built; got {', '.join(impossible)} "
            f"in {path!r}. Fetch or save it again."
        )
    try:
        empty = build(request.name, steps=record.steps, device="meta", **request.overrides())
    except InputError as error:
        raise InputError(
            f"open_model: `path` must say how a model is built; got {path!r} ({error!s:.300})."
        ) from error
    _check_keys(empty, tensors, caller="open_model")


def _fill(model: AbstractSpikingTransformer, tensors: Mapping[str, Tensor], *, caller: str) -> None:
    """Check every tensor, then copy all of them."""
    _check_keys(model, tensors, caller=caller)
    check_values(tensors, model.state_dict(), caller=caller, name="path")
    model.load_state_dict(tensors)


def _check_keys(
    model: AbstractSpikingTransformer, tensors: Mapping[str, Tensor], *, caller: str
) -> None:
    """Refuse a file that has not exactly the tensors of a model."""
    own = model.state_dict()
    got = shapes_of(tensors)
    refuse_misfits(
        caller=caller,
        name="path",
        model=f"{model.card.name} as it was built",
        missing=[key for key in own if key not in got],
        unexpected=[key for key in got if key not in own],
        misshapen=[
            f"{key} {list(got[key])} for {list(shape)}"
            for key, shape in shapes_of(own).items()
            if got.get(key, shape) != shape
        ],
        advice="Build the model that was saved, or use import_state_dict for other names.",
    )


def _differences(saved: BuildRequest, built: BuildRequest) -> str:
    """Return the switches of the saved model that the built one does not have."""
    one, other = (
        {**r.switches, "neuron": r.neuron, "heads": r.shape.get("heads", card(r.name).heads)}
        for r in (saved, built)
    )
    keys = sorted((one.keys() | other.keys()) - {"drop_path"})
    return ", ".join(
        f"{key}={one.get(key)!r} in the place of {other.get(key)!r}"
        for key in keys
        if one.get(key) != other.get(key)
    )
