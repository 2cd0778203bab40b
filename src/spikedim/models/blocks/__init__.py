"""Blocks of the published architectures: stems, attention, MLPs."""

from spikedim.models.blocks._bert_attention import BertAttention
from spikedim.models.blocks._bert_embedding import BertEmbedding
from spikedim.models.blocks._bert_mlp import BertMLP
from spikedim.models.blocks._conv_block import ConvBlock
from spikedim.models.blocks._current_attention import CurrentAttention
from spikedim.models.blocks._current_mlp import CurrentMLP
from spikedim.models.blocks._current_stem import CurrentStem
from spikedim.models.blocks._downsampling import Downsampling
from spikedim.models.blocks._dual_spike_attention import DualSpikeAttention
from spikedim.models.blocks._encoder_block import EncoderBlock
from spikedim.models.blocks._groupwise_mlp import GroupwiseMLP
from spikedim.models.blocks._query_key_attention import QKAxis, QueryKeyAttention
from spikedim.models.blocks._rep_conv import RepConv
from spikedim.models.blocks._rep_conv_attention import RepConvAttention
from spikedim.models.blocks._skip_embedding import SkipEmbedding
from spikedim.models.blocks._spike_driven_attention import SpikeDrivenAttention
from spikedim.models.blocks._spike_driven_stem import SpikeDrivenStem
from spikedim.models.blocks._spiking_attention import SpikingSelfAttention
from spikedim.models.blocks._spiking_mlp import SpikingMLP
from spikedim.models.blocks._spiking_stem import SpikingStem

__all__ = [
    "BertAttention",
    "BertEmbedding",
    "BertMLP",
    "ConvBlock",
    "CurrentAttention",
    "CurrentMLP",
    "CurrentStem",
    "Downsampling",
    "DualSpikeAttention",
    "EncoderBlock",
    "GroupwiseMLP",
    "QKAxis",
    "QueryKeyAttention",
    "RepConv",
    "RepConvAttention",
    "SkipEmbedding",
    "SpikeDrivenAttention",
    "SpikeDrivenStem",
    "SpikingMLP",
    "SpikingSelfAttention",
    "SpikingStem",
]
