"""Any permutation-equivariant function as attention over a codebook, by winner-take-all spikes."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    check_fraction,
    check_integer,
    check_positive,
    parse_bytes,
)
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_rates, check_steps
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import softmax_rows
from spikedim.circuits._wiring import Wiring
from spikedim.circuits.universal._codebook_memory import Memory, build_memory
from spikedim.circuits.universal._codebook_size import codebook_size
from spikedim.circuits.universal._codebook_wiring import codebook_wiring
from spikedim.circuits.universal._equivariance import (
    Array,
    TokenFunction,
    UserFunction,
    check_function,
    check_lipschitz,
)
from spikedim.circuits.universal._sample_result import sample_result

__all__ = ["CodebookAttention"]

_DEFAULT_BUDGET = 64 << 20
_EQUIVARIANT = Assumption("f is permutation-equivariant, as seen on samples")


@final
@dataclass(frozen=True, eq=False)
class CodebookAttention:
    r"""Quantise each token, pool a histogram, look the pair up: three layers, exponential memory.

    .. math:: \hat f(X)_i = f(\mathrm{snap}(X))_i, \qquad
        \sup_X \lVert \hat f - f \rVert_F \le \frac{L \sqrt{n d}}{2 m}

    Parameters
    ----------
    tokens, features, outputs : int
        n, d and d'.
    cells : int
        m per axis: a token has m^d cells.
    lipschitz : float
        L in the Frobenius norm, in output units per unit rate.
    centres : ndarray of shape [m^d, d]
        Centres of the cells.
    histograms : ndarray of shape [K, m^d]
        Second part of the keys: the share of the tokens in each cell.
    values : ndarray of shape [K, d']
        What the token that asks answers.

    See Also
    --------
    bernstein_windows : A stochastic construction whose memory is the caller's function.
    codebook_cells : Cells for a wanted error.

    Notes
    -----
    Make one with `compile`. The own cell of key k is k // (K / m^d). Assumptions:

    1. f is permutation-equivariant; checked on samples when it is compiled.
    2. f is L-Lipschitz in the Frobenius norm on [0, 1]^(n x d).

    The memory is exponential in n d, and no construction avoids that: `equivariant_class_bits`.

    References
    ----------
    .. [1] C. Yun et al., "Are transformers universal approximators of sequence-to-sequence
       functions?", International Conference on Learning Representations, 2020, theorem 2 (the
       same quantise-and-look-up idea, for softmax transformers).

    Examples
    --------
    >>> def from_mean(x):
    ...     return x - x.mean(axis=0)
    >>> net = CodebookAttention.compile(from_mean, tokens=2, features=2, cells=4, lipschitz=1.0)
    >>> got = net.run([[0.8, 0.2], [0.3, 0.7]])
    >>> got.value.tolist(), got.certificate.holds
    ([[0.25, -0.25], [-0.25, 0.25]], True)
    """

    tokens: int
    features: int
    outputs: int
    cells: int
    lipschitz: float
    centres: Array
    histograms: Array
    values: Array
    _function: TokenFunction
    _slope: Assumption

    @classmethod
    def compile(
        cls,
        function: UserFunction,
        *,
        tokens: int,
        features: int,
        cells: int,
        lipschitz: float | None = None,
        batched: bool = False,
        memory_budget: int | str = _DEFAULT_BUDGET,
        progress: AbstractProgress = SilentProgress(),  # noqa: B008
    ) -> "CodebookAttention":
        """Evaluate a function on every multiset of cell centres and store the answers.

        Parameters
        ----------
        function : callable
            f, from an array of rates [n, d] in [0, 1] to [n, d'], permutation-equivariant.
        tokens, features : int
            n and d, each at least 1.
        cells : int
            m per axis, at least 1.
        lipschitz : float, optional
            L; by default the largest slope between samples, a lower estimate.
        batched : bool
            Whether f takes and returns many samples at once, [B, n, d] and [B, n, d'].
        memory_budget : int or str
            Bytes for keys and values, by default 64 MB.
        progress : AbstractProgress
            Told how far the evaluation is.

        Returns
        -------
        CodebookAttention
            The circuit.

        Raises
        ------
        InputError
            If f is not equivariant on samples, not finite or of a wrong shape, `lipschitz` is
            below a slope that samples show, or the memory does not fit.
        """
        caller = "CodebookAttention.compile"
        n = check_integer(tokens, name="tokens", caller=caller)
        d = check_integer(features, name="features", caller=caller)
        m = check_integer(cells, name="cells", caller=caller)
        budget = parse_bytes(memory_budget, caller=caller)
        size = codebook_size(tokens=n, features=d, cells=m)
        needed = size * (m**d + 1) * 8
        if needed > budget:
            raise InputError(
                f"{caller}: `cells` must leave a memory that fits in {budget:,} bytes; got "
                f"m = {m} with n = {n} and d = {d}: K = m^d C(m^d + n - 2, n - 1) = {_large(size)} "
                f"entries, {_large(needed)} bytes. Take fewer cells, or `bernstein_windows`."
            )
        call, outputs = check_function(
            function, tokens=n, features=d, batched=batched, caller=caller
        )
        slope, assumption = check_lipschitz(lipschitz, call)
        memory = build_memory(call, cells=m, outputs=outputs, progress=progress)
        return cls(
            tokens=n,
            features=d,
            outputs=outputs,
            cells=m,
            lipschitz=slope,
            centres=memory.centres,
            histograms=memory.histograms,
            values=memory.values,
            _function=call,
            _slope=assumption,
        )

    @property
    def memory_size(self) -> int:
        """Entries K of the memory."""
        return len(self.values)

    def error_bound(self, *, steps: int | None = None) -> float:
        """Return the bound on the Frobenius error of any input.

        Parameters
        ----------
        steps : int, optional
            T of the input code; None for graded input.

        Returns
        -------
        float
            L sqrt(n d) (1/(2m) + 1/(2T)).
        """
        count = (
            None if steps is None else check_steps(steps, caller="CodebookAttention.error_bound")
        )
        radius = 1 / (2 * self.cells) + (0.0 if count is None else 1 / (2 * count))
        return self.lipschitz * math.sqrt(self.tokens * self.features) * radius

    def run(
        self, x: Any, *, steps: int | None = None, measure_error: bool | None = None
    ) -> CircuitResult:
        """Answer by spikes: one winner per token among the cells, one among the keys.

        Parameters
        ----------
        x : array or Tensor of shape [..., n, d]
            Rates in [0, 1].
        steps : int, optional
            T steps of a sigma-delta code (phase 1/2) that carries x; by default x is graded input.
        measure_error : bool, optional
            Whether to compare with f; by default up to 4,096 x 256 entries.

        Returns
        -------
        CircuitResult
            ``value`` [..., n, d']; ``silent`` [..., n] is False throughout. One competition of
            the quantisers and n of the look-up head follow the T steps.

        Raises
        ------
        InputError
            If x has a wrong shape or a rate outside [0, 1], or `steps` is below 1.
        """
        caller = "CodebookAttention.run"
        rates = self._rates(x, caller)
        count = None if steps is None else check_steps(steps, caller=caller)
        seen, input_spikes = (rates, None) if count is None else _sigma_delta(rates, count)
        winners = self._memory.keys_of(self._cells_of(seen))
        value = self.values[winners]
        return self._result(x, rates, value, count, input_spikes, measure_error)

    def attend(
        self, x: Any, *, temperature: float, quantiser_temperature: float | None = None
    ) -> Array:
        """Answer as softmax attention with the same keys would: no spikes, any temperature.

        Parameters
        ----------
        x : array or Tensor of shape [..., n, d]
            Rates in [0, 1].
        temperature : float
            Divides ``2 <query, key> - |key|^2`` before the softmax over keys, above 0.
        quantiser_temperature : float, optional
            Divides ``-|x - centre|^2`` before a softmax over cells, above 0; by default the
            quantiser is hard. With a soft one there is no theorem.

        Returns
        -------
        ndarray of shape [..., n, d']
            Within `leak_bound` of `run` while the quantiser is hard.

        Raises
        ------
        InputError
            If x has a wrong shape or a rate outside [0, 1], or a temperature is not above 0.
        """
        caller = "CodebookAttention.attend"
        rates = self._rates(x, caller)
        heat = check_positive(temperature, name="temperature", caller=caller)
        if quantiser_temperature is None:
            own = np.eye(len(self.centres))[self._cells_of(rates)]
        else:
            soft = check_positive(
                quantiser_temperature, name="quantiser_temperature", caller=caller
            )
            apart = ((rates[:, :, None] - self.centres) ** 2).sum(axis=3)
            with np.errstate(over="ignore"):
                own = softmax_rows((apart.min(axis=2, keepdims=True) - apart) / soft)
        value = np.stack([self._attend_one(o, heat) for o in own])
        return value.reshape(*np.shape(x)[:-1], self.outputs)

    def leak_bound(self, *, temperature: float) -> float:
        """Return how far soft look-up can be from hard look-up, in Frobenius norm.

        Parameters
        ----------
        temperature : float
            Of the softmax over keys, above 0.

        Returns
        -------
        float
            sqrt(n) times the diameter of the values times the largest weight on wrong keys,
            which are at squared distance 2/n^2 or more.
        """
        caller = "CodebookAttention.leak_bound"
        heat = check_positive(temperature, name="temperature", caller=caller)
        wrong = (self.memory_size - 1) * math.exp(-2 / (self.tokens**2 * heat))
        diameter = float(np.linalg.norm(np.ptp(self.values, axis=0)))
        return math.sqrt(self.tokens) * diameter * wrong / (1 + wrong)

    def leak_temperature(self, *, leak: float) -> float:
        """Return a temperature at which wrong keys together weigh at most `leak`.

        Parameters
        ----------
        leak : float
            Largest weight of all wrong keys together, in (0, 1].

        Returns
        -------
        float
            2/(n^2 ln((K + 1)/leak)).
        """
        weight = check_fraction(leak, name="leak", caller="CodebookAttention.leak_temperature")
        return 2 / (self.tokens**2 * math.log((self.memory_size + 1) / weight))

    def wiring(self, *, steps: int | None = None, copies: int = 1) -> Wiring:
        """Return the parts of the circuit.

        Parameters
        ----------
        steps : int, optional
            T of the input code; None for graded input.
        copies : int
            Samples that run side by side.

        Returns
        -------
        Wiring
            Populations and projections.
        """
        return codebook_wiring(self._memory, tokens=self.tokens, steps=steps, copies=copies)

    @property
    def _memory(self) -> Memory:
        """The memory as its own type."""
        return Memory(self.centres, self.histograms, self.values)

    def _rates(self, x: Any, caller: str) -> Array:
        """Return samples [B, n, d]."""
        rates = check_rates(x, caller=caller, name="x")
        shape = (self.tokens, self.features)
        if rates.shape[-2:] != shape:
            raise InputError(
                f"{caller}: `x` must have shape [..., {shape[0]}, {shape[1]}]; got {rates.shape}."
            )
        return rates.reshape(-1, *shape)

    def _cells_of(self, rates: Array) -> Any:
        """Return the cell of every token: its nearest centre, the upper one of two."""
        along = np.minimum((rates * self.cells).astype(np.int64), self.cells - 1)
        return along @ (self.cells ** np.arange(self.features - 1, -1, -1))

    def _attend_one(self, own: Array, temperature: float) -> Array:
        """Return softmax attention of one sample's soft or hard cells [n, m^d]."""
        drives = 2 * own[:, self._memory.own] + 2 * (self.histograms @ own.mean(axis=0))
        norms = 1 + (self.histograms**2).sum(axis=1)
        drives -= norms
        with np.errstate(over="ignore"):  # a temperature near 0 leaves the best key alone
            cooled = (drives - drives.max(axis=-1, keepdims=True)) / temperature
        return np.asarray(softmax_rows(cooled) @ self.values)

    def _result(
        self,
        x: Any,
        rates: Array,
        value: Array,
        steps: int | None,
        input_spikes: Any,
        measure_error: bool | None,
    ) -> CircuitResult:
        """Compare with f and count."""
        samples = len(rates)
        wiring = self.wiring(steps=steps, copies=samples)
        total_steps = (steps or 0) + 1 + self.tokens
        return sample_result(
            "CodebookAttention",
            self._function,
            rates,
            value,
            leading=np.shape(x)[:-1],
            theorem=self._theorem(steps),
            bounds=self.error_bound(steps=steps),
            rms_law=None,
            spikes=self._spikes(wiring, samples, input_spikes, total_steps),
            steps=total_steps,
            wiring=wiring,
            measure_error=measure_error,
        )

    def _theorem(self, steps: int | None) -> Theorem:
        """Return what is promised for this input code."""
        radius = "/(2m)" if steps is None else " (1/(2m) + 1/(2T))"
        return Theorem(
            name="5A",
            statement=f"||f_hat - f||_F <= L sqrt(n d){radius}",
            quantity="largest Frobenius error of a sample",
            assumptions=(_EQUIVARIANT, self._slope),
        )

    def _spikes(
        self, wiring: Wiring, samples: int, input_spikes: Any, steps: int
    ) -> tuple[SpikeCount, ...]:
        """Count one spike per winner, per interneuron and per bias of a competition."""
        once = {"bias": 1 + self.tokens}
        once |= dict.fromkeys(("query", "look-up", "look-up inhibition"), self.tokens)
        counts = []
        for part in wiring.populations:
            if part.name in ("histogram", "read-out"):
                continue
            if part.name.startswith("token "):
                if input_spikes is None:
                    continue
                spikes = int(input_spikes[int(part.name.split()[1]) - 1])
            else:
                spikes = samples * once.get(part.name, 1)
            neurons = samples * part.neurons
            counts.append(SpikeCount(part.name, neurons, spikes, spikes / neurons / steps))
        return tuple(counts)


def _sigma_delta(rates: Array, steps: int) -> tuple[Array, Any]:
    """Return decoded rates of a sigma-delta code with phase 1/2, and spikes of each token."""
    counts = np.floor(rates * steps + 0.5)
    return counts / steps, counts.sum(axis=(0, 2))


def _large(number: int) -> str:
    """Return a count in full if it is short, else its order of magnitude."""
    if number < 10**15:
        return f"{number:,}"
    return f"about 10^{(number.bit_length() - 1) * math.log10(2):.0f}"
