"""Layers of spiking attention one after the other: outputs become rates again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np

from spikedim._core import FloatArray, InputError, Provenance, Result
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._checks import check_steps
from spikedim.circuits._graph import CircuitGraph, to_graph
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import Wiring
from spikedim.circuits.attention._abstract_attention import AbstractSpikingAttention
from spikedim.circuits.attention._attention_lipschitz import stretch_bound
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._multi_head_attention import MultiHeadSpikingAttention
from spikedim.circuits.attention._stacked_wiring import stacked_wiring
from spikedim.circuits.attention._stage_steps import POPULATIONS
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["AttentionStackResult", "SpikingAttentionStack"]

_ROUNDING = 1e-9
_NEEDED = {"w_q", "w_k", "w_v", "heads"}
_OPTIONAL = {"w_o", "b_q", "b_k", "b_v", "b_o"}


@final
@dataclass(frozen=True, eq=False)
class AttentionStackResult(Result):
    """One run of a stack: each layer against its own input, and all of them together.

    Parameters
    ----------
    layers : tuple of CircuitResult
        Each layer's error is that against exact arithmetic on the input it got.
    whole : CircuitResult
        Its error is that against exact arithmetic of the whole stack.
    stretches : FloatArray or None
        Shape [layers]; how much each layer can stretch the error of its input at most, 1 layer's
        output unit per input unit; None if the error was not measured.
    """

    schema: ClassVar[str] = "spikedim.attention_stack_result/1"

    layers: tuple[CircuitResult, ...]
    whole: CircuitResult
    stretches: FloatArray | None


@final
@dataclass(frozen=True, eq=False)
class SpikingAttentionStack:
    r"""Layers of spiking attention, each coding the output of the one before.

    Parameters
    ----------
    layers : tuple of AbstractSpikingAttention
        At least one. Each has as many input channels as the one before has outputs, and a range
        that covers every output which that layer can give.

    Raises
    ------
    InputError
        If there is no layer, a width does not fit or a range does not cover the outputs before.

    See Also
    --------
    MultiHeadSpikingAttention : One layer.

    Notes
    -----
    **Range.** A row of spikes is a convex combination of coded values: each output channel stays
    between the sums of the negative and of the positive folded weights, whatever the tokens.
    `compile` takes these ranges, so that nothing is ever clipped. They need no data and are
    wide: with random weights about sqrt(D) times the spread of real outputs, and the variance of
    a Bernoulli code grows with the square of the range, layer after layer.

    **Bound 5C.** With e_l the error of layer l on the input that it got and L_m the stretch of
    layer m between that input and the exact one,

    .. math:: \lVert \hat Y - Y \rVert_F \le \sum_l e_l \prod_{m > l} L_m .

    The certificate puts the layers' own bounds in the place of e_l. The product is an upper
    bound and often very loose.

    A layer takes 2 T steps. Cost and memory are those of the layers.

    References
    ----------
    .. [1] Theory index 5C.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> drawn = rng.normal(size=(2, 3, 4, 4)) / 4
    >>> weights = [dict(w_q=q, w_k=k, w_v=v, heads=1) for q, k, v in drawn]
    >>> stack = SpikingAttentionStack.compile(weights)
    >>> result = stack.run(rng.random((5, 4)), steps=256, generator=rng)
    >>> len(result.layers), result.whole.certificate.holds
    (2, True)
    """

    layers: tuple[AbstractSpikingAttention, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(
                "SpikingAttentionStack: `layers` must have at least one layer; got none."
            )
        for layer in self.layers:
            if not isinstance(layer, AbstractSpikingAttention):
                raise InputError(
                    "SpikingAttentionStack: `layers` must be compiled attention layers; got "
                    f"{type(layer).__name__}. Make them with `SpikingAttentionStack.compile`."
                )
        for number, (before, after) in enumerate(
            zip(self.layers[:-1], self.layers[1:], strict=True), start=1
        ):
            _check_fit(before, after, number)

    @classmethod
    def compile(
        cls,
        layers: Sequence[Mapping[str, Any]],
        *,
        low: Any = 0.0,
        high: Any = 1.0,
        mode: SoftmaxMode | str = SoftmaxMode.GLI,
        encoder: RateCode | str = RateCode.BERNOULLI,
    ) -> "SpikingAttentionStack":
        """Compile weights layer by layer, each for the range of outputs before it.

        Parameters
        ----------
        layers : sequence of mapping
            Arguments of `MultiHeadSpikingAttention.compile` by name: ``w_q``, ``w_k``, ``w_v``,
            ``heads``, and ``w_o`` and biases if there are any.
        low, high : float or array of shape [D]
            Range of each input channel of the first layer.
        mode : SoftmaxMode or str
            Softmax circuit of all layers.
        encoder : RateCode or str
            Code of all layers.

        Returns
        -------
        SpikingAttentionStack
            The compiled layers.

        Raises
        ------
        InputError
            If there is no layer, or an argument of a layer is wrong.
        """
        compiled: list[AbstractSpikingAttention] = []
        for weights in _checked_layers(layers):
            layer = MultiHeadSpikingAttention.compile(
                **weights, low=low, high=high, mode=mode, encoder=encoder
            )
            compiled.append(layer)
            low, high = layer.output_range()
        return cls(tuple(compiled))

    def exact(self, x: Any, *, mask: Any | None = None) -> FloatArray:
        """Return the output [N, Do] of exact arithmetic."""
        for layer in self.layers:
            x = layer.exact(x, mask=mask)
        return np.asarray(x)

    def run(
        self,
        x: Any,
        *,
        steps: int,
        generator: np.random.Generator | None = None,
        mask: Any | None = None,
        measure_error: bool | None = None,
        allocation: Mapping[str, int] | None = None,
    ) -> AttentionStackResult:
        """Run all layers, T steps of coding and T of softmax each.

        Parameters
        ----------
        x : array or Tensor of shape [N, D]
            Tokens, each channel within the range of the first layer.
        steps : int
            T >= 1.
        generator : numpy.random.Generator, optional
            Needed if a code or a softmax circuit is random.
        mask : array of shape [N, N] or [H, N, N], optional
            As in `SpikingAttention.run`, for all layers.
        measure_error : bool, optional
            As in `SpikingAttention.run`.
        allocation : mapping of str to int, optional
            As in `SpikingAttention.run`, with ``"layer 0 "`` and so on in front of the names.

        Returns
        -------
        AttentionStackResult
            Results of the layers and of the whole.

        Raises
        ------
        InputError
            As in `SpikingAttention.run`.
        """
        count = check_steps(steps, caller="SpikingAttentionStack.run")
        own = _by_layer(allocation, len(self.layers))
        results: list[CircuitResult] = []
        stretches: list[float] = []
        spiking, exact = x, x
        for layer, chosen in zip(self.layers, own, strict=True):
            result = layer.run(
                spiking,
                steps=count,
                generator=generator,
                mask=mask,
                measure_error=measure_error,
                allocation=chosen,
            )
            if result.target is not None:
                stretches.append(_stretch(layer, spiking, exact, mask))
                exact = layer.exact(exact, mask=mask)
            results.append(result)
            spiking = result.value
        measured = len(stretches) == len(self.layers)
        return AttentionStackResult(
            layers=tuple(results),
            whole=self._whole(
                results,
                exact if measured else None,
                stretches,
                max(result.certificate.steps for result in results),
            ),
            stretches=np.array(stretches) if measured else None,
        )

    def wiring(self, tokens: int) -> Wiring:
        """Return the parts of all layers for N tokens, joined from output to code."""
        return self._joined([layer.wiring(tokens) for layer in self.layers])

    def to_graph(self, tokens: int) -> CircuitGraph:
        """Return the stack for N tokens neuron by neuron; cost O(synapses)."""
        return to_graph(self.wiring(tokens))

    def _joined(self, wirings: list[Wiring]) -> Wiring:
        return stacked_wiring(wirings, [(layer.low, layer.high) for layer in self.layers])

    def _whole(
        self,
        results: list[CircuitResult],
        exact: FloatArray | None,
        stretches: list[float],
        steps: int,
    ) -> CircuitResult:
        """Return the end-to-end result with bound 5C."""
        last = results[-1]
        wiring = self._joined([result.wiring for result in results])
        spikes = tuple(
            replace(part, population=f"layer {number} {part.population}")
            for number, result in enumerate(results)
            for part in result.spikes
        )
        lost = np.atleast_2d(last.silent).any(axis=0)
        error = None if exact is None else float(np.linalg.norm((last.value - exact)[~lost]))
        certificate = certify(
            _theorem(results),
            errors=error,
            bounds=None if exact is None else _propagated(results, stretches),
            rms_error=error,
            rms_law=None,
            neurons=wiring.neurons,
            synapses=wiring.synapses,
            steps=steps,
            spikes=_total(spikes),
            silent_rows=int(last.silent.sum()),
            reason=last.certificate.reason if exact is None else "",
        )
        return CircuitResult(
            circuit="SpikingAttentionStack.run",
            value=last.value,
            target=exact,
            silent=last.silent,
            spikes=spikes,
            row_spikes=None,
            row_entropy_bits=None,
            certificate=certificate,
            wiring=wiring,
            provenance=Provenance.now(command="spikedim.circuits.SpikingAttentionStack.run"),
        )


def _by_layer(
    allocation: Mapping[str, int] | None, count: int
) -> Sequence[Mapping[str, int] | None]:
    """Return the steps of every layer by the names of its own populations."""
    if allocation is None:
        return [None] * count
    caller = "SpikingAttentionStack.run"
    if not isinstance(allocation, Mapping):
        raise InputError(
            f"{caller}: `allocation` must map names of populations to steps; got "
            f"{type(allocation).__name__}. Write e.g. {{'layer 0 value code': 64}}."
        )
    own: list[dict[str, int]] = [{} for _ in range(count)]
    names = {
        f"layer {number} {name}": (number, name) for number in range(count) for name in POPULATIONS
    }
    for given, steps in allocation.items():
        if given not in names:
            raise InputError(
                f"{caller}: `allocation` must name populations of the stack; got {given!r}. Write "
                f"e.g. 'layer 0 {POPULATIONS[0]}'."
            )
        number, name = names[given]
        own[number][name] = steps
    return own


def _checked_layers(layers: Any) -> Sequence[Mapping[str, Any]]:
    """Return mappings that name arguments of a layer."""
    caller = "SpikingAttentionStack.compile"
    if not isinstance(layers, Sequence) or not all(isinstance(one, Mapping) for one in layers):
        raise InputError(
            f"{caller}: `layers` must be a sequence of mappings; got {type(layers).__name__}. "
            "Write e.g. [dict(w_q=q, w_k=k, w_v=v, heads=1)]."
        )
    for number, one in enumerate(layers):
        unknown, missing = sorted(set(one) - _NEEDED - _OPTIONAL), sorted(_NEEDED - set(one))
        if unknown or missing:
            wrong = f"an unknown {unknown[0]!r}" if unknown else f"no {missing[0]!r}"
            raise InputError(
                f"{caller}: `layers` must name {', '.join(sorted(_NEEDED))} and no more than "
                f"{', '.join(sorted(_OPTIONAL))}; got {wrong} in layer {number}. Ranges, mode and "
                "encoder are those of the stack."
            )
    return layers


def _check_fit(
    before: AbstractSpikingAttention, after: AbstractSpikingAttention, number: int
) -> None:
    """Raise `InputError` unless a layer can code every output of the one before."""
    low, high = before.output_range()
    if len(low) != len(after.low):
        raise InputError(
            f"SpikingAttentionStack: `layers` must fit each other; got layer {number} with "
            f"{len(after.low)} channels after {len(low)} outputs."
        )
    slack = _ROUNDING * (1 + np.abs(low) + np.abs(high))
    outside = (after.low > low + slack) | (after.high < high - slack)
    if outside.any():
        at = int(np.argmax(outside))
        raise InputError(
            f"SpikingAttentionStack: `layers` must cover the outputs before them; got layer "
            f"{number} with [{after.low[at]:g}, {after.high[at]:g}] in channel {at}, where "
            f"outputs lie in [{low[at]:g}, {high[at]:g}]. Compile it with `output_range()`."
        )


def _stretch(layer: AbstractSpikingAttention, ours: Any, theirs: Any, mask: Any | None) -> float:
    """Return how much a layer can stretch the difference of the spiking and the exact input."""
    added = None if mask is None else layer.scores(theirs, mask=mask) - layer.scores(theirs)
    return stretch_bound(
        layer.heads, layer.high - layer.low, layer.rates(ours), layer.rates(theirs), added
    )


def _propagated(results: list[CircuitResult], stretches: list[float]) -> float | None:
    """Return the sum of the layers' bounds, each times the stretches after it."""
    total = 0.0
    for result, stretch in zip(results, stretches, strict=True):
        if result.certificate.bound is None:
            return None
        total = total * stretch + result.certificate.bound
    return total


def _theorem(results: list[CircuitResult]) -> Theorem:
    """Return what is known of the whole stack."""
    failures = [result.certificate.theorem.failure_probability for result in results]
    return Theorem(
        name="5C",
        statement="||Y_hat - Y||_F <= sum_l bound_l prod_(m > l) L_m",
        quantity="Frobenius error of the output",
        assumptions=(
            Assumption("each layer keeps its own bound on the input that it got"),
            Assumption("every output lies in the range that the next layer codes", True),
        ),
        failure_probability=min(math.fsum(failures), 1.0),
    )


def _total(spikes: tuple[SpikeCount, ...]) -> int:
    return sum(part.spikes for part in spikes)
