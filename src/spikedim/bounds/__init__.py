"""Theorems as functions: plain numbers in, a `Bound` with its assumptions out."""

from spikedim.bounds._bernoulli_code import bernoulli_spikes, bernoulli_steps
from spikedim.bounds._bernstein import bernstein_steps
from spikedim.bounds._bernstein_windows import (
    rate_code_sufficient_spikes,
    rate_code_sufficient_steps,
)
from spikedim.bounds._binary_code import binary_code_spikes, binary_code_steps
from spikedim.bounds._bound import Assumption, Bound, BoundKind, Entries
from spikedim.bounds._epsilon import Epsilon, EpsilonKind
from spikedim.bounds._gaussian_information import gaussian_information_bits
from spikedim.bounds._hoeffding import hoeffding_steps
from spikedim.bounds._ladder import ladder
from spikedim.bounds._latency_code import latency_spikes, latency_steps
from spikedim.bounds._minimum_spikes import minimum_spikes_any_rate
from spikedim.bounds._published_one_bit_per_spike import published_one_bit_per_spike
from spikedim.bounds._published_rate_distortion import published_rate_distortion
from spikedim.bounds._published_spike_count import published_spike_count
from spikedim.bounds._published_times import published_attention_time, published_wta_time
from spikedim.bounds._published_universal_sizes import UniversalSizes, published_universal_sizes
from spikedim.bounds._random_phase_code import random_phase_spikes, random_phase_steps
from spikedim.bounds._rate_code import rate_code_minimax_steps, rate_code_spikes, rate_code_steps
from spikedim.bounds._refractory import (
    refractory_capacity,
    spikes_for_bits_refractory,
    steps_for_bits_refractory,
)
from spikedim.bounds._refractory_code import refractory_code_spikes, refractory_code_steps
from spikedim.bounds._sigma_delta_code import (
    sigma_delta_max_error_steps,
    sigma_delta_spikes,
    sigma_delta_steps,
)
from spikedim.bounds._spikes_for_bits import spikes_for_bits, steps_for_bits
from spikedim.bounds._uniform_information import (
    uniform_information_bits,
    uniform_information_bits_upper,
)
from spikedim.bounds._water_filling import WaterFilling, reverse_water_filling

__all__ = [
    "Assumption",
    "Bound",
    "BoundKind",
    "Entries",
    "Epsilon",
    "EpsilonKind",
    "UniversalSizes",
    "WaterFilling",
    "bernoulli_spikes",
    "bernoulli_steps",
    "bernstein_steps",
    "binary_code_spikes",
    "binary_code_steps",
    "gaussian_information_bits",
    "hoeffding_steps",
    "ladder",
    "latency_spikes",
    "latency_steps",
    "minimum_spikes_any_rate",
    "published_attention_time",
    "published_one_bit_per_spike",
    "published_rate_distortion",
    "published_spike_count",
    "published_universal_sizes",
    "published_wta_time",
    "random_phase_spikes",
    "random_phase_steps",
    "rate_code_minimax_steps",
    "rate_code_spikes",
    "rate_code_steps",
    "rate_code_sufficient_spikes",
    "rate_code_sufficient_steps",
    "refractory_capacity",
    "refractory_code_spikes",
    "refractory_code_steps",
    "reverse_water_filling",
    "sigma_delta_max_error_steps",
    "sigma_delta_spikes",
    "sigma_delta_steps",
    "spikes_for_bits",
    "spikes_for_bits_refractory",
    "steps_for_bits",
    "steps_for_bits_refractory",
    "uniform_information_bits",
    "uniform_information_bits_upper",
]
