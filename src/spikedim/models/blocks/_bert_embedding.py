"""BERT's tables: tokens, positions, sentences of a pair."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import RealLayerNorm

__all__ = ["BertEmbedding"]

_SENTENCES = 2


@final
class BertEmbedding(nn.Module):
    """LayerNorm of a token's, its position's and its sentence's row.

    Parameters
    ----------
    vocabulary, positions, width : int
        Token numbers, longest sequence, D.
    epsilon : float
        Added to the variance.
    separator : int, optional
        Token that ends the first of two sentences; all tokens are of one without it.
    """

    def __init__(
        self, vocabulary: int, positions: int, width: int, *, epsilon: float, separator: int | None
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.segments = nn.Embedding(_SENTENCES, width)
        self.norm = RealLayerNorm(width, eps=epsilon)
        self.separator = separator

    def forward(self, x: Tensor) -> Tensor:
        """Return currents [1, B, N, D] of token numbers [1, B, N]."""
        rows = self.words(x) + self.positions.weight[: x.shape[-1]] + self._sentence(x)
        currents: Tensor = self.norm(rows)
        return currents

    def _sentence(self, x: Tensor) -> Tensor:
        """Return the row of the sentence of each token: the second begins behind a separator."""
        if self.separator is None:
            return self.segments.weight[0]
        ends = (x == self.separator).long()
        rows: Tensor = self.segments((ends.cumsum(dim=-1) - ends).clamp(max=1))
        return rows
