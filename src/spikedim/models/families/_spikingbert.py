"""SpikingBERT (AAAI 2024)."""

from typing import final

from torch import Tensor, nn

from spikedim.models.blocks import BertAttention, BertEmbedding, BertMLP
from spikedim.models.cards import Blueprint, Card
from spikedim.models.families._depth import drop_rates
from spikedim.models.families._options import Options
from spikedim.models.families._pooling import Pooling
from spikedim.models.families._text_transformer import AbstractTextTransformer, check_tables
from spikedim.models.layers import ForwardPass, PopulationMaker
from spikedim.neurons import LIFParameters, Reset

__all__ = ["SpikingBERT"]

_BERT_EPSILON = 1e-12
# A narrow layer can be silent at a step; BERT's epsilon would multiply its gradient by a million.
_OWN_EPSILON = 1e-2


@final
class _Encoder(nn.Module):
    """Attention and MLP, six spiking layers."""

    def __init__(
        self, model: Blueprint, *, make: PopulationMaker, epsilon: float, drop: float
    ) -> None:
        super().__init__()
        self.attn = BertAttention(model.width, model.heads, make=make, epsilon=epsilon, drop=drop)
        self.mlp = BertMLP(model.width, make=make, epsilon=epsilon, drop=drop)

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, N, D]."""
        attended: Tensor = self.attn(x, context)
        out: Tensor = self.mlp(attended, context)
        return out


@final
class SpikingBERT(AbstractTextTransformer):
    """BERT encoders whose layers are integrate-and-fire neurons; the first token is classified.

    Neurons sum what they get without leak, fire at 1 and keep the overshoot; the embedding is a
    constant current. Query, softmax, layer normalisation and GELU stay real (`non_spiking`).
    The prediction is the classifier of the first token's average spiking rate, which is the mean
    of the classified spikes of each step; the rectifier of the paper does nothing to a rate.

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
    Gradients are those of a surrogate through all steps. The paper trains in another way, by
    implicit differentiation at the steady state a = clip(f(a), 0, 1) and distillation from BERT:
    neither is implemented; the rate-coded twin computes that steady state. The ordinary network
    is BERT, with GELU for its only activation.

    Weights start uniform within 1 / sqrt(fan-in): at width 768 as wide as the released normal
    ones (0.021 against 0.02), and a current of the same size at every width. In the published
    sizes a token behind the first separator, number 102, is of the second sentence. Epsilon of
    the layer normalisations is BERT's 1e-12 in the published sizes and 0.01 behind the residuals
    of the others: a token that is silent at a step multiplies gradients by 1 / sqrt(epsilon).
    Its real operations keep the type of the weights, so that bfloat16 inside changes nothing.

    References
    ----------
    .. [1] M. Bal and A. Sengupta, "SpikingBERT: distilling BERT to train spiking language models
       using implicit differentiation", AAAI 2024.
    """

    switches = frozenset({"legacy_dead_parameters"})
    pooling = Pooling.FIRST
    neuron = LIFParameters(leak=1.0, threshold=1.0, reset=Reset.SOFT_CARRIED)

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__(model, card, options)
        where, width = model.where, model.width
        self.normal_weights = ()
        epsilon = _OWN_EPSILON if where.separator is None else _BERT_EPSILON
        self.embedding = BertEmbedding(
            where.vocabulary,
            where.positions or where.tokens,
            width,
            epsilon=_BERT_EPSILON,
            separator=where.separator,
        )
        self.embedding_lif = self.make.population(rectified=False)
        self.encoder = nn.ModuleList(
            _Encoder(model, make=self.make, epsilon=epsilon, drop=drop)
            for drop in drop_rates(options.drop_path, model.depth)
        )
        if options.legacy_dead_parameters:
            self.unused = nn.ModuleDict(
                {
                    row.name.partition(".")[2]: nn.Linear(
                        width, width, bias=row.dead_parameters > width**2
                    )
                    for row in card.layers
                    if row.dead_parameters
                }
            )
        self.head = nn.Linear(width, where.classes)

    @classmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the tables fit."""
        check_tables(model)

    def encode(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return spikes [T, B, N, D]."""
        x = self.embedding_lif(self.embedding(x), context)
        for encoder in self.encoder:
            x = encoder(x, context)
        return x
