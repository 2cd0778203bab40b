"""QKFormer (Zhou et al., NeurIPS 2024)."""

from typing import final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models.blocks import (
    EncoderBlock,
    QKAxis,
    QueryKeyAttention,
    SkipEmbedding,
    SpikingMLP,
    SpikingSelfAttention,
)
from spikedim.models.cards import Blueprint, Card, QKFormerShape, qkformer_shape
from spikedim.models.families._changed_populations import with_populations
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._image_transformer import AbstractImageTransformer
from spikedim.models.families._options import Options
from spikedim.models.families._transformer import check_eighths, check_halvings
from spikedim.models.layers import ForwardPass, PopulationMaker, ProductOrder

__all__ = ["QKFormer"]


def _block(
    width: int,
    heads: int,
    *,
    last: bool,
    ratio: int,
    options: Options,
    make: PopulationMaker,
    drop: float,
) -> EncoderBlock:
    """Return attention and MLP, each with its residual; self-attention in the last stage."""
    attn = (
        SpikingSelfAttention(
            width,
            heads,
            scale=0.125,
            order=ProductOrder.KEYS_VALUES,
            make=make,
            drop=drop,
            batch_leak=options.legacy_batch_leak,
        )
        if last
        else QueryKeyAttention(width, heads, make=make, axis=QKAxis(options.qk_axis), drop=drop)
    )
    mlp = SpikingMLP(width, make=make, ratio=ratio, drop=drop)
    return EncoderBlock(attn, mlp)


@final
class _Stage(nn.Module):
    """An embedding, and blocks on its tokens."""

    def __init__(self, embed: SkipEmbedding, blocks: list[EncoderBlock]) -> None:
        super().__init__()
        self.embed = embed
        self.block = nn.ModuleList(blocks)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return sums of spikes [T, B, H', W', D'] of maps [T or 1, B, H, W, D]."""
        maps: Tensor = self.embed(x, context)
        tokens = maps.flatten(2, 3)
        for block in self.block:
            tokens = block(tokens, context)
        return tokens.reshape(maps.shape)


@final
class QKFormer(AbstractImageTransformer):
    """Stages of spikes: query-key attention on many tokens, self-attention on few.

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
    In the released code the last neurons of the last stage's attention take steps and samples for
    one sequence, so a prediction depends on the batch it is made in. Published accuracies hold only
    with that fault; ``legacy_batch_leak`` restores it.

    Its effect, measured on ``qkformer-4-384/cifar10`` at width 128, T = 4, with random weights of
    five seeds and normalisations that have seen data: in batches of 2, 4 or 16 the logit that moves
    most moves by .02 on average, where logits of different images have a deviation of .017; 5 % and
    16 % of the spikes of the two populations change. Alone, a sample is right.

    References
    ----------
    .. [1] C. Zhou et al., "QKFormer: hierarchical spiking transformer using Q-K attention",
       NeurIPS 2024.
    """

    switches = frozenset({"qk_axis", "legacy_batch_leak"})
    shapes = AbstractImageTransformer.shapes | {"width"}

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        _check_switches(model, options)
        if options.qk_axis == QKAxis.CHANNEL:
            card = _with_channel_masks(card)
        super().__init__(model, card, options)
        shape = qkformer_shape(model)
        drops = iter(drop_rates(options.drop_path, model.depth))
        self.leaks = options.legacy_batch_leak
        self.stage = nn.ModuleDict()
        for index, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
            blocks = [
                _block(
                    width,
                    model.heads,
                    last=index == len(shape.widths) - 1,
                    ratio=shape.ratio,
                    options=options,
                    make=self.make,
                    drop=next(drops),
                )
                for _ in range(depth)
            ]
            embed = _embedding(model, shape, index, make=self.make)
            self.stage[str(index + 1)] = _Stage(embed, blocks)
        self.head = nn.Linear(model.width, model.where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless embeddings and heads fit, and every stage has a block."""
        shape, static = qkformer_shape(model), model.where.static
        if shape.depths[-1] < 1:
            raise InputError(
                f"build: `depth` must be at least {sum(shape.depths[:-1]) + 1}, since the stages "
                f"before the last have {sum(shape.depths[:-1])} blocks; got {model.depth}."
            )
        check_halvings(model, 4 if shape.early_pool or not static else 2)
        check_eighths(model, 8 if static else 16)
        if shape.widths[0] % model.heads:
            raise InputError(
                f"build: `heads` must divide the {shape.widths[0]} features of the first stage; "
                f"got {model.heads}."
            )

    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return sums of spikes [T, B, N, D]."""
        if self.leaks and context.states:
            raise InputError(
                "forward: `states` must be absent with legacy_batch_leak, whose neurons run on "
                "from sample to sample; got states. Run all steps in one call."
            )
        for stage in self.stage.values():
            x = stage(x, context)
        return x.flatten(2, 3)


def _embedding(
    model: Blueprint, shape: QKFormerShape, index: int, *, make: PopulationMaker
) -> SkipEmbedding:
    """Make the embedding in front of a stage."""
    e, channels = shape.widths[index], model.where.channels
    if index:
        halves = (True, False) if shape.early_pool else (False, True)
        return SkipEmbedding((e // 2, e, e), pools=halves, skipped=2, make=make, first=1)
    if not model.where.static:
        eighths = (channels, e // 8, e // 4, e // 2, e)
        return SkipEmbedding(eighths, pools=(False, True, True, True), skipped=2, make=make)
    if shape.early_pool:
        widths = (channels, e // 2, e, e)
        return SkipEmbedding(widths, pools=(True, True, False), skipped=2, make=make)
    return SkipEmbedding((channels, e // 2, e), pools=(False, False), skipped=1, make=make)


def _check_switches(model: Blueprint, options: Options) -> None:
    """Raise `InputError` for switches of what a network without spikes does not have."""
    if model.coding.spiking:
        return
    for name, default in (("qk_axis", QKAxis.TOKEN), ("legacy_batch_leak", False)):
        value = getattr(options, name)
        if value != default:
            raise InputError(
                f"build: `{name}` must be absent for {model.coding.network}, which has neither "
                f"masks nor membranes; got {value!r}."
            )


def _with_channel_masks(card: Card) -> Card:
    """Return the card with one neuron for each feature in the place of each token and head."""
    features = {p.name: p.features for p in card.populations}
    masked = [row.name.removesuffix(".mask") for row in card.layers if row.name.endswith(".mask")]
    changed = {f"{attn}.attn_lif": (1, features[f"{attn}.k_lif"]) for attn in masked}
    return with_populations(card, changed)
