"""Effective dimension of samples [S, D]: one spectrum, many estimators, each with an interval."""

from spikedim.dimension._covariance_spectrum import covariance_spectrum
from spikedim.dimension._estimate import CurvePoint, DimensionEstimate, LocalSpread
from spikedim.dimension._participation_ratio import participation_ratio
from spikedim.dimension._pca95 import pca95
from spikedim.dimension._sketch import CovarianceSketch
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum

__all__ = [
    "CovarianceSketch",
    "CurvePoint",
    "DimensionEstimate",
    "LocalSpread",
    "Spectrum",
    "SubsetSpectrum",
    "covariance_spectrum",
    "participation_ratio",
    "pca95",
]
