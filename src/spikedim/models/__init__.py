"""Spiking transformers at their official shapes: cards, built models, pretrained encoders."""

from spikedim.models._accelerate import accelerate, decelerate
from spikedim.models._build import build
from spikedim.models._code_rates import code_rates
from spikedim.models._family import Family, Switch, family, family_names
from spikedim.models._fuse import Fusion, fuse, fuse_convolutions
from spikedim.models._fusion_report import FusionReport, ParameterCount
from spikedim.models._recalibrate_norms import recalibrate_norms
from spikedim.models._synchronise_norms import synchronise_norms
from spikedim.models.cards import (
    Card,
    Coding,
    InputStatistics,
    LayerRow,
    Population,
    PublishedResult,
    Source,
    card,
    input_statistics,
    names,
)
from spikedim.models.decoders import (
    PrincipalRates,
    ProjectingDecoder,
    fit_decoders,
    principal_rates,
    with_decoders,
    with_shifted_readout,
    without_decoders,
)
from spikedim.models.families import (
    AbstractSpikingTransformer,
    BuildRequest,
    ModelRun,
    ModelTrace,
    Options,
    SpikeCount,
)
from spikedim.models.layers import (
    AbstractPopulation,
    PopulationTrace,
    RatePopulation,
    SpikingPopulation,
)
from spikedim.models.pretrained._pretrained import PretrainedTransformer, read_pretrained
from spikedim.models.pretrained._pretrained_config import PretrainedConfig
from spikedim.models.pretrained._spiking_softmax import SpikingSoftmaxTransformer, replace_softmax
from spikedim.models.pretrained._spiking_softmax_run import (
    EntropyBin,
    SoftmaxLayerRun,
    SpikingSoftmaxRun,
)
from spikedim.models.pretrained._token_batch import TokenBatch
from spikedim.models.weights import (
    AdaptedModel,
    ImportReport,
    PickleConversion,
    WeightsRecord,
    convert_pickle,
    import_state_dict,
    load_weights,
    open_model,
    read_snntorch,
    read_spikingjelly,
    save_weights,
)

__all__ = [
    "AbstractPopulation",
    "AbstractSpikingTransformer",
    "AdaptedModel",
    "BuildRequest",
    "Card",
    "Coding",
    "EntropyBin",
    "Family",
    "Fusion",
    "FusionReport",
    "ImportReport",
    "InputStatistics",
    "LayerRow",
    "ModelRun",
    "ModelTrace",
    "Options",
    "ParameterCount",
    "PickleConversion",
    "Population",
    "PopulationTrace",
    "PretrainedConfig",
    "PretrainedTransformer",
    "PrincipalRates",
    "ProjectingDecoder",
    "PublishedResult",
    "RatePopulation",
    "SoftmaxLayerRun",
    "Source",
    "SpikeCount",
    "SpikingPopulation",
    "SpikingSoftmaxRun",
    "SpikingSoftmaxTransformer",
    "Switch",
    "TokenBatch",
    "WeightsRecord",
    "accelerate",
    "build",
    "card",
    "code_rates",
    "convert_pickle",
    "decelerate",
    "family",
    "family_names",
    "fit_decoders",
    "fuse",
    "fuse_convolutions",
    "import_state_dict",
    "input_statistics",
    "load_weights",
    "names",
    "open_model",
    "principal_rates",
    "read_pretrained",
    "read_snntorch",
    "read_spikingjelly",
    "recalibrate_norms",
    "replace_softmax",
    "save_weights",
    "synchronise_norms",
    "with_decoders",
    "with_shifted_readout",
    "without_decoders",
]
