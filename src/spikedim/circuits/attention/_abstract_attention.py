"""What one-headed and many-headed spiking attention have in common: checks, runs, laws."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikedim._core import FloatArray, InputError
from spikedim.bounds import Assumption, Bound, BoundKind, Epsilon, EpsilonKind
from spikedim.circuits._checks import MOST_STEPS, check_generator, check_steps
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._result import CircuitResult
from spikedim.circuits._rows import unmeasured_reason
from spikedim.circuits._wiring import Wiring
from spikedim.circuits.attention._attention_checks import (
    check_attention_noise,
    check_mask,
    check_tokens,
)
from spikedim.circuits.attention._attention_constant import (
    ErrorConstant,
    error_parts,
    score_effects,
)
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._attention_noise import AttentionNoise
from spikedim.circuits.attention._attention_result import (
    FIRST_ORDER,
    STREAMS,
    attention_result,
    online_constant,
)
from spikedim.circuits.attention._attention_run import AttentionRun, needs_noise, run_staged
from spikedim.circuits.attention._attention_steps import certain_steps
from spikedim.circuits.attention._attention_wiring import attention_wiring
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._online_attention import run_online
from spikedim.circuits.attention._rehearsed_steps import rehearsed_steps
from spikedim.circuits.attention._stage_steps import check_allocation
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["AbstractSpikingAttention"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_SEEN = Assumption("a run of so many steps, not of more, was seen to err by no more", holds=True)


@dataclass(frozen=True, eq=False)
class AbstractSpikingAttention(ABC):
    """Attention layer compiled to spikes; make one with `compile` of a subclass.

    Parameters
    ----------
    heads : Heads
        Weights folded for rates in [0, 1].
    low, high : FloatArray
        Shape [D]; range of each input channel, coded as a rate (y - low) / (high - low).
    mode : SoftmaxMode
        Softmax circuit of each row.
    encoder : RateCode
        Code of the input.
    """

    heads: Heads
    low: FloatArray
    high: FloatArray
    mode: SoftmaxMode
    encoder: RateCode

    def run(
        self,
        x: Any,
        *,
        steps: int,
        generator: np.random.Generator | None = None,
        noise: AttentionNoise | None = None,
        mask: Any | None = None,
        measure_error: bool | None = None,
        allocation: Mapping[str, int] | None = None,
    ) -> CircuitResult:
        """Run T steps of coding, then T steps of softmax: the answer takes 2 T steps.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        steps : int
            T >= 1, of either stage.
        generator : numpy.random.Generator, optional
            Needed if the code or the softmax circuit is random, unless `noise` is given.
        noise : AttentionNoise, optional
            All random numbers of the run; permuted with the tokens it permutes the output, but for
            ties of `cup`, which go to the first token. Time is then O(T), a step at a time.
        mask : array of shape [N, N] or [H, N, N], optional
            True where row i may look at column j, or numbers that are added to the scores.
        measure_error : bool, optional
            Whether to compare with exact arithmetic; by default up to 4,096 x 256 scores.
        allocation : mapping of str to int, optional
            T of ``"query code"``, ``"key code"``, ``"value code"`` and ``"competitors"``, as the
            steps of `spikedim.response.allocate`; those that it does not name have `steps`. The
            answer takes the longest code's steps and those of the competitors, and bound and law
            are those of these steps.

        Returns
        -------
        CircuitResult
            ``value`` [N, Do]; ``row_spikes`` and ``row_entropy_bits`` [N], or [H, N] for several
            heads. The certificate compares the Frobenius error of the output with a bound for
            this run, and with the first-order law C_F / sqrt(T).

        Raises
        ------
        InputError
            If `x` leaves the range of a channel, a shape is wrong, `steps` is below 1, a mask
            leaves a row nothing to look at, randomness is needed and none is given, or
            `allocation` names a population that is none.
        """
        return self._result(
            "run", run_staged, x, steps, generator, noise, mask, measure_error, allocation
        )

    def run_online(
        self,
        x: Any,
        *,
        steps: int,
        generator: np.random.Generator | None = None,
        noise: AttentionNoise | None = None,
        mask: Any | None = None,
        measure_error: bool | None = None,
    ) -> CircuitResult:
        """Run T steps in which softmax and output read the running means of the codes.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        steps : int
            T >= 1.
        generator : numpy.random.Generator, optional
            As in `run`.
        noise : AttentionNoise, optional
            As in `run`.
        mask : array of shape [N, N] or [H, N, N], optional
            As in `run`.
        measure_error : bool, optional
            As in `run`.

        Returns
        -------
        CircuitResult
            As of `run`, without a bound: none is proved. The law doubles what encoders add.

        Raises
        ------
        InputError
            As in `run`.
        """
        return self._result(
            "run_online", run_online, x, steps, generator, noise, mask, measure_error, None
        )

    def exact(self, x: Any, *, mask: Any | None = None) -> FloatArray:
        """Return the output [N, Do] of exact arithmetic."""
        return self._exact(x, mask, "exact")[1].output

    def scores(self, x: Any, *, mask: Any | None = None) -> FloatArray:
        """Return the exact scores [H, N, N]."""
        return self._exact(x, mask, "scores")[1].scores

    def attention(self, x: Any, *, mask: Any | None = None) -> FloatArray:
        """Return the exact attention rows [H, N, N]."""
        return self._exact(x, mask, "attention")[1].rows

    def error_constant(self, x: Any, *, mask: Any | None = None) -> ErrorConstant:
        """Return the constant of the staged circuit's first-order error law at `x`.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        mask : array of shape [N, N] or [H, N, N], optional
            As in `run`.

        Returns
        -------
        ErrorConstant
            Parts of C_F squared, and K squared. Cost O(N^2 (D + Dk) + N D Dk Do) for one head.

        Raises
        ------
        InputError
            If `x` leaves the range of a channel or a shape is wrong.
        """
        rates, exact = self._exact(x, mask, "error_constant")
        return self._constant(rates, exact)

    def online_error_constant(
        self, x: Any, *, steps: int, mask: Any | None = None
    ) -> ErrorConstant:
        """Return the constant of the online circuit, whose encoder parts count 2 - H_T / T times.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        steps : int
            T >= 1.
        mask : array of shape [N, N] or [H, N, N], optional
            As in `run`.

        Returns
        -------
        ErrorConstant
            Parts of C_F squared.

        Raises
        ------
        InputError
            If `x` leaves the range of a channel, a shape is wrong or `steps` is below 1.
        """
        rates, exact = self._exact(x, mask, "online_error_constant")
        count = check_steps(steps, caller=self._caller("online_error_constant"))
        return online_constant(self._constant(rates, exact), count)

    def steps_for(self, x: Any, *, epsilon: Epsilon, mask: Any | None = None) -> Bound:
        """Return the steps T of either stage after which the staged RMS error is `epsilon`.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        epsilon : Epsilon
            Error of the output: RMS over entries, Frobenius, or relative to the exact output.
        mask : array of shape [N, N] or [H, N, N], optional
            As in `run`.

        Returns
        -------
        Bound
            Whole steps, an estimate by the law of `error_constant`, C_F^2 / epsilon_F^2 where
            something is random at first order. Deterministic winners are run on the exact scores,
            for as many more steps as they need; where nothing is random the whole circuit runs,
            and the bound is an upper one: this circuit has been seen to err by less.

        Raises
        ------
        InputError
            If `x` leaves the range of a channel, a shape is wrong, `epsilon` is relative to an
            output of 0, or more than 2**40 steps are needed.
        """
        rates, exact = self._exact(x, mask, "steps_for")
        target = _frobenius(epsilon, exact, self._caller("steps_for"))
        effects = score_effects(self.heads, exact)
        law, codes = (
            error_parts(self.heads, exact, effects, rates, self.encoder, mode)
            for mode in (self.mode, None)
        )
        if law.frobenius(steps=MOST_STEPS) > target:
            raise InputError(
                f"{self._caller('steps_for')}: `epsilon` must be reachable in 2**40 steps; got a "
                f"Frobenius error of {target:g}. Ask for a larger one."
            )
        steps, seen = rehearsed_steps(
            self.heads,
            rates,
            self._mask(mask, len(rates), "steps_for"),
            exact,
            law,
            codes,
            code=self.encoder,
            mode=self.mode,
            target=target,
        )
        if seen:
            return self._steps("steps_for", steps, BoundKind.UPPER, rates, (_SEEN,))
        return self._steps("steps_for", steps, BoundKind.ESTIMATE, rates, (STREAMS, FIRST_ORDER))

    def certain_steps_for(self, x: Any, *, epsilon: Epsilon, mask: Any | None = None) -> Bound:
        """Return steps T after which sigma-delta and `cup` cannot err by more than `epsilon`.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].
        epsilon : Epsilon
            Error of the output: RMS over entries, Frobenius, or relative to the exact output.
        mask : array of shape [N, N] or [H, N, N], optional
            As in `run`.

        Returns
        -------
        Bound
            Whole steps, from the worst case of every code and every row: some ten times those
            of `steps_for`. At no later T can the error be larger either.

        Raises
        ------
        InputError
            If the code is not ``"sigma_delta"`` or the softmax circuit not ``"cup"``, `x` leaves
            the range of a channel, a shape is wrong, `epsilon` is relative to an output of 0, or
            more than 2**40 steps are needed.
        """
        caller = self._caller("certain_steps_for")
        if self.encoder is not RateCode.SIGMA_DELTA or self.mode is not SoftmaxMode.CUP:
            raise InputError(
                f"{caller}: `encoder` and `mode` must be sigma_delta and cup, the only ones with a "
                f"worst case before the run; got {self.encoder} and {self.mode}. Compile with "
                "these, or use `steps_for`: no least number of spikes of a `gli` row is proved."
            )
        rates, exact = self._exact(x, mask, "certain_steps_for")
        target = _frobenius(epsilon, exact, caller)
        steps = certain_steps(self.heads, rates, exact, self.encoder, target, caller=caller)
        spent = Assumption("each softmax row spends one spike per step", holds=True)
        return self._steps("certain_steps_for", steps, BoundKind.UPPER, rates, (spent,))

    def output_range(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and greatest value [Do] of each output channel, whatever the tokens.

        A row of spikes is a convex combination of coded values, so that neither the exact nor the
        spiking output can leave it.
        """
        return self.heads.output_range()

    def wiring(self, tokens: int) -> Wiring:
        """Return the parts of the circuit for N tokens; biases are constant currents."""
        return attention_wiring(
            self.heads,
            check_steps(tokens, caller=self._caller("wiring"), name="tokens"),
            code=self.encoder,
            mode=self.mode,
            joined=self._joined(),
        )

    def to_graph(self, tokens: int) -> CircuitGraph:
        """Return the circuit for N tokens neuron by neuron; cost O(synapses)."""
        return to_graph(self.wiring(tokens))

    def rates(self, x: Any) -> FloatArray:
        """Return the rates in [0, 1] that code tokens [N, D].

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within [low, high].

        Returns
        -------
        FloatArray
            Shape [N, D].

        Raises
        ------
        InputError
            If a value leaves the range of its channel.
        """
        return self._rates(x, "rates")

    @abstractmethod
    def _joined(self) -> bool:
        """Whether output weights mix the heads."""

    def _caller(self, method: str) -> str:
        return f"{type(self).__name__}.{method}"

    def _rates(self, x: Any, method: str) -> Array:
        return check_tokens(x, self.low, self.high, caller=self._caller(method))

    def _exact(self, x: Any, mask: Any | None, method: str) -> tuple[Array, Exact]:
        rates = self._rates(x, method)
        added = self._mask(mask, len(rates), method)
        return rates, self.heads.exact(rates, added)

    def _constant(self, rates: Array, exact: Exact) -> ErrorConstant:
        effects = score_effects(self.heads, exact)
        return error_parts(self.heads, exact, effects, rates, self.encoder, self.mode)

    def _steps(
        self,
        method: str,
        steps: int,
        kind: BoundKind,
        rates: Array,
        assumptions: tuple[Assumption, ...],
    ) -> Bound:
        return Bound(
            name=self._caller(method),
            value=float(steps),
            unit="steps",
            kind=kind,
            population=f"{len(rates)} tokens of {rates.shape[1]} channels, three encoders",
            assumptions=assumptions,
            reference="theory index 4.2",
            note="of either stage: the answer takes twice as many",
        )

    def _mask(self, mask: Any | None, tokens: int, method: str) -> Array | None:
        return check_mask(mask, (self.heads.count, tokens, tokens), caller=self._caller(method))

    def _result(
        self,
        method: str,
        runner: Callable[..., AttentionRun],
        x: Any,
        steps: int,
        generator: np.random.Generator | None,
        noise: AttentionNoise | None,
        mask: Any | None,
        measure_error: bool | None,
        allocation: Mapping[str, int] | None,
    ) -> CircuitResult:
        """Check, run, compare."""
        caller = self._caller(method)
        rates = self._rates(x, method)
        count = check_steps(steps, caller=caller)
        stages = check_allocation(count, allocation, caller=caller)
        added = self._mask(mask, len(rates), method)
        random = needs_noise(self.encoder, self.mode)
        if noise is not None:
            check_attention_noise(noise, self.heads.count, rates.shape, caller=caller)
        elif random:
            generator = check_generator(generator, caller=caller)
        run = runner(
            self.heads,
            rates,
            added,
            code=self.encoder,
            mode=self.mode,
            steps=count if allocation is None else stages,
            generator=generator if random else None,
            noise=noise,
        )
        unmeasured = unmeasured_reason(run.scores.size, measure_error)
        exact = None if unmeasured else self.heads.exact(rates, added)
        return attention_result(
            caller,
            self.heads,
            run,
            rates,
            exact,
            code=self.encoder,
            mode=self.mode,
            steps=stages,
            wiring=self.wiring(len(rates)),
            online=runner is run_online,
            fresh=noise is None,
            unmeasured=unmeasured,
        )


def _frobenius(epsilon: Any, exact: Exact, caller: str) -> float:
    """Return an error target as a Frobenius error of the output."""
    if not isinstance(epsilon, Epsilon):
        raise InputError(
            f"{caller}: `epsilon` must be an Epsilon; got {epsilon!r:.40}. Write e.g. "
            "`Epsilon.parse('0.1:relative')`."
        )
    entries, rms = exact.output.size, float(np.sqrt(np.mean(exact.output**2)))
    if epsilon.kind is EpsilonKind.RELATIVE and rms == 0:
        raise InputError(
            f"{caller}: `epsilon` must not be relative to an output of 0; got {epsilon}. Give it "
            "as rms or fro."
        )
    return math.sqrt(entries) * epsilon.as_rms(entries=entries, reference_rms=rms)
