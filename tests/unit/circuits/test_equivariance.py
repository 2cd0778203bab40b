import numpy as np
import pytest
import torch
from tests.token_functions import centred, design, ranked, running_sum

from spikedim._core import InputError
from spikedim.circuits import CodebookAttention, equivariance_gap


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


def test_functions_in_single_precision_are_taken():
    def single(x):
        return np.asarray(x, dtype=np.float32) - np.asarray(x, dtype=np.float32).mean(axis=0)

    assert 1e-9 < equivariance_gap(single, tokens=5, features=3) < 1e-6
    circuit = CodebookAttention.compile(single, tokens=5, features=1, cells=2, lipschitz=1.0)
    assert circuit.run(np.full((5, 1), 0.75)).certificate.holds
    gap = "`function` must be permutation-equivariant"
    with pytest.raises(InputError, match=gap):  # a gap of single precision in double precision
        CodebookAttention.compile(
            lambda x: x + 1e-7 * np.cumsum(x, axis=0), tokens=5, features=1, cells=2
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_function_may_fill_one_buffer_again_and_again(dtype):
    buffer = np.zeros((3, 2), dtype=dtype)

    def reused(x):
        buffer[:] = x - x.mean(axis=0)
        return buffer

    assert equivariance_gap(reused, tokens=3, features=2) < 1e-6
    assert equivariance_gap(lambda x: reused(np.cumsum(x, axis=0)), tokens=3, features=2) > 0.1


@pytest.mark.usefixtures("untyped")
def test_outputs_that_are_no_real_numbers_of_one_width_are_refused():
    with pytest.raises(
        InputError, match="`function` must return an array of real numbers; got complex128"
    ):
        equivariance_gap(lambda x: x + 1j, tokens=2, features=1)
    with pytest.raises(InputError, match="must return as many features d' for every sample; got 1"):
        equivariance_gap(lambda x: np.ones((2, 1 + int(x[0, 0] > 0.5))), tokens=2, features=1)
    with pytest.raises(
        InputError, match="`function` must return an array of real numbers; got list"
    ):
        equivariance_gap(lambda _: [[1.0], [1.0, 2.0]], tokens=2, features=1)


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
        (str, {}, r"`function` must return an array of real numbers; got str"),
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
