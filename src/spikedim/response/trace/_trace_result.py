"""How far spike noise of every population moves the outputs."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import FloatArray, Provenance, Result, shape_if_empty
from spikedim.circuits import RateCode

__all__ = ["PopulationResponse", "ResponseTrace"]


@final
@dataclass(frozen=True)
class PopulationResponse:
    """What the noise of one population does to the outputs, a mean over samples.

    Parameters
    ----------
    name : str
        Its path in the model, or ``"input"``.
    shape : tuple of int
        Shape of its rates for one sample, features last.
    neurons : int
        Product of `shape`.
    rate : float
        Mean rate in [0, 1], spikes per neuron and step.
    rate_variance : float
        Mean of x (1 - x), in [0, 1/4].
    saturated : float
        Share of neurons with a rate of 0 or 1, which no code gets wrong.
    trace : float
        c_l = tr(J_l D_l J_l^T): squared error of the outputs at T steps is c_l / T^p.
    trace_deviation : float
        Standard error of `trace` over samples, and over probes if there are any.
    share : float
        c_l / K.
    squared_gain : float
        Squared Frobenius norm of J_l, the derivative of the outputs by these rates.
    lipschitz : float or None
        Median over samples of the largest singular value of J_l; None if outputs were probed.
    token_shares, head_shares : tuple of float
        Parts of `share` by token (place) and by attention head; empty where there are none.
    """

    name: str
    shape: tuple[int, ...]
    neurons: int
    rate: float
    rate_variance: float
    saturated: float
    trace: float
    trace_deviation: float
    share: float
    squared_gain: float
    lipschitz: float | None
    token_shares: tuple[float, ...] = ()
    head_shares: tuple[float, ...] = ()


@final
@dataclass(frozen=True)
class ResponseTrace(Result):
    """K: the squared error of the outputs times T^p, to first order in the spike noise.

    Parameters
    ----------
    model : str
        Name of the network.
    code : RateCode
        Code of every population.
    exponent : int
        p: 1 for independent spikes, 2 for deterministic codes.
    value : float
        K, mean over samples of tr Sigma; the squared Frobenius error at T steps is K / T^p.
    low, high : float
        95 % interval over samples (and probes).
    populations : tuple of PopulationResponse
        In the order of the forward pass; their traces add up to `value`.
    outputs : int
        m, entries of one output.
    n_samples : int
        S.
    probes : int or None
        Random directions of the outputs that were looked at; None if all were.
    reference_mean_square : float
        Mean squared length of the exact outputs.
    reference_variance : float
        Trace of their covariance over samples.
    lipschitz : float or None
        L: median over samples of the largest singular value of J, the derivative of the outputs by
        the rates of the first population; None if outputs were probed.
    stable_rank : float or None
        Median of the squared Frobenius norm of that J over its largest squared singular value.
    response_dimension : float or None
        K / (v L^2) with v the mean noise of a neuron and L over all populations together: what
        stands in the place of d_eff in T = v L^2 d / epsilon_F^2.
    sample_traces : FloatArray of shape [S]
        tr Sigma of every sample.
    covariances : FloatArray of shape [S, m, m]
        Sigma of every sample; [S, 0, 0] if outputs were probed.
    reference : FloatArray of shape [S, m]
        Exact outputs of every sample; [S, 0] if outputs were probed.
    weights_fingerprint, data_fingerprint : str
        Identity of the weights and of the inputs.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, time, assumptions.
    """

    schema: ClassVar[str] = "spikedim.response_trace/1"

    model: str
    code: RateCode
    exponent: int
    value: float
    low: float
    high: float
    populations: tuple[PopulationResponse, ...]
    outputs: int
    n_samples: int
    probes: int | None
    reference_mean_square: float
    reference_variance: float
    lipschitz: float | None
    stable_rank: float | None
    response_dimension: float | None
    sample_traces: FloatArray
    covariances: FloatArray
    reference: FloatArray
    weights_fingerprint: str
    data_fingerprint: str
    notes: tuple[str, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        shaped = shape_if_empty(self.covariances, self.sample_traces.size, 0, 0)
        object.__setattr__(self, "covariances", shaped)

    @property
    def neurons(self) -> int:
        """Neurons of all populations."""
        return sum(each.neurons for each in self.populations)

    @property
    def spikes_per_step(self) -> float:
        """Spikes of all populations in one step, for one sample."""
        return sum((each.neurons * each.rate for each in self.populations), start=0.0)

    @property
    def rate(self) -> float:
        """Mean spikes per neuron and step."""
        return self.spikes_per_step / self.neurons

    def population(self, name: str) -> PopulationResponse:
        """Return the row of a population.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        for each in self.populations:
            if each.name == name:
                return each
        raise KeyError(name)
