"""Whatever the rates, T and code: means are whole spikes over T, near the rate."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.circuits import RateCode
from spikedim.models import code_rates
from spikedim.neurons import SigmaDeltaEncoder

RATES = st.lists(st.floats(0, 1), min_size=1, max_size=20)
STEPS = st.integers(1, 400)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@settings(max_examples=30)
@given(rates=RATES, steps=STEPS, code=st.sampled_from(RateCode), seed=st.integers(0, 2**32))
def test_means_are_whole_spikes(dtype, rates, steps, code, seed):
    given_rates = torch.tensor(rates, dtype=torch.float64).to(dtype)
    made = torch.Generator().manual_seed(seed)
    found = code_rates(given_rates, steps=steps, code=code, generator=made)
    counts = found.double() * steps
    assert found.dtype == dtype
    assert ((counts - counts.round()).abs() < 1e-4).all()
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[given_rates == 0] == 0).all()
    assert (found[given_rates == 1] == 1).all()
    error = (counts.round() - steps * given_rates.double()).abs()
    if code is RateCode.SIGMA_DELTA:
        assert (error <= 0.5 + 1e-9 * steps).all()
        same = SigmaDeltaEncoder().count(given_rates, steps=steps)
        assert torch.equal(counts.round(), same)
    elif code is RateCode.RANDOM_PHASE:
        assert (error < 1 + 1e-9 * steps).all()
