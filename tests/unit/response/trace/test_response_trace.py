"""The door of the trace, what it leaves alone, and what it says."""

import numpy as np
import pytest
import torch
from tests.model_examples import images, live_model
from tests.trace_examples import Answer, Layered, Linear, generator, matrix, uniform
from torch import nn

from spikedim._core import AbstractProgress, InputError, NumericsError
from spikedim.response import ResponseTrace, response_trace

NAME = "spikformer-2-64/digits:softmax"


@pytest.fixture(scope="module")
def twin():
    return live_model(NAME)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [0.5]}, r"^response_trace: `x` must be a torch.Tensor; got list"),
        ({"x": torch.zeros(0, 3)}, r"`x` must be dense inputs \[S, ...\] .* got shape \(0, 3\)"),
        ({"x": torch.zeros(2, 3, dtype=torch.bool)}, r"`x` must be real numbers; got torch.bool"),
        ({"x": torch.tensor([[float("nan")] * 3])}, r"`x` must be finite; got NaN"),
        ({"x": torch.full((1, 3), 1.5)}, r"`model` must have rates in \[0, 1\]; got \[1.5, 1.5\]"),
        ({"x": torch.ones(2, 3, dtype=torch.int64)}, r"must have rates \[B, ..., D\] of floats"),
        ({"x": torch.ones(3)}, r"must have rates \[B, ..., D\] .* shape \(1,\)"),
        ({"probes": 0}, r"`probes` must be an integer >= 1; got 0"),
        ({"batch_size": 1.5}, r"`batch_size` must be an integer >= 1; got 1.5"),
        ({"generator": 3}, r"`generator` must be a torch.Generator; got int"),
        ({"memory_budget": "much"}, r"`memory_budget` must be a positive size; got 'much'"),
        ({"memory_budget": 10}, r"`memory_budget` must be at least 1 MB for this; got 0 MB"),
        ({"memory_budget": 10, "probes": 2}, r"`memory_budget` must be at least 1 MB"),
        ({"code": "morse"}, r"`code` must be one of bernoulli, sigma_delta, random_phase; got 'mo"),
        ({"populations": ["no"]}, r"`populations` must be a tuple of names .*; got 'no'"),
        ({"populations": []}, r"`populations` must be a tuple of names .*; got 'none'"),
        ({"populations": "rates"}, r"`populations` must be a tuple of names .*; got 'rates'"),
        ({"populations": ["rates", "rates"]}, r"each once; got 'rates'"),
        ({"model": 3}, r"`model` must be a torch.nn.Module .*; got int"),
        ({"model": Answer(lambda x: (x, x))}, r"must return a tensor \[B, ...\] .*; got tuple"),
        (
            {"model": Answer(torch.sum)},
            r"must return a tensor .* for a batch of 1; got .* shape \(\)",
        ),
        ({"model": Answer(lambda x: x - x.mean(0))}, r"must answer every sample by itself"),
        (
            {"model": torch.nn.Linear(5, 1, dtype=torch.float64)},
            r"`x` must be inputs that Linear reads; got torch.float64 of shape \(1, 3\)",
        ),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_the_door_says_what_is_wrong(changes, message):
    given = {"model": Answer(lambda x: x.square()), "x": uniform(2, 3), **changes}
    with pytest.raises(InputError, match=message):
        response_trace(given.pop("model"), given.pop("x"), **given)


def test_a_twin_knows_its_shape_and_populations(twin):
    with pytest.raises(InputError, match=r"`x` must be inputs of shape \(1, 8, 8\) for spikf"):
        response_trace(twin, torch.zeros(2, 8, 8))
    with pytest.raises(InputError, match=r"`populations` must be absent for spikformer-2-64/dig"):
        response_trace(twin, images(twin), populations=["stem"])


def test_a_mark_that_does_not_run_is_refused():
    model = Layered()
    model.unused = nn.Identity()
    with pytest.raises(InputError, match=r"must run its populations; got none"):
        response_trace(model, matrix(2, 4), populations=["unused"])


@pytest.mark.parametrize("changes", [{}, {"probes": 2}])
def test_numbers_that_are_not_finite_never_leave(changes):
    model = Linear(matrix(2, 3))
    with torch.no_grad():
        model.weight[0, 0] = float("inf")
    with pytest.raises(NumericsError, match=r"must have finite weights; .* in 'weight'"):
        response_trace(model, uniform(2, 3), **changes)
    with pytest.raises(NumericsError, match=r"outputs must be finite; got NaN"):
        response_trace(Answer(lambda x: x / 0), uniform(2, 3), **changes)
    steep = Answer(lambda x: (x - 0.5).abs().sqrt())  # 0 at 1/2, with a derivative without bound
    with pytest.raises(NumericsError, match=r"derivatives must be finite; got NaN .* in 'input'"):
        response_trace(steep, torch.full((2, 3), 0.5), **changes)
    lost = Answer(lambda x: x.sum(1, keepdim=True))
    lost.rates = nn.LogSigmoid()
    with pytest.raises(InputError, match=r"must have rates in \[0, 1\]; got \[-"):
        response_trace(lost, uniform(2, 3), populations=["rates"], **changes)


