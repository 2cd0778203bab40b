"""What a family of models offers: its models, what of them can be built, its switches."""

import inspect
import re
from dataclasses import dataclass, fields
from typing import ClassVar, final

from spikedim._core import Result
from spikedim.models.cards import card, has_twin, names
from spikedim.models.families import FAMILIES, Options

__all__ = ["Family", "Switch", "family", "family_names"]

_COMMON = ("neuron", "surrogate", "drop_path")


@final
@dataclass(frozen=True)
class Switch:
    """One choice that `build` takes beside the shape.

    Parameters
    ----------
    name : str
        Keyword of `build`.
    default : str
        Its value if it is not given, as Python writes it.
    summary : str
        What it does.
    """

    name: str
    default: str
    summary: str

    @property
    def legacy(self) -> bool:
        """Whether it asks for a known fault of the released code."""
        return self.name.startswith("legacy_")


@final
@dataclass(frozen=True)
class Family(Result):
    """One family of models.

    Parameters
    ----------
    name : str
        As model names begin, for example ``"qkformer"``.
    models : tuple of str
        Its models.
    datasets : tuple of str
        Data sets they are for.
    can_be_built : bool
        Whether `build` makes them; otherwise they are cards only.
    has_twin : bool
        Whether the suffix ``:softmax`` gives a rate-coded twin, and ``:ann`` an ordinary network.
    shapes : tuple of str
        What of a shape `build` lets a caller change.
    switches : tuple of Switch
        What else it takes; none for a family that cannot be built.
    """

    schema: ClassVar[str] = "spikedim.family/1"

    name: str
    models: tuple[str, ...]
    datasets: tuple[str, ...]
    can_be_built: bool
    has_twin: bool
    shapes: tuple[str, ...] = ()
    switches: tuple[Switch, ...] = ()


def family_names() -> tuple[str, ...]:
    """List the families, in the order of `names`.

    Returns
    -------
    tuple of str
        Their names.

    Examples
    --------
    >>> family_names()[0]
    'spikformer'
    """
    return tuple(dict.fromkeys(card(name).family for name in names()))


def family(name: str) -> Family:
    """Describe a family of models.

    Parameters
    ----------
    name : str
        One of `family_names`.

    Returns
    -------
    Family
        Models, data sets, what can be built, switches.

    Raises
    ------
    InputError
        If there is no such family; the message suggests one.

    Examples
    --------
    >>> [switch.name for switch in family("spikformer").switches if switch.legacy]
    ['legacy_dead_parameters']
    """
    models = names(family=name)
    datasets = tuple(dict.fromkeys(model.partition("/")[2] for model in models))
    kind = FAMILIES.get(name)
    if kind is None:
        return Family(name, models, datasets, can_be_built=False, has_twin=has_twin(name))
    said = _summaries()
    switches = tuple(
        Switch(field.name, repr(field.default), said.get(field.name, ""))
        for field in fields(Options)
        if field.name in kind.switches or field.name in _COMMON
    )
    shapes = tuple(sorted(kind.shapes))
    return Family(name, models, datasets, True, has_twin(name), shapes, switches)


def _summaries() -> dict[str, str]:
    """Read what each switch does where it is documented, in the docstring of `Options`."""
    text = inspect.cleandoc(Options.__doc__ or "").partition("----------\n")[2]
    parts = re.split(r"^(\w+) : [^\n]*\n", text, flags=re.MULTILINE)[1:]
    return {
        name: " ".join(body.replace("`", "").split())
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
