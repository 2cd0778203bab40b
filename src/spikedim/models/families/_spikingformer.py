"""Spikingformer (Zhou et al., 2023)."""

from typing import final

from torch import Tensor, nn

from spikedim.models.blocks import CurrentAttention, CurrentMLP, CurrentStem, EncoderBlock
from spikedim.models.cards import Blueprint, Card
from spikedim.models.families._changed_populations import with_pooled_populations
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_eighths, check_halvings
from spikedim.models.layers import ForwardPass, PopulationMaker, ProductOrder

__all__ = ["Spikingformer"]


def _block(
    model: Blueprint, options: Options, *, make: PopulationMaker, drop: float
) -> EncoderBlock:
    """Return attention and MLP, each with its residual of currents."""
    attn = CurrentAttention(
        model.width,
        model.heads,
        scale=0.125,
        order=ProductOrder.KEYS_VALUES if model.where.imagenet else ProductOrder.QUERIES_KEYS,
        make=make,
        drop=drop,
    )
    mlp = CurrentMLP(model.width, make=make, drop=drop)
    block = EncoderBlock(attn, mlp)
    if options.legacy_dead_parameters:
        block.norm1, block.norm2 = nn.LayerNorm(model.width), nn.LayerNorm(model.width)
    return block


@final
class Spikingformer(AbstractImageTransformer):
    """Neurons in front of every product but the first, residuals that add currents.

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
    Every product but ``stem.conv0`` and the head reads zeros and ones. With ``pool_first`` this is
    Spikingformer-CML [2]_.

    References
    ----------
    .. [1] C. Zhou et al., "Spikingformer: spike-driven residual learning for transformer-based
       spiking neural network", arXiv 2304.11954.
    .. [2] C. Zhou et al., "Enhancing the performance of transformer-based spiking neural networks
       by SNN-optimized downsampling with precise gradient backpropagation", arXiv 2305.05954.
    """

    switches = frozenset({"pool_first", "legacy_dead_parameters"})
    shapes = AbstractImageTransformer.shapes | {"width"}

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        if options.pool_first:
            pools = enumerate(model.where.stem_pool, start=1)
            card = with_pooled_populations(card, {f"stem.lif{n}" for n, pool in pools if pool})
        super().__init__(model, card, options)
        where = model.where
        self.stem = CurrentStem(
            where.channels,
            model.width,
            pools=where.stem_pool,
            make=self.make,
            pool_first=options.pool_first,
        )
        self.block = nn.ModuleList(
            _block(model, options, make=self.make, drop=drop)
            for drop in drop_rates(options.drop_path, model.depth)
        )
        self.head = nn.Linear(model.width, where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the tokenizer can halve the image and split the width."""
        check_halvings(model, sum(model.where.stem_pool))
        check_eighths(model)

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, N, D]."""
        x = self.stem(x, context).flatten(2, 3)
        for block in self.block:
            x = block(x, context)
        return x
