"""What every encoder must do, whatever its code."""

import inspect
import math
import re

import pytest
import torch

from spikedim import neurons
from spikedim._core import InputError
from spikedim.neurons import AbstractEncoder

ENCODERS = [
    item
    for name in neurons.__all__
    if inspect.isclass(item := getattr(neurons, name))
    and issubclass(item, AbstractEncoder)
    and not inspect.isabstract(item)
]
STEPS = 12
# The value of a time code depends on T itself, so a longer code is not a longer train.
NEEDS_THE_END = {"LatencyEncoder"}
# The mean of the spikes is the rate, up to a known factor.
NO_RATE_CODE = {"LatencyEncoder", "PositionalBinaryEncoder"}


@pytest.fixture(params=ENCODERS, ids=lambda c: c.__name__)
def encoder(request):
    return request.param()


@pytest.fixture
def rates(generator):
    inside = torch.rand(4, 5, generator=generator, dtype=torch.float64)
    inside[0, :3] = torch.tensor([0.0, 0.5, 1.0])
    return inside


def seeded():
    return torch.Generator().manual_seed(3)


def test_six_codes_are_found():
    assert len(ENCODERS) == 6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_spikes_have_time_first_and_the_type_of_the_rates(encoder, rates, dtype):
    spikes = encoder.encode(rates.to(dtype), steps=STEPS, generator=seeded())
    assert (spikes.shape, spikes.dtype) == ((STEPS, 4, 5), dtype)
    assert set(spikes.unique().tolist()) == {0.0, 1.0}


def test_one_step_and_a_single_number_are_enough(encoder):
    spikes = encoder.encode(torch.tensor(0.3), steps=1, generator=seeded())
    assert spikes.shape == (1,)
    assert encoder.decode(spikes).shape == ()


def test_the_same_seed_gives_the_same_spikes_and_only_a_stochastic_code_another(encoder, rates):
    first = encoder.encode(rates, steps=STEPS, generator=seeded())
    assert torch.equal(first, encoder.encode(rates, steps=STEPS, generator=seeded()))
    other = encoder.encode(rates, steps=STEPS, generator=torch.Generator().manual_seed(4))
    assert torch.equal(first, other) is not encoder.stochastic


def test_a_deterministic_code_needs_no_generator_and_a_stochastic_one_says_so(encoder, rates):
    if not encoder.stochastic:
        assert encoder.encode(rates, steps=STEPS).shape == (STEPS, 4, 5)
        return
    with pytest.raises(InputError, match=r"`generator` must be a torch\.Generator; got NoneType"):
        encoder.encode(rates, steps=STEPS)
    with pytest.raises(InputError, match=r"count: `generator` must be a torch\.Generator; got No"):
        encoder.count(rates, steps=STEPS)


def test_an_early_stop_gives_the_beginning_of_the_train(encoder, rates):
    long = encoder.encode(rates, steps=STEPS, generator=seeded())
    short = encoder.encode(rates, steps=5, generator=seeded())
    is_prefix = torch.equal(short, long[:5])
    assert is_prefix is (type(encoder).__name__ not in NEEDS_THE_END)


def test_counts_are_those_of_trains(encoder, generator):
    rates = torch.tensor([0.0, 0.03, 0.37, 0.9, 1.0], dtype=torch.float64)
    if not encoder.stochastic:
        want = encoder.encode(rates, steps=STEPS).sum(dim=0)
        assert torch.equal(encoder.count(rates, steps=STEPS), want)
        return
    many = rates.expand(20_000, 5)
    trains = encoder.encode(many, steps=STEPS, generator=generator).sum(dim=0)
    counts = encoder.count(many, steps=STEPS, generator=generator)
    assert torch.equal(counts, counts.round())
    for power in (1, 2):
        a, b = trains**power, counts**power
        spread = ((a.var(dim=0) + b.var(dim=0)) / 20_000).sqrt()
        assert ((a.mean(dim=0) - b.mean(dim=0)).abs() <= 5 * spread + 1e-12).all()


def test_counts_need_no_memory_for_their_steps(encoder):
    if type(encoder).__name__ in {"BernoulliEncoder", "SigmaDeltaEncoder", "RandomPhaseEncoder"}:
        rates = torch.tensor([0.0, 0.25, 1.0])
        counts = encoder.count(rates, steps=1 << 40, generator=seeded())
        assert (counts.dtype, counts[0].item(), counts[2].item()) == (torch.float64, 0, 1 << 40)
        assert counts[1].item() / (1 << 40) == pytest.approx(0.25, abs=1e-5)


def test_no_decoded_rate_is_further_off_than_the_worst_error(encoder, generator):
    rates = torch.cat([torch.tensor([0.0, 1.0]), torch.rand(500, generator=generator)]).double()
    for steps in (1, 2, 7, 30):
        got = encoder.decode(encoder.encode(rates, steps=steps, generator=generator))
        assert (got - rates).abs().max() <= encoder.worst_error(steps=steps) + 1e-12


def test_the_law_is_finite_nonnegative_and_in_float64(encoder, rates):
    for steps in (1, STEPS):
        bias, variance = encoder.bias(rates, steps=steps), encoder.variance(rates, steps=steps)
        for law in (bias, variance):
            assert (law.shape, law.dtype) == (rates.shape, torch.float64)
            assert torch.isfinite(law).all()
        assert (variance >= 0).all()
        rms = encoder.uniform_rms(steps=steps)
        assert 0 < rms <= encoder.worst_error(steps=steps)


