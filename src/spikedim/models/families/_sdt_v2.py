"""Spike-driven Transformer, version 2 / Meta-SpikeFormer (Yao et al., ICLR 2024)."""

from collections.abc import Iterator
from typing import final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models.blocks import (
    ConvBlock,
    CurrentMLP,
    Downsampling,
    EncoderBlock,
    RepConvAttention,
)
from spikedim.models.cards import Blueprint, Card, MetaStage, meta_stages
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_halvings
from spikedim.models.layers import ConvNorm, ForwardPass, PopulationMaker

__all__ = ["MetaSpikeFormer"]

# At .125 the few tokens and features of these leave attention silent; each silent attention then
# multiplies gradients by 1 / sqrt(epsilon) of three normalisations.
_OWN_SCALE = 0.5


def _attention_block(
    width: int, model: Blueprint, *, make: PopulationMaker, drop: float
) -> EncoderBlock:
    """Return attention and MLP, each with its residual of currents."""
    small = model.size.startswith("xs")
    attn = RepConvAttention(
        width,
        model.heads,
        scale=_OWN_SCALE if small else 0.125,
        make=make,
        dense=model.size.endswith("-fused"),
        drop=drop,
    )
    mlp = CurrentMLP(width, make=make, drop=drop)
    return EncoderBlock(attn, mlp)


@final
class _Stage(nn.Module):
    """A down-sampling, behind neurons but for the one that reads the image, and its blocks."""

    def __init__(
        self, stage: MetaStage, model: Blueprint, *, make: PopulationMaker, drops: Iterator[float]
    ) -> None:
        super().__init__()
        c_in, c_out, stride = stage.c_in, stage.c_out, stage.stride
        self.down: nn.Module
        if stage.reads_image:
            self.down = ConvNorm(c_in, c_out, kernel=7, stride=stride, bias=True)
        else:
            self.down = Downsampling(c_in, c_out, make=make, stride=stride, bias=True)
        self.block = nn.ModuleList(
            _attention_block(c_out, model, make=make, drop=next(drops))
            if stage.attends
            else ConvBlock(c_out, make=make)
            for _ in range(stage.blocks)
        )

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, H, W, D]."""
        x = self.down(x, context)
        for block in self.block:
            x = block(x, context)
        return x


@final
class MetaSpikeFormer(AbstractImageTransformer):
    """Three convolutional stages, two of spike-driven attention, residuals of currents.

    Parameters
    ----------
    model : Blueprint
        Shape; a size ending in ``-fused`` has dense convolutions in the place of `RepConv`.
    card : Card
        The same as a table of layers.
    options : Options
        Switches; stochastic depth drops branches of the attention blocks only, as declared there.

    Notes
    -----
    Attention is scaled by .125 in the published sizes and by .5 in ours. A published size on a
    small `side` has too few tokens for .125: its attention is silent at first, and gradients
    explode in the normalisations behind it.

    References
    ----------
    .. [1] M. Yao et al., "Spike-driven Transformer V2: Meta Spiking Neural Network Architecture
       Inspiring the Design of Next-generation Neuromorphic Chips", ICLR 2024.
    """

    shapes = AbstractImageTransformer.shapes - {"depth"}

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__(model, card, options)
        drops = iter(drop_rates(options.drop_path, model.depth))
        self.stage = nn.ModuleList(
            _Stage(stage, model, make=self.make, drops=drops) for stage in meta_stages(model)
        )
        self.head_lif = self.make.population()
        self.head = nn.Linear(model.width, model.where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the stages can halve the image and split into the heads."""
        stages = meta_stages(model)
        check_halvings(model, sum(stage.stride == 2 for stage in stages))
        for stage in stages:
            if stage.attends and stage.c_out % model.heads:
                raise InputError(
                    f"build: `heads` must divide the width of both stages that attend, "
                    f"{' and '.join(str(s.c_out) for s in stages if s.attends)}; "
                    f"got {model.heads}. Choose 2, 4 or 8."
                )

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return currents [T, B, N, D]."""
        for stage in self.stage:
            x = stage(x, context)
        return x.flatten(2, 3)
