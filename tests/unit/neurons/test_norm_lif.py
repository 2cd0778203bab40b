import gc
import importlib
import math
import multiprocessing
import re
import types
import weakref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.func import jacrev, vmap

from spikedim._core import InputError, NumericsError
from spikedim.neurons import (
    ATanSurrogate,
    GaussianSurrogate,
    LIFParameters,
    Reset,
    SigmoidSurrogate,
    fused_norm_lif,
    norm_lif_run,
)
from spikedim.neurons import _norm_lif_fused as private
from spikedim.neurons import _norm_lif_numba as compiled

NEURON = LIFParameters.spikingjelly()
SURROGATE = SigmoidSurrogate()
RUNS = {"plain": norm_lif_run, "fused": fused_norm_lif()}


@pytest.fixture(params=RUNS)
def run(request):
    return RUNS[request.param]


@pytest.fixture
def y(generator):
    return 2 * torch.randn(4, 6, 5, generator=generator) + 1


def affine(channels=5):
    return torch.full((channels,), 1.5), torch.full((channels,), 0.5)


def gradients(run, y, *, residual=None, weight=None, bias=None, steps=4, **options):
    weight, bias = (weight, bias) if weight is not None else affine(y.shape[2])
    got = run(
        y, weight, bias, NEURON, surrogate=SURROGATE, steps=steps, residual=residual, **options
    )
    wave = torch.linspace(-1, 1, got.spikes.numel()).reshape(got.spikes.shape).to(y.dtype)
    (got.spikes * wave).sum().backward()
    return got.spikes


# --- what both must do ---------------------------------------------------------------------------


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [1.0]}, r"`y` must be a torch\.Tensor; got list"),
        ({"y": torch.ones(4, 6, 5).int()}, "`y` must be floating point; got torch.int32"),
        ({"y": torch.ones(4, 6)}, r"`y` must have shape \[4, R, C\] or \[1, R, C\].* got \(4, 6\)"),
        ({"y": torch.ones(3, 6, 5)}, r"got \(3, 6, 5\)"),
        ({"y": torch.ones(4, 0, 5)}, r"got \(4, 0, 5\)"),
        ({"steps": 0}, "`steps` must be"),
        ({"eps": 0.0}, "`eps` must be"),
        ({"bias": None}, "`weight` and `bias` must be given together"),
        ({"mean": torch.ones(5)}, "`mean` and `variance` must be given together"),
        ({"weight": torch.ones(4)}, r"`weight` must have one entry for each of 5.* \(4,\)"),
        (
            {"residual": torch.ones(2, 6, 5)},
            r"`residual` must have shape \(4, 6, 5\) or \(1, 6, 5\)",
        ),
        ({"residual": torch.ones(4, 6, 5).double()}, "torch.float32 like `y`; got .*float64"),
    ],
)
def test_bad_arguments_are_refused(run, y, change, message):
    weight, bias = affine()
    given = {"y": y, "weight": weight, "bias": bias, "parameters": NEURON, "steps": 4}
    with pytest.raises(InputError, match=message):
        run(**(given | change))


def test_statistics_without_normalisation_and_alien_states_are_refused(run, y):
    with pytest.raises(InputError, match="`mean` must be None without `weight`"):
        run(y, None, None, NEURON, steps=4, mean=torch.ones(5), variance=torch.ones(5))
    state = run(y.double(), None, None, NEURON, steps=4, keep_state=True).state
    with pytest.raises(InputError, match=r"`state` must have shape \(6, 5\) and torch.float32"):
        run(y, None, None, NEURON, steps=4, state=state)
    narrow = run(y.bfloat16(), None, None, NEURON, steps=4, keep_state=True)
    assert narrow.state.membrane.dtype == torch.float32
    assert narrow.spikes.dtype == torch.bfloat16


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("reset", list(Reset))
def test_what_is_not_finite_never_leaves(run, y, bad, dtype, reset):
    y = y.to(dtype)
    y[1, 3, 2] = bad
    neuron = LIFParameters(leak=0.5, reset=reset)
    for normalised in (affine(), (None, None)):
        with pytest.raises(InputError, match="`y` must be finite"):
            run(y, *normalised, neuron, steps=4)


def test_an_overflow_is_named(run, y):
    huge = torch.full_like(y, 3e38)
    with pytest.raises(NumericsError, match="a membrane overflowed"):
        run(huge, None, None, LIFParameters(), steps=4)


