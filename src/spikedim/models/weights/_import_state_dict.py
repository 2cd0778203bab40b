"""Weights under the names of another package."""

import os
from collections.abc import Mapping
from typing import Any

from spikedim._core import InputError, check_choice
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.weights._check_model import check_model
from spikedim.models.weights._import_report import ImportReport
from spikedim.models.weights._key_map import KeyMap
from spikedim.models.weights._misfit import refuse_misfits
from spikedim.models.weights._tensors import check_dense, check_values, shapes_of
from spikedim.models.weights._unwrap import unwrap
from spikedim.models.weights._weights_file import read_weights_file
from spikedim.models.weights.released._catalogue import KEY_MAPS

__all__ = ["import_state_dict"]

_CALLER = "import_state_dict"


def import_state_dict(
    model: AbstractSpikingTransformer,
    state: Mapping[str, Any] | str | os.PathLike[str],
    *,
    source: str = "official",
) -> ImportReport:
    """Fill a model with weights that have the names of its authors' code, or of SpikingJelly.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        Built by `build` at the shape of the weights; filled in place, in its own type.
    state : mapping of str to Tensor, or path-like
        State dict, or a checkpoint that holds one under ``state_dict`` or ``model``; a prefix
        ``module.`` on all names is taken off. Or the path of a safetensors file.
    source : str, default "official"
        Whose names these are: ``"official"`` for the repository of the authors, or
        ``"spikingjelly"`` for the models that SpikingJelly 2.0 contains.

    Returns
    -------
    ImportReport
        How many tensors were loaded, which were skipped because their own code never uses them.

    Raises
    ------
    InputError
        If the family has no importer for that source, the model lacks a switch that the source
        computes with, or a key is missing, unexpected, of another shape or not finite; then the
        model is unchanged.

    See Also
    --------
    convert_pickle : From a ``.pt`` or ``.pth`` file to one whose tensors can be read safely.

    Notes
    -----
    Every tensor has a place or is known by name to be dead; nothing is ignored otherwise.
    Products of 1 x 1 convolutions become linear maps, without a change of values.

    Examples
    --------
    >>> from spikedim.models import build
    >>> model = build("spikformer-2-64/cifar10", pool_first=True, product_bias=False)
    >>> head = {"head.bias": model.head.bias}
    >>> import_state_dict(model, head, source="spikingjelly")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    spikedim._core._errors.InputError: import_state_dict: `state` must hold exactly the ...
    """
    check_model(model, caller=_CALLER)
    key_map = _key_map(model, source)
    _check_switches(model, key_map, source)
    if not isinstance(state, Mapping):
        state, _ = read_weights_file(state, caller=_CALLER, name="state")
    tensors, unwrapped = unwrap(state, caller=_CALLER, name="state")
    check_dense(tensors, caller=_CALLER, name="state")
    own = model.state_dict()
    placed = key_map.place(tensors, shapes_of(own))
    refuse_misfits(
        caller=_CALLER,
        name="state",
        model=f"{model.card.name} under the names of {key_map.origin}",
        missing=placed.missing,
        unexpected=placed.unexpected,
        misshapen=placed.misshapen,
        advice="Build the model at the shape of these weights, or name another `source`.",
    )
    check_values(placed.tensors, own, caller=_CALLER, name="state")
    model.load_state_dict(placed.tensors)
    return ImportReport(
        model=model.card.name,
        source=source,
        origin=key_map.origin,
        loaded=len(placed.tensors),
        renamed=placed.renamed,
        skipped=tuple(placed.skipped),
        unwrapped=unwrapped,
        notes=key_map.notes,
    )


def _key_map(model: AbstractSpikingTransformer, source: str) -> KeyMap:
    """Return the table of a source for the family of a model."""
    check_choice(source, sorted({name for name, _ in KEY_MAPS}), name="source", caller=_CALLER)
    family = model.card.family
    if (source, family) not in KEY_MAPS:
        known = ", ".join(found for name, found in KEY_MAPS if name == source)
        raise InputError(
            f"{_CALLER}: `model` must be of a family that has an importer for {source!r} "
            f"({known}); got {family}. Its key names were not found in public."
        )
    return KEY_MAPS[source, family]


def _check_switches(model: AbstractSpikingTransformer, key_map: KeyMap, source: str) -> None:
    """Refuse a model that computes otherwise than the source, where no tensor shows it."""
    given = {} if model.built_from is None else model.built_from.switches
    for switch, value in key_map.needs.items():
        if given.get(switch, False) is not value:
            raise InputError(
                f"{_CALLER}: `model` must be built with {switch}={value} for weights of "
                f"{source}; got {given.get(switch, False)}. Its code computes so."
            )
