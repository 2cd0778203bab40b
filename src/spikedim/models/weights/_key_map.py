"""From the names of another package's state dict to ours, as a table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

__all__ = ["KeyMap", "Placement"]


@final
@dataclass
class Placement:
    """Where the tensors of a state dict went, and what did not fit.

    Parameters
    ----------
    tensors : dict of str to Tensor
        By our names, of our shapes.
    renamed : int
        How many of the source's names are not ours.
    skipped : list of str
        Names known to have no use.
    missing, unexpected, misshapen : list of str
        Our names without a tensor, names of the source without a place, and both shapes of
        tensors that do not fit theirs.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    renamed: int = 0
    skipped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)


@final
@dataclass(frozen=True)
class KeyMap:
    r"""Names of modules of a source, and of ours that stand for them.

    Parameters
    ----------
    origin : str
        Where the names were read: repository, path, commit.
    modules : tuple of pairs
        Pattern of a module's path in the source, and our path, with ``\1`` for what a group
        matched. A tuple of paths divides the first axis of every tensor into equal parts. The
        first pattern that matches counts.
    tensors : tuple of triples
        The same for whole names of tensors, looked at first, with a factor on their values.
    prepare : callable, optional
        What is done to the state dict before.
    dead : tuple of str
        Patterns of whole names whose tensors the source itself never uses. They are skipped
        unless our model has a place for them.
    needs : dict of str to bool
        Switches that the source's computation asks for and that no tensor shows.
    notes : tuple of str
        What the user of such weights should know.
    """

    origin: str
    modules: tuple[tuple[str, str | tuple[str, ...]], ...]
    tensors: tuple[tuple[str, str, float], ...] = ()
    prepare: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None
    dead: tuple[str, ...] = ()
    needs: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def targets(self, name: str) -> tuple[tuple[str, ...], float]:
        """Return our names for a name of the source, none if no pattern matches, and a factor."""
        for pattern, target, factor in self.tensors:
            found = re.fullmatch(pattern, name)
            if found:
                return (found.expand(target),), factor
        path, _, leaf = name.rpartition(".")
        for pattern, ours in self.modules:
            found = re.fullmatch(pattern, path)
            if found:
                parts = (ours,) if isinstance(ours, str) else ours
                return tuple(f"{found.expand(part)}.{leaf}" for part in parts), 1.0
        return (), 1.0

    def is_dead(self, name: str) -> bool:
        """Say whether the source never uses the tensor of that name."""
        return any(re.fullmatch(pattern, name) for pattern in self.dead)

    def place(
        self, state: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
    ) -> Placement:
        """Return the tensors of `state` under our names, each of the shape we have for it."""
        placed = Placement()
        for name, tensor in (self.prepare(state) if self.prepare else state).items():
            targets, factor = self.targets(name)
            if not targets or any(t not in shapes or t in placed.tensors for t in targets):
                (placed.skipped if self.is_dead(name) else placed.unexpected).append(name)
                continue
            placed.renamed += targets != (name,)
            for target, part in zip(targets, _parts(tensor, len(targets)), strict=True):
                fitted = _fit(part, shapes[target])
                if fitted is None:
                    placed.misshapen.append(
                        f"{name} {list(tensor.shape)} for {target} {list(shapes[target])}"
                    )
                    fitted = tensor
                placed.tensors[target] = fitted if factor == 1 else factor * fitted
        placed.missing = [name for name in shapes if name not in placed.tensors]
        return placed


def _parts(tensor: Tensor, count: int) -> tuple[Tensor, ...]:
    """Divide the first axis; a counter or an axis that cannot be divided goes to every part."""
    if tensor.ndim == 0 or tensor.shape[0] % count:
        return (tensor,) * count
    return torch.chunk(tensor, count)


def _fit(tensor: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """Return the tensor if it has the shape, but for axes of 1: a 1 x 1 kernel is a matrix."""
    if [n for n in tensor.shape if n != 1] != [n for n in shape if n != 1]:
        return None
    return tensor.reshape(shape)
