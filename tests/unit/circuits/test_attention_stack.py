import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import AttentionStackResult, SpikingAttention, SpikingAttentionStack


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def weights(rng):
    def one():
        names = ("w_q", "w_k", "w_v", "w_o")
        return dict(zip(names, rng.normal(size=(4, 4, 4)) / 2, strict=True), heads=2)

    return [one(), one(), one()]


@pytest.mark.parametrize("mode", ["race", "gli"])
@pytest.mark.parametrize("code", ["bernoulli", "sigma_delta"])
def test_layers_are_reported_one_by_one_and_together(mode, code, weights, rng):
    stack = SpikingAttentionStack.compile(weights, mode=mode, encoder=code)
    x = rng.random((5, 4))
    result = stack.run(x, steps=4096, generator=rng)
    assert len(result.layers) == 3
    assert all(layer.certificate.holds for layer in result.layers)
    assert result.whole.certificate.holds
    np.testing.assert_array_equal(result.whole.value, result.layers[-1].value)
    np.testing.assert_allclose(result.whole.target, stack.exact(x))
    # Each layer is compared with exact arithmetic on what it got.
    second = stack.layers[1].exact(result.layers[0].value)
    np.testing.assert_allclose(result.layers[1].target, second)
    assert result.whole.total_spikes == sum(layer.total_spikes for layer in result.layers)
    assert result.whole.spikes[0].population == "layer 0 query code"
    assert AttentionStackResult.from_json(result.to_json()).to_dict() == result.to_dict()


def test_the_product_of_stretches_bounds_what_layers_do(weights, rng):
    stack = SpikingAttentionStack.compile(weights, mode="race")
    for steps in (16, 256, 4096):
        result = stack.run(rng.random((5, 4)), steps=steps, generator=rng)
        measured = 0.0
        for layer, stretch in zip(result.layers, result.stretches, strict=True):
            measured = measured * stretch + layer.certificate.error
        assert result.whole.certificate.error <= measured * (1 + 1e-9)
        assert measured <= result.whole.certificate.bound


def test_causal_masks_reach_all_layers(weights, rng):
    stack = SpikingAttentionStack.compile(weights, encoder="sigma_delta")
    x = rng.random((5, 4))
    causal = np.tril(np.ones((5, 5), dtype=bool))
    first = stack.run(x, steps=64, mask=causal).whole.value[0]
    x[1:] = 1 - x[1:]
    np.testing.assert_array_equal(stack.run(x, steps=64, mask=causal).whole.value[0], first)


def test_ranges_follow_from_the_weights_alone(weights):
    stack = SpikingAttentionStack.compile(weights, low=-1.0, high=3.0)
    for before, after in zip(stack.layers[:-1], stack.layers[1:], strict=True):
        np.testing.assert_array_equal(np.stack(before.output_range()), [after.low, after.high])


def test_an_error_that_is_not_measured_is_absent(weights, rng):
    stack = SpikingAttentionStack.compile(weights)
    result = stack.run(rng.random((5, 4)), steps=8, generator=rng, measure_error=False)
    assert result.stretches is result.whole.target is None
    assert result.whole.certificate.error is result.whole.certificate.bound is None
    assert "the error was not asked for" in result.whole.certificate.reason


def test_layers_that_do_not_fit_are_refused():
    eye, wide = np.eye(4), np.ones((3, 3))
    first = SpikingAttention.compile(eye, eye, 2 * eye)
    second = SpikingAttention.compile(eye, eye, eye, low=0.0, high=2.0)
    assert SpikingAttentionStack((first, second)).layers == (first, second)
    with pytest.raises(
        InputError, match=r"^SpikingAttentionStack: `layers` must have at least one"
    ):
        SpikingAttentionStack(())
    narrow = SpikingAttention.compile(eye, eye, eye)
    with pytest.raises(
        InputError,
        match=r"got layer 1 with \[0, 1\] in channel 0, where outputs lie in \[0, 2\]\. Compile it",
    ):
        SpikingAttentionStack((first, narrow))
    with pytest.raises(InputError, match=r"got layer 2 with 3 channels after 4 outputs"):
        SpikingAttentionStack((first, second, SpikingAttention.compile(wide, wide, wide)))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (None, "must be a sequence of mappings; got NoneType"),
        ((1,), "must be a sequence of mappings; got tuple"),
        (
            [{"w_q": np.eye(2)}],
            "must name heads, w_k, w_q, w_v and no more than .*; got no 'heads'",
        ),
        ([{"low": 0.0}], "got an unknown 'low' in layer 0. Ranges, mode and encoder are those of"),
        ([], "must have at least one layer"),
    ],
)
def test_what_is_no_layer_cannot_be_compiled(layers, message):
    with pytest.raises(InputError, match=f"`layers` .*{message}|`layers` {message}"):
        SpikingAttentionStack.compile(layers)


@pytest.mark.usefixtures("untyped")
def test_what_is_no_layer_cannot_be_stacked():
    with pytest.raises(InputError, match="`layers` must be compiled attention layers; got int"):
        SpikingAttentionStack((1,))
