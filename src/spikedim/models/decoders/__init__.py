"""Decoders: estimates of rates from the spikes of a whole population."""

from spikedim.models.decoders._fit_decoders import fit_decoders, principal_rates
from spikedim.models.decoders._principal_rates import PrincipalRates
from spikedim.models.decoders._projecting_decoder import ProjectingDecoder
from spikedim.models.decoders._with_decoders import with_decoders, without_decoders
from spikedim.models.decoders._with_shifted_readout import with_shifted_readout

__all__ = [
    "PrincipalRates",
    "ProjectingDecoder",
    "fit_decoders",
    "principal_rates",
    "with_decoders",
    "with_shifted_readout",
    "without_decoders",
]
