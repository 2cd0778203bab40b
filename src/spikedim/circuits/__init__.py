"""Spike circuits that run: exponential, softmax, attention, universal approximation.

Every circuit returns a `CircuitResult`; its `Certificate` sets the measured error beside a theorem.

>>> import numpy as np
>>> result = gli([[0.0, 1.0, 2.0]], steps=400)  # softmax of your logits [..., n]
>>> result.value.round(1).tolist(), result.certificate.holds
([[0.1, 0.2, 0.7]], True)
>>> head = SpikingAttention.compile(np.eye(2), np.eye(2), np.eye(2))  # weights [D, D_k] of a head
>>> head.run([[0.8, 0.2], [0.3, 0.7]], steps=64, generator=np.random.default_rng(0)).value.shape
(2, 2)
"""

from spikedim.circuits._certificate import Certificate, Theorem, all_hold
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import (
    Dynamics,
    Pattern,
    Population,
    Projection,
    Reading,
    Role,
    Wiring,
)
from spikedim.circuits.attention._abstract_attention import AbstractSpikingAttention
from spikedim.circuits.attention._attention_constant import ErrorConstant
from spikedim.circuits.attention._attention_noise import AttentionNoise
from spikedim.circuits.attention._attention_stack import AttentionStackResult, SpikingAttentionStack
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._multi_head_attention import MultiHeadSpikingAttention
from spikedim.circuits.attention._published_attention import published_attention
from spikedim.circuits.attention._spiking_attention import SpikingAttention
from spikedim.circuits.competition._cup import cup
from spikedim.circuits.competition._gli import gli
from spikedim.circuits.competition._gli_law import gli_error_law
from spikedim.circuits.competition._gli_run import gli_backend
from spikedim.circuits.competition._gli_state import (
    Emission,
    GLIState,
    Update,
    gli_step,
    init_gli_state,
)
from spikedim.circuits.competition._identity import softmax_identity_residual
from spikedim.circuits.competition._mean_field import MeanField, mean_field, mean_field_inhibition
from spikedim.circuits.competition._published_diagonal_wta import Readout, published_diagonal_wta
from spikedim.circuits.competition._published_subtractive_wta import (
    published_subtractive_rates,
    published_subtractive_wta,
)
from spikedim.circuits.competition._race import race
from spikedim.circuits.competition._softmax import SoftmaxMode, softmax
from spikedim.circuits.competition._sparsemax import sparsemax
from spikedim.circuits.exponential._coincidence_series import Streams
from spikedim.circuits.exponential._exp_bernoulli_factory import exp_bernoulli_factory
from spikedim.circuits.exponential._exp_law import (
    factory_variance,
    taylor_bias,
    taylor_order,
    taylor_steps,
    taylor_variance,
)
from spikedim.circuits.exponential._exp_taylor_coincidence import exp_taylor_coincidence
from spikedim.circuits.exponential._published_exp_series import published_exp_series
from spikedim.circuits.sweeps._sweep import sweep
from spikedim.circuits.sweeps._sweep_attention import sweep_attention
from spikedim.circuits.sweeps._sweep_exponential import sweep_exponential
from spikedim.circuits.sweeps._sweep_fit import Slope
from spikedim.circuits.sweeps._sweep_result import CircuitSweep, RowPoint, SweepPoint
from spikedim.circuits.sweeps._sweep_softmax import sweep_softmax
from spikedim.circuits.sweeps._sweep_universal import sweep_universal
from spikedim.circuits.universal._bernstein_windows import bernstein_windows
from spikedim.circuits.universal._codebook_attention import CodebookAttention
from spikedim.circuits.universal._codebook_size import (
    codebook_cells,
    codebook_size,
    equivariant_class_bits,
)
from spikedim.circuits.universal._equivariance import equivariance_gap
from spikedim.circuits.universal._example_function import gap_to_max_and_mean

__all__ = [
    "AbstractSpikingAttention",
    "AttentionNoise",
    "AttentionStackResult",
    "Certificate",
    "CircuitGraph",
    "CircuitResult",
    "CircuitSweep",
    "CodebookAttention",
    "Dynamics",
    "Emission",
    "ErrorConstant",
    "GLIState",
    "MeanField",
    "MultiHeadSpikingAttention",
    "Pattern",
    "Population",
    "Projection",
    "RateCode",
    "Reading",
    "Readout",
    "Role",
    "RowPoint",
    "Slope",
    "SoftmaxMode",
    "SpikeCount",
    "SpikingAttention",
    "SpikingAttentionStack",
    "Streams",
    "SweepPoint",
    "Theorem",
    "Update",
    "Wiring",
    "all_hold",
    "bernstein_windows",
    "codebook_cells",
    "codebook_size",
    "cup",
    "equivariance_gap",
    "equivariant_class_bits",
    "exp_bernoulli_factory",
    "exp_taylor_coincidence",
    "factory_variance",
    "gap_to_max_and_mean",
    "gli",
    "gli_backend",
    "gli_error_law",
    "gli_step",
    "init_gli_state",
    "mean_field",
    "mean_field_inhibition",
    "published_attention",
    "published_diagonal_wta",
    "published_exp_series",
    "published_subtractive_rates",
    "published_subtractive_wta",
    "race",
    "softmax",
    "softmax_identity_residual",
    "sparsemax",
    "sweep",
    "sweep_attention",
    "sweep_exponential",
    "sweep_softmax",
    "sweep_universal",
    "taylor_bias",
    "taylor_order",
    "taylor_steps",
    "taylor_variance",
    "to_graph",
]
