"""Classes, steps, neurons and everything that a counter has to notice or to refuse."""

from typing import final

import pytest
import torch
from tests.model_examples import generator, images, live_model
from torch import nn
from torch.nn import functional

from spikedim._core import AbstractProgress, InputError
from spikedim.energy import OperationKind, Place, Values, count_operations

CODE = "code that is no tensor operator"


def spikes(*shape, rate=0.4, seed=0):
    return (torch.rand(shape, generator=generator(seed)) < rate).float()


def draw(*shape, seed=0):
    return torch.rand(shape, generator=generator(seed))


def fixed(module, *, seed=3):
    """Weights of one seed, all positive, so that neurons fire."""
    source = generator(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.6 * torch.rand(parameter.shape, generator=source))
    return module


def lines(counts, kind):
    return [o for o in counts.operations if o.kind is kind]


class LIF(nn.Module):
    """One step: leak, input, threshold, reset; its state is given and returned."""

    def forward(self, x, v):
        v = 0.5 * v + x
        s = (v >= 1).to(x.dtype)
        return s, v * (1 - s)


class Loop(nn.Module):
    """Repeats a static input inside."""

    steps = 4

    def __init__(self):
        super().__init__()
        self.fc1, self.lif, self.fc2 = nn.Linear(6, 5), LIF(), nn.Linear(5, 3)
        fixed(self)

    def frames(self, x):
        return [x] * self.steps

    def forward(self, x):
        frames, v, fired, out = self.frames(x), 0.0, [], 0.0
        for frame in frames:
            s, v = self.lif(self.fc1(frame), v)
            fired.append(s)
            out = out + self.fc2(s)
        self.fired = torch.stack(fired)
        return out / len(frames)


class TimeFirst(Loop):
    def frames(self, x):
        return list(x)


class BatchFirst(Loop):
    def frames(self, x):
        return [x[:, t] for t in range(x.shape[1])]


class Turned(Loop):
    def frames(self, x):
        return list(x.transpose(0, 1))


class Permuted(Loop):
    def frames(self, x):
        return x.permute(1, 0, 2).unbind(0)


class Chunked(Loop):
    def frames(self, x):
        return x.flatten(0, 1).chunk(len(x))


class Merged(Loop):
    """Products of all steps together, neurons step by step into a buffer."""

    def forward(self, x):
        currents = self.fc1(x.flatten(0, 1)).view(*x.shape[:2], -1)
        self.fired, v = torch.zeros_like(currents), 0.0
        for t in range(len(x)):
            self.fired[t], v = self.lif(currents[t], v)
        return self.fc2(self.fired.flatten(0, 1)).view(*x.shape[:2], -1).mean(0)


class Functional(Loop):
    """No module for the neurons; spikes by `where`."""

    def forward(self, x):
        v, fired, out = 0.0, [], 0.0
        for _ in range(self.steps):
            v = 0.5 * v + self.fc1(x)
            s = torch.where(v >= 1, 1.0, 0.0)
            v = v - s
            fired.append(s)
            out = out + self.fc2(s)
        self.fired = torch.stack(fired)
        return out


SEQUENCE = draw(4, 3, 6)
RUNS = {
    "static": (Loop, SEQUENCE[0], {"steps": 4}),
    "time first": (TimeFirst, SEQUENCE, {"time_axis": 0}),
    "batch first": (BatchFirst, SEQUENCE.transpose(0, 1).contiguous(), {"time_axis": 1}),
    "batch first, turned": (Turned, SEQUENCE.transpose(0, 1).contiguous(), {"time_axis": 1}),
    "batch first, permuted": (Permuted, SEQUENCE.transpose(0, 1).contiguous(), {"time_axis": 1}),
    "merged, split": (Chunked, SEQUENCE, {"time_axis": 0}),
    "merged, buffer": (Merged, SEQUENCE, {"time_axis": 0}),
    "functional": (Functional, SEQUENCE[0], {"steps": 4}),
}


