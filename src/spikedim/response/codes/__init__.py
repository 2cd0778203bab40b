"""Codes: what a number of steps makes of a rate, and the noise that it leaves."""

from spikedim.response.codes._check_steps import check_each_steps, check_steps
from spikedim.response.codes._noise import noise_exponent, noise_variance
from spikedim.response.codes._rounding import rounding_error

__all__ = [
    "check_each_steps",
    "check_steps",
    "noise_exponent",
    "noise_variance",
    "rounding_error",
]
