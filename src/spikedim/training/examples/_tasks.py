"""Generated sequences: tasks that need memory, with the answer beside each token.

Token 0 is padding and never used, 1 asks for an answer, symbols follow from 2.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from spikedim._core import AnyArray, InputError, check_choice, fingerprint_arrays
from spikedim.training.examples._examples import IGNORED, ExampleKind, Examples, ExampleSplits

__all__ = ["open_task", "task_names"]

_CALLER = "open_examples"
_SEED = 20231  # of the sequences, whatever the seed of a training
_MOST = 1 << 24
_ASK = 1  # the token that asks for an answer; 0 is padding
_FIRST = 2  # the first symbol

Drawn = tuple[AnyArray, AnyArray]


@final
@dataclass(frozen=True)
class _Task:
    """One kind of sequence.

    Parameters
    ----------
    sizes : mapping of str to int
        Sizes that may be given in the specification, with their defaults.
    smallest : mapping of str to int
        Least of each.
    space : callable
        How many different sequences there are, as a logarithm.
    classes : callable
        How many token numbers there are.
    draw : callable
        ``draw(count, sizes, generator)`` gives inputs and targets [count, N].
    note : str
        Definition.
    """

    sizes: Mapping[str, int]
    smallest: Mapping[str, int]
    space: Callable[[Mapping[str, int]], float]
    classes: Callable[[Mapping[str, int]], int]
    draw: Callable[[int, Mapping[str, int], np.random.Generator], Drawn]
    note: str


def _copy(count: int, sizes: Mapping[str, int], generator: np.random.Generator) -> Drawn:
    """Symbols, then as many question marks; at the i-th of these the i-th symbol is asked for."""
    length, symbols = sizes["length"], sizes["symbols"]
    said = generator.integers(_FIRST, _FIRST + symbols, (count, length))
    inputs = np.concatenate([said, np.full_like(said, _ASK)], axis=1)
    return inputs, np.concatenate([np.full_like(said, IGNORED), said], axis=1)


def _parity(count: int, sizes: Mapping[str, int], generator: np.random.Generator) -> Drawn:
    """Bits; at each of them the parity of all bits so far is asked for."""
    bits = generator.integers(0, 2, (count, sizes["length"]))
    return bits + _FIRST, bits.cumsum(axis=1) % 2 + _FIRST


def _recall(count: int, sizes: Mapping[str, int], generator: np.random.Generator) -> Drawn:
    """Pairs of a key and its value, then every key again, where its value is asked for."""
    pairs, symbols = sizes["pairs"], sizes["symbols"]
    keys = generator.random((count, symbols)).argsort(axis=1)[:, :pairs]
    values = generator.integers(0, symbols, (count, pairs))
    order = generator.random((count, pairs)).argsort(axis=1)
    told = np.stack([keys + _FIRST, values + _FIRST + symbols], axis=2).reshape(count, -1)
    asked = np.take_along_axis(keys, order, axis=1) + _FIRST
    answers = np.take_along_axis(values, order, axis=1) + _FIRST + symbols
    return (
        np.concatenate([told, asked], axis=1),
        np.concatenate([np.full_like(told, IGNORED), answers], axis=1),
    )


_TASKS = {
    "copy": _Task(
        sizes={"length": 16, "symbols": 8},
        smallest={"length": 1, "symbols": 2},
        space=lambda sizes: sizes["length"] * math.log(sizes["symbols"]),
        classes=lambda sizes: _FIRST + sizes["symbols"],
        draw=_copy,
        note="`length` symbols, then as many question marks: the i-th asks for the i-th symbol.",
    ),
    "parity": _Task(
        sizes={"length": 32},
        smallest={"length": 2},
        space=lambda sizes: sizes["length"] * math.log(2),
        classes=lambda _: _FIRST + 2,
        draw=_parity,
        note="`length` bits; each asks for the parity of the bits up to itself.",
    ),
    "associative-recall": _Task(
        sizes={"pairs": 6, "symbols": 12},
        smallest={"pairs": 1, "symbols": 2},
        space=lambda sizes: (
            math.lgamma(sizes["symbols"] + 1)
            - math.lgamma(sizes["symbols"] - sizes["pairs"] + 1)
            + sizes["pairs"] * math.log(sizes["symbols"])
        ),
        classes=lambda sizes: _FIRST + 2 * sizes["symbols"],
        draw=_recall,
        note="`pairs` of a key and a value out of `symbols` each, no key twice; then every key "
        "again in another order, which asks for its value.",
    ),
}
_COUNTS = {"train": 8192, "test": 2048}


def task_names() -> tuple[str, ...]:
    """Return the names of the tasks."""
    return tuple(_TASKS)


def open_task(text: str, *, spec: str, validation: float) -> ExampleSplits:
    """Return the parts of a task, ``NAME`` or ``NAME:size=value,size=value``.

    No sequence comes twice, so that no part knows one of another. The test part comes first: it
    stays the same when more is asked for to train.
    """
    name, _, changes = text.partition(":")
    name = check_choice(name, task_names(), name="spec", caller=_CALLER)
    task = _TASKS[name]
    sizes = _sizes(task, changes, spec)
    count = {part: sizes[part] for part in _COUNTS}
    _check_space(task, sizes, sum(count.values()), spec)
    entropy = [_SEED, list(_TASKS).index(name), *(sizes[size] for size in task.sizes)]
    generator = np.random.default_rng(np.random.SeedSequence(entropy))
    inputs, targets = _different(task, sizes, sum(count.values()), generator)
    kept = round(validation * count["train"]) if validation else 0
    if validation and not 1 <= kept < count["train"]:
        raise InputError(
            f"{_CALLER}: `validation` must leave a sequence in both parts; got {validation:g} of "
            f"{count['train']}. Set it to 0, or ask for more, e.g. train=4096."
        )
    edges = {"test": (0, count["test"])}
    edges["validation"] = (count["test"], count["test"] + kept)
    edges["train"] = (count["test"] + kept, len(inputs))

    def part(split: str) -> Examples:
        rows = slice(*edges[split])
        return Examples(
            spec=spec,
            split=split,
            kind=ExampleKind.SEQUENCES,
            inputs=inputs[rows],
            targets=targets[rows],
            classes=task.classes(sizes),
            fingerprint=fingerprint_arrays(inputs[rows], targets[rows]),
            notes=(
                f"Generated: {task.note}",
                "No sequence comes twice; validation and test part do not depend on a seed.",
            ),
        )

    return ExampleSplits(
        train=part("train"), validation=part("validation") if kept else None, test=part("test")
    )


def _sizes(task: _Task, changes: str, spec: str) -> dict[str, int]:
    """Return all sizes of a task, those in the specification changed."""
    sizes = {**task.sizes, **_COUNTS}
    for change in changes.split(",") if changes else ():
        name, _, value = change.partition("=")
        least = task.smallest.get(name, 1)
        number = int(value) if value.isdecimal() and len(value) < 10 else 0
        if name not in sizes or not least <= number <= _MOST:
            known = ", ".join(f"{size}={default}" for size, default in sizes.items())
            raise InputError(
                f"{_CALLER}: `spec` must give sizes of the task as whole numbers, by default "
                f"{known}; got {change!r} in {spec!r}."
            )
        sizes[name] = number
    if sizes.get("pairs", 0) > sizes.get("symbols", 0):
        raise InputError(
            f"{_CALLER}: `spec` must have at most as many pairs as symbols, since no key comes "
            f"twice; got {spec!r}."
        )
    return sizes


def _check_space(task: _Task, sizes: Mapping[str, int], wanted: int, spec: str) -> None:
    """Refuse to draw more than half of all sequences: different ones would be hard to find."""
    if math.log(2 * wanted) > task.space(sizes) + 1e-9:
        raise InputError(
            f"{_CALLER}: `spec` must have at least {2 * wanted:,} different sequences to draw "
            f"{wanted:,} from; got about {math.exp(task.space(sizes)):,.0f} in {spec!r}. Make them "
            "longer, or give fewer with train= and test=."
        )


def _different(
    task: _Task, sizes: Mapping[str, int], wanted: int, generator: np.random.Generator
) -> Drawn:
    """Draw sequences until there are enough different ones; keep the first of each."""
    inputs, targets = task.draw(wanted, sizes, generator)
    while True:
        rows = np.ascontiguousarray(inputs).view(np.dtype((np.void, inputs[0].nbytes))).reshape(-1)
        first = np.sort(np.unique(rows, return_index=True)[1])[:wanted]
        if len(first) == wanted:
            return inputs[first], targets[first]
        more = task.draw(wanted, sizes, generator)
        inputs = np.concatenate([inputs[first], more[0]])
        targets = np.concatenate([targets[first], more[1]])
