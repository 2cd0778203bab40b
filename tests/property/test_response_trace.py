"""What is always true of a trace."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model_examples import images, live_model
from tests.trace_examples import Answer, Layered, matrix

from spikedim.response import response_trace

MARKS = ("first", "second")
SEEDS = st.integers(0, 1000)


@given(seed=SEEDS, scale=st.floats(-30, 30).filter(lambda c: abs(c) > 0.01))
@settings(max_examples=8)
def test_a_scaled_function_has_a_squared_scale_of_trace(seed, scale):
    model, x = Layered(seed=seed), matrix(3, 4, seed=seed)
    plain = response_trace(model, x, populations=MARKS)
    with torch.no_grad():
        model.w3.mul_(scale)
    scaled = response_trace(model, x, populations=MARKS)
    assert scaled.value == pytest.approx(scale**2 * plain.value)
    assert scaled.response_dimension == pytest.approx(plain.response_dimension)
    assert scaled.lipschitz == pytest.approx(abs(scale) * plain.lipschitz)


@given(seed=SEEDS)
@settings(max_examples=8)
def test_the_order_of_samples_does_not_matter(seed):
    model, x = Layered(seed=seed), matrix(5, 4, seed=seed)
    found, turned = (response_trace(model, y, populations=MARKS) for y in (x, x.flip(0)))
    assert turned.value == pytest.approx(found.value)
    np.testing.assert_allclose(turned.sample_traces[::-1], found.sample_traces)
    assert turned.reference_variance == pytest.approx(found.reference_variance)


@given(seed=SEEDS, code=st.sampled_from(["bernoulli", "sigma_delta", "random_phase"]))
@settings(max_examples=8)
def test_covariances_are_positive_and_add_up(seed, code):
    found = response_trace(
        Layered(seed=seed), matrix(3, 4, seed=seed), populations=MARKS, code=code
    )
    assert np.linalg.eigvalsh(found.covariances).min() >= -1e-9 * found.value
    np.testing.assert_allclose(found.covariances, found.covariances.swapaxes(1, 2))
    np.testing.assert_allclose(np.trace(found.covariances, axis1=1, axis2=2), found.sample_traces)
    assert 1 - 1e-9 <= found.stable_rank <= 3 + 1e-9
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("probes", [None, 2])
def test_shares_add_up(probes):
    model = live_model("spikformer-2-64/digits:softmax")
    found = response_trace(model, images(model, 3), probes=probes)
    assert sum(row.trace for row in found.populations) == pytest.approx(found.value)
    assert sum(row.share for row in found.populations) == pytest.approx(1)
    for row in found.populations:
        assert sum(row.token_shares) == pytest.approx(row.share, rel=1e-9, abs=1e-15)
        if row.head_shares:
            assert sum(row.head_shares) == pytest.approx(row.share, rel=1e-9, abs=1e-15)


def test_a_head_that_is_not_read_has_no_share():
    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = 3
            self.v_lif = torch.nn.Identity()

        def forward(self, x):
            return (self.v_lif(x) * torch.tensor([1.0, 1.0, 0.0, 0.0, 2.0, 2.0])).sum(dim=2)

    x = torch.full((2, 4, 6), 0.5)
    found = response_trace(Attention(), x, populations=["v_lif"])
    np.testing.assert_allclose(found.populations[0].head_shares, [0.2, 0, 0.8])
    np.testing.assert_allclose(found.populations[0].token_shares, [0.25] * 4)
    assert response_trace(Answer(lambda y: y), x[:, 0]).populations[0].token_shares == ()
