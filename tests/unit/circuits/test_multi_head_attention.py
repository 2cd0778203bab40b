import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import (
    AttentionNoise,
    MultiHeadSpikingAttention,
    SoftmaxMode,
    SpikingAttention,
)

NAMES = ("w_q", "w_k", "w_v", "w_o")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def weights(rng):
    """Return w_q, w_k [5, 6], w_v [5, 4] and w_o [4, 7] of two heads."""
    sizes = ((5, 6), (5, 6), (5, 4), (4, 7))
    return {name: rng.normal(size=size) for name, size in zip(NAMES, sizes, strict=True)}


def head(weights, number, **settings):
    queries, keys = (weights[name][:, 3 * number :][:, :3] for name in ("w_q", "w_k"))
    return SpikingAttention.compile(
        queries, keys, weights["w_v"][:, 2 * number :][:, :2], **settings
    )


def test_heads_lie_side_by_side_without_output_weights(weights, rng):
    x = rng.random((6, 5))
    plain = {name: weights[name] for name in NAMES[:3]}
    both = MultiHeadSpikingAttention.compile(**plain, heads=2, mode="race")
    ones = [head(weights, number, mode="race") for number in range(2)]
    np.testing.assert_allclose(both.exact(x), np.hstack([one.exact(x) for one in ones]))
    parts = [one.error_constant(x) for one in ones]
    whole = both.error_constant(x)
    assert whole.total == pytest.approx(sum(part.total for part in parts))
    noise = AttentionNoise.draw(tokens=6, features=5, heads=2, generator=rng)
    first = AttentionNoise(noise.query, noise.key, noise.value, noise.rows[:1])
    second = AttentionNoise(noise.query, noise.key, noise.value, noise.rows[1:])
    want = [
        one.run(x, steps=30, noise=part).value
        for one, part in zip(ones, (first, second), strict=True)
    ]
    got = both.run(x, steps=30, noise=noise)
    np.testing.assert_allclose(got.value, np.hstack(want), atol=1e-12)
    assert got.row_spikes.shape == got.row_entropy_bits.shape == got.silent.shape == (2, 6)


@pytest.mark.parametrize("mode", list(SoftmaxMode))
def test_output_weights_and_bias_come_last(mode, weights, rng):
    x, bias = rng.random((6, 5)), rng.normal(size=7)
    layer = MultiHeadSpikingAttention.compile(
        **weights, b_o=bias, heads=2, mode=mode, encoder="sigma_delta"
    )
    rows = np.hstack([head(weights, number).exact(x) for number in range(2)])
    np.testing.assert_allclose(layer.exact(x), rows @ weights["w_o"] + bias)
    result = layer.run(x, steps=20_000, generator=rng)
    np.testing.assert_allclose(result.value, result.target, atol=0.1)
    assert result.certificate.holds
    online = layer.run_online(x, steps=2000, generator=rng)
    np.testing.assert_allclose(online.value, online.target, atol=0.4)


def test_one_head_is_spiking_attention(weights, rng):
    x = rng.random((6, 5))
    triple = [weights[name] for name in NAMES[:3]]
    layer = MultiHeadSpikingAttention.compile(
        triple[0], triple[1], triple[2], heads=1, low=-1, high=2
    )
    other = SpikingAttention.compile(*triple, low=-1, high=2)
    got = layer.run(x, steps=50, generator=np.random.default_rng(1))
    want = other.run(x, steps=50, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(got.value, want.value)
    assert got.certificate.bound == want.certificate.bound
    assert (got.certificate.neurons, got.certificate.synapses) == (
        want.certificate.neurons,
        want.certificate.synapses,
    )


def test_the_range_of_outputs_is_reached_by_one_token_per_head(weights, rng):
    layer = MultiHeadSpikingAttention.compile(**weights, heads=2, encoder="sigma_delta")
    low, high = layer.output_range()
    for _ in range(50):
        value = layer.run(rng.integers(0, 2, size=(2, 5)).astype(float), steps=2).value
        assert (value >= low - 1e-12).all()
        assert (value <= high + 1e-12).all()
    single = MultiHeadSpikingAttention.compile(
        weights["w_q"], weights["w_k"], weights["w_v"], heads=1
    )
    most = (weights["w_v"][:, :1] > 0).T.astype(float)
    assert single.exact(most)[0, 0] == pytest.approx(single.output_range()[1][0])


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": 4}, "`w_q` must have columns that 4 heads share evenly; got 6"),
        ({"heads": 3}, "`w_v` must have columns that 3 heads share evenly; got 4"),
        ({"heads": 0}, "`heads` must be an integer >= 1"),
        ({"w_o": np.ones((5, 7))}, r"`w_o` must have 4 rows, the columns of `w_v`; got shape \(5"),
        ({"b_o": np.ones(6)}, r"`b_o` must have shape \(7,\)"),
    ],
)
def test_what_cannot_be_compiled_is_refused(change, message, weights):
    with pytest.raises(InputError, match=f"^MultiHeadSpikingAttention.compile: {message}"):
        MultiHeadSpikingAttention.compile(**(weights | {"heads": 2} | change))


@pytest.mark.usefixtures("untyped")
def test_noise_of_other_sizes_is_refused(weights, rng):
    layer = MultiHeadSpikingAttention.compile(**weights, heads=2)
    noise = AttentionNoise.draw(tokens=6, features=5, generator=rng)
    with pytest.raises(InputError, match="`noise` must fit 6 tokens, 5 channels and 2 heads; got"):
        layer.run(rng.random((6, 5)), steps=2, noise=noise)
