"""The model of a run: shape taken from the data, neurons from the recipe."""

from dataclasses import replace
from typing import Any, NamedTuple, final

import torch

from spikedim._core import InputError
from spikedim.models import AbstractSpikingTransformer, Card, Coding, build, card
from spikedim.neurons import LIFParameters
from spikedim.training.examples import ExampleKind, Examples
from spikedim.training.recipes import Recipe

__all__ = ["RunModel", "coding_of", "model_for"]


@final
class RunModel(NamedTuple):
    """A model that fits its data.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        With weights drawn from the seed.
    overrides : dict
        What `build` was told beside the name, as JSON types; neurons are the recipe's.
    notes : tuple of str
        How the model departs from its name.
    """

    model: AbstractSpikingTransformer
    overrides: dict[str, Any]
    notes: tuple[str, ...]


def coding_of(name: str) -> Coding:
    """Return whether a model spikes, is a rate-coded twin or an ordinary network."""
    return build(name, device="meta").coding


def model_for(name: str, examples: Examples, recipe: Recipe, *, seed: int) -> RunModel:
    """Build the model, in the shape of the examples where its own differs."""
    found = card(name)
    clash = sorted(set(recipe.model) & {"neuron", "surrogate"})
    if clash:
        raise InputError(
            f"fit: `recipe.model` must hold numbers and switches of `build`; got {clash[0]!r}. "
            "Say `neurons.initial_membrane`, or build the model yourself."
        )
    _check_kind(found, examples)
    shape = {
        key: value for key, value in _shape_of(examples).items() if value != _own_shape(found)[key]
    }
    notes = tuple(
        f"{key} {value} of the data instead of {_own_shape(found)[key]} of {name}"
        for key, value in shape.items()
        if key not in recipe.model
    )
    _check_shape(examples, recipe)
    overrides: dict[str, Any] = {**shape, **recipe.model}
    chosen = {**overrides, **_neuron(found, recipe, overrides)}
    model = build(
        name,
        steps=recipe.steps if coding_of(name).spiking else None,
        generator=torch.Generator().manual_seed(seed),
        **chosen,
    )
    return RunModel(model, overrides, notes)


def _check_kind(found: Card, examples: Examples) -> None:
    """Raise `InputError` unless the model reads what the examples are."""
    reads_tokens = found.vocabulary > 0
    if reads_tokens == (examples.kind is ExampleKind.IMAGES):
        reads = "token numbers" if reads_tokens else "images"
        raise InputError(
            f"fit: `data` must be what {found.name} reads, {reads}; got {examples.kind.value} of "
            f"{examples.spec!r}. See `spikedim model list` for models of other data."
        )
    per_token = found.family == "spikformer-lm"
    if per_token != (examples.kind is ExampleKind.SEQUENCES):
        wanted = "a target at every token" if per_token else "one class for each sample"
        raise InputError(
            f"fit: `data` must have what {found.name} predicts, {wanted}; got "
            f"{examples.kind.value} of {examples.spec!r}. Choose another model, or data like "
            "'movie-reviews' and 'movie-reviews:next-token'."
        )


def _check_shape(examples: Examples, recipe: Recipe) -> None:
    """Raise `InputError` if the recipe asks for a model that cannot read the data."""
    for key, needed in _shape_of(examples).items():
        chosen = recipe.model.get(key, needed)
        exact = key in ("channels", "side")
        if isinstance(chosen, int) and (chosen != needed if exact else chosen < needed):
            raise InputError(
                f"fit: `recipe.model.{key}` must be {'' if exact else 'at least '}{needed}, as the "
                f"data has it; got {chosen}. Leave it out."
            )


def _shape_of(examples: Examples) -> dict[str, int]:
    """Return the overrides of shape that the examples ask for."""
    if examples.kind is ExampleKind.IMAGES:
        _, channels, height, _ = examples.inputs.shape
        return {"classes": examples.classes, "channels": channels, "side": height}
    shape = {"tokens": examples.inputs.shape[1]}
    if examples.kind is ExampleKind.SENTENCES:
        shape["classes"] = examples.classes
    if examples.vocabulary is not None:
        shape["vocabulary"] = examples.vocabulary.size
    elif examples.kind is ExampleKind.SEQUENCES:
        shape["vocabulary"] = examples.classes
    return shape


def _own_shape(found: Card) -> dict[str, int]:
    """Return the same of the model's own data set."""
    if found.vocabulary:
        tokens, vocabulary = found.input_shape[0], found.vocabulary
        return {"tokens": tokens, "vocabulary": vocabulary, "classes": found.classes}
    channels, side, _ = found.input_shape
    return {"classes": found.classes, "channels": channels, "side": side}


def _neuron(found: Card, recipe: Recipe, overrides: dict[str, Any]) -> dict[str, LIFParameters]:
    """Return the neuron of the family with the initial membrane of the recipe, if it has one."""
    if not coding_of(found.name).spiking:
        asked = {name: value for name, value in recipe.neurons if value}
        if asked:
            name, value = next(iter(asked.items()))
            raise InputError(
                f"fit: `recipe.neurons.{name}` must be 0 for {found.name}, "
                f"{found.coding.network} without membranes; got {value}."
            )
        return {}
    start = recipe.neurons.initial_membrane
    if not start:
        return {}
    own = build(found.name, device="meta", **overrides).make.neuron
    return {"neuron": replace(own, initial_membrane=start)}
