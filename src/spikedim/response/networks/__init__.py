"""Networks as functions of the rates of their populations."""

from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change
from spikedim.response.networks._module_network import ModuleNetwork
from spikedim.response.networks._rate_network import rate_network
from spikedim.response.networks._twin_network import TwinNetwork

__all__ = ["AbstractRateNetwork", "Change", "ModuleNetwork", "TwinNetwork", "rate_network"]
