"""SpikingResformer (Shi et al., CVPR 2024)."""

from dataclasses import replace
from math import gcd
from typing import final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models.blocks import Downsampling, DualSpikeAttention, EncoderBlock, GroupwiseMLP
from spikedim.models.cards import Blueprint, Card, ResformerStage, resformer_stages
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_halvings
from spikedim.models.layers import ConvNorm, ForwardPass, LinearNorm, PopulationMaker, max_pool
from spikedim.neurons import ATanSurrogate

__all__ = ["SpikingResformer"]


def _block(stage: ResformerStage, *, make: PopulationMaker, drop: float) -> EncoderBlock:
    """Return attention and MLP, each with its residual of currents."""
    attn = DualSpikeAttention(stage.width, stage.heads, patch=stage.patch, make=make, drop=drop)
    mlp = GroupwiseMLP(stage.width, group=stage.group, make=make, drop=drop)
    return EncoderBlock(attn, mlp)


@final
class _Stage(nn.Module):
    """Blocks of one width, behind a convolution that halves the map of the stage before."""

    def __init__(
        self,
        stage: ResformerStage,
        before: int | None,
        *,
        make: PopulationMaker,
        drops: tuple[float, ...],
    ) -> None:
        super().__init__()
        self.down = None if before is None else Downsampling(before, stage.width, make=make)
        self.block = nn.ModuleList(_block(stage, make=make, drop=drop) for drop in drops)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents, maps [T, B, H, W, D]."""
        if self.down is not None:
            x = self.down(x, context)
        for block in self.block:
            x = block(x, context)
        return x


@final
class SpikingResformer(AbstractImageTransformer):
    """Three stages of dual spike self-attention and group-wise MLPs, residuals of currents.

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
    Every product but the stem and the head reads zeros and ones. Attention is scaled by firing
    rates that training remembers, as it remembers means and variances; before any training they
    are a constant, and `recalibrate_norms` measures them too. The form for gestures learns the
    leak of each population; a neuron that is passed to `build` is where it starts.

    References
    ----------
    .. [1] X. Shi, Z. Hao, Z. Yu, "SpikingResformer: bridging ResNet and vision transformer in
       spiking neural networks", CVPR 2024.
    """

    shapes = AbstractImageTransformer.shapes - {"depth"}
    surrogate = ATanSurrogate()

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__(model, card, options)
        where, stages = model.where, resformer_stages(model)
        self.normal_weights = (LinearNorm, ConvNorm, nn.Linear)
        make = replace(self.make, learnable_leak=not where.static)
        self.wide_stem = where.imagenet
        kernel, stride = (7, 2) if self.wide_stem else (3, 1)
        self.stem = ConvNorm(where.channels, stages[0].width, kernel=kernel, stride=stride)
        drops = iter(drop_rates(options.drop_path, model.depth))
        self.stage = nn.ModuleList(
            _Stage(
                stage,
                stages[index - 1].width if index else None,
                make=make,
                drops=tuple(next(drops) for _ in range(stage.pairs)),
            )
            for index, stage in enumerate(stages)
        )
        self.head = nn.Linear(model.width, where.classes, bias=False)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless patches fit the maps and heads are shared out evenly."""
        # Two halvings leave as much room as the patches 4, 2, 1 of the three stages need.
        check_halvings(model, 4 if model.where.imagenet else 2)
        widths = [stage.width for stage in resformer_stages(model)]
        least = model.width // gcd(*widths)
        if model.heads % least:
            near = model.heads // least * least or least
            raise InputError(
                f"build: `heads` must be a multiple of {least}, so that the stages of widths "
                f"{', '.join(str(width) for width in widths)} have heads of one width; "
                f"got {model.heads}. Use {near}."
            )

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, N, D]."""
        x = self.stem(x, context)
        if self.wide_stem:
            x = max_pool(x)
        for stage in self.stage:
            x = stage(x, context)
        return x.flatten(2, 3)
