"""Spike-driven Transformer, version 1 (Yao et al., NeurIPS 2023)."""

from typing import final

from torch import Tensor, nn

from spikedim.models.blocks import CurrentMLP, EncoderBlock, SpikeDrivenAttention, SpikeDrivenStem
from spikedim.models.cards import Blueprint, Card
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_eighths, check_halvings
from spikedim.models.layers import ConvNorm, ForwardPass, LinearNorm, PopulationMaker

__all__ = ["SpikeDrivenTransformer"]


def _block(
    model: Blueprint, options: Options, *, make: PopulationMaker, drop: float
) -> EncoderBlock:
    """Return attention and MLP, each with its residual of currents."""
    width, heads = model.width, model.heads
    # Event forms dilate; the released switch for it is on for event data only.
    attn = SpikeDrivenAttention(width, heads, make=make, pool=not model.where.static, drop=drop)
    mlp = CurrentMLP(width, make=make, drop=drop)
    if options.legacy_dead_parameters:
        attn.talking_heads = LinearNorm(heads, heads, norm=False)
    return EncoderBlock(attn, mlp)


@final
class SpikeDrivenTransformer(AbstractImageTransformer):
    """Attention of masks and sums, residuals of currents, spikes in front of the classifier.

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
    .. [1] M. Yao et al., "Spike-driven Transformer", NeurIPS 2023.
    """

    switches = frozenset({"legacy_dead_parameters"})
    shapes = AbstractImageTransformer.shapes | {"width"}

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__(model, card, options)
        where = model.where
        self.normal_weights = (LinearNorm, ConvNorm)
        self.stem = SpikeDrivenStem(
            where.channels, model.width, pools=where.stem_pool, make=self.make
        )
        self.block = nn.ModuleList(
            _block(model, options, make=self.make, drop=drop)
            for drop in drop_rates(options.drop_path, model.depth)
        )
        self.head_lif = self.make.population()
        self.head = nn.Linear(model.width, where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the stem can halve the image and split the width."""
        check_halvings(model, sum(model.where.stem_pool))
        check_eighths(model)

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, N, D]."""
        x = self.stem(x, context)
        for block in self.block:
            x = block(x, context)
        return x.flatten(2, 3)
