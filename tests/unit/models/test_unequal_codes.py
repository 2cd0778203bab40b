"""Twins whose populations have a code, and a T, of their own."""

import math

import numpy as np
import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.circuits import RateCode
from spikedim.models import build, code_rates, recalibrate_norms
from spikedim.models.layers import _rate_code
from spikedim.neurons import RandomPhaseEncoder, SigmaDeltaEncoder

TWIN = "spikformer-2-64/digits:softmax"


@pytest.fixture(scope="module")
def twin():
    return live_model(TWIN)


@pytest.fixture(scope="module")
def x(twin):
    return inputs(twin, 4)


def unequal(twin):
    """Return another T from 1 to 37 for every population."""
    return {name: 1 + 3 * i % 37 for i, name in enumerate(twin.populations)}


def test_a_mapping_of_one_length_is_that_length(twin, x):
    same = dict.fromkeys(twin.populations, 5)
    found = twin(x, code_steps=same, generator=generator(1))
    assert torch.equal(found, twin(x, code_steps=5, generator=generator(1)))


@pytest.mark.parametrize("code", RateCode)
def test_every_population_has_its_own_length(twin, x, code):
    lengths = unequal(twin)
    trace = twin.forward_with_states(x, code_steps=lengths, code=code, generator=generator(2))
    for name, found in trace.populations.items():
        counts = lengths[name] * found.spikes
        assert (counts - counts.round()).abs().max() < 1e-12, name
    exact = twin.forward_with_states(x)
    first, *_ = lengths
    error = (trace.populations[first].spikes - exact.populations[first].spikes).abs().max()
    assert 0 < error <= 1.0


@pytest.mark.parametrize("code", RateCode)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_tallies_are_whole_spikes_of_each_length(code, dtype):
    twin = live_model(TWIN, dtype=dtype)
    x, lengths = inputs(twin, 3).to(dtype), unequal(twin) | {"stem.lif0": 300_007}
    count = twin.count_spikes(x, code_steps=lengths, code=code, generator=generator(3))
    trace = twin.forward_with_states(x, code_steps=lengths, code=code, generator=generator(3))
    for name, spikes in count.spikes.items():
        assert spikes.dtype == torch.int64
        counts = (trace.populations[name].spikes.double() * lengths[name]).round()
        assert torch.equal(spikes, counts.flatten(2).sum(dim=2).long()), name
        assert (spikes <= lengths[name] * count.neurons[name]).all()
    assert torch.equal(count.outputs, trace.outputs)


def test_run_forward_and_trace_agree(twin, x):
    how = {"code_steps": unequal(twin), "code": "random_phase"}
    outputs = twin(x, generator=generator(5), **how)
    assert torch.equal(twin.run(x, generator=generator(5), **how).outputs[0], outputs)
    trace = twin.forward_with_states(x, generator=generator(5), **how)
    assert torch.equal(trace.outputs[0], outputs)


def test_the_deterministic_code_needs_no_generator(twin, x):
    found = twin(x, code_steps=3, code="sigma_delta")
    assert torch.equal(found, twin(x, code_steps=3, code="sigma_delta", generator=generator(1)))
    assert not torch.equal(found, twin(x))


def test_the_squared_error_of_the_deterministic_code_falls_with_the_square_of_the_steps(twin, x):
    with torch.no_grad():
        exact = twin(x)
        errors = [
            (twin(x, code_steps=steps, code="sigma_delta") - exact).square().mean()
            for steps in (64, 1024)
        ]
    assert 8**2 < errors[0] / errors[1] < 32**2


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("steps", [1, 3, 4, 17, 100])
@pytest.mark.parametrize("compiled", [True, False])
def test_counts_without_noise_are_those_of_the_encoder(monkeypatch, dtype, steps, compiled):
    if not compiled:
        monkeypatch.setattr(_rate_code, "kernels", lambda: None)
    rates = torch.cat([
        torch.rand(5_000, generator=generator(), dtype=torch.float64),
        torch.arange(2 * steps + 1).double() / (2 * steps),  # where a rate is between two counts
    ]).to(dtype)  # fmt: skip
    found = code_rates(rates, steps=steps, code="sigma_delta")
    counts = SigmaDeltaEncoder().count(rates, steps=steps)
    assert torch.equal(found, (counts / steps).to(dtype))


@pytest.mark.parametrize("steps", [1, 6, 50])
def test_a_random_phase_is_drawn_as_the_encoder_draws_it(steps):
    rates = torch.rand(5_000, 2, generator=generator(), dtype=torch.float64)[:, 1]
    found = code_rates(rates, steps=steps, code="random_phase", generator=generator(4))
    counts = RandomPhaseEncoder().count(rates, steps=steps, generator=generator(4))
    assert torch.equal(found, counts / steps)


@pytest.mark.parametrize("code", RateCode)
@pytest.mark.parametrize("steps", [5, 40, 500])
def test_a_transform_draws_the_same(code, steps):
    rates = torch.rand(60, generator=generator())
    weight = torch.arange(60.0)

    def total(part):
        coded = code_rates(part, steps=steps, code=code, generator=generator(1))
        return (coded * weight).sum()

    gradient, value = torch.func.grad_and_value(total)(rates)
    assert torch.equal(gradient, weight)
    assert torch.equal(value, total(rates))


def test_statistics_under_an_unequal_code(twin, x):
    def estimate(**how):
        model = live_model(TWIN)
        recalibrate_norms(model, [inputs(model, 8)], **how)
        return torch.cat([b.flatten() for key, b in model.named_buffers() if "running_mean" in key])

    lengths = unequal(twin)
    first = estimate(code_steps=lengths, code="sigma_delta")
    assert torch.equal(first, estimate(code_steps=lengths, code=RateCode.SIGMA_DELTA))
    assert not torch.equal(first, estimate(code_steps=lengths))
    assert not torch.equal(first, estimate(code_steps=3, code="sigma_delta"))


