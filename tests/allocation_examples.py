"""Traces made by hand, for tests of what is allocated by them."""

import numpy as np

from spikedim._core import Provenance
from spikedim.circuits import RateCode
from spikedim.response import PopulationResponse, ResponseTrace


def example_trace(traces, spikes, *, exponent=1, outputs=4, mean_square=2.0):
    """Return a trace of populations p0, p1, ... with parts c_l and spikes w_l a step."""
    total = float(sum(traces))
    rows = tuple(
        PopulationResponse(
            name=f"p{index}",
            shape=(1000,),
            neurons=1000,
            rate=spike / 1000,
            rate_variance=0.1,
            saturated=0.0,
            trace=float(trace),
            trace_deviation=0.0,
            share=trace / total if total else 0.0,
            squared_gain=1.0,
            lipschitz=1.0,
        )
        for index, (trace, spike) in enumerate(zip(traces, spikes, strict=True))
    )
    return ResponseTrace(
        model="by hand",
        code=RateCode.BERNOULLI if exponent == 1 else RateCode.SIGMA_DELTA,
        exponent=exponent,
        value=total,
        low=total,
        high=total,
        populations=rows,
        outputs=outputs,
        n_samples=8,
        probes=None,
        reference_mean_square=mean_square,
        reference_variance=1.0,
        lipschitz=1.0,
        stable_rank=1.0,
        response_dimension=1.0,
        sample_traces=np.full(8, total),
        covariances=np.zeros((8, 0, 0)),
        reference=np.zeros((8, 0)),
        weights_fingerprint="",
        data_fingerprint="",
        notes=(),
        provenance=Provenance.now(command=None),
    )
