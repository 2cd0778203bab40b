"""Networks as functions of the rates of their populations."""

from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change
from spikedim.response.networks._check_inputs import (
    check_generator,
    check_inputs,
    check_rates,
    check_weights,
)
from spikedim.response.networks._circuit_network import CircuitNetwork
from spikedim.response.networks._fingerprints import fingerprint_tensor, fingerprint_weights
from spikedim.response.networks._frozen import frozen
from spikedim.response.networks._module_network import ModuleNetwork
from spikedim.response.networks._rate_network import NetworkLike, rate_network
from spikedim.response.networks._twin_network import TwinNetwork

__all__ = [
    "AbstractRateNetwork",
    "Change",
    "CircuitNetwork",
    "ModuleNetwork",
    "NetworkLike",
    "TwinNetwork",
    "check_generator",
    "check_inputs",
    "check_rates",
    "check_weights",
    "fingerprint_tensor",
    "fingerprint_weights",
    "frozen",
    "rate_network",
]
