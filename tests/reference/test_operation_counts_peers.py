"""Operations as SpikingJelly and NeuroBench count them, and why some of theirs are others."""

import itertools

import pytest
import torch
from tests.model_examples import generator, images, live_model
from tests.peer_examples import forget
from torch import nn

from spikedim.energy import OperationKind, Place, Values, count_operations

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
JELLY = "spikingjelly.activation_based"
WEIGHTED = (OperationKind.CONVOLUTION, OperationKind.LINEAR)


def spikes(*shape, rate=0.4, seed=0):
    return (torch.rand(shape, generator=generator(seed)) < rate).float()


@pytest.fixture
def jelly():
    """Return a function that counts a call with SpikingJelly: accumulates, MACs, synaptic ones."""
    counters = pytest.importorskip(f"{JELLY}.op_counter")

    def count(model, x):
        kinds = (counters.ACCounter, counters.MACCounter, counters.SynOpCounter)
        found = [kind() for kind in kinds]
        with torch.no_grad(), counters.DispatchCounterMode(found):
            model(x)
        forget(model)
        return [
            {str(k).removesuffix(".default"): n for k, n in c.get_counts()["Global"].items()}
            for c in found
        ]

    return count


def total(counts, field, kinds, *classes):
    """Return a field of all samples, of products whose activations are of some classes."""
    found = (o for o in counts.operations if o.kind in kinds and o.values in classes)
    return round(counts.n_samples * sum(getattr(o, field) for o in found), 6)


def convolutional_net():
    layer, neuron, functional = (
        pytest.importorskip(f"{JELLY}.{name}") for name in ("layer", "neuron", "functional")
    )
    model = nn.Sequential(
        layer.Conv2d(2, 8, 3, padding=1, stride=2, bias=False),
        layer.BatchNorm2d(8),
        neuron.LIFNode(tau=2.0),
        layer.Conv2d(8, 8, 3, padding=1, groups=2, bias=False),
        layer.BatchNorm2d(8),
        neuron.IFNode(),
        layer.Flatten(),
        layer.Linear(8 * 9, 5, bias=False),
        neuron.ParametricLIFNode(),
    )
    functional.set_step_mode(model, "m")
    draw = generator(1)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=draw))
            elif key.endswith("bias"):
                parameter.fill_(0.5)
    return model.eval()


@pytest.mark.parametrize("binary", [True, False], ids=["events", "image"])
def test_a_net_of_spikingjelly(jelly, binary):
    model = convolutional_net()
    x = spikes(4, 2, 2, 5, 6) if binary else torch.rand(4, 2, 2, 5, 6, generator=generator())
    _, macs, synaptic = jelly(model, x)
    counts = count_operations(model, x, time_axis=0)
    assert (counts.unknown, counts.notes, counts.steps) == ((), (), 4)
    spiking = (Values.BINARY,)
    assert total(counts, "synaptic_operations", WEIGHTED, *spiking) == sum(synaptic.values()) > 0
    dense = macs["aten.convolution"] + macs.get("aten.mm", 0)
    assert total(counts, "macs", WEIGHTED, Values.REAL) == dense
    assert (dense == 0) is binary
    neurons = [o for o in counts.operations if o.kind is OperationKind.NEURON]
    assert [(o.layer, o.neurons, o.passes) for o in neurons] == [
        ("2", 8 * 9, 4),
        ("5", 8 * 9, 4),
        ("8", 5, 4),
    ]
    with torch.no_grad():
        fired = [model[: i + 1](x).sum().item() for i in (2, 5, 8) if forget(model) is None]
    forget(model)
    assert [2 * o.spikes for o in neurons] == fired


@pytest.mark.parametrize("mode", ["s", "m"])
def test_steps_of_spikingjelly(mode):
    """One call with all steps, or one call a step: the same counts."""
    functional = pytest.importorskip(f"{JELLY}.functional")
    model, x = convolutional_net(), spikes(4, 2, 2, 5, 6)
    want = count_operations(model, x, time_axis=0)

    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = model

        def forward(self, x):
            return torch.stack([self.net(frame) for frame in x]).mean(0)

    functional.set_step_mode(model, mode)
    counts = count_operations(Loop() if mode == "s" else model, x, time_axis=0)
    found = {o.layer.removeprefix("net."): o for o in counts.operations if o.layer}
    for o in want.operations:
        same = found[o.layer]
        assert (same.macs, same.synaptic_operations, same.spikes) == (
            o.macs,
            o.synaptic_operations,
            o.spikes,
        )
        assert (same.passes, same.steps, same.neurons) == (4, o.steps, o.neurons)


def test_our_spikformer(jelly):
    model = live_model("spikformer-2-64/digits", dtype=torch.float32)
    x = images(model, 3)
    _, macs, synaptic = jelly(model, x)
    counts = count_operations(model, x)
    convolutions, maps = (OperationKind.CONVOLUTION,), (OperationKind.LINEAR,)
    # Binary inputs: equal to the last operation; padding is in neither.
    for kinds, operator in ((convolutions, "aten.convolution"), (maps, "aten.addmm")):
        ours = total(counts, "synaptic_operations", kinds, Values.BINARY)
        assert ours == synaptic[operator] > 0
    # The image, dense: zeros of the padding are multiplied there, and in our `macs`.
    (stem,) = (o for o in counts.operations if o.place is Place.STEM)
    assert 3 * stem.macs == macs["aten.convolution"] > 3 * stem.inner_macs
    # Sums of spikes are dense there; here they are additions.
    dense = total(counts, "macs", maps, Values.COUNTS, Values.REAL)
    assert dense == macs["aten.addmm"]
    assert total(counts, "weighted_operations", maps, Values.COUNTS) > 0
    # Scores are coincidences in both. Their product with values counts every value spike there,
    # here only where the score is not zero.
    scores, mixed = (
        round(sum(3 * o.synaptic_operations for o in counts.operations if is_mixed(o) is second))
        for second in (False, True)
    )
    every_value = sum(
        spikes.double().sum().item() * model.card.tokens
        for name, spikes in model.count_spikes(x).spikes.items()
        if name.endswith("v_lif")
    )
    assert synaptic["aten.bmm"] == scores + every_value
    assert 0 < mixed < every_value


