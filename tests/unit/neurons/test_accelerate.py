import math

import pytest
import torch
from torch.func import vmap

from spikedim._core import InputError
from spikedim.neurons import (
    LIF,
    ATanSurrogate,
    LIFParameters,
    Reset,
    SigmoidSurrogate,
    accelerate,
    init_state,
    lif_run,
)

NEURON = LIFParameters.spikingjelly()
SURROGATE = SigmoidSurrogate()


@pytest.fixture
def compiled(monkeypatch):
    """Put a plain call in the place of the compiler; return how it was asked."""
    asked = []

    def compile_(function, **options):
        asked.append((function, options))
        return function

    monkeypatch.setattr(torch, "compile", compile_)
    return asked


@pytest.mark.parametrize("steps", [1, 4, 8, 9, 11, 16])
@pytest.mark.parametrize("reset", list(Reset))
def test_chunks_are_one_run(compiled, steps, reset, generator):
    neuron = LIFParameters(leak=0.7, reset=reset, refractory_steps=1)
    x = 3 * torch.rand(steps, 2, 3, generator=generator)
    start = init_state((2, 3), neuron)
    got, after = accelerate()(x, start, neuron)
    want, last = lif_run(x, start, neuron)
    assert torch.equal(got, want)
    assert all(torch.equal(a, b) and a.shape == b.shape for a, b in zip(after, last, strict=True))
    assert len(compiled) == 1


def test_one_kernel_per_neuron_and_surrogate(compiled):
    run = accelerate()
    state = init_state((3,), NEURON)
    for surrogate in (SURROGATE, None, SURROGATE, ATanSurrogate()):
        run(torch.ones(2, 3), state, NEURON, surrogate=surrogate)
    run(torch.ones(2, 3), state, LIFParameters())
    assert len(compiled) == 4
    assert all(options == {"dynamic": True, "fullgraph": True} for _, options in compiled)


def test_nothing_is_compiled_inside_a_transform(compiled):
    run = accelerate()
    vmap(lambda x: run(x, init_state((3,), NEURON), NEURON)[0])(torch.ones(2, 4, 3))
    assert compiled == []


def test_the_plain_loop_runs_when_there_is_no_compiler(monkeypatch, caplog):
    from torch._dynamo.exc import BackendCompilerFailed
    from torch._inductor.exc import InvalidCxxCompiler  # a second, so not for every test

    def no_compiler(*_, **__):
        def kernel(*_):
            raise BackendCompilerFailed(lambda: None, InvalidCxxCompiler(), None)

        return kernel

    monkeypatch.setattr(torch, "compile", no_compiler)
    run = accelerate()
    x = torch.full((4, 3), 1.5, requires_grad=True)
    for _ in range(2):
        spikes, _ = run(x, init_state((3,), NEURON), NEURON, surrogate=SURROGATE)
        want, _ = lif_run(x, init_state((3,), NEURON), NEURON, surrogate=SURROGATE)
        assert torch.equal(spikes, want)
        assert spikes.requires_grad
    assert len(caplog.records) == 1, "said once"
    assert "accelerate: no kernel, running step by step" in caplog.text


@pytest.mark.usefixtures("untyped")
def test_bad_currents_are_refused_as_ever(compiled):
    run, state = accelerate(), init_state((3,), NEURON)
    with pytest.raises(InputError, match="`currents` must be finite"):
        run(torch.full((2, 3), math.nan), state, NEURON)
    with pytest.raises(InputError, match="`currents` must have one step of shape"):
        run(torch.ones(2, 4), state, NEURON)
    with pytest.raises(InputError, match=r"`currents` must be a torch\.Tensor; got list"):
        run([1.0], state, NEURON)


def graphs():
    from torch._dynamo.utils import counters

    return counters["stats"]["unique_graphs"]


@pytest.fixture
def real_compiler():
    """Start and leave with an empty compiler."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    yield
    torch._dynamo.reset()


def gradients(run, x, neuron, state=None):
    x = x.detach().clone().requires_grad_()
    state = init_state(tuple(x.shape[1:]), neuron, dtype=x.dtype) if state is None else state
    spikes, after = run(x, state, neuron, surrogate=SURROGATE)
    spikes.square().sum().backward()
    return spikes, after, x.grad


@pytest.mark.slow
@pytest.mark.usefixtures("untyped", "real_compiler")
def test_one_graph_serves_every_size_of_population_and_keeps_every_spike(generator):
    layer = LIF(NEURON, run=accelerate())
    shapes = [(4, 8, 16, 12), (4, 3, 50), (4, 1000), (4, 2, 2), (4, 7, 11, 5), (4, 6, 1), (4, 5, 9),
              (4, 128), (4, 3, 3, 3, 3), (4, 40, 2)]  # fmt: skip
    for shape in shapes:
        x = 2 * torch.randn(shape, generator=generator)
        got = gradients(layer.run, x, NEURON)
        want = gradients(lif_run, x, NEURON)
        assert torch.equal(got[0], want[0])
        assert all(torch.equal(a, b) for a, b in zip(got[1], want[1], strict=True))
        torch.testing.assert_close(got[2], want[2], rtol=1e-5, atol=1e-6)
    assert graphs() == 1, "ten sizes, more than torch's limit of eight recompilations"


@pytest.mark.slow
@pytest.mark.usefixtures("untyped", "real_compiler")
def test_neither_aliases_nor_views_nor_modes_run_eagerly_in_silence(generator, caplog):
    # Each of these forces a new graph on a naive call: same tensor twice, a transposed view,
    # a slice of a larger tensor, no gradient, another type.
    run = accelerate()
    neuron = LIFParameters(leak=0.5, refractory_steps=1)
    base = 2 * torch.rand(8, 3, 6, generator=generator)
    same = torch.rand(18, generator=generator).reshape(3, 6)
    state = init_state((3, 6), neuron)
    aliased = state._replace(membrane=same, pending=same)
    for x, start in (
        (base[:4].clone(), state),
        (base[2:6], state),
        (base[:4].clone(), aliased),
        (base.transpose(1, 2)[:4].transpose(1, 2), state),
    ):
        got, want = gradients(run, x, neuron, start), gradients(lif_run, x, neuron, start)
        assert torch.equal(got[0], want[0])
        torch.testing.assert_close(got[2], want[2], rtol=1e-5, atol=1e-6)
    trained = graphs()
    assert trained == 1
    with torch.no_grad():
        assert torch.equal(run(base[:4], state, neuron)[0], lif_run(base[:4], state, neuron)[0])
    assert graphs() == trained + 1
    assert caplog.records == []


@pytest.mark.slow
@pytest.mark.usefixtures("untyped", "real_compiler")
def test_too_many_graphs_are_said_and_not_hidden(monkeypatch, caplog):
    monkeypatch.setattr("spikedim.neurons._accelerate._MOST_GRAPHS", 1)
    run = accelerate()
    for steps in (1, 2, 3):
        x = torch.full((steps, 5), 1.5)
        state = init_state((5,), NEURON)
        assert torch.equal(run(x, state, NEURON)[0], lif_run(x, state, NEURON)[0])
    assert len(caplog.records) == 1
    assert "running step by step" in caplog.text
