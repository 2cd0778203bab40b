import copy
import logging

import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import AbstractProgress, InputError
from spikedim.models import SpikingPopulation, accelerate, build, card, decelerate, names
from spikedim.models.cards import recipe
from spikedim.models.families import FAMILIES
from spikedim.models.layers import ProductOrder, SpikingProduct, _compiled
from spikedim.models.layers._counts import counts_of, mark_counts, pack, unpack
from spikedim.neurons import LIFParameters, PiecewiseLinearSurrogate

NUMBA = pytest.importorskip("numba")
BUILDABLE = [name for name in names() if recipe(name, caller="test").family in FAMILIES]
SMALL = [
    min((n for n in BUILDABLE if card(n).family == family), key=lambda n: card(n).macs)
    for family in FAMILIES
]
TINY = "spikformer-2-64/digits"
ONE_KERNEL = {"pool_first": True}


@pytest.fixture(params=SMALL)
def small(request):
    return request.param


def pair(name, **options):
    """The same live model twice, the second accelerated."""
    model = live_model(name, **options)
    return model, accelerate(copy.deepcopy(model))


def spikes_and_logits(model, x, **options):
    """Spikes of every population of an accelerated model, by its name, and the logits."""
    found, kernels = {}, {}

    def watched(name):
        def run(*arguments, residual=None, **settings):
            done = kernels[name](*arguments, **settings)
            found[name] = done.spikes.detach().flatten()
            return done if residual is None else done._replace(spikes=residual + done.spikes)

        return run

    for name, population in model.populations.items():
        kernels[name] = population.fused
        population.fused = watched(name)
    try:
        return found, model(x, **options)
    finally:
        for name, population in model.populations.items():
            population.fused = kernels[name]


def kernel(model):
    """The one kernel that all populations share."""
    (run,) = {id(p.fused): p.fused for p in model.populations.values()}.values()
    return run


def gradients(model, x, **options):
    model.zero_grad()
    model(x, generator=generator(), **options).square().sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def assert_same_gradients(got, want, tolerance):
    # Biases in front of a normalisation have gradients that are 0 but for rounding.
    largest = max(g.abs().max() for g in want.values())
    for name, gradient in want.items():
        scale = max(gradient.abs().max(), 1e-3 * largest)
        assert (got[name] - gradient).abs().max() <= tolerance * scale, name


# --- the same answers -----------------------------------------------------------------------------


def test_every_spike_is_that_of_the_plain_model(small):
    model, fast = pair(small)
    x = inputs(model)
    want = model.forward_with_states(x, steps=4)
    got, logits = spikes_and_logits(fast, x, steps=4)
    assert got.keys() == want.populations.keys()
    for name, trace in want.populations.items():
        assert torch.equal(got[name], trace.spikes.flatten()), name
    torch.testing.assert_close(logits, want.outputs.mean(0), rtol=1e-12, atol=1e-12)


def test_training_is_that_of_the_plain_model(small):
    model, fast = pair(small)
    x = inputs(model)
    want = gradients(model.train(), x, steps=3)
    got = gradients(fast.train(), x, steps=3)
    assert_same_gradients(got, want, 1e-9)
    for (name, a), (_, b) in zip(fast.named_buffers(), model.named_buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12, msg=name)


def test_no_population_runs_plain_unnoticed(small):
    _, fast = pair(small)
    run = kernel(fast)
    before = run.fused_calls
    fast(inputs(fast), steps=2)
    assert run.fused_calls - before == len(fast.populations)
    assert run.plain_calls == 0
    assert run.compiled


