"""The fused layer against the plain operations, and both against loops in plain Python."""

import itertools
import math

import pytest
import torch

from spikedim.neurons import (
    ATanSurrogate,
    InputScale,
    LIFParameters,
    LIFState,
    Reset,
    SigmoidSurrogate,
    fused_norm_lif,
    init_state,
    lif_run,
    norm_lif_run,
)
from spikedim.neurons import _norm_lif_fused as private

ROWS, CHANNELS = 5, 7


def neuron(reset, scale=InputScale.ONE):
    return LIFParameters(
        leak=0.6,
        threshold=0.8,
        reset=reset,
        v_reset=-0.2,
        input_scale=scale,
        initial_membrane=0.1,
    )


def naive(y, weight, bias, parameters, steps, residual):
    """Read it beside the equations: float64, one number at a time."""
    rows, channels = y.shape[1:]
    out = torch.zeros(steps, rows, channels, dtype=torch.float64)
    for c in range(channels):
        values = [float(y[t, r, c]) for t in range(y.shape[0]) for r in range(rows)]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        for r in range(rows):
            u, spiked = parameters.initial_membrane, 0.0
            for t in range(steps):
                x = float(y[t if y.shape[0] > 1 else 0, r, c])
                current = (x - mean) / math.sqrt(variance + 1e-5) * float(weight[c]) + float(
                    bias[c]
                )
                if parameters.reset is Reset.SOFT_POST_LEAK:
                    carried = parameters.leak * u - parameters.threshold * spiked
                elif parameters.reset is Reset.SOFT_CARRIED:
                    carried = parameters.leak * (u - parameters.threshold * spiked)
                else:
                    carried = parameters.leak * (parameters.v_reset if spiked else u)
                u = carried + parameters.gain * current
                spiked = 1.0 if u >= parameters.threshold else 0.0
                added = 0.0 if residual is None else float(residual[t, r, c])
                out[t, r, c] = added + spiked
    return out


@pytest.mark.parametrize("reset", list(Reset))
@pytest.mark.parametrize("given", [1, 6])
@pytest.mark.parametrize("scale", list(InputScale))
def test_equals_the_naive_layer(reset, given, scale, generator):
    y = 2 * torch.randn(given, ROWS, CHANNELS, generator=generator, dtype=torch.float64) + 1
    weight = 2 * torch.rand(CHANNELS, generator=generator, dtype=torch.float64)
    bias = torch.rand(CHANNELS, generator=generator, dtype=torch.float64)
    residual = torch.randint(0, 4, (6, ROWS, CHANNELS), generator=generator).double()
    want = naive(y, weight, bias, neuron(reset, scale), 6, residual)
    for run in (norm_lif_run, fused_norm_lif()):
        got = run(y, weight, bias, neuron(reset, scale), steps=6, residual=residual)
        assert torch.equal(got.spikes, want)
        torch.testing.assert_close(got.mean, y.mean(dim=(0, 1)), rtol=1e-13, atol=1e-14)
        torch.testing.assert_close(
            got.variance, y.var(dim=(0, 1), correction=0), rtol=1e-13, atol=1e-14
        )
    assert 0.05 < (want - residual).mean() < 0.95


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("reset", list(Reset))
@pytest.mark.parametrize("scale", list(InputScale))
def test_without_normalisation_it_is_the_plain_run_of_neurons(dtype, reset, scale, generator):
    y = (2 * torch.randn(9, 40, 11, generator=generator)).to(dtype)
    want, state = lif_run(y, init_state((40, 11), neuron(reset), dtype=dtype), neuron(reset, scale))
    for run in (norm_lif_run, fused_norm_lif()):
        got = run(y, None, None, neuron(reset, scale), steps=9, keep_state=True)
        assert torch.equal(got.spikes, want)
        assert all(torch.equal(a, b) for a, b in zip(got.state, state, strict=True))
        assert got.mean is got.variance is None


def arguments(dtype, steps, given, residual, mode, generator, *, state=False):
    """Return y, weight, bias, mean, variance, residual and a state."""
    inner = torch.float64 if dtype == torch.float64 else torch.float32

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    y = (2 * normal(given, ROWS, CHANNELS) + 0.5).to(dtype)
    affine = (torch.rand(CHANNELS, generator=generator) + 0.5, 0.3 * normal(CHANNELS))
    statistics = (normal(CHANNELS), torch.rand(CHANNELS, generator=generator) + 0.5)
    added = torch.randint(0, 3, (residual, ROWS, CHANNELS), generator=generator).to(dtype)
    fired = torch.randint(0, 2, (ROWS, CHANNELS), generator=generator).to(inner)
    start = LIFState(normal(ROWS, CHANNELS).to(inner), fired, torch.zeros_like(fired).int())
    return (
        y,
        *(affine if mode != "none" else (None, None)),
        *(statistics if mode == "eval" else (None, None)),
        added if residual else None,
        start if state else None,
    )


