"""Effective dimension of samples [S, D]: one spectrum, many estimators, each with an interval."""

from spikedim.dimension._estimate import CurvePoint, DimensionEstimate, LocalSpread
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum

__all__ = ["CurvePoint", "DimensionEstimate", "LocalSpread", "Spectrum", "SubsetSpectrum"]
