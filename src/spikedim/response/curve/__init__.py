"""Error and accuracy at every T, from the trace and two cheap simulated points."""

from spikedim.response.curve._response_curve import CurvePoint, CurveVariant, ResponseCurve

__all__ = ["CurvePoint", "CurveVariant", "ResponseCurve"]
