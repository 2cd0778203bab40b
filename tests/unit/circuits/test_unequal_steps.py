"""Stages of attention with steps of their own."""

import itertools

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import (
    AttentionNoise,
    MultiHeadSpikingAttention,
    RateCode,
    SoftmaxMode,
    SpikingAttention,
    SpikingAttentionStack,
)

STEPS = {"query code": 16, "key code": 3, "value code": 200, "competitors": 40}


def layer_of(seed, mode="gli", code="bernoulli", *, heads=1):
    rng = np.random.default_rng(seed)
    w_q, w_k, w_v = rng.normal(size=(3, 8, 4)) / 2
    if heads == 1:
        layer = SpikingAttention.compile(w_q, w_k, w_v, mode=mode, encoder=code)
    else:
        layer = MultiHeadSpikingAttention.compile(
            w_q, w_k, w_v, heads=heads, mode=mode, encoder=code
        )
    return layer, rng.random((6, 8)), rng


@pytest.mark.parametrize(("mode", "code"), [*itertools.product(SoftmaxMode, RateCode)])
def test_the_certificate_holds(mode, code):
    orders = ((1, 64, 8, 32), (64, 2, 512, 16), (16, 16, 16, 200))
    for seed, order in enumerate(orders):
        layer, x, rng = layer_of(seed, mode, code, heads=1 + seed % 2)
        result = layer.run(
            x, steps=9, generator=rng, allocation=dict(zip(STEPS, order, strict=True))
        )
        assert result.certificate.holds, str(result.certificate)
        assert result.certificate.steps == max(order)


@pytest.mark.parametrize("code", list(RateCode))
def test_equal_steps_by_name_are_equal_steps(code):
    layer, x, _ = layer_of(0, "gli_escape", code)
    plain, named = (
        layer.run(x, steps=steps, generator=np.random.default_rng(1), allocation=chosen)
        for steps, chosen in ((12, None), (5, dict.fromkeys(STEPS, 12)))
    )
    assert (plain.value == named.value).all()
    assert plain.certificate == named.certificate
    assert plain.spikes == named.spikes


@pytest.mark.parametrize("code", list(RateCode))
def test_every_stage_has_its_own_steps(code):
    layer, x, rng = layer_of(1, "cup", code)
    noise = AttentionNoise.draw(tokens=6, features=8, generator=rng)
    for chosen in (None, noise):
        result = layer.run(x, steps=1, generator=rng, noise=chosen, allocation=STEPS)
        counts = {part.population: part.spikes for part in result.spikes}
        for name in ("query code", "key code", "value code"):
            expected = STEPS[name] * layer.rates(x).sum()
            assert abs(counts[name] - expected) < 6 * np.sqrt(STEPS[name] * 12) + 24
        assert counts["competitors"] == 40 * 6
        rates = {part.population: part.rate for part in result.spikes}
        assert rates["value code"] == counts["value code"] / 48 / 200


def test_what_is_not_named_has_the_steps_of_all():
    layer, x, _ = layer_of(2, "cup", "sigma_delta")
    assert layer.run(x, steps=8, allocation={"value code": 64}).certificate.steps == 64
    few = layer.run(x, steps=8).certificate
    more = layer.run(x, steps=8, allocation={"value code": 512}).certificate
    assert more.bound < few.bound


def test_the_law_is_that_of_every_stage():
    layer, x, rng = layer_of(3, "race")
    parts = layer.error_constant(x)
    result = layer.run(
        x,
        steps=1,
        generator=rng,
        allocation={"query code": 50, "key code": 50, "value code": 20, "competitors": 80},
    )
    expected = parts.score / 50 + parts.value / 20 + parts.sampling / 80
    assert result.certificate.rms_law == pytest.approx(np.sqrt(expected))


@pytest.mark.parametrize("code", ["sigma_delta", "random_phase"])
def test_the_law_of_codes_that_only_round(code):
    layer, x, rng = layer_of(4, "cup", code)
    steps = {"query code": 41, "key code": 57, "value code": 30, "competitors": 90}
    squares = [
        layer.run(x * shift, steps=1, generator=rng, allocation=steps).certificate
        for shift in np.linspace(0.8, 1.0, 30)
    ]
    measured = np.mean([each.rms_error**2 for each in squares])
    expected = np.mean([each.rms_law**2 for each in squares])
    assert 0.5 < measured / expected < 2


def test_stacks_by_layer():
    rng = np.random.default_rng(5)
    weights = [
        {"w_q": q, "w_k": k, "w_v": v, "heads": 1} for q, k, v in rng.normal(size=(2, 3, 4, 4)) / 4
    ]
    stack = SpikingAttentionStack.compile(weights)
    result = stack.run(
        rng.random((5, 4)),
        steps=16,
        generator=rng,
        allocation={"layer 0 value code": 100, "layer 1 competitors": 64},
    )
    assert [layer.certificate.steps for layer in result.layers] == [100, 64]
    assert (result.whole.certificate.steps, result.whole.certificate.holds) == (100, True)
    with pytest.raises(InputError, match=r"`allocation` must name populations.*'value code'"):
        stack.run(rng.random((5, 4)), steps=4, generator=rng, allocation={"value code": 4})


def test_doors():
    layer, x, rng = layer_of(6)
    with pytest.raises(InputError, match=r"`allocation` must name populations.*'values'"):
        layer.run(x, steps=4, generator=rng, allocation={"values": 4})
    with pytest.raises(InputError, match=r"`allocation` must be"):
        layer.run(x, steps=4, generator=rng, allocation={"value code": 0})


@pytest.mark.usefixtures("untyped")
def test_wrong_types():
    layer, x, rng = layer_of(7)
    with pytest.raises(InputError, match=r"`allocation` must map names .*; got int"):
        layer.run(x, steps=4, generator=rng, allocation=4)
    stack = SpikingAttentionStack((layer,))
    with pytest.raises(InputError, match=r"`allocation` must map names .*; got int"):
        stack.run(x, steps=4, generator=rng, allocation=4)
