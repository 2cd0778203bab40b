"""Spikformer (Zhou et al., ICLR 2023)."""

from dataclasses import replace
from typing import final

import torch
from torch import Tensor, nn

from spikedim.models.blocks import EncoderBlock, SpikingMLP, SpikingSelfAttention, SpikingStem
from spikedim.models.cards import Blueprint, Card
from spikedim.models.families._changed_populations import with_pooled_populations
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_eighths, check_halvings
from spikedim.models.layers import ForwardPass, LinearNorm, PopulationMaker, ProductOrder

__all__ = ["Spikformer"]


def _is_linear_form(model: Blueprint) -> bool:
    """Say whether the released code writes the products of this data set as linear layers."""
    return model.where.static and not model.where.imagenet


def _block(
    model: Blueprint, options: Options, *, make: PopulationMaker, drop: float
) -> EncoderBlock:
    """Return attention and MLP, each with its residual."""
    bias = options.product_bias
    attn = SpikingSelfAttention(
        model.width,
        model.heads,
        scale=0.125 if model.where.static else 0.25,
        order=ProductOrder.KEYS_VALUES if model.where.imagenet else ProductOrder.QUERIES_KEYS,
        make=make,
        bias=_is_linear_form(model) if bias is None else bias,
        output_bias=bias is not False,
        drop=drop,
    )
    mlp = SpikingMLP(model.width, make=make, bias=bias is not False, drop=drop)
    block = EncoderBlock(attn, mlp)
    if options.legacy_dead_parameters:
        block.norm1, block.norm2 = nn.LayerNorm(model.width), nn.LayerNorm(model.width)
    return block


@final
class Spikformer(AbstractImageTransformer):
    """Five-convolution stem, blocks of spiking self-attention, residuals that add spikes.

    Parameters
    ----------
    model : Blueprint
        Shape.
    card : Card
        The same as a table of layers.
    options : Options
        Switches.

    References
    ----------
    .. [1] Z. Zhou et al., "Spikformer: when spiking neural network meets transformer", ICLR 2023.
    """

    switches = frozenset({"pool_first", "product_bias", "legacy_dead_parameters"})
    shapes = AbstractImageTransformer.shapes | {"width"}

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        if options.pool_first:
            pools = enumerate(model.where.stem_pool)
            card = with_pooled_populations(card, {f"stem.lif{n}" for n, pool in pools if pool})
        if options.product_bias is not None:
            card = _with_product_bias(card, bias=options.product_bias)
        super().__init__(model, card, options)
        where = model.where
        if _is_linear_form(model):
            self.normal_weights = (LinearNorm, nn.Linear)
        self.stem = SpikingStem(
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
        if options.legacy_dead_parameters and not where.static:
            self.pos_embed = nn.Parameter(torch.zeros(1, card.tokens, model.width))
            self.norm = nn.LayerNorm(model.width)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the stem can halve the image and split the width."""
        check_halvings(model, sum(model.where.stem_pool))
        check_eighths(model)

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return sums of spikes [T, B, N, D]."""
        x = self.stem(x, context).flatten(2, 3)
        for block in self.block:
            x = block(x, context)
        return x


def _with_product_bias(card: Card, *, bias: bool) -> Card:
    """Return the card whose products inside the blocks all have a bias, or none."""
    rows = []
    for row in card.layers:
        if row.name.startswith("block.") and row.kind == "linear":
            weights, features = row.macs // card.tokens, row.norm_parameters // 2
            row = replace(row, parameters=weights + row.norm_parameters + bias * features)
        rows.append(row)
    return replace(card, layers=tuple(rows))
