"""The law of attention circuits as a special case of the response law, and what it saves."""

import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits import MultiHeadSpikingAttention, SpikingAttention, SpikingAttentionStack
from spikedim.response import allocate, response_trace
from spikedim.response.networks import CircuitNetwork

CODES = ("query code", "key code", "value code")


def circuit_of(seed, mode, *, heads):
    rng = np.random.default_rng(seed)
    w_q, w_k, w_v, w_o = rng.normal(size=(4, 6, 6))
    if heads == 1:
        circuit = SpikingAttention.compile(w_q, w_k, w_v, mode=mode, low=-1.0, b_k=w_o[0])
    else:
        circuit = MultiHeadSpikingAttention.compile(w_q, w_k, w_v, w_o, heads=heads, mode=mode)
    return circuit, rng.random((3, 5, 6))


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("mode", ["race", "gli_escape", "gli", "cup"])
def test_the_trace_is_the_error_constant(mode, heads):
    circuit, x = circuit_of(heads, mode, heads=heads)
    found = response_trace(circuit, torch.from_numpy(x))
    laws = [circuit.error_constant(tokens) for tokens in x]
    parts = {each.name: each.trace for each in found.populations}
    assert found.value == pytest.approx(np.mean([law.total for law in laws]), rel=1e-9)
    assert parts["value code"] == pytest.approx(np.mean([law.value for law in laws]), rel=1e-9)
    score = parts["query code"] + parts["key code"]
    assert score == pytest.approx(np.mean([law.score for law in laws]), rel=1e-9)
    sampling = np.mean([law.sampling for law in laws])
    assert parts.get("competitors", 0.0) == pytest.approx(sampling, rel=1e-9)
    assert ("competitors" in parts) == (mode in ("race", "gli_escape"))
    exact = [circuit.exact(tokens).ravel() for tokens in x]
    assert found.reference == pytest.approx(np.array(exact), abs=1e-10)


def test_masks_shape_the_law():
    circuit, x = circuit_of(0, "race", heads=2)
    mask = np.tril(np.ones((5, 5), dtype=bool))
    found = response_trace(CircuitNetwork(circuit, mask, caller="test"), torch.from_numpy(x))
    laws = [circuit.error_constant(tokens, mask=mask).total for tokens in x]
    assert found.value == pytest.approx(np.mean(laws), rel=1e-9)


def test_stacks_have_the_populations_of_every_layer():
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(2, 3, 4, 4)) / 2
    stack = SpikingAttentionStack.compile(
        [{"w_q": q, "w_k": k, "w_v": v, "heads": 1} for q, k, v in drawn], mode="race"
    )
    x = rng.random((5, 4))
    found = response_trace(stack, torch.from_numpy(x)[None])
    names = [f"layer {number} {name}" for number in (0, 1) for name in (*CODES, "competitors")]
    assert [each.name for each in found.populations] == names
    assert found.reference[0] == pytest.approx(stack.exact(x).ravel(), abs=1e-10)
    last = stack.layers[1].error_constant(stack.layers[0].exact(x)).total
    own = sum(each.trace for each in found.populations[4:])
    assert own == pytest.approx(last, rel=1e-9)  # the last layer's noise goes straight out
    squares = [
        stack.run(x, steps=512, generator=rng).whole.certificate.error ** 2 for _ in range(40)
    ]
    deviation = np.std(squares) / np.sqrt(40)
    assert abs(np.mean(squares) - found.value / 512) < 4 * deviation + 0.05 * found.value / 512


@pytest.mark.parametrize("mode", ["race", "cup"])
def test_an_allocation_saves_what_it_predicts(mode):
    rng = np.random.default_rng(0)
    weights = 1.5 * rng.normal(size=(3, 16, 8)) / 4
    circuit = SpikingAttention.compile(*weights, mode=mode)
    x = rng.random((8, 16))
    trace = response_trace(circuit, torch.from_numpy(x)[None])
    costs = {each.name: each.neurons * each.rate for each in trace.populations}
    if mode == "race":
        costs["competitors"] *= 2  # every winner is followed by a reset
    found = allocate(trace, steps=64, costs=costs)
    means = []
    for chosen in (None, found.steps):
        results = [
            circuit.run(x, steps=64, generator=rng, allocation=chosen).certificate
            for _ in range(60)
        ]
        assert all(each.holds for each in results)
        squares = [each.error**2 for each in results]
        means.append((np.mean(squares), np.std(squares) / np.sqrt(60)))
        spikes = np.mean([each.spikes for each in results])
        assert spikes == pytest.approx(found.cost + (64 * 8 if mode == "cup" else 0), rel=0.01)
    (equal, first), (unequal, second) = means
    ratio = unequal / equal
    assert abs(ratio - found.error_ratio) < 4 * ratio * np.hypot(first / equal, second / unequal)
    assert ratio < 0.8


def test_doors():
    circuit, x = circuit_of(0, "race", heads=1)
    with pytest.raises(InputError, match=r"`x` must be tokens \[S, N, D\]"):
        response_trace(circuit, torch.from_numpy(x[0]))
    with pytest.raises(InputError, match=r"`populations` must be absent for a circuit"):
        response_trace(circuit, torch.from_numpy(x), populations=["value code"])
    with pytest.raises(InputError, match=r"must lie|within|range"):
        response_trace(circuit, torch.from_numpy(x + 5))