def test_one_row_one_channel_one_step(run):
    one = torch.full((1, 1, 1), 0.7, requires_grad=True)
    weight, bias = (x.requires_grad_() for x in affine(1))
    got = run(one, weight, bias, LIFParameters(), surrogate=SURROGATE, steps=1)
    assert (got.mean.item(), got.variance.item()) == (pytest.approx(0.7), 0.0)
    assert got.spikes.item() == 0.0
    got.spikes.sum().backward()
    assert one.grad.item() == 0.0
    assert bias.grad.item() == pytest.approx(SURROGATE.derivative(torch.tensor(0.5)).item())


def test_a_static_input_has_the_statistics_and_spikes_of_its_copies(run, y):
    weight, bias = affine()
    once = run(y[:1], weight, bias, NEURON, steps=4)
    copies = run(y[:1].repeat(4, 1, 1), weight, bias, NEURON, steps=4)
    assert torch.equal(once.spikes, copies.spikes)
    torch.testing.assert_close(once.mean, copies.mean, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(once.variance, copies.variance, rtol=1e-6, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_statistics_far_from_zero_keep_their_digits(run, dtype, generator):
    y = (torch.randn(3, 700, 5, generator=generator, dtype=torch.float64) + 1000).to(dtype)
    got = run(y, *affine(), NEURON, steps=3)
    variance, mean = torch.var_mean(y.double(), dim=(0, 1), correction=0)
    bound = 1e-12 if dtype == torch.float64 else 1e-7
    torch.testing.assert_close(got.mean.double(), mean, rtol=bound, atol=0)
    torch.testing.assert_close(got.variance.double(), variance, rtol=bound, atol=0)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    cut=st.integers(1, 11),
    rows=st.integers(1, 9),
    channels=st.sampled_from([1, 3, 64, 1500]),
    reset=st.sampled_from(list(Reset)),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
)
def test_parts_with_a_state_are_the_whole(seed, cut, rows, channels, reset, dtype):
    neuron = LIFParameters(leak=0.8, reset=reset, initial_membrane=0.3)
    x = torch.randn(12, rows, channels, generator=torch.Generator().manual_seed(seed)).to(dtype)
    weight, bias = affine(channels)
    fixed = {"mean": torch.zeros(channels), "variance": torch.ones(channels), "keep_state": True}
    for run in RUNS.values():
        whole = run(x, weight, bias, neuron, steps=12, **fixed)
        first = run(x[:cut], weight, bias, neuron, steps=cut, **fixed)
        rest = run(x[cut:], weight, bias, neuron, steps=12 - cut, state=first.state, **fixed)
        assert torch.equal(torch.cat([first.spikes, rest.spikes]), whole.spikes)
        assert all(torch.equal(a, b) for a, b in zip(rest.state, whole.state, strict=True))


# --- what the fused one must do as well ----------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.transpose(1, 2).contiguous().transpose(1, 2),
        lambda x: torch.cat([x, x], dim=1)[:, ::2],
        lambda x: torch.cat([x, x])[2:6],
        lambda x: x[:, :1].expand(-1, 6, -1),
    ],
)
def test_views_are_read_as_they_look(y, view):
    seen = []
    for run in RUNS.values():
        x = y.clone().requires_grad_()
        seen.append((gradients(run, view(x), residual=view(x)), x.grad))
    assert torch.equal(seen[0][0], seen[1][0])
    torch.testing.assert_close(seen[0][1], seen[1][1], rtol=1e-5, atol=1e-6)


def test_one_tensor_may_be_everything(y):
    seen = []
    for run in RUNS.values():
        x, weight = y.clone().requires_grad_(), torch.full((5,), 0.7, requires_grad=True)
        spikes = gradients(run, x, residual=x, weight=weight, bias=weight)
        seen.append((spikes, x.grad, weight.grad))
    for plain, fused in zip(*seen, strict=True):
        torch.testing.assert_close(plain, fused, rtol=1e-5, atol=1e-5)


def test_only_the_input_is_kept_between_the_passes(generator):
    y = torch.randn(8, 30, 40, generator=generator, requires_grad=True)
    weight, bias = (x.requires_grad_() for x in affine(40))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x) or x, lambda x: x):
        got = fused_norm_lif()(y, weight, bias, NEURON, surrogate=SURROGATE, steps=8)
    large = [x for x in kept if x.numel() > 40]
    assert [x.data_ptr() for x in large] == [y.data_ptr()]
    spikes = weakref.ref(got.spikes)
    loss = got.spikes.sum()
    del got
    gc.collect()
    assert spikes() is None
    loss.backward()


