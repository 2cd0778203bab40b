import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.func import vmap

from spikedim._core import InputError
from spikedim.neurons import (
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


# Compiling takes tens of seconds, and the type hook of this test run would be compiled too: each
# check runs in a process of its own, as a user would run it.
SCRIPT = Path(__file__).with_name("compiled_kernels.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "check", re.findall(r"^def check_(\w+)", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
)
def test_compiled(check):
    done = subprocess.run([sys.executable, SCRIPT, check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
