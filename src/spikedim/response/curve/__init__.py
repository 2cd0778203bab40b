"""Error and accuracy at every T, from the trace and a few simulated points."""

from spikedim.response.curve._curve_of_network import response_curve
from spikedim.response.curve._curve_variant import CurveVariant
from spikedim.response.curve._response_curve import (
    CurveAnswer,
    CurveCheck,
    CurvePoint,
    ResponseCurve,
)

__all__ = [
    "CurveAnswer",
    "CurveCheck",
    "CurvePoint",
    "CurveVariant",
    "ResponseCurve",
    "response_curve",
]
