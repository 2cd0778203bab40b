"""Tables of tokens and positions with their normalisation."""

from typing import final

import torch
from torch import Tensor, nn

from spikedim.models.layers._norm import affine
from spikedim.models.layers._product import AbstractProduct

__all__ = ["EmbeddingNorm"]


@final
class EmbeddingNorm(AbstractProduct):
    """Sum of a token's row and its position's row (a linear map of one-hot tokens), normalised.

    Parameters
    ----------
    vocabulary : int
        Token numbers.
    positions : int
        Longest sequence.
    width : int
        D.
    norm : bool, default True
        Whether a normalisation follows.
    """

    def __init__(self, vocabulary: int, positions: int, width: int, *, norm: bool = True) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.norm = nn.BatchNorm1d(width) if norm else None

    def product(self, x: Tensor) -> Tensor:
        """Return currents [1, B, N, D] of token numbers [1, B, N]."""
        currents: Tensor = self.words(x) + self.positions.weight[: x.shape[-1]]
        return currents

    def fused(self) -> "EmbeddingNorm":
        """Return the same tables with the normalisation in them."""
        words, positions = self.words.weight, self.positions.weight
        out = EmbeddingNorm(*words.shape[:1], *positions.shape, norm=False).to(words)
        with torch.no_grad():
            gain, shift = (1.0, 0.0) if self.norm is None else affine(self.norm)
            out.words.weight.copy_(words.double() * gain)
            out.positions.weight.copy_(positions.double() * gain + shift)
        return out
