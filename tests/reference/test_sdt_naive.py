"""Both spike-driven transformers against themselves written a second time, to the last digits."""

import pytest
import torch
from tests.model_examples import images, live_model
from tests.naive_models import clip
from tests.naive_sdt import gate_attention, sdt_v1, sdt_v2

from spikedim.models.layers import ForwardPass

LAST_TWO, ALL = (False, False, True, True), (True, True, True, True)


def close(got, want):
    torch.testing.assert_close(got, want, rtol=1e-9, atol=1e-11)


def run(model, *, steps=3):
    """Logits of the model, and the images repeated for the naive one."""
    x = images(model, 3)
    with torch.no_grad():
        trace = model.forward_with_states(x, steps=steps)
    silent = {key for key, found in trace.populations.items() if not found.spikes.any()}
    assert silent == set()  # a silent population could hide any mistake
    assert trace.outputs.std() > 0.01
    return trace.outputs, x.expand(steps, *x.shape)


@pytest.mark.parametrize(
    ("name", "overrides", "pools", "depth", "events"),
    [
        ("sdt-v1-2-64/mnist", {"depth": 1}, LAST_TWO, 1, False),
        ("sdt-v1-8-384/imagenet", {"side": 32, "width": 64, "depth": 1}, ALL, 1, False),
        (
            "sdt-v1-2-256/cifar10-dvs",
            {"side": 24, "width": 48, "heads": 4, "depth": 2},
            LAST_TWO,
            2,
            True,
        ),
    ],
)
def test_version_1(name, overrides, pools, depth, events):
    model = live_model(name, **overrides)
    got, x = run(model)
    heads = model.card.heads
    close(got, sdt_v1(model.state_dict(), x, pools=pools, depth=depth, heads=heads, events=events))


@pytest.mark.parametrize(
    ("name", "overrides", "events"),
    [
        ("sdt-v1-2-64/mnist:softmax", {}, False),
        ("sdt-v1-2-256/cifar10-dvs:softmax", {"side": 24, "width": 48, "heads": 4}, True),
    ],
)
def test_twin_of_version_1(name, overrides, events):
    model = live_model(name, **overrides)
    got, x = run(model, steps=1)
    heads = model.card.heads
    want = sdt_v1(
        model.state_dict(), x, pools=LAST_TWO, depth=2, heads=heads, events=events, fire=clip
    )
    close(got, want)


@pytest.mark.parametrize(
    ("name", "overrides", "strides", "scale"),
    [
        ("sdt-v2-xs/digits", {}, (1, 1, 1, 2, 1), 0.5),
        ("sdt-v2-xs-fused/digits", {}, (1, 1, 1, 2, 1), 0.5),
        ("sdt-v2-15m/imagenet", {"side": 32, "heads": 1}, (2, 2, 2, 2, 1), 0.125),
    ],
)
def test_version_2(name, overrides, strides, scale):
    model = live_model(name, **overrides)
    got, x = run(model, steps=2)
    heads = model.card.heads
    close(got, sdt_v2(model.state_dict(), x, strides=strides, heads=heads, scale=scale))


def test_twin_of_version_2():
    model = live_model("sdt-v2-xs/digits:softmax")
    got, x = run(model, steps=1)
    want = sdt_v2(model.state_dict(), x, strides=(1, 1, 1, 2, 1), heads=2, fire=clip)
    torch.testing.assert_close(got, want, rtol=1e-7, atol=1e-9)  # rates carry every rounding on


@pytest.mark.parametrize("events", [False, True])
def test_gate_attention_entry_by_entry(events):
    """The gate of each head and feature counts the tokens where key and value both spike."""
    overrides = {"side": 12, "width": 16, "heads": 2, "depth": 1} if events else {"depth": 1}
    name = "sdt-v1-2-256/cifar10-dvs" if events else "sdt-v1-2-64/digits"
    model = live_model(name, **overrides)
    attn, heads = model.block[0].attn, model.card.heads
    x = torch.randn(2, 1, 3, 3, model.card.width, generator=torch.Generator().manual_seed(3))
    x = 2 * x.double()
    record = ForwardPass(2, record=True)
    with torch.no_grad():
        got = attn(x, record)
    state = {f"a.{key}": value for key, value in attn.state_dict().items()}
    want = gate_attention(state, "a", x.movedim(-1, 2), heads, fire=_looped_lif, events=events)
    close(got, want.movedim(2, -1))
    gate = record.traces[attn.talking_heads_lif.name]
    assert gate.spikes.shape == (2, 1, 1, model.card.width)
    if not events:
        k, v = (record.traces[p.name].spikes for p in (attn.k_lif, attn.v_lif))
        for feature in range(model.card.width):
            membrane = 0.0
            for step in range(2):
                met = sum(
                    float(k[step, 0, n, feature]) * float(v[step, 0, n, feature]) for n in range(9)
                )
                membrane += (met - membrane) / 2
                fired = membrane >= 0.5
                assert bool(gate.spikes[step, 0, 0, feature]) is fired
                membrane = 0.0 if fired else membrane


def _looped_lif(currents, *, threshold=1.0):
    """Spikes of currents [T, ...], neuron by neuron."""
    flat = currents.reshape(len(currents), -1)
    spikes = torch.zeros_like(flat)
    for neuron in range(flat.shape[1]):
        membrane = 0.0
        for step in range(len(flat)):
            membrane += (float(flat[step, neuron]) - membrane) / 2
            if membrane >= threshold:
                spikes[step, neuron], membrane = 1.0, 0.0
    return spikes.reshape(currents.shape)
