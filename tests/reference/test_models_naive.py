"""Spikingformer and QKFormer against themselves written a second time, to the last digits.

In float64 a membrane within rounding of its threshold would need a tie to 1e-16, so equal logits
mean equal spikes.
"""

import pytest
import torch
from tests.model_examples import images, live_model
from tests.naive_models import clip, qkformer, spikingformer

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
    return trace.outputs, x.expand(steps, *x.shape)


@pytest.mark.parametrize(
    ("name", "overrides", "pools", "depth"),
    [
        ("spikingformer-2-64/mnist", {"side": 20}, LAST_TWO, 2),
        ("spikingformer-2-64/mnist", {"side": 20, "pool_first": True}, LAST_TWO, 2),
        ("spikingformer-8-384/imagenet", {"side": 96, "width": 64, "depth": 1}, ALL, 1),
        (
            "spikingformer-8-384/imagenet",
            {"side": 96, "width": 64, "depth": 1, "pool_first": True},
            ALL,
            1,
        ),
    ],
)
def test_spikingformer(name, overrides, pools, depth):
    model = live_model(name, **overrides)
    got, x = run(model)
    want = spikingformer(
        model.state_dict(),
        x,
        pools=pools,
        depth=depth,
        heads=model.card.heads,
        pool_first=overrides.get("pool_first", False),
    )
    assert got.std() > 0.01
    close(got, want)


def test_twin_of_spikingformer():
    model = live_model("spikingformer-2-64/mnist:softmax", side=20)
    got, x = run(model, steps=1)
    state = model.state_dict()
    close(got, spikingformer(state, x, pools=LAST_TWO, depth=2, heads=2, fire=clip))


QKFORMERS = [
    ("qkformer-4-64/mnist", {"side": 20}, "cifar", (1, 1, 2)),
    ("qkformer-4-64/mnist", {"side": 20, "qk_axis": "channel"}, "cifar", (1, 1, 2)),
    ("qkformer-4-64/mnist", {"side": 20, "legacy_batch_leak": True}, "cifar", (1, 1, 2)),
    (
        "qkformer-10-384/imagenet",
        {"side": 64, "width": 64, "heads": 2, "depth": 4},
        "imagenet",
        (1, 2, 1),
    ),
    ("qkformer-2-256/cifar10-dvs", {"side": 64, "width": 64, "heads": 2}, "events", (1, 1)),
    ("qkformer-2-256/dvs128-gesture", {"side": 64, "width": 64, "heads": 2}, "events", (1, 1)),
]


@pytest.mark.parametrize(("name", "overrides", "form", "depths"), QKFORMERS)
def test_qkformer(name, overrides, form, depths):
    model = live_model(name, **overrides)
    got, x = run(model)
    want = qkformer(
        model.state_dict(),
        x,
        form=form,
        depths=depths,
        heads=model.card.heads,
        axis=overrides.get("qk_axis", "token"),
        leak=overrides.get("legacy_batch_leak", False),
    )
    assert got.std() > 0.01
    close(got, want)


def test_twin_of_qkformer():
    model = live_model("qkformer-4-64/mnist:softmax", side=20)
    got, x = run(model, steps=1)
    state = model.state_dict()
    close(got, qkformer(state, x, form="cifar", depths=(1, 1, 2), heads=2, fire=clip))
