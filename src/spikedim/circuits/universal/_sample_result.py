"""A result whose samples are compared with a user's function."""

from typing import Any

import numpy as np

from spikedim._core import Provenance
from spikedim.circuits._certificate import Theorem, certify
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._rows import unmeasured_reason
from spikedim.circuits._wiring import Wiring
from spikedim.circuits.universal._equivariance import Array, TokenFunction

__all__ = ["sample_result"]


def sample_result(
    circuit: str,
    function: TokenFunction,
    rates: Array,
    value: Array,
    *,
    leading: tuple[int, ...],
    theorem: Theorem,
    bounds: Any,
    rms_law: float | None,
    spikes: tuple[SpikeCount, ...],
    steps: int,
    wiring: Wiring,
    measure_error: bool | None,
) -> CircuitResult:
    """Compare values [B, n, d'] with f of `rates` [B, n, d]; `leading` [..., n] shapes the result.

    No token is silent: a competition always has a winner, and a count of 0 is a count.
    """
    target = errors = rms = None
    reason = unmeasured_reason(value.size, measure_error)
    if not reason:
        target = function(rates)
        errors = np.linalg.norm((value - target).reshape(len(value), -1), axis=1)
        rms = float(np.sqrt((errors**2).mean()))
    certificate = certify(
        theorem,
        errors=errors,
        bounds=bounds,
        rms_error=rms,
        rms_law=rms_law,
        neurons=wiring.neurons,
        synapses=wiring.synapses,
        steps=steps,
        spikes=sum(part.spikes for part in spikes),
        reason=reason,
    )
    shape = (*leading, value.shape[-1])
    return CircuitResult(
        circuit=circuit,
        value=value.reshape(shape),
        target=None if target is None else target.reshape(shape),
        silent=np.zeros(leading, dtype=bool),
        spikes=spikes,
        row_spikes=None,
        row_entropy_bits=None,
        certificate=certificate,
        wiring=wiring,
        provenance=Provenance.now(command=f"spikedim.circuits.{circuit}"),
    )
