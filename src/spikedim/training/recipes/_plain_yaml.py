"""YAML of plain values only: what a recipe needs, and nothing that can surprise."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["plain_yaml"]

_MAX_DEPTH = 8


class _Plain(yaml.SafeLoader):
    """Decimal numbers, 1e-3 among them; true, false and null; all else is text.

    YAML 1.1 also reads 010 as 8, 1:30 as 90, ``no`` as false and 1e-3 as text.
    """


_Plain.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|True|false|False", list("tTfF")),
    ("int", r"[-+]?(0|[1-9]\d*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+|[-+]?\.(inf|Inf)|\.(nan|NaN)",
        list("-+.0123456789"),
    ),
):
    _Plain.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), _first)


def plain_yaml(text: str) -> Any:
    """Return the value of a text of plain YAML.

    Parameters
    ----------
    text : str
        One document.

    Returns
    -------
    object
        Mappings with names as keys, lists, numbers, texts, true, false, None.

    Raises
    ------
    ValueError
        With a reason in one line, if it is no YAML, has a name twice in one mapping, aliases,
        tags, a key that is no name, or more than 8 levels.

    Examples
    --------
    >>> plain_yaml("{learning_rate: 5e-4, flip: true}")
    {'learning_rate': 0.0005, 'flip': True}
    """
    try:
        _check(yaml.parse(text, Loader=_Plain))
        return yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(reason.replace('in "<unicode string>", ', "at ")) from error


def _check(events: Iterator[Any]) -> None:
    """Refuse what a reader would not expect, before anything is built."""
    names: list[set[str] | None] = []  # of each open collection; None of a list
    key_next = [False]
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError(f"aliases are not read, line {event.start_mark.line + 1}")
        if getattr(event, "tag", None):
            raise ValueError(f"tags are not read, line {event.start_mark.line + 1}")
        if isinstance(event, yaml.CollectionEndEvent):
            names.pop()
            key_next.pop()
            continue
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            continue
        if names and names[-1] is not None:
            if key_next[-1]:
                _check_key(event, names[-1])
            key_next[-1] = not key_next[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            names.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            key_next.append(names[-1] is not None)
            if len(names) > _MAX_DEPTH:
                raise ValueError(f"more than {_MAX_DEPTH} levels")


def _check_key(event: Any, known: set[str]) -> None:
    """Refuse a key that is no name, or stands in its mapping already."""
    line = event.start_mark.line + 1
    name = getattr(event, "value", "")
    if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in (
        "true",
        "True",
        "false",
        "False",
        "null",
    ):
        raise ValueError(f"a key that is no name, line {line}")
    if name in known:
        raise ValueError(f"{name} stands there twice, line {line}")
    known.add(name)
