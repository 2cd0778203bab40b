"""Counted operations against loops over every pair of an input and an output."""

import itertools
import math

import pytest
import torch
from tests.model_examples import generator
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from spikedim.energy import OperationKind, Values, count_operations


def spikes(*shape, rate=0.4, seed=0):
    return (torch.rand(shape, generator=generator(seed)) < rate).float()


def integers(*shape, most=3, seed=0):
    return torch.randint(0, most + 1, shape, generator=generator(seed)).float()


def places(shape):
    return itertools.product(*map(range, shape))


def reached(place, tap, axes, *, transposed):
    """Where a tap of the kernel leads: an input of an output place, or the other way round."""
    stride, padding, dilation = axes
    return tuple(
        p * s - pad + k * d
        for p, k, s, pad, d in zip(place, tap, stride, padding, dilation, strict=True)
    )


def naive_convolution(x, weight, out, *, axes, groups, transposed):
    """Dense, inner, synaptic and weighted operations of each sample, tap by tap."""
    dense, inner, synaptic, weighted = 0, 0, [0] * len(x), [0.0] * len(x)
    channels_in, channels_out = x.shape[1], out.shape[1]
    here, there = (x, out) if transposed else (out, x)
    for c_in, c_out in itertools.product(range(channels_in), range(channels_out)):
        if c_in // (channels_in // groups) != c_out // (channels_out // groups):
            continue
        for place, tap in itertools.product(places(here.shape[2:]), places(weight.shape[2:])):
            dense += len(x)
            other = reached(place, tap, axes, transposed=transposed)
            if any(not 0 <= i < n for i, n in zip(other, there.shape[2:], strict=True)):
                continue
            inner += len(x)
            for sample, value in enumerate(
                x[(slice(None), c_in, *(place if transposed else other))]
            ):
                synaptic[sample] += int(value != 0)
                weighted[sample] += abs(value.item())
    return dense / len(x), inner / len(x), synaptic, weighted


def naive_kernels_read(x, weight, *, groups, transposed):
    """Weights of the kernels of channels in which some input is active, for each sample."""
    fan_out = weight.shape[1] if transposed else weight.shape[0] // groups
    taps = math.prod(weight.shape[2:])
    return [sum(bool(channel.any()) for channel in sample) * fan_out * taps for sample in x]


LAYERS = {
    "1d": (nn.Conv1d(3, 4, 3), (7,)),
    "1d stride 2, padding 2": (nn.Conv1d(3, 4, 3, stride=2, padding=2, bias=False), (7,)),
    "1d dilation 2": (nn.Conv1d(2, 3, 3, dilation=2, padding=1), (8,)),
    "2d": (nn.Conv2d(2, 3, 3, padding=1), (4, 5)),
    "2d stride 2, groups 2": (nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), (5, 4)),
    "2d depthwise": (nn.Conv2d(4, 4, 3, padding=1, groups=4), (3, 3)),
    "2d window all outside": (nn.Conv2d(2, 2, 2, stride=3, padding=1), (4, 4)),
    "2d uneven": (
        nn.Conv2d(2, 2, (1, 3), stride=(1, 2), padding=(0, 2), dilation=(1, 2)),
        (3, 6),
    ),
    "2d same": (nn.Conv2d(2, 2, 3, padding="same"), (4, 4)),
    "3d": (nn.Conv3d(2, 3, (2, 3, 1), stride=(1, 2, 1), padding=(1, 1, 0)), (3, 4, 2)),
    "transposed 1d": (nn.ConvTranspose1d(3, 2, 3, stride=2, padding=1, output_padding=1), (4,)),
    "transposed 2d, groups": (
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2, dilation=2),
        (3, 2),
    ),
    "transposed 3d": (nn.ConvTranspose3d(2, 2, 2, stride=2), (2, 2, 2)),
}


