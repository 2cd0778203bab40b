"""A rate seen for T steps is binomial: mean r, variance r (1 - r) / T, places independent."""

import pytest
import torch

from spikedim.models.layers import _rate_code, send_rates

RATES = torch.tensor([0.0, 0.003, 0.1, 0.5, 0.62, 0.97, 1.0], dtype=torch.float64)
COUNT = 40_000


def codes(steps, dtype=torch.float64):
    """Return codes [COUNT, rates] of one seed."""
    rates = RATES.to(dtype).expand(COUNT, -1)
    return send_rates(rates, steps=steps, generator=torch.Generator().manual_seed(steps)).double()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("steps", [1, 2, 5, 16, 17, 100, 300])
def test_mean_and_variance(steps, dtype):
    rates = RATES.to(dtype).double()
    found, variance = codes(steps, dtype), rates * (1 - rates) / steps
    rounding = 2**-8 if dtype == torch.bfloat16 else 0.0
    error = (found.mean(0) - rates).abs()
    assert (error <= 4.5 * (variance / COUNT).sqrt() + rounding * rates).all()
    # The variance of a sample variance is below (mu_4 + variance^2) / n; mu_4 <= variance here.
    moment = 3 * variance**2 + variance / steps**2
    assert ((found.var(0) - variance).abs() <= 6 * (moment / COUNT).sqrt() + rounding**2).all()


@pytest.mark.parametrize("steps", [1, 3, 16])
def test_every_count_has_its_binomial_probability(steps):
    counts = (codes(steps) * steps).round()
    for column, rate in zip(counts.T, RATES, strict=True):
        binomial = torch.distributions.Binomial(steps, rate)
        expected = binomial.log_prob(torch.arange(steps + 1, dtype=torch.float64)).exp()
        found = torch.bincount(column.long(), minlength=steps + 1) / COUNT
        error = (expected * (1 - expected) / COUNT).sqrt()
        assert ((found - expected).abs() <= 5 * error + 2 / COUNT).all()


def deviation(counts, steps, rate):
    """Return chi-square over binomial cells of 10 or more, standardised."""
    binomial = torch.distributions.Binomial(steps, rate)
    expected = binomial.log_prob(torch.arange(steps + 1, dtype=torch.float64)).exp() * len(counts)
    found = torch.bincount(counts.long(), minlength=steps + 1).double()
    kept = expected >= 10
    sizes = torch.cat([expected[kept], expected[~kept].sum()[None]])
    seen = torch.cat([found[kept], found[~kept].sum()[None]])
    if sizes[-1] < 1:
        assert seen[-1] <= 8  # a mean below 1 has this in 1 of a million runs
        sizes, seen = sizes[:-1], seen[:-1]
    freedom = len(sizes) - 1
    return float(((seen - sizes).square() / sizes).sum() - freedom) / (2 * freedom) ** 0.5


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("steps", [8, 17, 64, 65, 128, 200, 256, 300])
def test_counts_of_many_steps_pass_the_chi_square_test(monkeypatch, steps, compiled):
    if not compiled:
        monkeypatch.setattr(_rate_code, "kernels", lambda: None)
    odd = 0.3 + 2.0**-30  # has bits beyond those of a float32
    rates = torch.tensor([2.0**-10, 0.01, 0.25, odd, 0.5, 0.7, 0.999], dtype=torch.float64)
    made = torch.Generator().manual_seed(100 + steps)
    found = send_rates(rates.expand(COUNT, -1), steps=steps, generator=made)
    for column, rate in zip((found * steps).round().T, rates, strict=True):
        assert deviation(column, steps, rate) < 5


def test_bits_of_neighbours_do_not_hang_together():
    """The words of each rate have room of their own, also where one rate takes many."""
    rates = torch.full((COUNT,), 1 / 3, dtype=torch.float64)
    made = torch.Generator().manual_seed(4)
    first, second = (send_rates(rates, steps=256, generator=made) for _ in range(2))
    pairs = [(first[lag:], first[:-lag]) for lag in (1, 2, 64, 256, 2048)]
    for a, b in (*pairs, (first, second)):
        assert abs(torch.corrcoef(torch.stack([a, b]))[0, 1]) < 4.5 / COUNT**0.5


@pytest.mark.parametrize("steps", [4, 20])
def test_silence_and_certainty_are_exact(steps):
    found = codes(steps)
    assert (found[:, 0] == 0).all()
    assert (found[:, -1] == 1).all()


@pytest.mark.parametrize("steps", [4, 20])
def test_places_are_independent(steps):
    found = codes(steps)[:, 1:-1]
    across = torch.corrcoef(found.T)
    across.fill_diagonal_(0)
    along = (found[1:] - RATES[1:-1]) * (found[:-1] - RATES[1:-1])
    along = along.mean(0) / found.var(0)
    limit = 4.5 / COUNT**0.5
    assert across.abs().max() < limit
    assert along.abs().max() < limit


@pytest.mark.parametrize("steps", [4, 20, 300])
def test_the_gradient_is_that_of_the_rates(steps):
    rates = torch.rand(50, generator=torch.Generator().manual_seed(1), requires_grad=True)
    code = send_rates(rates, steps=steps, generator=torch.Generator().manual_seed(2))
    weight = torch.randn(50, generator=torch.Generator().manual_seed(3))
    assert not torch.equal(code, rates)
    (found,) = torch.autograd.grad((code * weight).sum(), rates)
    assert torch.equal(found, weight)


@pytest.mark.parametrize("steps", [4, 20, 300])
def test_what_is_not_a_number_stays_so(steps):
    rates = torch.tensor([0.5, torch.nan])
    found = send_rates(rates, steps=steps, generator=torch.Generator().manual_seed(0))
    assert found.isnan().tolist() == [False, True]