@pytest.mark.parametrize("case", RUNS)
def test_steps_and_samples_of_other_models(case):
    kind, x, given = RUNS[case]
    model = kind()
    counts = count_operations(model, x, **given)
    model(x)
    by_step = model.fired.sum(-1)  # [T, B]
    (neurons,) = lines(counts, OperationKind.NEURON)
    stem, head = lines(counts, OperationKind.LINEAR)
    row = counts.operations.index
    assert (counts.steps, counts.n_samples, counts.unknown, counts.notes) == (4, 3, (), ())
    assert (neurons.neurons, neurons.passes, counts.neurons) == (5, 4, 5)
    assert neurons.steps == pytest.approx(by_step.mean(1).tolist())
    assert counts.samples[:, row(neurons), 4].tolist() == by_step.sum(0).tolist()
    assert counts.samples[:, row(head), 0].tolist() == (3 * by_step.sum(0)).tolist()
    assert head.steps == pytest.approx((3 * by_step.mean(1)).tolist())
    assert 0 < neurons.rate == counts.firing_rate < 1
    static = "steps" in given
    assert (stem.place, stem.passes, stem.static) == (Place.STEM, 4, static)
    assert (head.place, head.passes, head.static, head.values) == ("head", 4, False, "binary")
    assert (stem.macs, head.macs) == (4 * 30, 4 * 15)
    assert counts.static_input is static
    if case != "functional":
        assert neurons.layer == "lif"
        updates = 4 * 5
        assert (neurons.multiplications, neurons.comparisons) == (updates, updates)
        assert neurons.additions == pytest.approx(updates + neurons.spikes)


def test_a_loop_without_its_steps_is_one_step_and_says_so():
    counts = count_operations(Loop(), SEQUENCE[0])
    assert counts.steps == 1
    assert counts.notes == (
        (
            "neurons were updated up to 4 times in a call that counts as one step: if those are "
            "time steps, say so by `steps`"
        ),
    )


def test_what_follows_the_mean_over_steps_acts_once():
    class Net(Merged):
        def forward(self, x):
            self.fc3 = nn.Linear(3, 2) if not hasattr(self, "fc3") else self.fc3
            return self.fc3(super().forward(x))

    model = Net()
    model.fc3 = fixed(nn.Linear(3, 2))
    counts = count_operations(model, SEQUENCE, time_axis=0)
    found = {o.layer: o for o in lines(counts, OperationKind.LINEAR)}
    assert (found["fc2"].passes, found["fc3"].passes) == (4, 1)
    assert (found["fc3"].macs, found["fc3"].place, found["fc2"].place) == (6, "head", "inside")
    assert (found["fc3"].steps, found["fc3"].unquantised) == ((6.0,), True)


def test_a_sequence_that_repeats_one_frame_has_a_static_stem():
    x = SEQUENCE[:1].expand(4, 3, 6).contiguous()
    stem = lines(count_operations(Merged(), x, time_axis=0), OperationKind.LINEAR)[0]
    assert stem.static
    x[1, 0, 0] += 1
    assert not lines(count_operations(Merged(), x, time_axis=0), OperationKind.LINEAR)[0].static


def test_a_product_of_potentials_is_not_static():
    class Leaky(Loop):
        def forward(self, x):
            v, out = 0.0, 0.0
            for _ in range(4):
                v = 0.5 * v + self.fc1(x)
                out = out + self.fc2(v)
            return out

    found = {o.layer: o.static for o in count_operations(Leaky(), SEQUENCE[0], steps=4).operations}
    assert (found["fc1"], found["fc2"]) == (True, False)


# -- classes of values -----------------------------------------------------------------------------

BINARY = spikes(3, 8)
CLASSES = {
    "binary": (BINARY, Values.BINARY, 1),
    "silent": (torch.zeros(3, 8), Values.BINARY, 1),
    "ones": (torch.ones(3, 8), Values.BINARY, 1),
    "ternary": (BINARY - spikes(3, 8, seed=1), Values.TERNARY, 1),
    "counts": (BINARY + spikes(3, 8, seed=1) + 1, Values.COUNTS, None),
    "scaled binary": (0.3 * BINARY, Values.SCALED_BINARY, 1),
    "scaled counts": (0.3 * (BINARY + 2 * spikes(3, 8, seed=1)), Values.SCALED_COUNTS, None),
    "real": (draw(3, 8), Values.REAL, 1),
    "signed integers": (3 * BINARY - 1, Values.REAL, 1),
    "booleans": (BINARY.bool(), Values.BINARY, 1),
    "half precision": (0.25 * (BINARY + 1).bfloat16(), Values.SCALED_COUNTS, None),
}


