import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.circuits import (
    exp_bernoulli_factory,
    exp_taylor_coincidence,
    factory_variance,
    taylor_variance,
)

half_ranges = st.floats(1e-3, 3.0)
places = st.lists(st.floats(-1, 1), min_size=1, max_size=8)
steps = st.integers(1, 1 << 30)
seeds = st.integers(0, 2**32 - 1)


@given(half_ranges, places, steps, seeds, st.sampled_from(["fresh", "nested"]))
@settings(max_examples=60)
def test_series_stays_between_its_ends_and_within_its_bound(half_range, where, count, seed, kind):
    z = half_range * np.array(where)
    got = exp_taylor_coincidence(
        z, half_range=half_range, streams=kind, steps=count, generator=np.random.default_rng(seed)
    )
    assert (got.value >= math.exp(-half_range) * (1 - 1e-12)).all()
    assert (got.value <= math.exp(half_range) * (1 + 1e-12)).all()
    assert got.certificate.holds is True
    assert got.spikes[0].spikes >= got.spikes[1].spikes / len(got.wiring.projections[1].weight)


@given(half_ranges, places, steps, seeds)
@settings(max_examples=60)
def test_factory_stays_between_its_ends_and_within_its_bound(half_range, where, count, seed):
    z = half_range * np.array(where)
    got = exp_bernoulli_factory(
        z, half_range=half_range, steps=count, generator=np.random.default_rng(seed)
    )
    assert (got.value >= 0).all()
    assert (got.value <= math.exp(half_range) * (1 + 1e-12)).all()
    assert got.certificate.holds is True
    assert (got.silent == (got.value == 0)).all()
    gates, inputs, coincidence = (part.spikes for part in got.spikes)
    assert gates >= inputs
    assert coincidence <= len(where) * count


@given(half_ranges, places, st.integers(1, 30))
@settings(max_examples=60)
def test_sharing_streams_never_lowers_the_variance(half_range, where, order):
    z = half_range * np.array(where)
    fresh, nested = (
        taylor_variance(z, half_range=half_range, order=order, steps=1, streams=kind)
        for kind in ("fresh", "nested")
    )
    assert (nested >= fresh * (1 - 1e-9) - 1e-12).all()
    assert (nested <= math.exp(half_range) * np.exp(2 * z) + 1e-12).all()
    assert (factory_variance(z, half_range=half_range, steps=1) >= 0).all()
