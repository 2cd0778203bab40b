"""Weights in files and under other packages' names."""

from spikedim.models.weights._import_report import ImportReport
from spikedim.models.weights._import_state_dict import import_state_dict

__all__ = ["ImportReport", "import_state_dict"]
