"""Laws: how many time steps for which error, one file each, one interface."""

from spikedim.laws._law import AbstractLaw, Assumed, Cause, LawInputs, LawResult

__all__ = ["AbstractLaw", "Assumed", "Cause", "LawInputs", "LawResult"]
