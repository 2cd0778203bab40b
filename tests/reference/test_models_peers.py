"""The same spikes and gradients as the spiking transformers that SpikingJelly contains."""

import pytest
import torch
from tests.model_examples import generator, images
from tests.peer_examples import enliven, forget, spikes_of, tokens

from spikedim.models import build, import_state_dict
from spikedim.models.weights.released._catalogue import KEY_MAPS

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
STEPS = 4


def jelly_spikformer():
    module = pytest.importorskip("spikingjelly.activation_based.model.spikformer")
    with torch.random.fork_rng():
        peer = module.Spikformer(
            T=STEPS, img_size_h=32, img_size_w=32, patch_size=4, num_classes=10, embed_dims=64,
            num_heads=2, depths=2,
        )  # fmt: skip
    draw = generator(11)
    with torch.no_grad():
        for parameter in peer.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=draw))
    return peer.double()


SPIKFORMER_POPULATIONS = {
    **{f"patch_embed.stages.{i}.neuron": (f"stem.lif{i}",) for i in range(4)},
    "patch_embed.positional_encoding.neuron": ("stem.rpe_lif",),
    **{
        f"blocks.{i}.{theirs}": tuple(f"block.{i}.{part}" for part in ours)
        for i in range(2)
        for theirs, ours in {
            "attn.qkv_lif": ("attn.q_lif", "attn.k_lif", "attn.v_lif"),
            "attn.attn_lif": ("attn.attn_lif",),
            "attn.proj_lif": ("attn.proj_lif",),
            "mlp.neuron1": ("mlp.fc1_lif",),
            "mlp.neuron2": ("mlp.fc2_lif",),
        }.items()
    },
}


@pytest.fixture
def jelly():
    return pytest.importorskip("spikingjelly.activation_based.neuron")


@pytest.fixture
def spikformers():
    """SpikingJelly's and ours with its weights, both live."""
    model = build(
        "spikformer-2-64/cifar10", pool_first=True, product_bias=False, dtype=torch.float64
    )
    peer = enliven(jelly_spikformer(), images(model, 8, seed=7))
    report = import_state_dict(model, peer.state_dict(), source="spikingjelly")
    assert report.loaded == len(model.state_dict())
    assert report.skipped == ()
    return peer, model.eval()


def compare_populations(spikes, trace, table):
    """Every spike of every population of both models is the same; each of them is alive."""
    assert spikes.keys() == table.keys()
    assert sorted(part for parts in table.values() for part in parts) == sorted(trace.populations)
    for name, parts in table.items():
        theirs = torch.chunk(spikes[name], len(parts), dim=2)
        for part, wanted in zip(parts, theirs, strict=True):
            got = trace.populations[part].spikes
            flat = tokens(wanted.reshape(*wanted.shape[:2], got.shape[-1], -1))
            assert torch.equal(got, flat), part
            assert 0.01 < got.mean() < 0.99, part


def test_spikformer_has_every_spike_of_spikingjelly(spikformers, jelly):
    peer, model = spikformers
    x = images(model, 3)
    with torch.no_grad():
        logits, spikes = spikes_of(peer, jelly.BaseNode, x)
        trace = model.forward_with_states(x, steps=STEPS)
    compare_populations(spikes, trace, SPIKFORMER_POPULATIONS)
    torch.testing.assert_close(trace.outputs, logits, rtol=0, atol=1e-12)


def test_spikformer_has_the_gradients_of_spikingjelly(spikformers, jelly):
    peer, model = spikformers
    forget(peer)
    x = images(model, 4, seed=3)
    logits, spikes = spikes_of(peer.train(), jelly.BaseNode, x)
    trace = model.train().forward_with_states(x, steps=STEPS)
    compare_populations(spikes, trace, SPIKFORMER_POPULATIONS)
    weigh = torch.randn(logits.shape, generator=generator(5), dtype=torch.float64)
    (logits * weigh).sum().backward()
    (trace.outputs * weigh).sum().backward()
    compare_gradients(peer, model, KEY_MAPS["spikingjelly", "spikformer"])
    after, before = peer.state_dict(), model.state_dict()
    placed = KEY_MAPS["spikingjelly", "spikformer"].place(
        after, {key: tuple(value.shape) for key, value in before.items()}
    )
    for key, value in placed.tensors.items():  # running statistics moved alike
        if "running" in key:
            torch.testing.assert_close(before[key], value, rtol=1e-9, atol=1e-12, msg=key)


def compare_gradients(peer, model, key_map, *, relative=1e-9):
    gradients = {key: p.grad for key, p in peer.named_parameters()}
    ours = dict(model.named_parameters())
    placed = key_map.place(gradients, {key: tuple(p.shape) for key, p in ours.items()})
    assert placed.tensors.keys() == ours.keys()
    for key, wanted in placed.tensors.items():
        scale = wanted.abs().max()
        assert scale > 0, key
        assert (ours[key].grad - wanted).abs().max() <= relative * scale, key
