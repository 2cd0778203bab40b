"""From a name to a model: shape, switches, weights."""

import difflib
from dataclasses import fields, replace
from typing import Any

import torch

from spikedim._core import InputError, check_choice, check_in, check_integer
from spikedim.models.blocks import QKAxis
from spikedim.models.cards import Recipe, Setting, recipe
from spikedim.models.families import (
    FAMILIES,
    AbstractSpikingTransformer,
    BuildRequest,
    Options,
    check_timeless,
    initialise,
)
from spikedim.neurons import AbstractSurrogate, LIFParameters

__all__ = ["build"]

_COMMON = frozenset({"neuron", "surrogate", "drop_path"})
_INNER = ("depth", "width", "heads")
_SHAPES = ("classes", "channels", "side", "tokens", "vocabulary", *_INNER)


def build(
    name: str,
    *,
    steps: int | None = None,
    generator: torch.Generator | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
    **overrides: Any,
) -> AbstractSpikingTransformer:
    """Build a spiking transformer at its official shape, its twin, or its ordinary network.

    Parameters
    ----------
    name : str
        A name of `names`, for example ``"spikformer-4-384/cifar10"``; the suffix ``:softmax``
        asks for the rate-coded twin: same shapes, softmax attention, every population a rate in
        [0, 1]; ``:ann`` for the ordinary network: same shapes, softmax attention, rectifiers.
    steps : int, optional
        T of calls that do not say otherwise, at least 1; the published one without it, 1 in a
        twin or ordinary network. The same weights run at any T.
    generator : torch.Generator, optional
        Draws the weights; without one they are those of seed 0, always the same.
    device : torch.device or str, optional
        Where the weights live; ``"meta"`` builds shapes without memory.
    dtype : torch.dtype, default torch.float32
        Floating type of the weights.
    **overrides
        Shape: ``classes``, ``channels``, ``side``, ``depth``, ``width``, ``heads``, and of text
        ``tokens`` (the longest sequence) and ``vocabulary``, where the family allows it.
        Switches: the fields of `Options`.

    Returns
    -------
    AbstractSpikingTransformer
        In training mode, as torch modules start.

    Raises
    ------
    InputError
        If no model has that name, its family has only a card, an override is unknown or does not
        fit the family, the heads do not divide the width, the side cannot be halved as often as
        the model needs, `steps` is not 1 for an ordinary network, or there is no such device.

    See Also
    --------
    card : Its layers, parameters and operations without building it.

    Notes
    -----
    Cost is that of drawing the weights: a quarter of a second for 10 million.

    In an ordinary network ReLU stands where neurons stand, behind the same normalisation, and the
    residuals are the same. As in an ordinary transformer nothing stands behind queries, keys and
    values and behind the mixture of values; the attention is that of the twin. In SpikingBERT,
    whose GELU and layer normalisations stay, nothing stands in the place of any neurons: it is
    BERT. Parameters have the same names and shapes, but for learnt leaks.

    Examples
    --------
    >>> import torch
    >>> model = build("spikformer-2-64/digits", steps=2)
    >>> model(torch.zeros(3, 1, 8, 8)).shape
    torch.Size([3, 10])
    """
    found = recipe(name, caller="build")
    family = FAMILIES.get(found.family)
    if family is None:
        raise InputError(
            f"build: `name` must be of a family that can be built ({', '.join(FAMILIES)}); "
            f"got {name!r}, which has a card only."
        )
    _check_names(overrides, family, found.family)
    found = _reshaped(found, overrides, family)
    options = _options(overrides)
    if not dtype.is_floating_point:
        raise InputError(f"build: `dtype` must be a floating type; got {dtype}.")
    if not isinstance(generator, torch.Generator | None):
        raise InputError(
            f"build: `generator` must be a torch.Generator; got {type(generator).__name__}. "
            "Pass `torch.Generator().manual_seed(0)`."
        )
    place = _device(device)
    # Weights are drawn on the processor in float32, so that no device or type changes them.
    meta = place is not None and place.type == "meta"
    # Torch's own start of a layer draws from the generator of the process: give that back.
    with torch.random.fork_rng(devices=[]), torch.device("meta" if meta else "cpu"):
        model = family(found.model, found.card(), options)
    if not meta:
        initialise(model, generator or torch.Generator().manual_seed(0))
    model = model.to(device=place, dtype=dtype)
    model.name_populations()
    model.built_from = BuildRequest.of(found.name, overrides)
    if steps is not None:
        model.steps = check_integer(steps, name="steps", caller="build", minimum=1)
        check_timeless(model.coding, steps, name=found.name, caller="build")
    return model