@pytest.mark.parametrize("case", CLASSES)
def test_classes_of_values(case):
    x, values, weight = CLASSES[case]
    model = nn.Linear(8, 2, dtype=torch.bfloat16 if x.dtype == torch.bfloat16 else None)

    class Net(nn.Module):
        def forward(self, x):
            return functional.linear(x.to(model.weight.dtype), model.weight)

    (found,) = lines(count_operations(Net(), x), OperationKind.LINEAR)
    assert found.values is values
    active = 2 * (x != 0).double().sum(1)
    assert found.synaptic_operations == active.mean()
    smallest = x[x != 0].min().double() if weight is None else 1
    units = active.mean() if weight else 2 * (x.double() / smallest).round().sum(1).mean()
    assert found.weighted_operations == units
    assert found.accumulates is (values is not Values.REAL)


JOINS = {
    "binary and counts": ([BINARY, 2 * BINARY], Values.COUNTS, [1, 2]),
    "binary and ternary": ([BINARY, -BINARY], Values.TERNARY, [1, 1]),
    "silent and real": ([torch.zeros(3, 8), draw(3, 8) + 0.1], Values.REAL, [0, 1]),
    "silent and scaled": ([torch.zeros(3, 8), 0.3 * BINARY], Values.SCALED_BINARY, [0, 1]),
    "one scale": ([0.3 * BINARY, 0.3 * BINARY], Values.SCALED_BINARY, [1, 1]),
    "scales that agree": ([0.5 * BINARY, 0.25 * BINARY], Values.SCALED_COUNTS, [2, 1]),
    "scaled and whole": ([0.5 * BINARY, BINARY], Values.SCALED_COUNTS, [1, 2]),
    "scales that do not": ([0.3 * BINARY, 0.7 * BINARY], Values.REAL, [1, 1]),
    "counts and negative": ([2 * BINARY, -BINARY], Values.REAL, [1, 1]),
}


@pytest.mark.parametrize("case", JOINS)
def test_classes_join_over_batches(case):
    batches, values, factors = JOINS[case]
    counts = count_operations(nn.Linear(8, 2), batches)
    (found,) = counts.operations
    assert found.values is values
    each = 2 * torch.stack([BINARY.sum(1) * f for f in factors])
    if case == "silent and real":
        each[1] = 16
    assert counts.samples[:, 0, 1].tolist() == each.flatten().tolist()


def test_parts_of_one_tensor_are_looked_at_one_by_one():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 1), nn.Linear(4, 1)

        def forward(self, x):
            first, second = x.chunk(2, dim=-1)
            return self.a(first) + self.b(second)

    x = torch.cat([BINARY[:, :4], 0.5 + draw(3, 4)], dim=-1)
    found = lines(count_operations(Net(), x), OperationKind.LINEAR)
    assert [o.values for o in found] == [Values.BINARY, Values.REAL]


def test_a_silent_layer_costs_nothing():
    counts = count_operations(nn.Conv1d(2, 3, 3, padding=1), torch.zeros(2, 2, 4))
    assert (counts.synaptic_operations, counts.operations[0].weights_read) == (0, 0)
    assert counts.macs > counts.operations[0].inner_macs > 0


# -- neurons ---------------------------------------------------------------------------------------


class Surrogate(nn.Module):
    def forward(self, x):
        return (x >= 0).to(x)


class Nested(nn.Module):
    """Its threshold is a module of its own, as SpikingJelly's surrogates are."""

    def __init__(self):
        super().__init__()
        self.surrogate = Surrogate()

    def forward(self, x):
        v = 0.5 * x
        s = self.surrogate(v - 0.2)
        self.v = v - s
        return s


