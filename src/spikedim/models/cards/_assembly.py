"""From a family's table to its cards: walk the layers, close the card."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from spikedim.models.cards._card import Card
from spikedim.models.cards._setting import Setting, setting
from spikedim.models.cards._walk import LayerWalk

__all__ = ["Blueprint", "Walked", "blueprints", "cards"]


@dataclass(frozen=True)
class Blueprint:
    """What the table of a family says of one model, before its layers are walked."""

    size: str
    where: Setting
    depth: int
    width: int
    heads: int
    published: str = ""


@dataclass(frozen=True)
class Walked:
    """What walking the layers adds: the walk, the tokens of its encoder, the traps it met."""

    walk: LayerWalk
    tokens: int
    notes: tuple[str, ...]


def blueprints(rows: Iterable[tuple[str, str, int, int, int, str]]) -> Iterator[Blueprint]:
    """Read rows of size, data set, depth, width, heads and published parameters."""
    for size, dataset, depth, width, heads, published in rows:
        yield Blueprint(size, setting(dataset), depth, width, heads, published)


def cards(
    family: str,
    reference: str,
    walk: Callable[[Blueprint], Walked],
    models: Iterable[Blueprint],
) -> Mapping[str, Callable[[], Card]]:
    """Map each ``family-size/dataset`` to what builds its card."""
    return {
        f"{family}-{model.size}/{model.where.dataset}": partial(
            _card, family, reference, walk, model
        )
        for model in models
    }


def _card(
    family: str, reference: str, walk: Callable[[Blueprint], Walked], model: Blueprint
) -> Card:
    """Walk the layers of a model and close its card."""
    walked = walk(model)
    where = model.where
    return Card(
        name=f"{family}-{model.size}/{where.dataset}",
        family=family,
        dataset=where.dataset,
        input_shape=where.input_shape,
        classes=where.classes,
        depth=model.depth,
        heads=model.heads,
        tokens=walked.tokens,
        width=model.width,
        steps=where.steps,
        layers=walked.walk.rows,
        published_parameters=model.published,
        reference=reference,
        notes=walked.notes,
    )
