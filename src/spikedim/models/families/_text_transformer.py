"""Models that read token numbers."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.models.cards import Blueprint
from spikedim.models.families._known_values import are_values_known
from spikedim.models.families._pooling import Pooling
from spikedim.models.families._transformer import AbstractSpikingTransformer
from spikedim.models.layers import ForwardPass

__all__ = ["AbstractTextTransformer", "check_tables"]


class AbstractTextTransformer(AbstractSpikingTransformer, ABC):
    """A spiking transformer of token numbers [B, N], shown at every step.

    Notes
    -----
    Token 0 is padding, anywhere in a sentence: its neurons never fire, no token sees it, the mean
    over tokens and the statistics of normalisations leave it out. Sentences may be as long as the
    card says, or shorter.
    """

    padding: ClassVar[int] = 0
    """Token number that stands for nothing."""
    shapes = frozenset({"classes", "tokens", "vocabulary", "depth", "width", "heads"})

    @property
    def vocabulary(self) -> int:
        """Token numbers, padding included."""
        return self.card.vocabulary

    @abstractmethod
    def encode(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return what the head reads, [T, B, N, D], of token numbers [1, B, N]."""

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return what the head reads, [T, B, N, D], of token numbers [1, B, N]."""
        kept = x[0] != self.padding
        # Without a mask attention and normalisation take their faster ways; padding that cannot be
        # looked at may be there.
        full = x.is_meta or (are_values_known(x) and bool(kept.all()))
        context.mask = None if full else kept
        return self.encode(x, context)

    def read_input(self, x: Tensor) -> tuple[Tensor, int | None]:
        """Return token numbers [1, B, N]."""
        (longest,) = self.card.input_shape
        if not isinstance(x, Tensor) or x.dtype != torch.int64:
            got = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise InputError(f"forward: `x` must be token numbers of type torch.int64; got {got}.")
        if x.ndim != 2 or 0 in x.shape or x.shape[1] > longest:
            raise InputError(
                f"forward: `x` must be sentences [B, N] of 1 to {longest} tokens; got shape "
                f"{tuple(x.shape)}. Cut them, or build the model with `tokens=`."
            )
        if are_values_known(x):
            self._check_numbers(x)
        return x[None], None

    def _check_numbers(self, x: Tensor) -> None:
        """Raise `InputError` for numbers outside the vocabulary, and for nothing but padding."""
        low, high = x.min().item(), x.max().item()
        if low < 0 or high >= self.vocabulary:
            raise InputError(
                f"forward: `x` must have token numbers from 0 to {self.vocabulary - 1}; got {low} "
                f"to {high}. Use the tokenizer of the model, or build it with `vocabulary=`."
            )
        kept = x != self.padding
        if self.pooling is Pooling.FIRST and not kept[:, 0].all():
            raise InputError(
                "forward: `x` must begin every sentence with the token that is classified; got "
                f"padding, number {self.padding}, in the first place. Pad at the end."
            )
        if not kept.any(dim=1).all():
            raise InputError(
                "forward: `x` must have a token in every sentence; got one that is all padding, "
                f"number {self.padding}. Leave it out."
            )


def check_tables(model: Blueprint) -> None:
    """Raise `InputError` unless the tables have a token beside padding and enough positions."""
    where = model.where
    if where.vocabulary < 2:
        raise InputError(
            "build: `vocabulary` must be at least 2, since number 0 is padding; "
            f"got {where.vocabulary}."
        )
    if where.positions and where.tokens > where.positions:
        raise InputError(
            f"build: `tokens` must be at most the {where.positions} positions of the model; "
            f"got {where.tokens}."
        )
