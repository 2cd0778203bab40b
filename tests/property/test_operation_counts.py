"""What is always true of counted operations."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model_examples import generator
from torch import nn

from spikedim.energy import Values, count_operations

PLACES = 6


class Net(nn.Module):
    """A convolution, neurons, and products of their spikes; two groups of channels."""

    def __init__(self, channels, kernel, stride, padding):
        super().__init__()
        self.conv = nn.Conv1d(channels, 4, kernel, stride=stride, padding=padding)
        self.fires = nn.Conv1d(4, 4, 1, groups=2)
        self.head = nn.Linear(4, 3)
        source = generator(channels + 10 * kernel)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=source))

    def forward(self, x):
        s = (self.conv(x) > 0).to(x.dtype)
        seen = s.transpose(-1, -2) @ (self.fires(s) > 0).to(x.dtype)
        return self.head((seen @ s.transpose(-1, -2)).sum(1))


nets = st.builds(
    Net,
    channels=st.integers(1, 3),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
)


@st.composite
def examples(draw, most=1):
    """A net with samples that are spikes, or sums of them."""
    net = draw(nets)
    seed, rate = draw(st.integers(0, 2**20)), draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    shape = (most, draw(st.integers(2, 5)), net.conv.in_channels, PLACES)
    drawn = torch.rand(shape, generator=generator(seed), dtype=torch.float64)
    return net.double(), (drawn < rate).double().sum(0)


few = settings(max_examples=8)


@few
@given(examples(), st.data())
def test_splitting_a_batch_changes_nothing(example, data):
    net, x = example
    cut = data.draw(st.integers(1, len(x) - 1))
    whole, parts = count_operations(net, x), count_operations(net, [x[:cut], x[cut:]])
    assert parts.operations == whole.operations
    np.testing.assert_array_equal(parts.samples, whole.samples)


@few
@given(examples(), st.randoms(use_true_random=False))
def test_other_order_of_samples_gives_other_order_of_their_counts(example, random):
    net, x = example
    order = list(range(len(x)))
    random.shuffle(order)
    first, second = count_operations(net, x), count_operations(net, x[order])
    np.testing.assert_array_equal(second.samples, first.samples[order])
    np.testing.assert_allclose(first.samples.mean(axis=0), second.samples.mean(axis=0))


@few
@given(examples(most=3))
def test_operations_are_between_none_and_dense(example):
    net, x = example
    counts = count_operations(net, x)
    for operation in counts.operations:
        if operation.macs:
            assert 0 <= operation.synaptic_operations <= operation.inner_macs <= operation.macs
            assert operation.weighted_operations >= operation.synaptic_operations
            assert 0 <= operation.rate <= 1
            assert operation.weights_read <= operation.weights * operation.passes
        if operation.values is Values.BINARY and operation.other_values in (None, Values.BINARY):
            assert operation.weighted_operations == operation.synaptic_operations
    assert counts.unknown == ()
    assert counts.samples.min() >= 0


@few
@given(examples(most=3), st.sampled_from([0.5, 0.1, 3e-5]))
def test_a_scale_changes_the_class_and_no_count(example, scale):
    net, x = example
    first, second = count_operations(net.conv, x), count_operations(net.conv, scale * x)
    (plain,), (scaled,) = first.operations, second.operations
    smallest = x[x != 0].min() if x.any() else 1
    np.testing.assert_array_equal(second.samples[..., [0, 2, 3]], first.samples[..., [0, 2, 3]])
    assert scaled.synaptic_operations == plain.synaptic_operations
    assert scaled.weighted_operations in (
        plain.weighted_operations,  # a scale of twos alone is taken for spikes
        plain.weighted_operations / float(smallest),
    )
    if plain.values is Values.BINARY and x.any():
        assert scaled.values is Values.SCALED_BINARY
        assert scaled.weighted_operations == plain.weighted_operations
    if not x.any():
        assert scaled.values is Values.BINARY


@few
@given(examples(most=3))
def test_a_spike_more_is_an_operation_more(example):
    net, x = example
    before = count_operations(net.conv, x)
    x[0, 0, 0] = 1
    after = count_operations(net.conv, x)
    assert after.synaptic_operations >= before.synaptic_operations
    assert after.macs == before.macs