def test_rates_that_are_no_numbers_are_named():
    class Lost(nn.Module):
        def forward(self, x):
            return x / 0 * 0

    model = Answer(lambda x: x)
    model.rates = Lost()
    with pytest.raises(NumericsError, match=r"rates must be numbers; got NaN in 'rates'"):
        response_trace(model, uniform(2, 3), populations=["rates"])


@pytest.mark.parametrize("changes", [{}, {"probes": 2}, {"memory_budget": 10}])
def test_the_model_is_left_as_it_was(twin, changes):
    model = live_model(NAME, depth=1).train()
    model.head.eval()
    model.head.weight.requires_grad_(False)
    model.head.bias.grad = torch.ones_like(model.head.bias)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flags = [p.requires_grad for p in model.parameters()]
    modes = [module.training for module in model.modules()]
    x = images(model, 1).requires_grad_()
    if "memory_budget" in changes:
        with pytest.raises(InputError):
            response_trace(model, x, **changes)
    else:
        response_trace(model, x, **changes)
    assert [p.requires_grad for p in model.parameters()] == flags
    assert [module.training for module in model.modules()] == modes
    assert {n for n, p in model.named_parameters() if p.grad is not None} == {"head.bias"}
    assert x.grad is None
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_mode_of_the_caller_does_not_matter(mode):
    model, x = Layered(), matrix(3, 4, seed=9)
    expected = response_trace(model, x, populations=["first"]).value
    with mode():
        assert response_trace(model, x * 1, populations=["first"]).value == expected
        assert response_trace(model, x * 1, populations=["first"], probes=3).value > 0


def test_weights_of_inference_mode_are_refused():
    with torch.inference_mode():
        model = Linear(matrix(2, 3))
    with pytest.raises(InputError, match=r"must be built outside torch.inference_mode"):
        response_trace(model, uniform(2, 3))


def test_it_says_who_it_looked_at(twin):
    x = images(twin, 3)
    found = response_trace(twin, x, command="here")
    assert (found.model, found.n_samples, found.outputs) == (NAME, 3, 10)
    assert found.probes is None
    assert found.weights_fingerprint.startswith("sha256:")
    assert found.data_fingerprint != response_trace(twin, x + 1).data_fingerprint
    assert (found.provenance.command, found.provenance.seed) == ("here", None)
    assert ResponseTrace.from_json(found.to_json()).to_json() == found.to_json()
    np.testing.assert_allclose(found.reference, twin(x).detach().numpy(), rtol=1e-9)
    assert found.reference_mean_square == pytest.approx(np.square(found.reference).sum(1).mean())
    assert found.reference_variance == pytest.approx(found.reference.var(axis=0).sum())


def test_wide_outputs_are_probed():
    found = response_trace(Linear(matrix(130, 6)), uniform(4, 6))
    assert (found.probes, found.outputs, found.provenance.seed) == (32, 130, 0)
    assert (found.covariances.shape, found.reference.shape) == ((4, 0, 0), (4, 0))
    assert found.populations[0].lipschitz is None
    assert any("32 random directions" in note for note in found.notes)
    assert found.lipschitz == pytest.approx(
        float(torch.linalg.matrix_norm(matrix(130, 6), 2)), rel=0.02
    )


def test_an_operation_without_forward_derivative_leaves_the_gain_unknown():
    class Odd(torch.autograd.Function):
        @staticmethod
        def forward(_ctx, x):
            return x * 2

        @staticmethod
        def backward(_ctx, gradient):
            return gradient * 2

    found = response_trace(Answer(Odd.apply), uniform(2, 3), probes=4)
    assert (found.lipschitz, found.stable_rank, found.response_dimension) == (None, None, None)
    assert found.value == pytest.approx(float((4 * uniform(2, 3) * (1 - uniform(2, 3))).sum() / 2))
    assert any("no forward derivative" in note for note in found.notes)


def test_a_silent_network_has_a_trace_of_zero():
    found = response_trace(Linear(matrix(2, 3)), torch.ones(2, 3, dtype=torch.float64))
    assert (found.value, found.low, found.high, found.response_dimension) == (0, 0, 0, None)
    assert found.populations[0].saturated == 1
    assert any("K is 0" in note for note in found.notes)


