"""A run of spiking attention set beside exact arithmetic, its bound and its law."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim._core import Provenance
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import entropy_bits
from spikedim.circuits._wiring import Wiring
from spikedim.circuits.attention._attention_bound import FAILURE, output_bound
from spikedim.circuits.attention._attention_constant import (
    ErrorConstant,
    error_parts,
    score_effects,
)
from spikedim.circuits.attention._attention_heads import Exact, Heads
from spikedim.circuits.attention._attention_run import AttentionRun, needs_noise
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._online_attention import online_averaging
from spikedim.circuits.attention._stage_steps import POPULATIONS, StageSteps, equal_steps
from spikedim.circuits.attention._unequal_law import unequal_law
from spikedim.circuits.competition._softmax import SoftmaxMode

__all__ = ["FIRST_ORDER", "STREAMS", "attention_result", "online_constant"]

Array = np.ndarray[Any, np.dtype[np.float64]]

FIRST_ORDER = Assumption(
    "for the RMS law only: higher orders do not matter, and what deterministic parts and random "
    "phases are off by is uniform and independent"
)
STREAMS = Assumption(
    "the three encoders and the softmax rows draw independently of each other", holds=True
)
_UNITS = 16  # of rounding in one entry of the output
_QUANTITY = "Frobenius error of the output"
_STAGED = "||Y_hat - Y||_F <= value + score + circuit part, from T, the input and the rows of a run"
_ONLINE = "RMS ||Y_hat - Y||_F -> sqrt((S_samp + (2 - H_T/T) (S_val + S_score)) / T)"


def attention_result(
    caller: str,
    heads: Heads,
    run: AttentionRun,
    rates: Array,
    exact: Exact | None,
    *,
    code: RateCode,
    mode: SoftmaxMode,
    steps: int | StageSteps,
    wiring: Wiring,
    online: bool,
    fresh: bool,
    unmeasured: str = "",
) -> CircuitResult:
    """Return the result of a run; `exact` is None if the error is not measured.

    `fresh`: the random numbers were drawn for this run, not given; `unmeasured` says why the error
    is not.
    """
    stages = equal_steps(steps)
    silent = run.row_spikes == 0
    lost = silent.any(axis=0)
    output = np.where(lost[:, None], 0.0, run.output)
    error = bound = law = None
    if exact is not None:
        effects = score_effects(heads, exact)
        spent = np.maximum(run.row_spikes, 1) / stages.rows
        constant = error_parts(heads, exact, effects, rates, code, mode, spent=spent)
        if online:
            constant = online_constant(constant, stages.rows)
        if stages.equal:
            law = constant.frobenius(steps=stages.rows) or None
        else:
            law = unequal_law(heads, exact, effects, rates, code, mode, stages, spent) or None
        error = float(np.linalg.norm((output - exact.output)[~lost]))
        if not online:
            parts = output_bound(
                heads, rates, exact, effects, run, code=code, mode=mode, steps=stages
            )
            bound = parts.total + _rounding(exact)
    spikes = _spikes(run, rates.size, stages)
    certificate = certify(
        _theorem(needs_noise(code, mode), online=online, fresh=fresh),
        errors=error,
        bounds=bound,
        rms_error=error,
        rms_law=law,
        neurons=wiring.neurons,
        synapses=wiring.synapses,
        steps=stages.longest,
        spikes=sum(part.spikes for part in spikes),
        silent_rows=int(silent.sum()),
        reason=unmeasured or ("no bound is proved for running means" if online else ""),
    )
    entropies = None if exact is None else _of_heads(entropy_bits(exact.rows))
    return CircuitResult(
        circuit=caller,
        value=output,
        target=None if exact is None else exact.output,
        silent=_of_heads(silent),
        spikes=spikes,
        row_spikes=_of_heads(run.row_spikes),
        row_entropy_bits=entropies,
        certificate=certificate,
        wiring=wiring,
        provenance=Provenance.now(command=f"spikedim.circuits.{caller}"),
    )


def online_constant(constant: ErrorConstant, steps: int) -> ErrorConstant:
    """Return the constant of running means; how they round is not known, so K is left out."""
    factor = online_averaging(steps)
    return replace(
        constant, value=factor * constant.value, score=factor * constant.score, rounding=0.0
    )


def _of_heads(rows: Any) -> Any:
    """Return rows [H, N] of several heads, [N] of one."""
    return rows[0] if len(rows) == 1 else rows


def _spikes(run: AttentionRun, neurons: int, stages: StageSteps) -> tuple[SpikeCount, ...]:
    """Return the spikes of every population that spikes, all heads together."""
    codes = zip(POPULATIONS, run.code_spikes, stages.codes, strict=False)  # rows come last
    won, rows = int(run.row_spikes.sum()), run.rows.size
    return (
        *(SpikeCount(name, neurons, count, count / neurons / t) for name, count, t in codes),
        SpikeCount(POPULATIONS[-1], rows, won, won / rows / stages.rows),
        *run.other,
    )


def _theorem(random: bool, *, online: bool, fresh: bool) -> Theorem:
    """Return what is known of a run."""
    drawn = replace(STREAMS, holds=True if fresh else None)
    if online:
        return Theorem("", _ONLINE, _QUANTITY, (drawn, FIRST_ORDER) if random else (FIRST_ORDER,))
    return Theorem(
        name="4.2",
        statement=_STAGED,
        quantity=_QUANTITY,
        assumptions=(drawn, FIRST_ORDER) if random else (FIRST_ORDER,),
        failure_probability=FAILURE if random else 0.0,
    )


def _rounding(exact: Exact) -> float:
    """Return how far float64 may take two equal outputs apart."""
    largest = float(np.abs(exact.value).max(axis=(1, 2)).sum())
    return _UNITS * float(np.finfo(np.float64).eps) * math.sqrt(exact.output.size) * largest
