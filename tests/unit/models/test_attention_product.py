import pytest
import torch
from tests.model_examples import generator

from spikedim.models.layers import ProductOrder, SoftmaxProduct, SpikingProduct, split_heads

ORDERS = list(ProductOrder)


@pytest.fixture
def spikes():
    """Queries, keys, values [T, B, N, D] and a mask [B, N] with padding at end and start."""
    draw = generator(3)
    q, k, v = (torch.randint(0, 2, (2, 3, 6, 8), generator=draw).double() for _ in range(3))
    mask = torch.ones(3, 6, dtype=torch.bool)
    mask[1, 4:] = False
    mask[2, 0] = False
    return q, k, v, mask


def naive(weigh, q, k, v, mask, *, causal, heads=2):
    """Sum weighted values over the tokens that a token sees, one token at a time."""
    out = torch.zeros_like(q)
    width = q.shape[-1] // heads
    for t, b, h, n in torch.cartesian_prod(*map(torch.arange, (2, 3, heads, 6))).tolist():
        part = slice(h * width, (h + 1) * width)
        seen = [m for m in range(n + 1 if causal else 6) if mask[b, m]]
        if not seen:
            continue
        scores = torch.stack([q[t, b, n, part] @ k[t, b, m, part] for m in seen])
        values = torch.stack([v[t, b, m, part] for m in seen])
        out[t, b, n, part] = weigh(scores) @ values
    return out


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("causal", [False, True])
def test_spiking_product_sums_what_a_token_sees(spikes, order, causal):
    product = SpikingProduct(2, scale=0.125, order=order, causal=causal)
    expected = naive(lambda scores: 0.125 * scores, *spikes, causal=causal)
    assert torch.equal(product(*spikes), expected)


@pytest.mark.parametrize("causal", [False, True])
def test_softmax_product_averages_what_a_token_sees(spikes, causal):
    product = SoftmaxProduct(2, causal=causal)
    expected = naive(lambda scores: (scores / 4**0.5).softmax(0), *spikes, causal=causal)
    torch.testing.assert_close(product(*spikes), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_no_mask_is_a_mask_of_real_tokens(spikes, causal):
    q, k, v, mask = spikes
    for product in (
        SpikingProduct(2, scale=1.0, order=ORDERS[0], causal=causal),
        SoftmaxProduct(2, causal=causal),
    ):
        with_mask = product(q, k, v, torch.ones_like(mask))
        torch.testing.assert_close(product(q, k, v), with_mask, rtol=1e-12, atol=1e-12)


def test_gradients_are_finite_where_a_token_sees_nothing(spikes):
    q, k, v, mask = spikes
    q.requires_grad_()
    SoftmaxProduct(2, causal=True)(q, k, v, mask).square().sum().backward()
    assert torch.isfinite(q.grad).all()
    assert q.grad[:, 0].abs().sum() > 0


def test_heads_are_neighbouring_features():
    x = torch.arange(8.0).reshape(1, 1, 1, 8)
    assert split_heads(x, 2)[0, 0, :, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_repr_says_what_is_causal():
    assert "causal" in repr(SoftmaxProduct(2, causal=True))
    assert "causal" in repr(SpikingProduct(2, scale=1.0, order=ORDERS[0], causal=True))
    assert "causal" not in repr(SpikingProduct(2, scale=1.0, order=ORDERS[0]))