class Twice(nn.Module):
    """Compares for the reset, then for the spike, as snnTorch's neurons do."""

    def forward(self, x):
        reset = (x > 1).float()
        v = x - reset
        return (v > 0.5).float(), v


class InPlace(nn.Module):
    def forward(self, x):
        s = torch.zeros_like(x).add_(x).sub_(0.5).gt_(0)
        return s.mul_(1.0)


NEURONS = {
    "nested": (Nested(), lambda x: x / 2 >= 0.2),
    "compares twice": (Twice(), lambda x: x - (x > 1).float() > 0.5),
    "in a container": (nn.Sequential(nn.Flatten(), Surrogate()), lambda x: x.flatten(1) >= 0),
}


@pytest.mark.parametrize("case", NEURONS)
def test_neurons_are_modules_that_compare_and_return_spikes(case):
    neuron, fires = NEURONS[case]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.lif, self.fc2 = nn.Linear(6, 5), neuron, nn.Linear(5, 2)

        def forward(self, x):
            s = self.lif(self.fc1(x))
            return self.fc2(s[0] if isinstance(s, tuple) else s)

    model = fixed(Net())
    x = draw(3, 6)
    counts = count_operations(model, x)
    (found,) = lines(counts, OperationKind.NEURON)
    assert found.layer == ("lif.1" if case == "in a container" else "lif")
    assert (found.neurons, found.comparisons) == (5, 5)
    assert found.spikes == pytest.approx(fires(model.fc1(x)).double().sum().item() / 3)
    assert [o.kind.value for o in counts.operations] == ["linear", "neuron", "linear"]
    assert counts.operations[2].values is Values.BINARY


def test_a_residual_inside_a_module_is_not_spikes_of_its_neurons():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.lif = Surrogate()

        def forward(self, x):
            return x + self.lif(x - 0.5)

    counts = count_operations(nn.Sequential(Residual(), nn.Linear(8, 2)), BINARY)
    (found,) = lines(counts, OperationKind.NEURON)
    assert (found.layer, found.spikes) == ("0.lif", BINARY.sum() / 3)
    assert [o.kind.value for o in counts.operations] == [
        "elementwise",
        "neuron",
        "residual",
        "linear",
    ]
    assert counts.operations[-1].values is Values.COUNTS


def test_a_gate_of_spikes_is_a_mask_and_no_neurons():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.lif = Surrogate()

        def forward(self, x):
            return self.lif(x.sum(-1, keepdim=True) - 2) * x

    counts = count_operations(nn.Sequential(Gate(), nn.Linear(8, 2)), BINARY)
    kinds = [o.kind.value for o in counts.operations]
    assert kinds == ["summation", "elementwise", "neuron", "masking", "linear"]
    neurons, masked = counts.operations[2:4]
    assert (neurons.layer, neurons.neurons) == ("0.lif", 1)
    open_ = BINARY.sum(1) >= 2
    assert masked.synaptic_operations == pytest.approx((BINARY.sum(1) * open_).mean().item())


def test_rounding_to_signed_numbers_is_no_neuron():
    class Quantise(nn.Module):
        def forward(self, x):
            return torch.round(4 * x - 2)

    counts = count_operations(nn.Sequential(Quantise(), nn.Linear(8, 2)), draw(3, 8))
    assert (counts.neurons, counts.spikes, counts.unknown) == (0, 0, ())
    assert {o.kind.value for o in counts.operations} == {"elementwise", "linear"}


def test_a_module_called_twice_is_one_operation_with_both_calls():
    shared = nn.Linear(8, 8)
    counts = count_operations(nn.Sequential(shared, nn.ReLU(), shared), BINARY)
    (found,) = lines(counts, OperationKind.LINEAR)
    assert (found.macs, found.passes, found.weights) == (128, 1, 64)


