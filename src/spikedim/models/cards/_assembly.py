"""From a family's table to its cards: walk the layers, close the card."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import final

from spikedim.models.cards._card import Card
from spikedim.models.cards._coding import Coding
from spikedim.models.cards._published import published
from spikedim.models.cards._setting import Setting, setting
from spikedim.models.cards._statistics import statistics_notes
from spikedim.models.cards._walk import LayerWalk

__all__ = ["Blueprint", "Recipe", "Walked", "blueprints", "cards"]

_TWIN_NOTE = "rate-coded twin: softmax attention, every population a rate clipped to [0, 1]"
_ORDINARY_NOTE = (
    "ordinary network: softmax attention, no neurons, no time, every product reads real numbers; "
    "other notes speak of the spiking model"
)
_NOTES: Mapping[Coding, tuple[str, ...]] = {
    Coding.SPIKES: (),
    Coding.RATES: (_TWIN_NOTE,),
    Coding.ACTIVATIONS: (_ORDINARY_NOTE,),
}


@final
@dataclass(frozen=True)
class Blueprint:
    """What the table of a family says of one model, before its layers are walked."""

    size: str
    where: Setting
    depth: int
    width: int
    heads: int
    published: str = ""
    coding: Coding = Coding.SPIKES
    reshaped: bool = False  # whether a caller changed a published shape


@final
@dataclass(frozen=True)
class Walked:
    """What walking the layers adds: the walk, the tokens of its encoder, the traps it met."""

    walk: LayerWalk
    tokens: int
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class Recipe:
    """One model of a family: its blueprint, and how to walk it."""

    family: str
    reference: str
    walk: Callable[[Blueprint], Walked]
    model: Blueprint

    @property
    def name(self) -> str:
        """Name as ``family-size/dataset``, with the suffix of its coding."""
        base = f"{self.family}-{self.model.size}/{self.model.where.dataset}"
        return f"{base}{self.model.coding.suffix}"

    def card(self) -> Card:
        """Walk the layers of the model and close its card."""
        model = self.model
        where = model.where
        walked = self.walk(model)
        twin = not model.coding.spiking
        own = twin or model.reshaped
        rows = walked.walk.rows
        notes = statistics_notes(self.family, where.dataset)
        return Card(
            name=self.name,
            family=self.family,
            dataset=where.dataset,
            input_shape=where.input_shape,
            classes=where.classes,
            depth=model.depth,
            heads=model.heads,
            tokens=walked.tokens,
            width=model.width,
            steps=1 if model.coding is Coding.ACTIVATIONS else where.steps,
            layers=tuple(replace(row, dead_parameters=0) for row in rows) if twin else rows,
            published_parameters="" if own else model.published,
            reference=self.reference,
            notes=(*walked.notes, *notes, *_NOTES[model.coding]),
            published_results=() if own else published(self.name),
            vocabulary=where.vocabulary,
        )


def blueprints(rows: Iterable[tuple[str, str, int, int, int, str]]) -> Iterator[Blueprint]:
    """Read rows of size, data set, depth, width, heads and published parameters."""
    for size, dataset, depth, width, heads, printed in rows:
        yield Blueprint(size, setting(dataset), depth, width, heads, printed)


def cards(
    family: str,
    reference: str,
    walk: Callable[[Blueprint], Walked],
    models: Iterable[Blueprint],
) -> Mapping[str, Recipe]:
    """Map each ``family-size/dataset`` to its recipe."""
    recipes = (Recipe(family, reference, walk, model) for model in models)
    return {recipe.name: recipe for recipe in recipes}
