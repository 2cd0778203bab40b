import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.models import build
from spikedim.models.layers import _rate_code, send_rates

TWIN = "spikformer-2-64/digits:softmax"


@pytest.fixture(scope="module")
def twin():
    return live_model(TWIN)


@pytest.fixture(scope="module")
def x(twin):
    return inputs(twin, 4)


def test_forward_run_and_trace_draw_the_same(twin, x):
    outputs = twin(x, code_steps=3, generator=generator(5))
    run = twin.run(x, code_steps=3, generator=generator(5))
    trace = twin.forward_with_states(x, code_steps=3, generator=generator(5))
    assert torch.equal(run.outputs[0], outputs)
    assert torch.equal(trace.outputs[0], outputs)
    assert not torch.equal(outputs, twin(x))
    assert not torch.equal(outputs, twin(x, code_steps=3, generator=generator(6)))


def test_every_rate_is_a_number_of_spikes(twin, x):
    trace = twin.forward_with_states(x, code_steps=3, generator=generator())
    exact = twin.forward_with_states(x)
    for name, found in trace.populations.items():
        counts = 3 * found.spikes
        assert (counts - counts.round()).abs().max() < 1e-12, name
        assert found.spikes.shape == exact.populations[name].spikes.shape
    assert trace.outputs.shape[0] == 1


def test_many_steps_come_to_the_rates(twin, x):
    exact = twin(x)
    errors = [
        (twin(x, code_steps=steps, generator=generator()) - exact).square().mean().sqrt()
        for steps in (4, 1_000, 1_000_000)
    ]
    assert errors[0] > 2 * errors[1] > 20 * errors[2] > 0


def test_exact_rates_stay_as_they_were(twin, x):
    assert torch.equal(twin(x, generator=generator()), twin(x))


def test_first_gradient_is_that_of_the_coded_activity():
    """Of the head it is exact: the loss is linear in the logits."""
    twin = live_model(TWIN)
    x = inputs(twin, 4)
    trace = twin.forward_with_states(x, code_steps=2, generator=generator())
    (gradient,) = torch.autograd.grad(trace.outputs.sum(), twin.head.weight)
    twin.zero_grad()
    twin(x, code_steps=2, generator=generator()).sum().backward()
    torch.testing.assert_close(twin.head.weight.grad, gradient)
    without = [key for key, p in twin.named_parameters() if p.grad is None]
    assert without == []


def test_dropped_branches_are_drawn_after_the_code_in_front_of_them():
    twin = live_model(TWIN, drop_path=0.5).train()
    x = inputs(twin, 4)
    found = twin(x, code_steps=2, generator=generator(3))
    assert torch.equal(found, twin(x, code_steps=2, generator=generator(3)))
    assert not torch.equal(found, twin(x, generator=generator(3)))


def test_padding_stays_silent():
    twin = live_model("spikformer-text-2-64/movie-reviews:softmax", vocabulary=50, tokens=9)
    x = inputs(twin, 4)
    trace = twin.forward_with_states(x, code_steps=3, generator=generator())
    for name, found in trace.populations.items():
        if found.spikes.shape[2] == x.shape[1]:
            assert (found.spikes[:, x == 0] == 0).all(), name


def test_bfloat16_inside(twin, x):
    twin = live_model(TWIN, dtype=torch.float32)
    twin.compute_dtype = torch.bfloat16
    found = twin(x.float(), code_steps=4, generator=generator())
    assert found.isfinite().all()


def test_a_spiking_model_refuses_it(x):
    with pytest.raises(InputError, match=r"^forward: `code_steps` must be absent for a spiking"):
        build("spikformer-2-64/digits")(x.float(), code_steps=4, generator=generator())


@pytest.mark.parametrize("call", ["forward", "run", "forward_with_states"])
def test_a_generator_must_be_given(twin, x, call):
    with pytest.raises(InputError, match=r"^forward: `generator` must be a torch\.Generator with"):
        getattr(twin, call)(x, code_steps=4)


def test_there_must_be_a_step(twin, x):
    with pytest.raises(InputError, match=r"^forward: `code_steps` must"):
        twin(x, code_steps=0, generator=generator())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("steps", [1, 4, 16])
def test_the_loop_and_tensor_operations_draw_the_same(monkeypatch, steps, dtype):
    rates = torch.rand(40_000, 2, generator=generator(), dtype=torch.float64).to(dtype)[:, 0]
    rates[:3] = torch.tensor([0.0, 1.0, torch.nan])
    first = send_rates(rates, steps=steps, generator=generator(1))
    monkeypatch.setattr(_rate_code, "kernels", lambda: None)
    second = send_rates(rates, steps=steps, generator=generator(1))
    assert torch.equal(first.nan_to_num(9), second.nan_to_num(9))


def test_inside_a_transform(twin, x):
    def total(part):
        return twin(part, code_steps=2, generator=generator(1)).sum()

    found = torch.func.grad(total)(x)
    part = x.clone().requires_grad_()
    total(part).backward()
    torch.testing.assert_close(found, part.grad)