def test_maxima_of_currents_follow_the_sign_of_the_gain():
    model = live_model(TINY, **ONE_KERNEL)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.weight[::2] *= -1
    fast = accelerate(copy.deepcopy(model))
    x = inputs(model)
    want = model.forward_with_states(x).populations
    for name, spikes in spikes_and_logits(fast, x)[0].items():
        assert torch.equal(spikes, want[name].spikes.flatten()), name
    got = gradients(fast.train(), x)
    assert_same_gradients(got, gradients(model.train(), x), 1e-9)
    for a, b in zip(fast.buffers(), model.buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_frozen_statistics_give_the_same_gradients():
    model, fast = pair(TINY, **ONE_KERNEL)
    x = inputs(model)
    assert_same_gradients(gradients(fast, x), gradients(model, x), 1e-9)


def test_dropped_branches_give_the_same_gradients():
    model, fast = pair(TINY, drop_path=0.5)
    x = inputs(model, 8)
    want = gradients(model.train(), x)
    assert_same_gradients(gradients(fast.train(), x), want, 1e-9)


def test_parts_give_the_states_and_spikes_of_the_plain_model():
    model, fast = pair(TINY)
    x = inputs(model)
    whole = model.run(x, steps=5)
    outputs, states = [], None
    for part in (1, 3, 1):
        run = fast.run(x, steps=part, states=states)
        states = run.states
        outputs.append(run.outputs)
    torch.testing.assert_close(torch.cat(outputs), whole.outputs, rtol=1e-9, atol=1e-12)
    for name, state in whole.states.items():
        torch.testing.assert_close(states[name].membrane, state.membrane, rtol=1e-9, atol=1e-12)
        assert torch.equal(states[name].pending, state.pending)
        assert states[name].membrane.shape == state.membrane.shape


def test_plain_and_accelerated_parts_mix():
    model, fast = pair(TINY)
    x = inputs(model)
    want = model.run(x, steps=4).outputs
    first = fast.run(x, steps=2)
    torch.testing.assert_close(model.run(x, steps=2, states=first.states).outputs, want[2:])
    first = model.run(x, steps=2)
    torch.testing.assert_close(fast.run(x, steps=2, states=first.states).outputs, want[2:])


# --- traps ----------------------------------------------------------------------------------------


def test_another_batch_or_number_of_steps_compiles_nothing():
    _, fast = pair(TINY)
    loops = _compiled.kernels()
    fast(inputs(fast), steps=2)
    before = len(loops.pool.signatures), len(loops.pack.signatures)
    fast.train()
    for count, steps in ((1, 1), (3, 7), (8, 4)):
        fast(inputs(fast, count + 1), steps=steps).sum().backward()
    assert (len(loops.pool.signatures), len(loops.pack.signatures)) == before


def test_a_later_training_step_does_not_reach_an_earlier_graph():
    model, fast = pair(TINY)
    x, other = inputs(model), inputs(model, seed=5)
    want = gradients(model, x)
    fast.zero_grad()
    out = fast(x).square().sum()
    fast.train()
    with torch.no_grad():
        fast(other)
    out.backward()
    got = {name: p.grad for name, p in fast.named_parameters()}
    assert_same_gradients(got, want, 1e-9)


def test_weights_changed_before_the_backward_pass_are_noticed():
    _, fast = pair(TINY)
    out = fast.train()(inputs(fast)).sum()
    with torch.no_grad():
        fast.block[0].mlp.fc2.weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.backward()


def test_weights_changed_between_calls_are_read():
    model, _ = pair(TINY)
    fast = accelerate(copy.deepcopy(model), precision="bfloat16")
    x = inputs(model)
    before = fast(x)
    with torch.no_grad():
        assert torch.equal(fast(x), before)  # rounded weights are kept from here on
        weight = fast.stem.conv0.weight
        weight.data.mul_(-1)  # unseen by the version counter
        after = fast(x)
        assert not torch.equal(after, before)
        weight.mul_(-1)
        assert torch.equal(fast(x), before)
        weight.data = -weight
        assert torch.equal(fast(x), after)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_works_where_no_gradients_are(mode):
    model = live_model(TINY).double().eval()
    x = inputs(model).double()
    want = model(x)
    with mode():
        assert torch.equal(accelerate(model)(x), want)


def test_recording_takes_the_plain_path():
    model, _ = pair(TINY)
    fast = accelerate(copy.deepcopy(model), precision="bfloat16")
    calls = kernel(fast).fused_calls
    x = inputs(model)
    got, want = fast.forward_with_states(x), model.forward_with_states(x)
    assert kernel(fast).fused_calls == calls
    for name, trace in want.populations.items():
        assert torch.equal(got.populations[name].membranes, trace.membranes)


def test_weights_keep_names_and_types():
    model = build(TINY)
    before = {name: x.clone() for name, x in model.state_dict().items()}
    for precision in ("float32", "bfloat16"):
        after = accelerate(model, precision=precision).state_dict()
        assert after.keys() == before.keys()
        assert all(torch.equal(after[name], x) for name, x in before.items())
        assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_the_way_back_is_the_plain_model():
    model, fast = pair(TINY)
    fast = decelerate(accelerate(fast, precision="bfloat16"))
    x = inputs(model)
    assert torch.equal(fast(x), model(x))
    assert all(p.fused is None for p in fast.populations.values())


def test_models_without_numba_say_so_and_spike_the_same(monkeypatch, caplog):
    model = live_model(TINY, **ONE_KERNEL)
    monkeypatch.setattr(_compiled, "kernels", lambda: None)
    for module in ("_counts", "_fire_fused", "_pool_counts"):
        monkeypatch.setattr(f"spikedim.models.layers.{module}.kernels", lambda: None)
    monkeypatch.setattr("spikedim.neurons._norm_lif_fused.load_kernels", lambda: None)
    with caplog.at_level(logging.WARNING):
        fast = accelerate(copy.deepcopy(model))
        x = inputs(model)
        fast(x)
        fast(x)
    (message,) = (r.message for r in caplog.records if "numba" in r.message)
    assert message.startswith("fused_norm_lif: numba does not load, tensor operations run.")
    want = model.forward_with_states(x).populations
    for name, spikes in spikes_and_logits(fast, x)[0].items():
        assert torch.equal(spikes, want[name].spikes.flatten()), name
    assert_same_gradients(gradients(fast.train(), x), gradients(model.train(), x), 1e-9)


def test_neurons_the_kernel_cannot_run_are_named(caplog):
    fast = accelerate(build(TINY, neuron=LIFParameters(refractory_steps=1), dtype=torch.float64))
    with caplog.at_level(logging.WARNING):
        fast(inputs(fast))
    assert kernel(fast).plain_calls == len(fast.populations)
    assert "plain operations run: the neuron has a refractory period." in caplog.text


def test_surrogates_the_kernel_does_not_have_train_the_same():
    model, fast = pair(TINY, surrogate=PiecewiseLinearSurrogate())
    x = inputs(model)
    want = gradients(model.train(), x)
    assert_same_gradients(gradients(fast.train(), x), want, 1e-9)


# --- bfloat16 -------------------------------------------------------------------------------------


def test_bfloat16_is_inside_only(small):
    model = live_model(small, dtype=torch.float32)
    fast = accelerate(model, precision="bfloat16")
    seen = set()
    run = kernel(fast)

    def watched(y, *arguments, **options):
        seen.add(y.dtype)
        return run(y, *arguments, **options)

    for population in fast.populations.values():
        population.fused = watched
    out = fast.train()(inputs(model), generator=generator())
    out.square().sum().backward()
    assert seen == {torch.bfloat16}
    assert out.dtype == torch.float32
    assert all(torch.isfinite(p.grad).all() for p in fast.parameters() if p.grad is not None)
    assert {p.grad.dtype for p in fast.parameters() if p.grad is not None} == {torch.float32}


def test_bfloat16_keeps_most_spikes():
    model = live_model(TINY, dtype=torch.float32)
    x = inputs(model, 16)
    want = model.forward_with_states(x).populations
    fast = accelerate(copy.deepcopy(model), precision="bfloat16")
    got, _ = spikes_and_logits(fast, x)
    shares = [(got[n] != want[n].spikes.flatten()).float().mean().item() for n in got]
    assert 0 < max(shares) < 0.35
    assert shares[0] < 0.02  # nothing has been amplified yet


# --- small integers -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_bytes_hold_every_count(dtype):
    x = torch.arange(256, dtype=dtype).repeat(40).reshape(20, 512)
    assert torch.equal(unpack(pack(x), dtype), x)
    assert pack(x).dtype == torch.uint8


def test_marks_follow_views_and_not_values():
    x = torch.ones(4, 6)
    assert counts_of(x) is None
    mark_counts(x, 1)
    assert counts_of(x).most == 1
    assert counts_of(x.reshape(2, 12)).most == 1
    assert counts_of(x + 0) is None
    x.mul_(0.5)
    assert counts_of(x) is None


def test_sums_beyond_a_byte_are_not_marked():
    x = torch.full((2, 2), 256.0)
    mark_counts(x, 256)
    assert counts_of(x) is None


def test_parts_of_a_tensor_have_bytes_of_their_own():
    x = torch.arange(8.0).reshape(2, 4)
    mark_counts(x, 7)
    mark = counts_of(x)
    first = mark.packed(x[0])
    assert first.tolist() == [0, 1, 2, 3]
    assert mark.packed(x[1]).tolist() == [4, 5, 6, 7]
    assert mark.packed(x[1]) is mark.packed(x[1])


def test_streams_of_currents_are_kept_as_they_are():
    _, fast = pair("spikingformer-2-64/digits")
    kinds = {False: set(), True: set()}

    def note(x):
        kinds[x.dtype == torch.uint8].add(tuple(x.shape))
        return x

    with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        fast.train()(inputs(fast, 2), steps=2)
    assert kinds[True]  # spikes
    assert any(len(shape) == 3 and shape[0] == 2 for shape in kinds[False])  # what drives neurons


def test_keeps_less_than_half_of_the_plain_model():
    model, fast = pair(TINY, dtype=torch.float32, **ONE_KERNEL)

    def kept(model):
        sizes = {}

        def note(x):
            sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
            held.append(x)
            return x

        held = []
        with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
            model.train()(inputs(model, 16))
        return sum(sizes.values()) - sum(p.nbytes for p in model.parameters())

    assert kept(fast) < 0.5 * kept(model)


# --- the door -------------------------------------------------------------------------------------


def test_words_other_than_a_precision_are_refused():
    with pytest.raises(InputError, match=r"`precision` must be one of float32, bfloat16; got 'x'"):
        accelerate(build(TINY), precision="x")


def test_a_twin_is_refused():
    with pytest.raises(InputError, match=r"`model` must have spiking populations; got"):
        accelerate(build(f"{TINY}:softmax"))


def test_populations_that_stay_plain_are_named(caplog):
    model = build(TINY)
    plain = SpikingPopulation(
        LIFParameters.spikingjelly(), build(TINY).surrogate, learnable_leak=True
    )
    plain.name = "block.1.mlp.fc2_lif"
    model.block[1].mlp.fc2_lif = plain
    with caplog.at_level(logging.WARNING):
        accelerate(model)
    assert "keep the plain path: block.1.mlp.fc2_lif." in caplog.text
    model(inputs(model))
    assert kernel_calls(model) > 0


def kernel_calls(model):
    return max(p.fused.fused_calls for p in model.populations.values() if p.fused is not None)


def test_compiling_is_told():
    class Told(AbstractProgress):
        def __init__(self):
            self.calls = []

        def start(self, description, total):
            self.calls.append((description, total))
            return 7

        def advance(self, task, amount=1.0):
            self.calls.append(("advance", task, amount))

        def finish(self, task):
            self.calls.append(("finish", task))

    told = Told()
    accelerate(build(TINY), progress=told)
    assert told.calls[0] == ("compile kernels", 4)
    assert told.calls.count(("advance", 7, 1)) == 4
    assert told.calls[-1] == ("finish", 7)


# --- attention ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", [5, 40], ids=["few tokens", "many tokens"])
@pytest.mark.parametrize("scale", [0.125, 0.3])
def test_attention_of_spikes_is_that_of_any_numbers(tokens, scale):
    draw = generator()
    product = SpikingProduct(3, scale=scale, order=ProductOrder.QUERIES_KEYS)
    marked, plain = [], []
    for _ in range(3):
        x = torch.randint(0, 2, (2, 3, tokens, 24), generator=draw).double()
        plain.append(x.clone().requires_grad_())
        marked.append(x.requires_grad_())
        mark_counts(marked[-1], 1)
    got, want = product(*marked), product(*plain)
    assert torch.equal(got, want)
    slope = torch.randn(want.shape, generator=draw, dtype=torch.float64)
    for a, b in zip(
        torch.autograd.grad(got, marked, slope),
        torch.autograd.grad(want, plain, slope),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [TINY, "spikingformer-2-64/digits"])
@pytest.mark.parametrize("options", [{}, ONE_KERNEL])
def test_transforms_take_the_plain_path(name, options):
    plain, fast = pair(name, **options)
    x = inputs(plain, 2)

    def gradients(model):
        def score(parameters, sample):
            call = torch.func.functional_call
            return call(model, parameters, (sample[None],), {"steps": 2}).square().sum()

        parameters = {key: p.detach() for key, p in model.named_parameters()}
        return torch.func.vmap(torch.func.grad(score), in_dims=(None, 0))(parameters, x)

    want, got = gradients(plain), gradients(fast)
    for key, value in want.items():
        assert torch.equal(got[key], value), key
    before = kernel(fast).fused_calls
    fast(x)
    assert kernel(fast).fused_calls > before  # outside of a transform the kernel runs again