@pytest.mark.parametrize("values", ["binary", "counts"])
@pytest.mark.parametrize("case", LAYERS)
def test_convolution(case, values):
    layer, size = LAYERS[case]
    draw = spikes if values == "binary" else integers
    x = draw(2, layer.in_channels, *size)
    x[1, 0] = 0  # a channel that asks for nothing
    counts = count_operations(layer, x)
    (got,) = counts.operations
    dense, inner, synaptic, weighted = naive_convolution(
        x,
        layer.weight,
        layer(x),
        axes=(layer.stride, (1, 1) if layer.padding == "same" else layer.padding, layer.dilation),
        groups=layer.groups,
        transposed=layer.transposed,
    )
    read = naive_kernels_read(x, layer.weight, groups=layer.groups, transposed=layer.transposed)
    assert (got.kind, got.values.value) == (OperationKind.CONVOLUTION, values)
    assert (got.macs, got.inner_macs, got.weights) == (dense, inner, layer.weight.numel())
    assert counts.samples[:, 0].tolist() == [
        [synaptic[s], weighted[s], (x[s] != 0).sum(), read[s], 0] for s in range(2)
    ]
    assert (got.synaptic_operations, got.weighted_operations, got.weights_read) == (
        sum(synaptic) / 2,
        sum(weighted) / 2,
        sum(read) / 2,
    )
    assert (got.inputs, got.outputs) == (x.numel() / 2, layer(x).numel() / 2)


@pytest.mark.parametrize("axes", [(), (3,), (2, 3)])
def test_linear(axes):
    layer, x = nn.Linear(5, 4), integers(2, *axes, 5)
    counts = count_operations(layer, x)
    (got,) = counts.operations
    rows = x.reshape(2, -1, 5)
    synaptic, weighted, active, read = [0, 0], [0, 0], [0, 0], [0, 0]
    for s in range(2):
        for row in rows[s]:
            for value in row.tolist():
                active[s] += value != 0
                synaptic[s] += 4 * (value != 0)
                weighted[s] += 4 * value
        read[s] = 4 * sum(any(row[i] != 0 for row in rows[s]) for i in range(5))
    assert counts.samples[:, 0].tolist() == [
        [synaptic[s], weighted[s], active[s], read[s], 0] for s in range(2)
    ]
    assert got.macs == got.inner_macs == rows.shape[1] * 5 * 4
    assert (got.kind, got.weights, got.values) == (OperationKind.LINEAR, 20, Values.COUNTS)


class Attention(nn.Module):
    """Products of queries, keys and values without softmax."""

    def forward(self, x):
        q, k, v = x.unbind(1)
        return q @ k.transpose(-1, -2) @ v


def naive_pairs(a, b, *, weights=False):
    """Pairs of factors that are both not zero in a b, or the sum of their products."""
    total = 0
    for n, m in itertools.product(range(a.shape[0]), range(b.shape[1])):
        for i in range(a.shape[1]):
            product = (a[n, i] * b[i, m]).item()
            total += product if weights else int(product != 0)
    return total


def test_attention_counts_coincidences_then_their_numbers():
    x = spikes(2, 3, 4, 5, rate=0.6)
    counts = count_operations(Attention(), x)
    scores, mixed = counts.operations
    for s, (q, k, v) in enumerate(x):
        seen = q @ k.T
        assert counts.samples[s, 0, :2].tolist() == [naive_pairs(q, k.T)] * 2
        pairs, additions = naive_pairs(seen, v), naive_pairs(seen, v, weights=True)
        assert counts.samples[s, 1, :2].tolist() == [pairs, additions]
        assert additions > pairs
    assert (scores.kind, scores.values, scores.other_values) == ("attention", "binary", "binary")
    assert (mixed.values, mixed.other_values) == (Values.COUNTS, Values.BINARY)
    assert (scores.macs, mixed.macs) == (4 * 4 * 5, 4 * 5 * 4)
    assert scores.weights == scores.weights_read == 0


class Mask(nn.Module):
    def forward(self, x):
        q, k = x.unbind(1)
        return (q.sum(-1, keepdim=True) * k).mean(1)


