import pytest
import torch
from tests.model_examples import generator

from spikedim.models.families._pooling import Pooling, pool_tokens
from spikedim.models.layers import EmbeddingNorm, ForwardPass, LinearNorm, normalise


@pytest.fixture
def rows():
    return torch.randn(2, 3, 5, 4, dtype=torch.float64, generator=generator(1))


@pytest.fixture
def mask():
    return torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 1, 0]]).bool()


def norm():
    found = torch.nn.BatchNorm1d(4).double()
    torch.nn.init.uniform_(found.weight, 0.5, 2.0, generator=generator(2))
    torch.nn.init.uniform_(found.bias, -1.0, 1.0, generator=generator(3))
    return found


def test_statistics_of_training_are_those_of_real_tokens(rows, mask):
    ours, plain = norm(), norm()
    out = normalise(rows, ours, steps=2, mask=mask)
    real = normalise(rows[:, mask], plain, steps=2)
    assert torch.equal(out[:, mask], real)
    assert (out[:, ~mask] == 0).all()
    assert torch.equal(ours.running_mean, plain.running_mean)
    assert torch.equal(ours.running_var, plain.running_var)


def test_padding_gets_no_gradient(rows, mask):
    rows.requires_grad_()
    normalise(rows, norm(), steps=2, mask=mask).pow(3).sum().backward()
    assert (rows.grad[:, ~mask] == 0).all()
    assert (rows.grad[:, mask] != 0).all()


def test_one_step_stands_for_all_with_padding_too(rows, mask):
    once, often = norm(), norm()
    first = normalise(rows[:1], once, steps=3, mask=mask)
    second = normalise(rows[:1].expand(3, -1, -1, -1), often, steps=3, mask=mask)
    torch.testing.assert_close(first.expand_as(second), second, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(once.running_var, often.running_var, rtol=1e-12, atol=0)


def test_a_product_knows_the_mask_of_its_pass(rows, mask):
    product = LinearNorm(4, 4).double()
    torch.nn.init.eye_(product.weight)
    context = ForwardPass(2)
    context.mask = mask
    product(rows, context)
    expected = 0.1 * rows[:, mask].mean(dim=(0, 1))
    torch.testing.assert_close(product.norm.running_mean, expected, rtol=1e-12, atol=1e-15)


def test_embedding_adds_the_rows_of_token_and_position():
    tables = EmbeddingNorm(7, 5, 4)
    ids = torch.tensor([[[3, 0, 6]]])
    expected = tables.words.weight[ids] + tables.positions.weight[torch.arange(3)]
    torch.testing.assert_close(tables.product(ids), expected)


def test_embedding_folds_its_normalisation():
    tables = EmbeddingNorm(7, 5, 4).double()
    tables.norm = norm()
    tables.norm.running_mean.copy_(torch.arange(4))
    tables.norm.running_var.copy_(torch.arange(1, 5))
    tables.eval()
    ids = torch.arange(5).reshape(1, 1, 5)
    folded = tables.fused()
    assert folded.norm is None
    assert folded.words.weight.dtype == torch.float64
    context = ForwardPass(1)
    torch.testing.assert_close(folded(ids, context), tables(ids, context), rtol=1e-12, atol=1e-12)
    again = folded.fused()
    assert torch.equal(again(ids, context), folded(ids, context))


def test_pooling(rows, mask):
    assert pool_tokens(rows, Pooling.NONE, mask) is rows
    assert torch.equal(pool_tokens(rows, Pooling.FIRST, None), rows[:, :, :1])
    assert torch.equal(pool_tokens(rows, Pooling.MEAN, None), rows.mean(2, keepdim=True))
    pooled = pool_tokens(rows, Pooling.MEAN, mask)
    for sample in range(3):
        expected = rows[:, sample, mask[sample]].mean(dim=1)
        torch.testing.assert_close(pooled[:, sample, 0], expected, rtol=1e-12, atol=1e-15)


def test_silence_leaves_real_tokens_alone(rows, mask):
    context = ForwardPass(2)
    assert context.silence(rows) is rows
    context.mask = mask
    silent = context.silence(rows)
    assert torch.equal(silent[:, mask], rows[:, mask])
    assert (silent[:, ~mask] == 0).all()
