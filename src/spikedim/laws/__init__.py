"""Laws: how many time steps for which error, one file each, one interface."""

from spikedim.laws._accuracy import Accuracy
from spikedim.laws._all_laws import all_laws, network_laws, waiting_laws
from spikedim.laws._causes import FIRING_RATE, combine
from spikedim.laws._curve import curve
from spikedim.laws._empirical import Empirical
from spikedim.laws._empirical_curve import EmpiricalCurve
from spikedim.laws._empirical_curve_of import empirical_curve
from spikedim.laws._epsilon_at import epsilon_at
from spikedim.laws._evaluate import evaluate, whole_steps
from spikedim.laws._inputs import Assumed, LawInputs
from spikedim.laws._law import AbstractLaw
from spikedim.laws._network_law import RATE_CODED_SCOPE
from spikedim.laws._output_error import output_epsilon, squared_output_error
from spikedim.laws._reconstructed import Reconstructed
from spikedim.laws._reconstructed_network import ReconstructedNetwork
from spikedim.laws._reconstructed_no_rate import ReconstructedNoRate
from spikedim.laws._reconstructed_rule import (
    PUBLISHED_CONSTANT,
    PUBLISHED_CONSTANT_INTERVAL,
    reconstructed_epsilon,
    reconstructed_steps,
    subspace_constant,
)
from spikedim.laws._response import Response
from spikedim.laws._result import Cause, LawCurve, LawResult
from spikedim.laws._subspace import Subspace, subspace_steps
from spikedim.laws._target import LawTarget
from spikedim.laws._vacuous import is_trivial, vacuous_warnings
from spikedim.laws._wiener import Wiener, wiener_error, wiener_steps

__all__ = [
    "FIRING_RATE",
    "PUBLISHED_CONSTANT",
    "PUBLISHED_CONSTANT_INTERVAL",
    "RATE_CODED_SCOPE",
    "AbstractLaw",
    "Accuracy",
    "Assumed",
    "Cause",
    "Empirical",
    "EmpiricalCurve",
    "LawCurve",
    "LawInputs",
    "LawResult",
    "LawTarget",
    "Reconstructed",
    "ReconstructedNetwork",
    "ReconstructedNoRate",
    "Response",
    "Subspace",
    "Wiener",
    "all_laws",
    "combine",
    "curve",
    "empirical_curve",
    "epsilon_at",
    "evaluate",
    "is_trivial",
    "network_laws",
    "output_epsilon",
    "reconstructed_epsilon",
    "reconstructed_steps",
    "squared_output_error",
    "subspace_constant",
    "subspace_steps",
    "vacuous_warnings",
    "waiting_laws",
    "whole_steps",
    "wiener_error",
    "wiener_steps",
]
