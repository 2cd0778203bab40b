"""Examples: inputs with targets that a model can be trained on, any of them at any time."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray
from spikedim.training.examples._vocabulary import Vocabulary

__all__ = ["IGNORED", "ExampleKind", "ExampleSplits", "Examples"]

IGNORED = -100
"""Target of a place that has none: padding, or a token whose answer is not asked for."""


class ExampleKind(StrEnum):
    """What an input is, and where its targets stand.

    ``IMAGES`` are uint8 or float32 [S, channels, H, W] with a class each; ``SENTENCES`` token
    numbers int64 [S, N], padded with 0, with a class each; ``SEQUENCES`` the same with a target at
    every token [S, N], `IGNORED` where none is asked for.
    """

    IMAGES = "images"
    SENTENCES = "sentences"
    SEQUENCES = "sequences"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Examples:
    """Inputs with targets, read by number.

    Parameters
    ----------
    spec : str
        Where they come from, e.g. ``"cifar10"``.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    kind : ExampleKind
        What an input is.
    inputs : ndarray of shape [S, channels, H, W] or [S, N]
        Raw values, uint8 (255 stands for 1) or float32; token numbers int64. May be mapped from
        a file, which holds other parts as well: read it through `take`.
    targets : ndarray of shape [S] or [S, N]
        Class numbers int64, `IGNORED` where there is none.
    classes : int
        How many classes; of a language model its vocabulary.
    class_names : tuple of str
        Name of each class, empty if unknown.
    mean, deviation : tuple of float
        Per channel, in units where the brightest value is 1; empty for tokens.
    fingerprint : str
        Identity of the content.
    notes : tuple of str
        What a reader of a result must know, e.g. how the split was made.
    rows : ndarray of shape [S] or None
        Which rows of `inputs` these examples are; None for all of them.
    vocabulary : Vocabulary or None
        How texts became token numbers; None for images and generated sequences.
    """

    spec: str
    split: str
    kind: ExampleKind
    inputs: AnyArray = field(repr=False)
    targets: AnyArray = field(repr=False)
    classes: int
    class_names: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    fingerprint: str
    notes: tuple[str, ...] = ()
    rows: AnyArray | None = field(default=None, repr=False)
    vocabulary: Vocabulary | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return S."""
        return len(self.targets)

    def take(
        self, indices: AnyArray, *, device: torch.device | str = "cpu"
    ) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of the given numbers.

        Images come as float32 in [0, 1], not yet normalised: augmentation acts before that.

        Parameters
        ----------
        indices : ndarray of shape [B]
            Numbers from 0 to S - 1.
        device : torch.device or str, default "cpu"
            Where the tensors go.
        """
        rows = indices if self.rows is None else self.rows[indices]
        inputs = torch.from_numpy(np.ascontiguousarray(self.inputs[rows])).to(device)
        if inputs.dtype == torch.uint8:
            inputs = inputs.float().div_(255)
        return inputs, torch.from_numpy(np.asarray(self.targets[indices], np.int64)).to(device)

    def normalise(self, inputs: Tensor) -> Tensor:
        """Return images [B, channels, H, W] with `mean` taken off, over `deviation`; else as is."""
        if self.kind is not ExampleKind.IMAGES:
            return inputs
        mean, deviation = (
            torch.tensor(values, dtype=inputs.dtype, device=inputs.device)[:, None, None]
            for values in (self.mean, self.deviation)
        )
        return (inputs - mean) / deviation


@final
class ExampleSplits(NamedTuple):
    """The three parts of one data set; no example stands in two of them.

    Parameters
    ----------
    train : Examples
        What weights learn from.
    validation : Examples or None
        Kept aside from the training set to watch a run; None if nothing is.
    test : Examples
        What accuracy is reported on.
    """

    train: Examples
    validation: Examples | None
    test: Examples