def test_running_statistics_may_change_before_the_backward_pass(y):
    seen = []
    for change in (0.0, 5.0):
        x, mean, variance = y.clone().requires_grad_(), torch.zeros(5), torch.ones(5)
        got = fused_norm_lif()(
            x, *affine(), NEURON, surrogate=SURROGATE, steps=4, mean=mean, variance=variance
        )
        mean += change
        variance += change
        got.spikes.sum().backward()
        seen.append(x.grad)
    assert torch.equal(*seen)


def test_a_weight_that_changed_before_the_backward_pass_is_refused(y):
    weight, bias = (x.requires_grad_() for x in affine())
    got = fused_norm_lif()(y, weight, bias, NEURON, surrogate=SURROGATE, steps=4)
    with torch.no_grad():
        weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        got.spikes.sum().backward()


def test_every_shape_runs_the_same_compiled_loops(generator):
    run, kernels = fused_norm_lif(), compiled.load_kernels()
    loops = (kernels.forward, kernels.backward, kernels.moments, kernels.centre)

    def train(steps, given, rows, channels, *, residual):
        x = torch.randn(given, rows, channels, generator=generator, requires_grad=True)
        added = torch.ones(steps, rows, channels) if residual else None
        gradients(run, x, residual=added, steps=steps)

    train(4, 4, 3, 5, residual=True)
    before = [len(loop.signatures) for loop in loops]
    for channels in (1, 7, 48, 1024, 1025, 3000):
        for steps, wide, rows in ((1, 1, 1), (5, 1, 3), (5, 5, 8), (70, 70, 1)):
            train(steps, wide, rows, channels, residual=rows > 1)
    assert [len(loop.signatures) for loop in loops] == before
    assert run.plain_calls == 0


@pytest.mark.parametrize("reset", Reset)
@pytest.mark.parametrize("added", [None, 1, "all"])
@pytest.mark.parametrize("steps", [1, 4, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_spikes_over_the_currents_are_the_same(dtype, steps, added, reset, generator):
    neuron = LIFParameters(threshold=0.5, reset=reset)
    y = (2 * torch.randn(steps, 50, 70, generator=generator)).to(dtype)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    weight, bias, mean, variance = torch.rand(4, 70, generator=generator).to(wide)
    residual = None
    if added:
        residual = torch.ones(steps if added == "all" else 1, 50, 70, dtype=dtype)
    options = {"mean": mean, "variance": variance, "residual": residual, "keep_state": True}
    want = norm_lif_run(y, weight, bias, neuron, steps=steps, **options)
    run, kept = RUNS["fused"], y.clone()
    fresh = run(y, weight, bias, neuron, steps=steps, **options)
    assert torch.equal(y, kept)
    over = run(y, weight, bias, neuron, steps=steps, **options, overwrite=True)
    assert over.spikes.data_ptr() == y.data_ptr()
    for got in (fresh, over):
        assert torch.equal(got.spikes, want.spikes)
        assert torch.equal(got.state.membrane, want.state.membrane)


def test_nothing_is_written_over_what_a_gradient_needs(y):
    weight, bias = (x.requires_grad_() for x in affine())
    kept = y.clone()
    spikes = gradients(RUNS["fused"], y, weight=weight, bias=bias, overwrite=True)
    assert torch.equal(y, kept)
    assert spikes.data_ptr() != y.data_ptr()
    with torch.no_grad():
        RUNS["fused"](y, weight, bias, NEURON, steps=4, overwrite=True)
    assert not torch.equal(y, kept)


@pytest.mark.parametrize("channels", [3, 64, 1100])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_two_threads_do_what_one_does(channels, dtype, generator, monkeypatch):
    monkeypatch.setattr(compiled, "_SMALL", 1)
    rows, seen = 4000 // channels + 3, []
    x = torch.randn(4, rows, channels, generator=generator).to(dtype)
    for threads in (1, 2, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        leaf, weight = x.clone().requires_grad_(), torch.ones(channels, requires_grad=True)
        spikes = gradients(fused_norm_lif(), leaf, weight=weight, bias=torch.ones(channels))
        seen.append((spikes, leaf.grad, weight.grad))
    for other in seen[1:]:
        assert torch.equal(seen[0][0], other[0])
        torch.testing.assert_close(seen[0][1:], other[1:], rtol=1e-5, atol=1e-5)


def _spikes_in_a_child(sender):
    torch.set_num_threads(2)
    sender.send(
        fused_norm_lif()(torch.ones(4, 9000, 8), None, None, NEURON, steps=4).spikes.sum().item()
    )


def test_a_fork_gets_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    fused_norm_lif()(torch.ones(4, 9000, 8), None, None, NEURON, steps=4)
    receiver, sender = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_spikes_in_a_child, args=(sender,))
    child.start()
    assert receiver.poll(30)
    assert receiver.recv() == 0.0
    child.join()


# --- where the plain operations run --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"parameters": LIFParameters(refractory_steps=1)}, "a refractory period"),
        ({"parameters": LIFParameters(warm_up_steps=1)}, "warm-up steps"),
        ({"parameters": LIFParameters(detach_reset=False)}, "through the reset"),
        ({"surrogate": GaussianSurrogate()}, "no loop has the gradient of GaussianSurrogate"),
        ({"surrogate": None}, "no loop has the gradient of NoneType"),
        (
            {"mean": torch.zeros(5, requires_grad=True), "variance": torch.ones(5)},
            "gradients go to the given statistics",
        ),
    ],
)
def test_unusual_calls_take_the_plain_way_and_say_so_once(y, options, reason, caplog):
    run = fused_norm_lif()
    given = {"parameters": NEURON, "surrogate": SURROGATE, "steps": 4} | options
    x = y.requires_grad_()
    for _ in range(2):
        got = run(x, *affine(), **given)
        assert torch.equal(got.spikes, norm_lif_run(x, *affine(), **given).spikes)
    assert (run.fused_calls, run.plain_calls) == (0, 2)
    assert len(caplog.records) == 1
    assert re.search(f"plain operations run: .*{reason}", caplog.text)


