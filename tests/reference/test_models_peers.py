"""The same spikes and gradients as the spiking transformers that SpikingJelly contains."""

from dataclasses import replace

import pytest
import torch
from tests.model_examples import generator, images
from tests.peer_examples import enliven, spikes_of, tokens

from spikedim.models import build, import_state_dict
from spikedim.models.blocks import QKAxis, QueryKeyAttention, SpikingSelfAttention
from spikedim.models.cards import Coding
from spikedim.models.layers import ForwardPass, PopulationMaker, ProductOrder
from spikedim.models.weights.released._catalogue import KEY_MAPS
from spikedim.neurons import LIFParameters, SigmoidSurrogate

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
STEPS = 4
JELLY = "spikingjelly.activation_based"


@pytest.fixture
def jelly():
    return pytest.importorskip(f"{JELLY}.neuron")


def spikformer():
    kind = pytest.importorskip(f"{JELLY}.model.spikformer").Spikformer
    sizes = {"img_size_h": 32, "img_size_w": 32, "patch_size": 4, "embed_dims": 64}
    return kind(T=STEPS, num_classes=10, num_heads=2, depths=2, **sizes)


def qkformer():
    kind = pytest.importorskip(f"{JELLY}.model.qkformer").QKFormer
    sizes = {"embed_dims": 64, "num_heads": (2, 2, 2), "depths": (1, 2, 2)}
    return kind(T=STEPS, num_classes=10, detach_reset=True, **sizes)


def sdt():
    kind = pytest.importorskip(f"{JELLY}.model.spike_driven_transformer").SpikeDrivenTransformer
    sizes = {"embed_dims": 64, "num_heads": 2, "depths": 2, "pooling_stat": "0011"}
    return kind(T=STEPS, num_classes=10, detach_reset=True, **sizes)


def under(theirs, ours, table):
    """Return a table of populations below one path of each model."""
    return {f"{theirs}.{a}": tuple(f"{ours}.{part}" for part in b) for a, b in table.items()}


SPIKES_ADDED = {
    "attn.attn_lif": ("attn.attn_lif",),
    "attn.proj_lif": ("attn.proj_lif",),
}
SSA = {"attn.qkv_lif": ("attn.q_lif", "attn.k_lif", "attn.v_lif"), **SPIKES_ADDED}
QKA = {"attn.qk_lif": ("attn.q_lif", "attn.k_lif"), **SPIKES_ADDED}
QKFORMER_MLP = {"mlp.lif1": ("mlp.fc1_lif",), "mlp.lif2": ("mlp.fc2_lif",)}
SDT_BLOCK = {
    "attn.shortcut_lif": ("attn.lif",),
    **{f"attn.{part}_lif": (f"attn.{part}_lif",) for part in "qkv"},
    "attn.attn_lif": ("attn.talking_heads_lif",),
    "mlp.lif1": ("mlp.lif1",),
    "mlp.lif2": ("mlp.lif2",),
}
CASES = {
    "spikformer": (
        spikformer,
        ("spikformer-2-64/cifar10", {"pool_first": True, "product_bias": False}),
        {
            **{f"patch_embed.stages.{i}.neuron": (f"stem.lif{i}",) for i in range(4)},
            "patch_embed.positional_encoding.neuron": ("stem.rpe_lif",),
            **under("blocks.0", "block.0", SSA),
            **under("blocks.1", "block.1", SSA),
            **{
                f"blocks.{i}.mlp.neuron{n}": (f"block.{i}.mlp.fc{n}_lif",)
                for i in (0, 1)
                for n in (1, 2)
            },
        },
    ),
    "qkformer": (
        qkformer,
        (
            "qkformer-10-384/imagenet",
            {"side": 32, "width": 64, "depth": 5, "heads": 2, "classes": 10},
        ),
        {
            **{f"patch_embed1.lif{i + 1}": (f"stage.1.embed.lif{i}",) for i in range(3)},
            **{
                f"patch_embed{s}.lif{i}": (f"stage.{s}.embed.lif{i}",)
                for s in (2, 3)
                for i in (1, 2)
            },
            **{f"patch_embed{s}.shortcut.2": (f"stage.{s}.embed.skip_lif",) for s in (1, 2, 3)},
            **{
                key: value
                for s, depth in ((1, 1), (2, 2), (3, 2))
                for i in range(depth)
                for key, value in under(
                    f"stage{s}.{i}",
                    f"stage.{s}.block.{i}",
                    {**(SSA if s == 3 else QKA), **QKFORMER_MLP},
                ).items()
            },
        },
    ),
    "sdt-v1": (
        sdt,
        ("sdt-v1-2-64/cifar10", {}),
        {
            **{f"patch_embed.stages.{i}.2": (f"stem.lif{i}",) for i in range(3)},
            "patch_embed.final_lif": ("stem.lif3",),
            **under("blocks.0", "block.0", SDT_BLOCK),
            **under("blocks.1", "block.1", SDT_BLOCK),
            "head_lif": ("head_lif",),
        },
    ),
}


@pytest.fixture(params=CASES)
def pair(request):
    """SpikingJelly's model and ours with its weights, both live; their populations and table."""
    make, (name, overrides), populations = CASES[request.param]
    with torch.random.fork_rng():
        peer = make().double()
    draw = generator(11)
    with torch.no_grad():
        for parameter in peer.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=draw))
    model = build(name, dtype=torch.float64, **overrides).eval()
    # Where residuals add currents, a larger shift would add up to neurons that always fire.
    shift = 0.3 if request.param == "sdt-v1" else 0.8
    enliven(peer, images(model, 8, seed=7), shift=shift)
    report = import_state_dict(model, peer.state_dict(), source="spikingjelly")
    assert report.loaded == len(model.state_dict())
    assert report.skipped == ()
    return peer, model, populations, KEY_MAPS["spikingjelly", request.param]


