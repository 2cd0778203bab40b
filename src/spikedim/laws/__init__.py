"""Laws: how many time steps for which error, one file each, one interface."""

from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._result import Cause, LawCurve, LawResult

__all__ = ["AbstractLaw", "Assumed", "Cause", "LawCurve", "LawInputs", "LawResult"]
