"""Layers of every family: products with their normalisation, populations, residuals."""

from spikedim.models.layers._attention_product import (
    AbstractAttentionProduct,
    ProductOrder,
    SoftmaxProduct,
    SpikingProduct,
    join_heads,
    split_heads,
)
from spikedim.models.layers._batch_leak_population import BatchLeakPopulation
from spikedim.models.layers._embedding_norm import EmbeddingNorm
from spikedim.models.layers._fire import fire
from spikedim.models.layers._forward_pass import ForwardPass, PopulationTrace, States
from spikedim.models.layers._head_product import (
    AbstractHeadProduct,
    RateScaledProduct,
    SoftmaxWeights,
    WeightedSum,
)
from spikedim.models.layers._norm import affine, fold, normalise, remember
from spikedim.models.layers._pooling import max_pool
from spikedim.models.layers._population import (
    AbstractPopulation,
    OrdinaryPopulation,
    RatePopulation,
    SpikingPopulation,
)
from spikedim.models.layers._population_maker import PopulationMaker
from spikedim.models.layers._product import AbstractProduct, ConvNorm, LinearNorm
from spikedim.models.layers._rate_code import code_named, needs_generator, send_rates
from spikedim.models.layers._real_operations import (
    AbstractRealOperation,
    RealGELU,
    RealLayerNorm,
    RealLinear,
    RealSoftmax,
)
from spikedim.models.layers._residual import add_branch
from spikedim.models.layers._residual_norm import ResidualNorm
from spikedim.models.layers._running_rate import RunningRate
from spikedim.models.layers._warm_up import warm_up_kernels

__all__ = [
    "AbstractAttentionProduct",
    "AbstractHeadProduct",
    "AbstractPopulation",
    "AbstractProduct",
    "AbstractRealOperation",
    "BatchLeakPopulation",
    "ConvNorm",
    "EmbeddingNorm",
    "ForwardPass",
    "LinearNorm",
    "OrdinaryPopulation",
    "PopulationMaker",
    "PopulationTrace",
    "ProductOrder",
    "RatePopulation",
    "RateScaledProduct",
    "RealGELU",
    "RealLayerNorm",
    "RealLinear",
    "RealSoftmax",
    "ResidualNorm",
    "RunningRate",
    "SoftmaxProduct",
    "SoftmaxWeights",
    "SpikingPopulation",
    "SpikingProduct",
    "States",
    "WeightedSum",
    "add_branch",
    "affine",
    "code_named",
    "fire",
    "fold",
    "join_heads",
    "max_pool",
    "needs_generator",
    "normalise",
    "remember",
    "send_rates",
    "split_heads",
    "warm_up_kernels",
]
