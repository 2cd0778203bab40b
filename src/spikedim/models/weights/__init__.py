"""Weights in files and under other packages' names."""

from spikedim.models.weights._adapted_model import AdaptedModel
from spikedim.models.weights._convert_pickle import convert_pickle
from spikedim.models.weights._import_report import ImportReport
from spikedim.models.weights._import_state_dict import import_state_dict
from spikedim.models.weights._load_weights import load_weights, open_model
from spikedim.models.weights._pickle_conversion import PickleConversion
from spikedim.models.weights._read_snntorch import read_snntorch
from spikedim.models.weights._read_spikingjelly import read_spikingjelly
from spikedim.models.weights._save_weights import save_weights
from spikedim.models.weights._weights_record import WeightsRecord

__all__ = [
    "AdaptedModel",
    "ImportReport",
    "PickleConversion",
    "WeightsRecord",
    "convert_pickle",
    "import_state_dict",
    "load_weights",
    "open_model",
    "read_snntorch",
    "read_spikingjelly",
    "save_weights",
]