def _device(device: torch.device | str | None) -> torch.device | None:
    """Return a device that this machine has."""
    if device is None:
        return None
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        raise InputError(
            f"build: `device` must be one that torch finds here; got {str(device)!r}. "
            "Use 'cpu', or 'cuda' with a build of torch for your graphics card."
        ) from error
    return place


def _check_names(
    overrides: dict[str, Any], family: type[AbstractSpikingTransformer], name: str
) -> None:
    """Raise `InputError` for an override the family does not have."""
    known = sorted(_COMMON | family.switches | family.shapes)
    for key in overrides:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"build: `overrides` must be among {', '.join(known)} for {name}; "
                f"got {key!r}. {hint}"
            )


def _reshaped(
    found: Recipe, overrides: dict[str, Any], family: type[AbstractSpikingTransformer]
) -> Recipe:
    """Return the recipe with the shape that was asked for."""
    asked = {key: overrides[key] for key in _SHAPES if key in overrides}
    for key, value in asked.items():
        check_integer(value, name=key, caller="build", minimum=1)
    model = found.model
    inner = {key: asked[key] for key in _INNER if key in asked}
    model = replace(model, where=_input(model.where, asked), reshaped=bool(asked), **inner)
    if model.width % model.heads:
        raise InputError(
            f"build: `heads` must divide the width {model.width}; got {model.heads}. "
            f"Choose one of {', '.join(_divisors(model.width))}."
        )
    family.check_shape(model)
    return replace(found, model=model)


def _input(where: Setting, asked: dict[str, int]) -> Setting:
    """Return classes and input that were asked for, in the place of those of the data set."""
    classes = asked.get("classes", where.classes)
    if not where.vocabulary:
        channels, side = asked.get("channels", where.channels), asked.get("side", where.side)
        return replace(where, input_shape=(channels, side, side), classes=classes)
    vocabulary = asked.get("vocabulary", where.vocabulary)
    if where.classes == where.vocabulary:  # the classes of a language model are its tokens
        classes = vocabulary
    tokens = asked.get("tokens", where.tokens)
    return replace(where, input_shape=(tokens,), vocabulary=vocabulary, classes=classes)


def _divisors(width: int) -> list[str]:
    return [str(n) for n in range(1, min(width, 32) + 1) if width % n == 0]


def _options(overrides: dict[str, Any]) -> Options:
    """Return the switches, each checked."""
    chosen = Options(**{f.name: overrides[f.name] for f in fields(Options) if f.name in overrides})
    for name, kind in (("neuron", LIFParameters), ("surrogate", AbstractSurrogate)):
        value = getattr(chosen, name)
        if value is not None and not isinstance(value, kind):
            raise InputError(f"build: `{name}` must be of type {kind.__name__}; got {value!r}.")
    check_in(chosen.drop_path, 0.0, 0.999, name="drop_path", caller="build")
    check_choice(chosen.qk_axis, QKAxis, name="qk_axis", caller="build")
    for field in fields(Options):
        value = getattr(chosen, field.name)
        switch = field.type is bool or (field.type == bool | None and value is not None)
        if switch and not isinstance(value, bool):
            raise InputError(f"build: `{field.name}` must be True or False; got {value!r}.")
    return chosen
