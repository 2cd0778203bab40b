import numpy as np
import pytest
import torch
from tests.token_functions import centred, design, ranked, running_sum

from spikedim._core import InputError
from spikedim.circuits import equivariance_gap


@pytest.mark.parametrize("function", [centred, design, ranked])
@pytest.mark.parametrize("batched", [False, True])
def test_functions_that_treat_tokens_alike_have_no_gap(function, batched):
    assert equivariance_gap(function, tokens=4, features=2, batched=batched) < 1e-12


@pytest.mark.parametrize("batched", [False, True])
def test_a_function_of_the_order_has_a_gap(batched):
    assert equivariance_gap(running_sum, tokens=3, features=1, batched=batched) > 0.5


def test_ties_are_met():
    def first_of_the_largest(x):  # equivariant except where two tokens are equal
        return (np.arange(len(x)) == x[:, 0].argmax()).astype(float)[:, None]

    assert equivariance_gap(first_of_the_largest, tokens=2, features=1) == 1.0


def test_a_random_function_has_a_gap():
    noise = np.random.default_rng(0)
    assert equivariance_gap(lambda x: x + noise.random(x.shape), tokens=2, features=1) > 0.5


def test_one_token_has_no_order():
    assert equivariance_gap(running_sum, tokens=1, features=3) == 0


def test_tensors_may_come_back():
    assert equivariance_gap(lambda x: torch.tensor(x).requires_grad_(), tokens=2, features=1) == 0


def test_the_function_cannot_change_the_samples():
    def greedy(x):
        x *= 0
        return x

    assert equivariance_gap(greedy, tokens=2, features=2) == 0


def test_the_generator_decides_the_samples():
    gaps = {
        equivariance_gap(
            running_sum, tokens=3, features=1, samples=1, generator=np.random.default_rng(seed)
        )
        for seed in range(1, 4)
    }
    assert len(gaps) == 3


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("function", "more", "message"),
    [
        (lambda x: x[:1], {}, r"`function` must return shape \[n, d'\] with n = 2; got \(1, 3\)"),
        (lambda x: x, {"batched": True}, None),
        (centred, {"tokens": 0}, r"`tokens` must be an integer >= 1; got 0"),
        (centred, {"features": 1.5}, r"`features` must be an integer >= 1; got 1\.5"),
        (centred, {"samples": 0}, r"`samples` must be an integer >= 1; got 0"),
        (centred, {"generator": 7}, r"`generator` must be a numpy.random.Generator; got int"),
        (lambda x: x * np.nan, {}, r"`function` must be finite on \[0, 1\]; got NaN"),
        (str, {}, r"`function` must return an array of numbers; got str"),
        (lambda x: x.sum(), {}, r"`function` must return shape \[n, d'\] with n = 2; got \(\)"),
        (
            lambda x: x.mean(axis=0),
            {"batched": True, "tokens": 5},
            r"`function` must return shape \[B, n, d'\] with n = 5; got \(5, 3\). Set `batched`",
        ),
    ],
)
def test_bad_input(function, more, message):
    call = {"tokens": 2, "features": 3} | more
    if message is None:
        assert equivariance_gap(function, **call) == 0
        return
    with pytest.raises(InputError, match=f"^equivariance_gap: {message}"):
        equivariance_gap(function, **call)


def test_a_batched_function_that_mixes_samples_is_refused():
    def mixed(x):  # right for one sample, wrong for many
        return x - x.mean(axis=0)

    assert equivariance_gap(mixed, tokens=3, features=2) < 1e-12
    assert equivariance_gap(mixed, tokens=3, features=2, batched=True) > 0.01
