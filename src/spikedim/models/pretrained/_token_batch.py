"""Sentences as numbers of tokens, padded to one length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import InputError, fingerprint_arrays

__all__ = ["TokenBatch"]


@final
@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Token numbers of S sentences, and which of them are padding.

    Parameters
    ----------
    input_ids : Tensor of shape [S, N]
        Whole numbers, each a row of the vocabulary.
    attention_mask : Tensor of shape [S, N]
        True or 1 for a token, False or 0 for padding; at least one token in each sentence.

    Raises
    ------
    InputError
        If the shapes differ, the types are not whole numbers, or a sentence is all padding.

    Examples
    --------
    >>> batch = TokenBatch(torch.tensor([[1, 2], [1, 0]]), torch.tensor([[1, 1], [1, 0]]))
    >>> batch.sentences, batch.tokens, batch.lengths.tolist()
    (2, 3, [2, 1])
    """

    input_ids: Tensor
    attention_mask: Tensor

    def __post_init__(self) -> None:
        ids = _whole(self.input_ids, "input_ids")
        if bool((ids < 0).any()):
            raise InputError(f"TokenBatch: `input_ids` must be >= 0; got {int(ids.min())}.")
        mask = _whole(self.attention_mask, "attention_mask")
        if mask.shape != ids.shape:
            raise InputError(
                f"TokenBatch: `attention_mask` must have the shape {tuple(ids.shape)} of the "
                f"token numbers; got {tuple(mask.shape)}."
            )
        if bool(((mask != 0) & (mask != 1)).any()):
            raise InputError(
                f"TokenBatch: `attention_mask` must be 0 or 1; got {int(mask.min())} to "
                f"{int(mask.max())}."
            )
        if not bool((mask == 1).any(dim=1).all()):
            raise InputError(
                "TokenBatch: `attention_mask` must keep a token of each sentence; got a sentence "
                "that is all padding. Leave it out."
            )
        object.__setattr__(self, "input_ids", ids)
        object.__setattr__(self, "attention_mask", mask == 1)

    @property
    def sentences(self) -> int:
        """Return S."""
        return len(self.input_ids)

    @property
    def tokens(self) -> int:
        """Return the number of tokens that are not padding."""
        return int(self.attention_mask.sum())

    @property
    def lengths(self) -> Tensor:
        """Return the columns up to the last token of each sentence, shape [S]."""
        columns = torch.arange(1, self.input_ids.shape[1] + 1)
        return (self.attention_mask * columns).amax(dim=1)

    @property
    def fingerprint(self) -> str:
        """Return what identifies the numbers and the padding."""
        return fingerprint_arrays(self.input_ids.numpy(), self.attention_mask.numpy())

    def batches(self, *, scores_per_square: int, most_scores: int) -> Iterator[tuple[Tensor, int]]:
        """Yield sentences of like length together, with the columns they need.

        Parameters
        ----------
        scores_per_square : int
            Attention scores for each pair of tokens of a sentence, the number of heads.
        most_scores : int
            Attention scores of one layer that a batch may have; a longer sentence goes alone.

        Yields
        ------
        Tensor of shape [B]
            Numbers of the sentences, longest first.
        int
            Columns up to the last token of any of them.
        """
        lengths = self.lengths
        order = torch.argsort(lengths, descending=True, stable=True)
        start = 0
        while start < len(order):
            columns = int(lengths[order[start]])
            count = max(1, most_scores // (scores_per_square * columns**2))
            yield order[start : start + count], columns
            start += count


def _whole(x: Tensor, name: str) -> Tensor:
    """Return a non-empty tensor [S, N] of whole numbers on the CPU as int64."""
    if not isinstance(x, Tensor) or x.is_floating_point() or x.is_complex():
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise InputError(f"TokenBatch: `{name}` must be a tensor of whole numbers; got {kind}.")
    if x.ndim != 2 or x.numel() == 0:
        raise InputError(
            f"TokenBatch: `{name}` must have shape [S, N] with no empty axis; got {tuple(x.shape)}."
        )
    return x.detach().cpu().to(torch.int64)
