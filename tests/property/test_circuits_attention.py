import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.bounds import Epsilon
from spikedim.circuits import (
    AttentionNoise,
    MultiHeadSpikingAttention,
    RateCode,
    SoftmaxMode,
    SpikingAttentionStack,
)

CASES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**31),
        "n": st.integers(1, 6),
        "d": st.integers(1, 5),
        "heads": st.integers(1, 2),
        "width": st.integers(1, 3),
        "spread": st.sampled_from([0.1, 1.0, 20.0]),  # up to peaky rows
        "digits": st.sampled_from([0, 1, 8]),  # 0: only rates 0 and 1
        "mode": st.sampled_from(list(SoftmaxMode)),
        "encoder": st.sampled_from(list(RateCode)),
    }
)


def built(seed, n, d, heads, width, spread, digits, mode, encoder):
    """Return a layer, its tokens and a generator."""
    rng = np.random.default_rng(seed)
    low, high = -rng.random(d), rng.random(d)
    w_q, w_k, w_v = spread * rng.normal(size=(3, d, heads * width))
    w_o = rng.normal(size=(heads * width, 2))
    layer = MultiHeadSpikingAttention.compile(
        w_q, w_k, w_v, w_o, heads=heads, low=low, high=high, mode=mode, encoder=encoder
    )
    return layer, low + (high - low) * rng.random((n, d)).round(digits), rng


@settings(max_examples=60)
@given(CASES, st.integers(1, 70))
def test_a_run_keeps_its_bound_and_its_range(case, steps):
    layer, x, rng = built(**case)
    result = layer.run(x, steps=steps, generator=rng)
    assert result.certificate.holds, str(result.certificate)
    low, high = layer.output_range()
    slack = 1e-9 * (1 + abs(low) + abs(high))
    assert (result.value >= low - slack).all()
    assert (result.value <= high + slack).all()


@settings(max_examples=30)
@given(CASES, st.integers(1, 30))
def test_online_outputs_keep_the_range_too(case, steps):
    layer, x, rng = built(**case)
    result = layer.run_online(x, steps=steps, generator=rng)
    low, high = layer.output_range()
    slack = 1e-9 * (1 + abs(low) + abs(high))
    assert (result.value >= low - slack).all()
    assert (result.value <= high + slack).all()
    assert not result.silent.any()


@settings(max_examples=30)
@given(CASES, st.integers(1, 30), st.sampled_from(["run", "run_online"]))
def test_permuted_noise_permutes_random_circuits(case, steps, form):
    layer, x, rng = built(**case)
    if layer.mode in (SoftmaxMode.GLI, SoftmaxMode.CUP):
        return
    n, d = x.shape
    heads = layer.heads.count
    noise = AttentionNoise.draw(tokens=n, features=d, heads=heads, generator=rng)
    order = rng.permutation(n)
    run = getattr(layer, form)
    got = run(x[order], steps=steps, noise=noise.permuted(order)).value
    want = run(x, steps=steps, noise=noise).value[order]
    assert abs(got - want).max() <= 1e-12 * (1 + abs(want).max())


@settings(max_examples=40)
@given(CASES, st.floats(0.01, 100.0))
def test_constants_are_not_negative_and_scale_with_the_output(case, factor):
    layer, x, _ = built(**case)
    constant = layer.error_constant(x)
    assert min(constant.sampling, constant.value, constant.score, constant.rounding) >= 0
    heads = layer.heads
    triple = [w.transpose(1, 0, 2).reshape(x.shape[1], -1) for w in (heads.query, heads.key)]
    value = heads.value.transpose(1, 0, 2).reshape(x.shape[1], -1)
    biases = [bias.ravel() for bias in (heads.query_bias, heads.key_bias, heads.value_bias)]
    scaled = MultiHeadSpikingAttention.compile(
        *triple,
        value,
        factor * heads.output.reshape(value.shape[1], -1),
        heads=heads.count,
        b_q=biases[0],
        b_k=biases[1],
        b_v=biases[2],
        mode=layer.mode,
        encoder=layer.encoder,
    )
    got = scaled.error_constant(layer.rates(x)).total
    np.testing.assert_allclose(got, factor**2 * constant.total, rtol=1e-6, atol=1e-9 * factor**2)


@settings(max_examples=30)
@given(CASES, st.floats(0.05, 5.0))
def test_a_smaller_error_never_needs_fewer_steps(case, epsilon):
    layer, x, _ = built(**case)
    steps = [
        layer.steps_for(x, epsilon=Epsilon.parse(f"{value}:fro")).value
        for value in (epsilon, epsilon / 2)
    ]
    assert 1 <= steps[0] <= steps[1]


@settings(max_examples=15)
@given(CASES, st.integers(1, 40))
def test_a_stack_never_leaves_the_range_of_its_next_layer(case, steps):
    layer, x, rng = built(**case)
    low, high = layer.output_range()
    triple = rng.normal(size=(3, 2, 2))
    after = MultiHeadSpikingAttention.compile(
        *triple, heads=1, low=low, high=high, mode=layer.mode, encoder=layer.encoder
    )
    result = SpikingAttentionStack((layer, after)).run(x, steps=steps, generator=rng)
    assert result.whole.certificate.holds, str(result.whole.certificate)