def test_without_gradients_the_surrogate_does_not_matter(y, caplog):
    run = fused_norm_lif()
    neuron = LIFParameters(detach_reset=False)
    with torch.no_grad():
        for surrogate in (None, GaussianSurrogate()):
            run(y.requires_grad_(), *affine(), neuron, surrogate=surrogate, steps=4)
    assert (run.fused_calls, run.plain_calls) == (2, 0)
    assert caplog.records == []


def test_transforms_take_the_plain_way(y):
    run = fused_norm_lif()

    def rates(x, way=run):
        return way(x, *affine(), NEURON, surrogate=ATanSurrogate(), steps=4).spikes.mean(dim=0)

    stacked = torch.stack([y, 2 * y])
    assert torch.equal(vmap(rates)(stacked), torch.stack([rates(x) for x in stacked]))
    got = jacrev(rates)(y)
    x = y.clone().requires_grad_()
    rates(x)[2, 3].backward()
    torch.testing.assert_close(got[2, 3], x.grad, rtol=1e-5, atol=1e-6)
    assert run.plain_calls == 2


# --- without compiled loops ----------------------------------------------------------------------


@pytest.fixture
def fresh():
    compiled.load_kernels.cache_clear()
    yield
    compiled.load_kernels.cache_clear()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("fault", ["absent", "broken", "disabled"])
def test_without_a_working_numba_the_gradient_is_still_its_own(y, fault, monkeypatch, caplog):
    want = gradients(RUNS["plain"], y.clone().requires_grad_())

    def load(name):
        if fault == "absent":
            raise ModuleNotFoundError(name)
        if fault == "broken":
            raise SystemError("initialization of _internal failed")
        return types.SimpleNamespace(config=types.SimpleNamespace(DISABLE_JIT=True))

    monkeypatch.setattr(importlib, "import_module", load)
    run = fused_norm_lif()
    assert not run.compiled
    for _ in range(2):
        x = y.clone().requires_grad_()
        spikes = gradients(run, x)
        assert torch.equal(spikes, want)
        assert type(spikes.grad_fn).__name__ == "NormLIFFunctionBackward"
    assert (run.fused_calls, run.plain_calls) == (2, 0)
    assert len(caplog.records) == 1
    assert "numba does not load, tensor operations run" in caplog.text


def test_other_types_run_as_tensor_operations_and_say_so(y, caplog):
    run = fused_norm_lif()
    half = run(y.half(), *affine(), NEURON, steps=4)
    want = norm_lif_run(y.half(), *affine(), NEURON, steps=4)
    assert torch.equal(half.spikes, want.spikes)
    assert half.spikes.dtype == torch.float16
    assert "no compiled loop for torch.float16 on cpu" in caplog.text
    assert isinstance(run._loops(y), private.CompiledLoops)