def test_neurons_called_twice_in_every_step_are_two_populations():
    class Net(Loop):
        def forward(self, x):
            out, v, w = 0.0, 0.0, 0.0
            for _ in range(4):
                s, v = self.lif(self.fc1(x), v)
                r, w = self.lif(self.fc2(s), w)
                out = out + r
            return out

    counts = count_operations(Net(), SEQUENCE[0], steps=4)
    found = lines(counts, OperationKind.NEURON)
    assert [(o.layer, o.neurons, o.passes) for o in found] == [("lif", 5, 4), ("lif", 3, 4)]
    assert counts.firing_rate <= 1


def test_numbers_are_read_before_they_are_overwritten():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = InPlaceMean()

        def forward(self, x):
            return self.inner(x.clone())

    class InPlaceMean(nn.Module):
        def forward(self, x):
            mean = x.mean(1)
            x.mul_(0)
            return mean

    counts = count_operations(Net(), BINARY)
    (found,) = lines(counts, OperationKind.SUMMATION)
    assert found.synaptic_operations == BINARY.sum() / 3


def test_a_mask_in_place_reads_both_factors_first():
    class Net(nn.Module):
        def forward(self, x):
            y = x.clone()
            return y.mul_(x.flip(0))

    counts = count_operations(Net(), spikes(1, 8))
    (found,) = lines(counts, OperationKind.MASKING)
    assert found.synaptic_operations == spikes(1, 8).sum()


# -- what is not counted ---------------------------------------------------------------------------


class Outside(nn.Module):
    def forward(self, x):
        return torch.from_numpy(x.numpy() ** 2)


class OutsideInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        return x + self.b(torch.from_numpy(self.a(x).numpy() ** 2))


class Fourier(nn.Module):
    def forward(self, x):
        return torch.fft.fft(x).real


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(8, 4, batch_first=True)

    def forward(self, x):
        return self.cell(x[:, None])[0][:, 0]


class WeightFromInput(nn.Module):
    def forward(self, x):
        return functional.conv1d(x[None], x[:, None, :3], groups=len(x))[0]