def test_outputs_that_no_rate_reaches_have_a_trace_of_zero():
    found = response_trace(Answer(lambda x: x.detach() * 2), uniform(2, 3))
    assert (found.value, found.stable_rank) == (0, None)


def test_a_heavy_sample_is_named():
    x = torch.full((20, 3), 0.999, dtype=torch.float64)
    x[7] = 0.5
    found = response_trace(Linear(matrix(2, 3)), x)
    assert any(note.startswith("sample 7 carries 9") for note in found.notes)
    even = response_trace(Linear(matrix(2, 3)), x[:7])
    assert not any("carries" in note for note in even.notes)


def test_one_sample_has_no_spread_but_that_of_probes():
    model, x = Linear(matrix(20, 6)), uniform(1, 6)
    exact, probed = response_trace(model, x), response_trace(model, x, probes=40)
    assert exact.low == exact.value == exact.high
    assert probed.low < exact.value < probed.high
    assert "unknown" in exact.notes[0]


def test_progress_is_told_of_every_sample():
    class Heard(AbstractProgress):
        def __init__(self):
            self.said = []

        def start(self, description, total):  # noqa: ARG002
            self.said.append(total)
            return 7

        def advance(self, task, amount=1):  # noqa: ARG002
            self.said.append(amount)

        def finish(self, task):  # noqa: ARG002
            self.said.append("end")

    for changes in ({}, {"probes": 2}):
        heard = Heard()
        response_trace(Linear(matrix(2, 3)), uniform(5, 3), batch_size=2, progress=heard, **changes)
        assert heard.said == [5, 2, 2, 1, "end"]


def test_what_is_written_after_the_rates_does_not_change_them():
    def overwrite(x):
        return x.mul_(3).sum(dim=1, keepdim=True)

    expected = 9 * (uniform(4, 3) * (1 - uniform(4, 3))).sum(dim=1).mean()
    found = response_trace(Answer(overwrite), uniform(4, 3), populations=["rates"])
    assert found.value == pytest.approx(float(expected))


def test_what_reads_beside_the_spikes_is_no_path():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.rates = nn.Identity(), nn.Identity()

        def forward(self, x):
            x = self.first(x) * 1
            return self.rates(x) + 5 * x

    found = response_trace(Beside(), uniform(4, 3), populations=["first", "rates"])
    variance = float((uniform(4, 3) * (1 - uniform(4, 3))).sum(dim=1).mean())
    assert found.population("rates").trace == pytest.approx(variance)
    assert found.population("first").trace == pytest.approx(36 * variance)


def test_heads_and_tokens_of_attention(twin):
    found = response_trace(twin, images(twin, 2))
    for row in found.populations:
        attention = row.name.rpartition(".")[2] in {"q_lif", "k_lif", "v_lif", "attn_lif"}
        assert len(row.head_shares) == (twin.card.heads if attention else 0)
        assert len(row.token_shares) == int(np.prod(row.shape[:-1]))


def test_stages_have_heads_of_their_own():
    model = live_model("spikingresformer-xs/digits:softmax")
    found = response_trace(model, images(model, 1), probes=1)
    heads = {len(row.head_shares) for row in found.populations if row.head_shares}
    assert heads == {getattr(m, "heads", 0) for m in model.modules()} - {0}


@pytest.mark.parametrize("name", ["spikformer-text-2-64/movie-reviews:softmax"])
def test_padding_adds_nothing(name):
    model = live_model(name, tokens=12, vocabulary=50)
    x = torch.randint(1, 50, (3, 6), generator=generator())
    short = response_trace(model, x)
    padded = response_trace(model, torch.cat([x, torch.zeros_like(x)], dim=1))
    assert padded.value == pytest.approx(short.value, rel=1e-6)
    row, same = padded.populations[-2], short.populations[-2]
    assert row.rate == pytest.approx(same.rate / 2, rel=1e-6)
    assert sum(row.token_shares[6:]) == 0
    assert any(note.startswith("50% of the tokens are padding") for note in padded.notes)


def test_outputs_at_padding_add_nothing():
    model = live_model("spikformer-lm-2-64/movie-reviews:softmax", tokens=8, vocabulary=12)
    x = torch.randint(1, 12, (2, 4), generator=generator())
    short = response_trace(model, x)
    padded = response_trace(model, torch.cat([x, torch.zeros_like(x)], dim=1))
    assert (short.outputs, padded.outputs) == (4 * 12, 8 * 12)
    assert padded.value == pytest.approx(short.value, rel=1e-6)
