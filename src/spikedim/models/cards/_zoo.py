"""The catalogue: model names and the cards behind them."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from spikedim._core import InputError
from spikedim.models.cards._assembly import Recipe
from spikedim.models.cards._card import Card
from spikedim.models.cards._coding import Coding
from spikedim.models.cards._qkformer import qkformer_models
from spikedim.models.cards._sdt_v1 import sdt_v1_models
from spikedim.models.cards._sdt_v2 import sdt_v2_models
from spikedim.models.cards._spikegpt import spikegpt_models
from spikedim.models.cards._spikformer import spikformer_models
from spikedim.models.cards._spikformer_text import (
    spikformer_lm_models,
    spikformer_text_models,
)
from spikedim.models.cards._spikingbert import spikingbert_models
from spikedim.models.cards._spikingformer import spikingformer_models
from spikedim.models.cards._spikingresformer import spikingresformer_models
from spikedim.models.cards._spiliformer import spiliformer_models

__all__ = ["card", "has_twin", "names", "recipe"]

_CATALOGUES: tuple[Callable[[], Mapping[str, Recipe]], ...] = (
    spikformer_models,
    spikingformer_models,
    sdt_v1_models,
    sdt_v2_models,
    qkformer_models,
    spikingresformer_models,
    spiliformer_models,
    spikegpt_models,
    spikingbert_models,
    spikformer_text_models,
    spikformer_lm_models,
)

_TWIN_FAMILIES = (
    "spikingbert",
    "spikformer-text",
    "spikformer-lm",
    "spikformer",
    "spikingformer",
    "qkformer",
    "sdt-v1",
    "sdt-v2",
    "spikingresformer",
)


@cache
def _recipes() -> Mapping[str, Recipe]:
    """Map each ``family-size/dataset`` to its recipe."""
    return MappingProxyType(
        {key: found for models in _CATALOGUES for key, found in models().items()}
    )


@cache
def _card(found: Recipe) -> Card:
    """Walk a model once."""
    return found.card()


def names(*, family: str | None = None, dataset: str | None = None) -> tuple[str, ...]:
    """List the models that have a card.

    Parameters
    ----------
    family : str, optional
        Only those of one family, for example ``"qkformer"``.
    dataset : str, optional
        Only those for one data set, for example ``"imagenet"``.

    Returns
    -------
    tuple of str
        ``family-size/dataset``, family by family; at least one.

    Raises
    ------
    InputError
        If there is no such family or data set, or no model of that family for that data set.

    Examples
    --------
    >>> "spikformer-4-384/cifar10" in names()
    True
    >>> names(family="spikegpt")
    ('spikegpt-216m/text', 'spikegpt-24-768/text')
    """
    found = _recipes()
    if family is not None:
        _check_known(family, {recipe.family for recipe in found.values()}, name="family")
        found = {key: recipe for key, recipe in found.items() if recipe.family == family}
    if dataset is not None:
        _check_known(dataset, {_dataset(key) for key in _recipes()}, name="dataset")
        there = {_dataset(key) for key in found}
        if dataset not in there:
            raise InputError(
                f"names: `dataset` must be one that {family} has a model for "
                f"({', '.join(sorted(there))}); got {dataset!r}."
            )
        found = {key: recipe for key, recipe in found.items() if _dataset(key) == dataset}
    return tuple(found)


def _dataset(name: str) -> str:
    return name.partition("/")[2]


def _check_known(value: str, known: set[str], *, name: str) -> None:
    """Raise `InputError` with a suggestion unless `value` is among `known`."""
    if value not in known:
        close = difflib.get_close_matches(str(value), sorted(known), n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InputError(
            f"names: `{name}` must be one of {', '.join(sorted(known))}; got {value!r}.{hint}"
        )


def has_twin(family: str) -> bool:
    """Say whether a family has rate-coded twins, ``:softmax``, and ordinary networks, ``:ann``."""
    return family in _TWIN_FAMILIES


def card(name: str) -> Card:
    """Return the card of a model: layers, parameters, operations, spiking populations.

    Parameters
    ----------
    name : str
        ``family-size/dataset`` (see `names`); without ``/dataset`` the CIFAR-10 form, or the only
        form there is. The suffix ``:softmax`` asks for the rate-coded twin: same layers, softmax
        attention, so that every query meets every key. ``:ann`` asks for the ordinary network:
        the same, without neurons, every product reading real numbers once.

    Returns
    -------
    Card
        Its parameters and MACs are exact integers.

    Raises
    ------
    InputError
        If no model has that name (the message suggests one), or the suffix is neither
        ``:softmax`` nor ``:ann``, or that family has no such form yet.

    Notes
    -----
    Nothing is built or run: a card is arithmetic on layer shapes, cached after the first call.

    Examples
    --------
    >>> card("spikformer-4-384").parameters
    9324730
    >>> card("spikformer-4-384/cifar100").encoding_population.neurons
    24576
    """
    return _card(recipe(name, caller="card"))


def recipe(name: str, *, caller: str) -> Recipe:
    """Return the recipe behind a name, or raise `InputError` with a suggestion."""
    if not isinstance(name, str):
        raise InputError(
            f"{caller}: `name` must be a string; got {name!r}. List the models with `names()`."
        )
    base, colon, suffix = name.strip().lower().partition(":")
    found = _recipes()[_full_name(base, caller)]
    if not colon:
        return found
    if found.family not in _TWIN_FAMILIES:
        raise InputError(
            f"{caller}: `name` must have no suffix for {found.family}, which has no twin; "
            f"got {name!r}. Twins and ordinary networks exist for {', '.join(_TWIN_FAMILIES)}."
        )
    coding = next((each for each in Coding if suffix and each.suffix == f":{suffix}"), None)
    if coding is None:
        raise InputError(
            f"{caller}: `name` must end in ':softmax' (rate-coded twin) or ':ann' (ordinary "
            f"network), or have no suffix; got {name!r}. Did you mean '{found.name}:softmax'?"
        )
    return replace(found, model=replace(found.model, coding=coding))


def _full_name(base: str, caller: str) -> str:
    """Complete a name without data set, or raise `InputError` with a suggestion."""
    known = _recipes()
    if base in known:
        return base
    if "/" not in base:
        if f"{base}/cifar10" in known:
            return f"{base}/cifar10"
        forms = [key for key in known if key.partition("/")[0] == base]
        if len(forms) == 1:
            return forms[0]
        if forms:
            raise InputError(
                f"{caller}: `name` must say its data set; got {base!r}. Choose {', '.join(forms)}."
            )
    candidates = known if "/" in base else {key.partition("/")[0] for key in known}
    close = difflib.get_close_matches(base, sorted(candidates), n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else "`spikedim model list` shows them."
    raise InputError(f"{caller}: `name` must be the name of a model; got {base!r}. {hint}")
