"""Spiking neurons and encoders: one step function, surrogates, rates to spikes and back."""

from spikedim.neurons._accelerate import accelerate
from spikedim.neurons._atan_surrogate import ATanSurrogate
from spikedim.neurons._bernoulli_encoder import BernoulliEncoder
from spikedim.neurons._encoder import AbstractEncoder
from spikedim.neurons._escape_step import escape_step
from spikedim.neurons._firing_rate import drive_for_rate, firing_rate
from spikedim.neurons._first_spike import first_spike_step, rheobase
from spikedim.neurons._gaussian_surrogate import GaussianSurrogate
from spikedim.neurons._latency_encoder import LatencyEncoder
from spikedim.neurons._leak import leak_euler, leak_exact
from spikedim.neurons._lif import LIF
from spikedim.neurons._lif_run import LIFTrace, lif_run, lif_trace, warm_up
from spikedim.neurons._lif_step import lif_step
from spikedim.neurons._norm_lif import NormLIFRun, norm_lif_run
from spikedim.neurons._norm_lif_fused import FusedNormLIF, fused_norm_lif
from spikedim.neurons._parameters import InputScale, LIFParameters, Reset
from spikedim.neurons._piecewise_linear_surrogate import PiecewiseLinearSurrogate
from spikedim.neurons._positional_binary_encoder import PositionalBinaryEncoder
from spikedim.neurons._random_phase_encoder import RandomPhaseEncoder
from spikedim.neurons._rate_identity import rate_from_membranes
from spikedim.neurons._refractory_encoder import RefractoryEncoder
from spikedim.neurons._sigma_delta_encoder import SigmaDeltaEncoder
from spikedim.neurons._sigmoid_surrogate import SigmoidSurrogate
from spikedim.neurons._state import LIFState, init_state
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = [
    "LIF",
    "ATanSurrogate",
    "AbstractEncoder",
    "AbstractSurrogate",
    "BernoulliEncoder",
    "FusedNormLIF",
    "GaussianSurrogate",
    "InputScale",
    "LIFParameters",
    "LIFState",
    "LIFTrace",
    "LatencyEncoder",
    "NormLIFRun",
    "PiecewiseLinearSurrogate",
    "PositionalBinaryEncoder",
    "RandomPhaseEncoder",
    "RefractoryEncoder",
    "Reset",
    "SigmaDeltaEncoder",
    "SigmoidSurrogate",
    "accelerate",
    "drive_for_rate",
    "escape_step",
    "firing_rate",
    "first_spike_step",
    "fused_norm_lif",
    "init_state",
    "leak_euler",
    "leak_exact",
    "lif_run",
    "lif_step",
    "lif_trace",
    "norm_lif_run",
    "rate_from_membranes",
    "rheobase",
    "warm_up",
]