def is_mixed(o):
    """Say whether it is the product with the values, None of what is no attention."""
    return (o.values is Values.COUNTS) if o.kind is OperationKind.ATTENTION else None


def test_scaled_and_signed_spikes_are_dense_in_spikingjelly(jelly):
    model = nn.Linear(8, 4, bias=False)
    x = spikes(5, 8)
    for scaled in (0.5 * x, x - spikes(5, 8, seed=1)):
        _, macs, synaptic = jelly(model, scaled)
        (ours,) = count_operations(model, scaled).operations
        assert (sum(synaptic.values()), sum(macs.values())) == (0, 5 * 8 * 4)
        assert ours.accumulates
        assert 5 * ours.synaptic_operations == 4 * (scaled != 0).sum()


def test_zero_weights_are_not_looked_for(jelly):
    model, x = nn.Linear(8, 4, bias=False), spikes(5, 8)
    with torch.no_grad():
        model.weight[:, ::2] = 0
    _, _, synaptic = jelly(model, x)
    (ours,) = count_operations(model, x).operations
    assert sum(synaptic.values()) == 5 * ours.synaptic_operations == 4 * x.sum()


# -- NeuroBench ------------------------------------------------------------------------------------


@pytest.fixture
def neurobench():
    """Return a function that counts operations of a sample with NeuroBench."""
    models = pytest.importorskip("neurobench.models")
    workload = pytest.importorskip("neurobench.metrics.workload")
    runner = pytest.importorskip("neurobench.benchmarks")

    def count(model, x):
        wrapped = models.TorchModel(model.eval())
        loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(x, torch.zeros(len(x))), batch_size=len(x)
        )
        metrics = [[], [workload.SynapticOperations]]
        run = runner.Benchmark(wrapped, loader, [], [], metrics)
        found = run.run(quiet=True)["SynapticOperations"]
        return found["Effective_ACs"], found["Effective_MACs"], found["Dense"]

    return count


NETS = {
    "linear": (nn.Sequential(nn.Linear(8, 4), nn.Flatten()), (8,)),
    "1d": (nn.Sequential(nn.Conv1d(2, 3, 3, padding=1, bias=False), nn.Flatten()), (2, 6)),
    "2d": (nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.Flatten()), (2, 5, 5)),
    "groups": (nn.Sequential(nn.Conv2d(4, 4, 3, groups=2, bias=False), nn.Flatten()), (4, 5, 5)),
}


@pytest.mark.parametrize(("case", "sign"), list(itertools.product(NETS, [1, -1])))
def test_layers_of_neurobench(neurobench, case, sign):
    model, shape = NETS[case]
    x = sign * spikes(6, *shape)  # -1 is a spike there as well
    additions, macs, dense = neurobench(model, x)
    ours = count_operations(model, x)
    (layer,) = (o for o in ours.operations if o.kind in WEIGHTED)
    assert ours.synaptic_operations == pytest.approx(additions)
    assert macs == 0
    # Zeros of a padding are no operations there.
    assert layer.inner_macs == pytest.approx(dense)


@pytest.mark.parametrize("values", ["real", "half", "counts"])
def test_what_neurobench_takes_for_multiplications(neurobench, values):
    model = nn.Sequential(nn.Linear(8, 4), nn.Flatten())
    x = {"real": torch.randn(6, 8, generator=generator()), "half": 0.5 * spikes(6, 8)}.get(
        values, spikes(6, 8) + spikes(6, 8, seed=1)
    )
    additions, macs, _ = neurobench(model, x)
    ours = count_operations(model, x)
    assert additions == 0
    assert ours.operations[0].synaptic_operations == pytest.approx(macs)  # zeros are left out
    assert ours.operations[0].accumulates is (values != "real")


def test_neurobench_leaves_zero_weights_and_attention_out(neurobench):
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4, bias=False)

        def forward(self, x):
            return (x @ x.transpose(-1, -2) @ self.fc(x)).flatten(1)

    model, x = Attention(), spikes(6, 3, 4)
    additions, _, dense = neurobench(model, x)
    ours = count_operations(model, x)
    found = {o.kind: o for o in ours.operations}
    assert found[OperationKind.LINEAR].synaptic_operations == pytest.approx(additions)
    assert found[OperationKind.LINEAR].macs == pytest.approx(dense)
    assert found[OperationKind.ATTENTION].synaptic_operations > 0
    with torch.no_grad():
        model.fc.weight[::2] = 0
    assert 2 * neurobench(model, x)[0] == pytest.approx(additions)
    again = count_operations(model, x)
    assert {o.kind: o for o in again.operations}[OperationKind.LINEAR].synaptic_operations == (
        pytest.approx(additions)
    )