UNKNOWN = {
    "a module": (nn.Sequential(nn.Linear(8, 8), Outside(), nn.Linear(8, 2)), CODE, "1", 2),
    "between modules": (OutsideInside(), CODE, "", 2),
    "Fourier": (nn.Sequential(Fourier(), nn.Linear(8, 2)), "_fft_r2c", "0", 1),
    "lstm": (nn.Sequential(Recurrent(), nn.Linear(4, 2)), "mkldnn_rnn_layer", "0.cell", 1),
    "drawn weights": (
        WeightFromInput(),
        "convolution with a weight that depends on the input",
        "",
        0,
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_no_rule_counts_is_listed_with_its_layer(case):
    model, operator, layer, products = UNKNOWN[case]
    counts = count_operations(model, BINARY)
    (found,) = counts.unknown
    assert (found.operator, found.layers) == (operator, (layer,))
    assert found.calls >= 1
    assert len(lines(counts, OperationKind.LINEAR)) == products  # what follows is counted


def test_constants_are_not_taken_for_code_outside():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.rand(1, 8, generator=generator())  # as long as the batch
            self.fc = nn.Linear(8, 2)

        def forward(self, x):
            made = torch.ones(1, 8) + torch.zeros_like(x)
            return self.fc(x * self.table + made)

    assert count_operations(Net(), BINARY[:1]).unknown == ()


def test_numbers_of_tokens_may_be_moved_before_they_are_looked_up():
    model = nn.Sequential(nn.Embedding(12, 8), nn.Linear(8, 2))

    class Net(nn.Module):
        def forward(self, x):
            return model((x + 1).clamp(max=11))

    counts = count_operations(Net(), torch.tensor([[1, 2], [3, 11]]))
    assert [o.kind.value for o in counts.operations] == ["lookup", "linear"]
    assert (counts.unknown, counts.operations[1].place) == ((), Place.HEAD)


def test_work_that_nothing_depends_on_is_not_booked():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 2)

        def forward(self, x):
            if not bool((x.abs().sum() + 1).isfinite()):
                raise ValueError
            return self.fc(x)

    assert [o.layer for o in count_operations(Net(), BINARY).operations] == ["fc"]


# -- batches and samples ---------------------------------------------------------------------------


class TokensFirst(nn.Module):
    """Attention over [N, B, D], as torch's own transformers have it without batch_first."""

    def __init__(self):
        super().__init__()
        self.q, self.o = nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        x = x.transpose(0, 1)
        q = (self.q(x) > 0).float()
        seen = torch.einsum("nbd,mbd->bnm", q, x)
        return self.o(torch.einsum("bnm,mbd->nbd", seen, x)).mean(0)


def test_samples_that_do_not_lead_are_counted_one_by_one():
    x = spikes(4, 5, 8)
    x[1] *= spikes(5, 8, seed=1)
    model = TokensFirst()
    counts = count_operations(model, x)
    assert counts.notes == (
        (
            "samples were counted one by one, since the counts of a batch do not split into "
            "those of its samples"
        ),
    )
    alone = [count_operations(model, sample[None]).samples[0].tolist() for sample in x]
    assert counts.samples.tolist() == alone
    # A first batch of one cannot tell, a later one does.
    split = count_operations(model, [x[:1], x[1:]])
    assert (split.samples.tolist(), split.notes) == (counts.samples.tolist(), counts.notes)


def test_batches_of_different_size_give_the_mean_over_samples():
    x = spikes(5, 8)
    x[3:] = 1
    model = nn.Linear(8, 2)
    whole = count_operations(model, x)
    parts = count_operations(model, (batch for batch in (x[:1], x[1:2], x[2:])))
    assert parts.n_samples == 5
    assert parts.operations == whole.operations
    assert parts.samples.tolist() == whole.samples.tolist()
    assert whole.synaptic_operations == 2 * x.sum() / 5
    assert parts.weights_fingerprint == whole.weights_fingerprint
    assert parts.data_fingerprint != whole.data_fingerprint


def test_what_acts_in_some_batches_only_is_zero_in_the_others():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(8, 4), nn.Linear(8, 4)

        def forward(self, x):
            return self.a(x) + (self.b(x) if x.sum() > 10 else 0)

    x = torch.zeros(2, 8)
    x[:, :2] = 1
    counts = count_operations(Net(), [x, torch.ones(2, 8)])
    row = [o.layer for o in counts.operations].index("b")
    assert counts.samples[:, row, 0].tolist() == [0, 0, 32, 32]
    assert counts.operations[row].macs == 16


def test_a_model_in_training_is_counted_in_evaluation_and_stays_in_training():
    model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 2))
    model[3].eval()
    before = {key: x.clone() for key, x in model.state_dict().items()}
    counts = count_operations(model, BINARY)
    again = count_operations(model.eval(), BINARY)
    assert counts.samples.tolist() == again.samples.tolist()
    model.train()
    model[3].eval()
    count_operations(model, BINARY)
    assert [m.training for m in model] == [True, True, True, False]
    assert all(torch.equal(x, before[key]) for key, x in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_model_that_fails_is_left_as_it_was():
    class Fails(nn.Module):
        def forward(self, x):
            raise RuntimeError(f"no to {x.ndim}")

    model = nn.Sequential(nn.Linear(8, 2), Fails())
    with pytest.raises(RuntimeError, match=r"^no to 2$"):
        count_operations(model, BINARY)
    assert model.training
    assert not model[0]._forward_hooks
    assert not model[0]._forward_pre_hooks


def test_says_what_was_counted():
    model = nn.Linear(8, 2)
    counts = count_operations(model, BINARY, name="mine", command="spikedim energy")
    assert (counts.subject, counts.source, counts.parameters) == ("mine", "counted", 18)
    assert count_operations(model, BINARY).subject == "Linear"
    assert counts.provenance.command == "spikedim energy"
    assert counts.weights_fingerprint.startswith("sha256:")
    assert count_operations(model.bfloat16(), BINARY.bfloat16()).weights_fingerprint


@final
class Told(AbstractProgress):
    """Keeps what it is told."""

    def __init__(self):
        self.words = []

    def start(self, what, total=None):
        self.words.append((what, total))
        return 7

    def advance(self, task, amount=1):
        self.words.append((task, amount))

    def finish(self, task):
        self.words.append(task)


def test_progress_is_told_every_sample():
    told = Told()
    count_operations(nn.Linear(8, 2), [BINARY, BINARY[:1]], progress=told)
    assert told.words == [("counting operations", None), (7, 3), (7, 1), 7]


# -- bad input -------------------------------------------------------------------------------------

NO_INPUT = (
    r"^count_operations: `inputs` must be a tensor with at least one sample, or several; got {}\. "
    r"Pass what the model is called with\.$"
)
REFUSED = {
    "no module": (
        {"model": lambda x: x},
        (
            r"^count_operations: `model` must be a torch.nn.Module; got function\. Build one with "
            r"spikedim.models.build, or open a run with spikedim.training.open_run\.$"
        ),
    ),
    "nothing": ({"inputs": []}, NO_INPUT.format("no batch")),
    "no samples": ({"inputs": torch.zeros(0, 8)}, NO_INPUT.format(r"shape \(0, 8\)")),
    "a scalar": ({"inputs": torch.tensor(1.0)}, NO_INPUT.format(r"shape \(\)")),
    "lists": ({"inputs": [[1.0]]}, NO_INPUT.format("list")),
    "a number": ({"inputs": 3}, NO_INPUT.format("int")),
    "too few axes": (
        {"inputs": torch.zeros(8), "time_axis": 0},
        NO_INPUT.format(r"shape \(8,\)"),
    ),
    "two shapes": (
        {"inputs": [torch.zeros(2, 8), torch.zeros(2, 3, 8)]},
        (
            r"^count_operations: `inputs` must have samples of one shape; got \(8,\) and "
            r"\(3, 8\)\. Count each shape by itself\.$"
        ),
    ),
    "no steps": (
        {"steps": 0},
        r"^count_operations: `steps` must be an integer >= 1; got 0\.$",
    ),
    "other steps": (
        {"inputs": torch.zeros(3, 2, 8), "steps": 4, "time_axis": 0},
        r"^count_operations: `steps` must be the 3 steps of the sequence, or absent; got 4\.$",
    ),
    "third axis": (
        {"time_axis": 2},
        (
            r"^count_operations: `time_axis` must be 0, 1 or None; got 2\. Move the steps to one "
            r"of the first two axes\.$"
        ),
    ),
    "code of another model": (
        {"code_steps": 4, "generator": generator()},
        (
            r"^count_operations: `code_steps` must be absent unless the model is a rate-coded "
            r"twin; got 4\. Use `steps`\.$"
        ),
    ),
}


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("case", REFUSED)
def test_bad_input(case):
    changed, message = REFUSED[case]
    given = {"model": nn.Linear(8, 2), "inputs": BINARY} | changed
    with pytest.raises(InputError, match=message):
        count_operations(given.pop("model"), given.pop("inputs"), **given)


def test_our_models_know_their_time_axis_and_their_steps():
    model = live_model("spikformer-2-64/digits", dtype=torch.float32)
    with pytest.raises(
        InputError,
        match=r"^count_operations: `time_axis` must be absent for a model of this package, whose "
        r"sequences are \[T, B, \.\.\.\]; got 0\.$",
    ):
        count_operations(model, images(model, 2), time_axis=0)
    with pytest.raises(InputError, match=r"^count_operations: `steps` must be the 2 steps of"):
        count_operations(model, torch.stack([images(model, 2)] * 2), steps=4)
    twin = live_model("spikformer-2-64/digits:softmax", dtype=torch.float32)
    with pytest.raises(
        InputError,
        match=r"^count_operations: `generator` must be a torch.Generator with `code_steps`; got "
        r"None\. Pass `torch.Generator\(\).manual_seed\(0\)`\.$",
    ):
        count_operations(twin, images(twin, 2), code_steps=4)


def test_with_one_step_only_the_stem_stays_the_same():
    model = live_model("spikformer-2-64/digits")
    counts = count_operations(model, images(model, 2), steps=1)
    assert [o.layer for o in counts.operations if o.static] == ["stem.conv0"]
