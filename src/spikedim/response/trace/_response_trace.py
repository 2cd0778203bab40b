"""K of a network: how far the noise of its rate code moves its outputs."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    NumericsError,
    Provenance,
    SilentProgress,
    check_integer,
    fingerprint_arrays,
    parse_bytes,
)
from spikedim.circuits import RateCode
from spikedim.response.codes import noise_exponent
from spikedim.response.networks import AbstractRateNetwork, rate_network
from spikedim.response.trace._passes import linearise
from spikedim.response.trace._sums import PopulationSums
from spikedim.response.trace._trace_result import PopulationResponse, ResponseTrace

__all__ = ["response_trace"]

_CALLER = "response_trace"
_EXACT_OUTPUTS = 128  # more are probed unless asked otherwise
_PROBES = 32
Array = np.ndarray[Any, np.dtype[np.float64]]


def response_trace(
    model: nn.Module | AbstractRateNetwork,
    x: Tensor,
    *,
    populations: Sequence[str] | None = None,
    code: RateCode | str = RateCode.BERNOULLI,
    probes: int | None = None,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ResponseTrace:
    """Return K with its parts, exact to first order; nothing is simulated or fitted."""
    network = rate_network(model, populations, caller=_CALLER)
    law = RateCode(code)
    sums: dict[str, PopulationSums] = {}
    sigmas: list[Array] = []
    references: list[Array] = []
    grams: list[Tensor] = []
    size = batch_size or 16
    for start in range(0, len(x), size):
        batch = linearise(network, x[start : start + size], caller=_CALLER)
        count = batch.outputs.shape[1]
        eye = torch.eye(count, dtype=batch.outputs.dtype)
        pulled = [
            batch.pull(eye[c].expand_as(batch.outputs), keep=c < count - 1) for c in range(count)
        ]
        total = torch.zeros(len(batch.outputs), count, count, dtype=torch.float64)
        gram = torch.zeros_like(total)
        for index, (name, rates) in enumerate(batch.rates.items()):
            own = sums.setdefault(name, PopulationSums(name, law))
            sigma, other = own.add_exact(rates, torch.stack([g[index] for g in pulled]))
            total += sigma.cpu()
            gram += other.cpu()
        sigmas.append(total.numpy())
        grams.append(gram)
        references.append(batch.outputs.detach().double().cpu().numpy())
    covariances, reference = np.concatenate(sigmas), np.concatenate(references)
    traces = np.trace(covariances, axis1=1, axis2=2)
    value = float(traces.mean())
    deviation = float(traces.std(ddof=1) / math.sqrt(len(traces))) if len(traces) > 1 else 0.0
    width = math.exp(1.96 * deviation / value) if value else 1.0
    peaks = torch.linalg.eigvalsh(torch.cat(grams))[:, -1].sqrt()
    rows = []
    for own in sums.values():
        found = np.concatenate(own.traces)
        rate, variance, ends = own.moments / len(x)
        rows.append(
            PopulationResponse(
                name=own.name,
                shape=own.shape,
                neurons=math.prod(own.shape),
                rate=float(rate),
                rate_variance=float(variance),
                saturated=float(ends),
                trace=float(found.mean()),
                trace_deviation=float(found.std(ddof=1) / math.sqrt(len(x))) if len(x) > 1 else 0.0,
                share=float(found.mean()) / value if value else 0.0,
                squared_gain=float(np.concatenate(own.gains).mean()),
                lipschitz=float(np.median(np.concatenate(own.peaks))),
            )
        )
    first = next(iter(sums.values()))
    gains, tops = np.concatenate(first.gains), np.concatenate(first.peaks)
    noise = sum(own.noise for own in sums.values()) / len(x) / sum(r.neurons for r in rows)
    largest = float(peaks.median())
    return ResponseTrace(
        model=network.name,
        code=law,
        exponent=noise_exponent(law),
        value=value,
        low=value / width,
        high=value * width,
        populations=tuple(rows),
        outputs=reference.shape[1],
        n_samples=len(x),
        probes=None,
        reference_mean_square=float(np.square(reference).sum(axis=1).mean()),
        reference_variance=float(reference.var(axis=0).sum()),
        lipschitz=float(np.median(tops)),
        stable_rank=float(np.median(gains / np.square(tops))),
        response_dimension=value / (noise * largest**2) if noise and largest else None,
        sample_traces=traces,
        covariances=covariances,
        reference=reference,
        weights_fingerprint="",
        data_fingerprint=fingerprint_arrays(x.detach().cpu().numpy()),
        notes=(),
        provenance=Provenance.now(command=command),
    )
