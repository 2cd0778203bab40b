"""Copies of a twin with decoders behind its spikes, and without."""

import copy
from collections.abc import Mapping

from torch import nn

from spikedim._core import InputError
from spikedim.models.cards import Coding
from spikedim.models.families import AbstractSpikingTransformer
from spikedim.models.layers import RatePopulation

__all__ = ["check_twin", "with_decoders", "without_decoders"]


def with_decoders(
    model: AbstractSpikingTransformer, decoders: Mapping[str, nn.Module]
) -> AbstractSpikingTransformer:
    """Return a copy of a twin whose next layers read decoded spikes.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A rate-coded twin; stays as it is.
    decoders : mapping of str to Module
        By population: reads means of spikes [T, B, ..., D] and returns what goes on, of that shape.
        Populations that are not named keep the decoder that they have.

    Returns
    -------
    AbstractSpikingTransformer
        The copy, in the mode of the model. Decoders that have the type and device of its weights
        are shared, and take its mode; others are copied.

    Raises
    ------
    InputError
        If the model is no twin, a name is none of its rate populations, or a decoder no module.

    See Also
    --------
    fit_decoders : Makes them from training samples.
    without_decoders : The way back.

    Notes
    -----
    Decoders act on exact rates too, so outputs without `code_steps` are those of a projected
    network: compare with the exact outputs of `model`. Counts and traces show the spikes. `fuse`
    keeps decoders; `save_weights` refuses them.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> twin = build("spikformer-2-64/digits:softmax", depth=1).eval()
    >>> decoded = with_decoders(twin, {"block.0.mlp.fc2_lif": torch.nn.Identity()})
    >>> images = torch.ones(2, 1, 8, 8)
    >>> torch.equal(decoded(images), twin(images))
    True
    """
    check_twin(model, caller="with_decoders")
    if not isinstance(decoders, Mapping) or not all(
        isinstance(decoder, nn.Module) for decoder in decoders.values()
    ):
        raise InputError(
            "with_decoders: `decoders` must map populations to torch modules; got "
            f"{type(decoders).__name__}. Pass what `fit_decoders` returns."
        )
    out = copy.deepcopy(model)
    populations = out.populations
    for name, decoder in decoders.items():
        population = populations.get(name)
        if not isinstance(population, RatePopulation):
            raise InputError(
                f"with_decoders: `decoders` must name rate populations of {model.card.name}; got "
                f"{name!r}. Choose from `model.populations`."
            )
        population.decoder = _fitting(decoder, model).train(model.training)
    return out


def without_decoders(model: AbstractSpikingTransformer) -> AbstractSpikingTransformer:
    """Return a copy of a twin whose next layers read the spikes.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A rate-coded twin; stays as it is.

    Returns
    -------
    AbstractSpikingTransformer
        The copy, in the mode of the model.

    Raises
    ------
    InputError
        If the model is no twin.

    See Also
    --------
    with_decoders : The way there.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> twin = build("spikformer-2-64/digits:softmax", depth=1)
    >>> decoded = with_decoders(twin, {"block.0.mlp.fc2_lif": torch.nn.Identity()})
    >>> without_decoders(decoded).populations["block.0.mlp.fc2_lif"].decoder is None
    True
    """
    check_twin(model, caller="without_decoders")
    out = copy.deepcopy(model)
    for population in out.populations.values():
        if isinstance(population, RatePopulation):
            population.decoder = None
    return out


def _fitting(decoder: nn.Module, model: AbstractSpikingTransformer) -> nn.Module:
    """Return a decoder of the type and device of the weights: itself, or a copy."""
    weight = model.head.weight
    values = (*decoder.parameters(), *decoder.buffers())
    if any(v.device != weight.device or v.dtype != weight.dtype for v in values):
        return copy.deepcopy(decoder).to(weight)
    return decoder


def check_twin(model: AbstractSpikingTransformer, *, caller: str) -> None:
    """Raise `InputError` unless a model is rate-coded."""
    if not isinstance(model, AbstractSpikingTransformer):
        raise InputError(
            f"{caller}: `model` must be a rate-coded twin; got {type(model).__name__}. Build one "
            "with `build('NAME:softmax')`."
        )
    if model.coding is not Coding.RATES:
        raise InputError(
            f"{caller}: `model` must be a rate-coded twin; got {model.card.name}, "
            f"{model.coding.network}. Build the twin, {model.card.base}:softmax."
        )