def test_lengths_by_name_or_for_all(twin):
    lengths = unequal(twin)
    assert twin.code_lengths(4) == dict.fromkeys(twin.populations, 4)
    assert list(twin.code_lengths(dict(reversed(lengths.items()))).items()) == [*lengths.items()]


def test_missing_and_unknown_names_are_refused_in_one_sentence(twin, x):
    first, *rest = twin.populations
    lengths = dict.fromkeys(rest, 2) | {"nobody": 1, "a.b": 3, "z": 1}
    expected = (
        rf"^forward: `code_steps` must have a T for each of the {len(rest) + 1} populations of "
        rf"{TWIN}; got missing or unknown names: a\.b, nobody, {first}\. Take the names"
    )
    with pytest.raises(InputError, match=expected):
        twin(x, code_steps=lengths, generator=generator())


@pytest.mark.parametrize("steps", [0, True, 2.0])
@pytest.mark.usefixtures("untyped")
def test_each_length_is_a_number_of_steps(twin, x, steps):
    lengths = dict.fromkeys(twin.populations, 2) | {"stem.lif0": steps}
    with pytest.raises(InputError, match=r"^forward: `code_steps\['stem\.lif0'\]` must be an int"):
        twin(x, code_steps=lengths, generator=generator())


def test_a_spiking_model_refuses_a_mapping(x):
    with pytest.raises(InputError, match=r"^forward: `code_steps` must be absent for a spiking"):
        build("spikformer-2-64/digits")(x.float(), code_steps={"stem.lif0": 1})


def test_an_unknown_code_is_refused(twin, x):
    with pytest.raises(InputError, match=r"^forward: `code` must be one of bernoulli, sigma_delta"):
        twin(x, code_steps=2, code="sigma-delta", generator=generator())
    with pytest.raises(InputError, match=r"^code_rates: `code` must be one of bernoulli"):
        code_rates(torch.rand(3, generator=generator()), steps=2, code="latency")


@pytest.mark.parametrize("code", ["bernoulli", "random_phase"])
def test_codes_that_draw_need_a_generator(twin, x, code):
    with pytest.raises(InputError, match=r"^forward: `generator` must be a torch\.Generator"):
        twin(x, code_steps=2, code=code)
    with pytest.raises(InputError, match=rf"^code_rates: `generator` must .* for the code {code};"):
        code_rates(torch.rand(3, generator=generator()), steps=2, code=code)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("rates", "steps", "message"),
    [
        (torch.tensor([0, 1]), 4, r"`rates` must be a tensor of floats; got torch.int64"),
        ([0.5], 4, r"`rates` must be a tensor of floats; got list"),
        (torch.empty(3, device="meta"), 4, r"`generator` must be on the device of the rates, meta"),
        (torch.full((2,), 0.5), 10**400, r"`steps` must be at most 2\*\*50; got one of 1329 bits"),
        (torch.full((2,), 0.5), True, r"`steps` must be an integer >= 1; got True"),
    ],
)
def test_what_cannot_be_coded_is_refused(rates, steps, message):
    with pytest.raises(InputError, match=message):
        code_rates(rates, steps=steps, generator=generator())


def test_counts_beyond_float32_are_means_all_the_same():
    steps = (1 << 26) + 1
    found = code_rates(torch.full((20_000,), 0.3), steps=steps, generator=generator()).double()
    deviation = (0.3 * 0.7 / steps) ** 0.5
    assert float(found.mean()) == pytest.approx(0.3, abs=4 * deviation / 20_000**0.5 + 1e-8)
    assert float(found.std()) == pytest.approx(deviation, rel=0.03)


def test_weights_too_coarse_for_a_tally_are_refused():
    twin = live_model(TWIN, dtype=torch.bfloat16)
    x = inputs(twin, 2).bfloat16()
    count = twin.count_spikes(x, code_steps=128, generator=generator(1))
    trace = twin.forward_with_states(x, code_steps=128, generator=generator(1))
    for name, spikes in count.spikes.items():
        counts = trace.populations[name].spikes.double() * 128
        assert (counts - counts.round()).abs().max() < 0.5
        assert torch.equal(spikes, counts.round().flatten(2).sum(dim=2).long())
    with pytest.raises(InputError, match=r"^count_spikes: `code_steps` must be at most 128 with"):
        twin.count_spikes(x, code_steps=129, generator=generator(1))


def test_padding_stays_silent():
    twin = live_model("spikformer-text-2-64/movie-reviews:softmax", vocabulary=50, tokens=9)
    x = inputs(twin, 4)
    trace = twin.forward_with_states(x, code_steps=2, code="sigma_delta")
    for name, found in trace.populations.items():
        if found.spikes.shape[2] == x.shape[1]:
            assert (found.spikes[:, x == 0] == 0).all(), name


def test_bits_do_not_depend_on_threads(monkeypatch):
    rates = torch.rand(70_000, generator=generator())
    first = code_rates(rates, steps=33, generator=generator(1))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    monkeypatch.setattr(_rate_code, "_CHUNK", 1 << 10)
    assert np.array_equal(first, code_rates(rates, steps=33, generator=generator(1)))


@pytest.mark.parametrize("odd", [-0.1, 1.2, math.nan, math.inf])
def test_what_is_no_rate_is_refused(odd):
    rates = torch.tensor([0.5, odd])
    with pytest.raises(InputError, match=r"^code_rates: `rates` must lie in \[0, 1\]; got "):
        code_rates(rates, steps=4, code="sigma_delta")
