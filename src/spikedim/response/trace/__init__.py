"""The trace K: how far spike noise moves the outputs, by population."""

from spikedim.response.trace._coherent_error import CoherentError, coherent_error
from spikedim.response.trace._response_trace import response_trace
from spikedim.response.trace._squared_target import squared_target
from spikedim.response.trace._trace_result import PopulationResponse, ResponseTrace

__all__ = [
    "CoherentError",
    "PopulationResponse",
    "ResponseTrace",
    "coherent_error",
    "response_trace",
    "squared_target",
]