def compare_populations(spikes, populations, table):
    """Every spike of every population of both models is the same; each of them is alive."""
    assert spikes.keys() == table.keys()
    assert sorted(part for parts in table.values() for part in parts) == sorted(populations)
    for name, parts in table.items():
        theirs = torch.chunk(spikes[name], len(parts), dim=2)
        for part, wanted in zip(parts, theirs, strict=True):
            got = populations[part].spikes
            flat = tokens(wanted.reshape(*wanted.shape[:2], got.shape[-1], -1))
            assert torch.equal(got, flat), part
            assert 0.005 < got.mean() < 0.995, part


def logits_of(run, logits):
    """Return ours as theirs: of every step, or their mean."""
    return run.outputs if logits.ndim == 3 else run.outputs.mean(0)


def test_every_spike_is_that_of_spikingjelly(pair, jelly):
    peer, model, table, _ = pair
    x = images(model, 3)
    with torch.no_grad():
        logits, spikes = spikes_of(peer, jelly.BaseNode, x)
        trace = model.forward_with_states(x, steps=STEPS)
    compare_populations(spikes, trace.populations, table)
    torch.testing.assert_close(logits_of(trace, logits), logits, rtol=0, atol=1e-12)


def test_training_has_the_spikes_gradients_and_statistics_of_spikingjelly(pair, jelly):
    peer, model, table, key_map = pair
    x = images(model, 4, seed=3)
    logits, spikes = spikes_of(peer.train(), jelly.BaseNode, x)
    trace = model.train().forward_with_states(x, steps=STEPS)
    compare_populations(spikes, trace.populations, table)
    weigh = torch.randn(logits.shape, generator=generator(5), dtype=torch.float64)
    (logits * weigh).sum().backward()
    (logits_of(trace, logits) * weigh).sum().backward()
    compare_gradients(peer, model, key_map)
    own = model.state_dict()
    placed = key_map.place(peer.state_dict(), {k: tuple(v.shape) for k, v in own.items()})
    running = [key for key in own if "running" in key]
    assert running
    for key in running:
        torch.testing.assert_close(
            own[key], placed.tensors[key], rtol=1e-9, atol=1e-12, msg=lambda text, k=key: k + text
        )


def compare_gradients(peer, model, key_map, *, relative=1e-9):
    """Gradients agree; those of biases in front of a normalisation are rounding in both."""
    gradients = {key: p.grad for key, p in peer.named_parameters()}
    ours = dict(model.named_parameters())
    shapes = {key: tuple(p.shape) for key, p in ours.items()}
    placed = replace(key_map, prepare=None).place(gradients, shapes)
    without_effect = {
        key for key in ours if key.endswith(".bias") and f"{key[:-5]}.norm.bias" in ours
    }
    assert ours.keys() - placed.tensors.keys() <= without_effect
    for key in ours.keys() - without_effect:
        wanted = placed.tensors[key]
        scale = wanted.abs().max()
        assert scale > 0, key
        assert (ours[key].grad - wanted).abs().max() <= relative * scale, key


@pytest.mark.parametrize("kind", ["SpikingSelfAttention", "TokenQKAttention", "ChannelQKAttention"])
def test_attention_layers(kind, jelly):
    attention = pytest.importorskip(f"{JELLY}.layer.attention")
    with torch.random.fork_rng():
        peer = getattr(attention, kind)(32, 4).double()
    x = torch.randint(0, 3, (STEPS, 3, 32, 20), generator=generator(2)).double()
    enliven(peer, x)
    make = PopulationMaker(Coding.SPIKES, LIFParameters.spikingjelly(), SigmoidSurrogate())
    if kind == "SpikingSelfAttention":
        ours = SpikingSelfAttention(
            32, 4, scale=0.125, order=ProductOrder.KEYS_VALUES, make=make, output_bias=False
        )
        parts = ("q", "k", "v")
    else:
        axis = QKAxis.TOKEN if kind.startswith("Token") else QKAxis.CHANNEL
        ours, parts = QueryKeyAttention(32, 4, make=make, axis=axis), ("q", "k")
    copy_products(peer.state_dict(), ours.double().eval(), parts)
    for name, population in ours.named_children():
        population.name = name
    context = ForwardPass(STEPS, record=True)
    with torch.no_grad():
        out, spikes = spikes_of(peer, jelly.BaseNode, x)
        got = ours(x.transpose(2, 3), context)
    joint = "".join(parts) + "_lif"
    table = {
        joint: tuple(f"{part}_lif" for part in parts),
        "attn_lif": ("attn_lif",),
        "proj_lif": ("proj_lif",),
    }
    compare_populations(spikes, context.traces, table)
    assert torch.equal(got.transpose(2, 3), out + x)


def copy_products(state, ours, parts):
    """Give our attention the weights of theirs, whose first product is one for all parts."""
    joint = "".join(parts) + "_conv_bn"
    with torch.no_grad():
        for name, source, index, count in (
            *((part, joint, i, len(parts)) for i, part in enumerate(parts)),
            ("proj", "proj_conv_bn", 0, 1),
        ):
            product = getattr(ours, name)
            product.weight.copy_(state[f"{source}.0.weight"].chunk(count)[index][..., 0])
            if product.bias is not None:
                product.bias.zero_()
            for leaf in ("weight", "bias", "running_mean", "running_var"):
                value = state[f"{source}.1.{leaf}"].chunk(count)[index]
                getattr(product.norm, leaf).copy_(value)