def outputs_and_gradients(run, values, cotangents, parameters, surrogate, steps):
    y, weight, bias, mean, variance, residual, state = values
    fields = (y, weight, bias, residual, None if state is None else state.membrane)
    leaves = [None if x is None else x.clone().requires_grad_() for x in fields]
    start = None if state is None else state._replace(membrane=leaves[4])
    got = run(
        leaves[0],
        leaves[1],
        leaves[2],
        parameters,
        surrogate=surrogate,
        steps=steps,
        mean=mean,
        variance=variance,
        residual=leaves[3],
        state=start,
        keep_state=True,
    )
    ((got.spikes * cotangents[0]).sum() + (got.state.membrane * cotangents[1]).sum()).backward()
    return got, [None if x is None else x.grad for x in leaves]


CASES = [
    (dtype, steps, given, residual, mode)
    for dtype, steps, residual, mode in itertools.product(
        (torch.float32, torch.float64, torch.bfloat16),
        (1, 4, 9, 64),
        (0, 1, -1),
        ("train", "eval", "none"),
    )
    for given in {1, steps}
    if (steps == 4 and (residual == -1 or mode == "train")) or (residual == 0 and mode == "train")
]
WAYS = [
    *(("compiled", reset, SigmoidSurrogate()) for reset in Reset),
    ("compiled", Reset.HARD, ATanSurrogate(slope=3.0)),
    ("eager", Reset.HARD, SigmoidSurrogate()),
    ("eager", Reset.SOFT_CARRIED, ATanSurrogate(slope=3.0)),
]


@pytest.mark.parametrize(("loops", "reset", "surrogate"), WAYS, ids=lambda x: str(x))
def test_spikes_are_the_plain_ones_and_gradients_agree(
    loops, reset, surrogate, generator, monkeypatch
):
    if loops == "eager":
        monkeypatch.setattr(private, "load_kernels", lambda: None)
    fused = fused_norm_lif()
    for number, (dtype, steps, given, residual, mode) in enumerate(CASES):
        size = steps if residual == -1 else residual
        values = arguments(dtype, steps, given, size, mode, generator, state=number % 2 == 0)
        cotangents = (
            torch.randn(steps, ROWS, CHANNELS, generator=generator).to(dtype),
            torch.randn(ROWS, CHANNELS, generator=generator),
        )
        parameters = neuron(reset, list(InputScale)[number % 2])
        rest = (values, cotangents, parameters, surrogate, steps)
        want, gradients = outputs_and_gradients(norm_lif_run, *rest)
        got, ours = outputs_and_gradients(fused, *rest)
        assert torch.equal(got.spikes, want.spikes), (dtype, steps, given, residual, mode)
        assert torch.equal(got.state.pending, want.state.pending)
        close = {"rtol": 1e-6, "atol": 1e-6} if dtype != torch.float64 else {}
        torch.testing.assert_close(got.state.membrane, want.state.membrane, **close)
        if mode == "train":
            torch.testing.assert_close(got.mean, want.mean, **close)
            torch.testing.assert_close(got.variance, want.variance, **close)
        for ours_x, want_x in zip(ours, gradients, strict=True):
            assert (ours_x is None) == (want_x is None)
            if ours_x is not None:
                assert ours_x.dtype == want_x.dtype
                size = max(want_x.abs().max().item(), 0.1)
                largest = {torch.float64: 1e-13, torch.float32: 4e-6}.get(dtype, 0.02)
                assert (ours_x - want_x).abs().max() <= largest * size
    assert (fused.fused_calls, fused.plain_calls) == (len(CASES), 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("slope", [0.1, 4.0, 60.0])
def test_the_surrogates_are_exact_far_from_the_threshold_too(dtype, slope):
    y = torch.linspace(-40, 40, 4001, dtype=dtype).reshape(1, 1, -1).requires_grad_()
    for surrogate in (SigmoidSurrogate(slope), ATanSurrogate(slope)):
        out = fused_norm_lif()(y, None, None, LIFParameters(), surrogate=surrogate, steps=1)
        (got,) = torch.autograd.grad(out.spikes.sum(), y)
        want = surrogate.derivative(-(y.detach().double() - 1).abs())
        bound = 1e-12 if dtype == torch.float64 else 1e-5
        torch.testing.assert_close(got.double(), want, rtol=bound, atol=1e-30)
