"""Spikformer's blocks on text: our own models, for sentences and for the next token."""

from abc import ABC
from typing import ClassVar, final

from torch import Tensor, nn

from spikedim.models.blocks import EncoderBlock, SpikingMLP, SpikingSelfAttention
from spikedim.models.cards import Blueprint, Card
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._options import Options
from spikedim.models.families._pooling import Pooling
from spikedim.models.families._text_transformer import AbstractTextTransformer, check_tables
from spikedim.models.layers import (
    EmbeddingNorm,
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    ProductOrder,
    fire,
)

__all__ = ["SpikformerLM", "SpikformerText"]


def _block(
    width: int, heads: int, *, make: PopulationMaker, drop: float, causal: bool
) -> EncoderBlock:
    """Return attention and MLP, each with its residual."""
    attn = SpikingSelfAttention(
        width,
        heads,
        scale=0.125,
        order=ProductOrder.QUERIES_KEYS,
        make=make,
        drop=drop,
        causal=causal,
    )
    mlp = SpikingMLP(width, make=make, drop=drop)
    return EncoderBlock(attn, mlp)


class AbstractSpikformerText(AbstractTextTransformer, ABC):
    """Tables of tokens and positions, their neurons, and Spikformer's blocks.

    Parameters
    ----------
    model : Blueprint
        Shape.
    card : Card
        The same as a table of layers.
    options : Options
        Switches.
    """

    causal: ClassVar[bool]
    """Whether a token sees itself and the tokens before it only."""

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__(model, card, options)
        where, width = model.where, model.width
        self.normal_weights = (LinearNorm, nn.Linear)
        self.embedding = EmbeddingNorm(where.vocabulary, where.positions or where.tokens, width)
        self.embedding_lif = self.make.population()
        self.block = nn.ModuleList(
            _block(width, model.heads, make=self.make, drop=drop, causal=self.causal)
            for drop in drop_rates(options.drop_path, model.depth)
        )
        self.head = nn.Linear(width, where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the tables fit."""
        check_tables(model)

    def encode(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return sums of spikes [T, B, N, D]."""
        x = fire(x, self.embedding, self.embedding_lif, context)
        if not context.plain:
            x = self._enter(x)  # token numbers have no floating type of their own; spikes do
        for block in self.block:
            x = block(x, context)
        return x


@final
class SpikformerText(AbstractSpikformerText):
    """Spikformer's blocks on sentences, mean over tokens, one class; not a published model.

    Parameters
    ----------
    model : Blueprint
        Shape.
    card : Card
        The same as a table of layers.
    options : Options
        Switches.
    """

    causal = False


@final
class SpikformerLM(AbstractSpikformerText):
    """Spikformer's blocks with causal attention, a token predicted at every place; not published.

    Attention is q_t summed over s <= t of k_s v_s^T, no softmax. Logits are [B, N, C] of `forward`
    and [T, B, N, C] of each step, C the vocabulary; those at padding mean nothing. They serve the
    next token as well as tasks whose answer stands beside each token.

    Parameters
    ----------
    model : Blueprint
        Shape.
    card : Card
        The same as a table of layers.
    options : Options
        Switches.

    Notes
    -----
    In evaluation mode a logit depends on its token and those before it. In training, as in every
    model with batch normalisation, the statistics of a batch are those of all its tokens.
    """

    causal = True
    pooling = Pooling.NONE
    shapes = AbstractTextTransformer.shapes - {"classes"}