def test_a_deterministic_code_has_no_variance_and_a_stochastic_one_no_bias(encoder, rates):
    zero = encoder.bias if encoder.stochastic else encoder.variance
    assert zero(rates, steps=STEPS).abs().max() == 0
    other = encoder.variance if encoder.stochastic else encoder.bias
    assert other(rates, steps=STEPS).abs().max() > 0


def test_a_deterministic_code_errs_by_its_bias_exactly(encoder, rates):
    if encoder.stochastic:
        return
    got = encoder.decode(encoder.encode(rates, steps=STEPS))
    torch.testing.assert_close(got - rates, encoder.bias(rates, steps=STEPS), rtol=0, atol=1e-14)


def test_rates_are_conserved_by_rate_codes(encoder, generator):
    rates = torch.full((20_000,), 0.37, dtype=torch.float64)
    spikes = encoder.encode(rates, steps=STEPS, generator=generator)
    expected = 0.37 / (1 + getattr(encoder, "refractory_steps", 0))
    off = abs(spikes.mean().item() - expected)
    if type(encoder).__name__ in NO_RATE_CODE:
        assert off > 0.05
    else:
        # Five standard errors of 20,000 trains, or the bias of the deterministic one.
        assert off <= max(5 * 0.5 / math.sqrt(20_000), 0.5 / STEPS)


def test_more_steps_never_raise_the_worst_error_fourfold(encoder):
    for steps in (2, 5, 12):
        assert encoder.worst_error(steps=4 * steps) <= encoder.worst_error(steps=steps)
        assert encoder.uniform_rms(steps=4 * steps) < encoder.uniform_rms(steps=steps)


def test_encoding_leaves_the_rates_alone_and_cuts_no_gradient_silently(encoder, rates):
    before = rates.clone()
    spikes = encoder.encode(rates.requires_grad_(), steps=STEPS, generator=seeded())
    assert torch.equal(rates, before)
    assert not spikes.requires_grad


def test_is_a_frozen_value_that_names_its_source(encoder):
    assert encoder == type(encoder)()
    assert hash(encoder) == hash(type(encoder)())
    doc = type(encoder).__doc__
    assert re.search(r"\.\. \[1\] .*\d{4}", doc, re.DOTALL)
    assert "Cost" in doc
    assert "spikedim.bounds." in doc


NOT_RATES = [
    (torch.tensor([0.2, 1.5]), r"`rates` must be in \[0, 1\]; got values from 0.2 to 1.5"),
    (torch.tensor([-0.1, 0.5]), r"`rates` must be in \[0, 1\]; got values from -0.1 to 0.5"),
    (torch.tensor([math.nan, 0.5]), "`rates` must be finite; got NaN"),
    (torch.tensor([math.inf, 0.5]), r"`rates` must be in \[0, 1\]; got values from 0.5 to inf"),
    (torch.tensor([0, 1]), "`rates` must be floating point; got torch.int64"),
    (torch.zeros(0, 3), r"`rates` must have at least one entry; got shape \(0, 3\)"),
    ([0.1, 0.2], "`rates` must be a torch.Tensor; got list"),
]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("bad", "message"), NOT_RATES)
def test_what_is_no_rate_is_refused_not_clipped(encoder, bad, message):
    name = type(encoder).__name__
    calls = {
        "encode": lambda: encoder.encode(bad, steps=4, generator=seeded()),
        "count": lambda: encoder.count(bad, steps=4, generator=seeded()),
        "bias": lambda: encoder.bias(bad, steps=4),
        "variance": lambda: encoder.variance(bad, steps=4),
    }
    for method, call in calls.items():
        with pytest.raises(InputError, match=f"^{name}.{method}: {message}"):
            call()


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0, -2, 1.5, True, "4", None])
def test_what_is_no_number_of_steps_is_refused(encoder, bad, rates):
    name = type(encoder).__name__
    calls = {
        "encode": lambda: encoder.encode(rates, steps=bad, generator=seeded()),
        "count": lambda: encoder.count(rates, steps=bad, generator=seeded()),
        "bias": lambda: encoder.bias(rates, steps=bad),
        "variance": lambda: encoder.variance(rates, steps=bad),
        "worst_error": lambda: encoder.worst_error(steps=bad),
        "uniform_rms": lambda: encoder.uniform_rms(steps=bad),
    }
    for method, call in calls.items():
        with pytest.raises(InputError, match=f"^{name}.{method}: `steps` must be an integer >= 1"):
            call()


NOT_SPIKES = [
    (torch.full((3, 2), 0.5), "`spikes` must be 0 or 1; got other values"),
    (torch.full((3, 2), math.nan), "`spikes` must be 0 or 1; got other values"),
    (torch.zeros(0, 2), r"`spikes` must have shape \[T, ...\] with T >= 1 .*; got \(0, 2\)"),
    (torch.tensor(1.0), r"`spikes` must have shape \[T, ...\] with T >= 1 .*; got \(\)"),
    (torch.ones(3, 2).bool(), "`spikes` must be floating point; got torch.bool"),
    (None, "`spikes` must be a torch.Tensor; got NoneType"),
]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("bad", "message"), NOT_SPIKES)
def test_what_is_no_spike_train_is_refused(encoder, bad, message):
    with pytest.raises(InputError, match=f"^{type(encoder).__name__}.decode: {message}"):
        encoder.decode(bad)
