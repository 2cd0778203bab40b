from . import bounds as bounds
from . import circuits as circuits
from . import data as data
from . import dimension as dimension
from . import energy as energy
from . import laws as laws
from . import models as models
from . import neurons as neurons
from . import planning as planning
from . import report as report
from .bounds import Epsilon as Epsilon
from .data import open_samples as open_samples
from .dimension import DimensionEstimate as DimensionEstimate
from .dimension import Spectrum as Spectrum
from .dimension import covariance_spectrum as covariance_spectrum
from .dimension import participation_ratio as participation_ratio
from .dimension import pca95 as pca95
from .planning import Plan as Plan
from .planning import plan as plan

__version__: str
