"""Effective dimension of samples [S, D]: one spectrum, many estimators, each with an interval."""

from spikedim.dimension._all_estimates import all_estimates
from spikedim.dimension._certificate import certified_rank
from spikedim.dimension._covariance_spectrum import covariance_spectrum
from spikedim.dimension._effective_rank import effective_rank
from spikedim.dimension._estimate import CurvePoint, DimensionEstimate, LocalSpread
from spikedim.dimension._participation_ratio import participation_ratio
from spikedim.dimension._participation_ratio_corrected import participation_ratio_corrected
from spikedim.dimension._pca95 import pca95
from spikedim.dimension._ridge_dimension import ridge_dimension
from spikedim.dimension._sketch import CovarianceSketch
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum
from spikedim.dimension._stable_rank import stable_rank
from spikedim.dimension._two_nn import two_nn
from spikedim.dimension._water_filling_rank import water_filling_rank

__all__ = [
    "CovarianceSketch",
    "CurvePoint",
    "DimensionEstimate",
    "LocalSpread",
    "Spectrum",
    "SubsetSpectrum",
    "all_estimates",
    "certified_rank",
    "covariance_spectrum",
    "effective_rank",
    "participation_ratio",
    "participation_ratio_corrected",
    "pca95",
    "ridge_dimension",
    "stable_rank",
    "two_nn",
    "water_filling_rank",
]