def test_sums_and_masks():
    x = spikes(2, 2, 3, 4)
    x[0, 0, 0] = 0
    counts = count_operations(Mask(), x)
    total, masked, mean = counts.operations
    kinds = [OperationKind.SUMMATION, OperationKind.MASKING, OperationKind.SUMMATION]
    assert [o.kind for o in counts.operations] == kinds
    for s, (q, k) in enumerate(x):
        pairs = [(sum(q[n]).item(), k[n, i].item()) for n, i in places((3, 4))]
        assert counts.samples[s, 0, 0] == q.sum()
        assert counts.samples[s, 1, 0] == sum(a != 0 and b != 0 for a, b in pairs)
        assert counts.samples[s, 1, 1] == sum(a * b for a, b in pairs)
        assert counts.samples[s, 2, 1] == sum(a * b for a, b in pairs)
    assert (total.additions, total.macs, total.inputs) == (12, 0, 12)
    assert (masked.macs, masked.values, masked.other_values) == (12, Values.COUNTS, Values.BINARY)
    assert (mean.additions, mean.multiplications, mean.outputs) == (12, 4, 4)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_softmax_attention(causal, fused):
    class Softmax(nn.Module):
        def forward(self, x):
            q, k, v = x.unbind(1)
            if fused:
                return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
            scores = q @ k.transpose(-1, -2) / 2
            if causal:
                later = torch.ones(3, 3, dtype=torch.bool).triu(1)
                scores = scores.masked_fill(later, -torch.inf)
            return scores.softmax(-1) @ v

    x = spikes(2, 3, 1, 3, 4, rate=0.6)  # one head
    x[0, 0] = 0  # a softmax of equal scores looks like scaled spikes
    counts = count_operations(Softmax(), x)
    scores, mixed = (o for o in counts.operations if o.kind is OperationKind.ATTENTION)
    (soft,) = (o for o in counts.operations if o.kind is OperationKind.SOFTMAX)
    rows = [i for i, o in enumerate(counts.operations) if o.kind is OperationKind.ATTENTION]
    for s, ((q,), (k,), (v,)) in enumerate(x):
        allowed = torch.ones(3, 3).tril() if causal else torch.ones(3, 3)
        want = [naive_pairs(q, k.T), naive_pairs(allowed, v)]
        assert counts.samples[s, rows, 0].tolist() == want
    assert (scores.macs, mixed.macs) == (3 * 4 * 3, 3 * 3 * 4)
    assert (mixed.values, mixed.other_values) == (Values.REAL, Values.BINARY)
    assert (soft.outputs, soft.specials, soft.comparisons) == (9, 18, 9)


def test_normalisations_that_fit_into_weights_and_those_that_do_not():
    model = nn.Sequential(
        nn.Conv1d(2, 3, 1),
        nn.BatchNorm1d(3),
        nn.ReLU(),
        nn.BatchNorm1d(3),
        nn.Conv1d(3, 3, 1),
        nn.BatchNorm1d(3, track_running_stats=False),
        nn.Flatten(),
        nn.LayerNorm(12),
        nn.Linear(12, 2),
    )
    counts = count_operations(model, spikes(4, 2, 4))
    found = {o.layer: o for o in counts.operations}
    assert {k: o.foldable for k, o in found.items() if o.kind is OperationKind.NORMALISATION} == {
        "1": True,
        "3": False,
        "5": False,
        "7": False,
    }
    assert (found["1"].additions, found["1"].multiplications) == (12, 12)
    assert (found["7"].additions, found["7"].multiplications) == (4 * 12, 3 * 12)
    assert (found["2"].kind, found["2"].comparisons) == (OperationKind.ACTIVATION, 12)
    assert [o.layer for o in counts.operations if o.unquantised] == ["4", "8"]  # behind norms


def test_pooling_residuals_and_embedding():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(9, 6)
            self.most, self.mean = nn.MaxPool1d(2), nn.AvgPool1d(3)

        def forward(self, x):
            y = self.table(x)
            return self.mean(self.most(y) + y[..., :3])

    counts = count_operations(Net(), torch.tensor([[1, 2, 3], [4, 5, 8]]))
    found = {(o.layer, o.kind.value): o for o in counts.operations}
    assert list(found) == [
        ("table", "lookup"),
        ("most", "pooling"),
        ("", "residual"),
        ("mean", "pooling"),
    ]
    assert found["table", "lookup"].outputs == 18
    assert (found["most", "pooling"].comparisons, found["most", "pooling"].additions) == (9, 0)
    assert found["", "residual"].additions == 9
    assert (found["mean", "pooling"].additions, found["mean", "pooling"].outputs) == (9, 3)
    assert (counts.macs, counts.synaptic_operations, counts.unknown) == (0, 0, ())


def test_dense_operations_are_those_of_torch():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 3, stride=2),
        nn.Flatten(2),
        nn.TransformerEncoderLayer(49, 7, 16, batch_first=True),
        nn.Flatten(),
        nn.Linear(4 * 49, 5),
    ).eval()
    x = torch.rand(2, 3, 6, 6, generator=generator())
    counter = FlopCounterMode(display=False)
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        # It does not know the joint kernel of attention.
        with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            model(x)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    counts = count_operations(model, x)
    assert counts.unknown == ()
    assert 2 * len(x) * counts.macs == counter.get_total_flops()
    assert torch.backends.mha.get_fastpath_enabled() is fast
