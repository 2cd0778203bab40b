import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits._checks import (
    check_generator,
    check_logits,
    check_matrix,
    check_noise,
    check_rates,
    check_steps,
)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([[0.0, np.nan]], "must be finite, or -inf where masked; got NaN"),
        ([[0.0, np.inf]], "must be finite, or -inf where masked; got NaN or"),
        ([[0.0, 1.0], [-np.inf, -np.inf]], "must have a finite entry in every row"),
        (np.zeros((2, 0)), r"must have shape \[..., n\] with no empty axis; got \(2, 0\)"),
        (3.0, r"must have shape \[..., n\]"),
        ([["a"]], "must be an array of real numbers; got <U1"),
        ([[1.0], [1.0, 2.0]], "must be a numeric array; got list"),
        (np.array([1j]), "must be an array of real numbers; got complex128"),
    ],
)
def test_bad_logits(logits, message):
    with pytest.raises(InputError, match=rf"^f: `logits` {message}"):
        check_logits(logits, caller="f")


def test_masks_and_tensors_are_logits():
    tensor = torch.tensor([[0.0, -torch.inf]], requires_grad=True)
    got = check_logits(tensor, caller="f")
    assert got.dtype == np.float64
    assert got.tolist() == [[0.0, -np.inf]]


@pytest.mark.parametrize("rates", [[-0.1, 0.5], [0.5, 1.1]])
def test_rates_are_not_clipped(rates):
    with pytest.raises(InputError, match=r"^f: `rates` must be in \[0, 1\]; got values from"):
        check_rates(rates, caller="f")


def test_the_ends_are_rates():
    assert check_rates([0, 1], caller="f").tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros(3), r"must have 2 axes; got shape \(3,\)"),
        (np.zeros((0, 3)), "must have no empty axis"),
        ([[np.inf]], "must be finite"),
    ],
)
def test_bad_matrices(matrix, message):
    with pytest.raises(InputError, match=f"^f: `w` {message}"):
        check_matrix(matrix, caller="f", name="w")


@pytest.mark.parametrize("steps", [0, -1, 2.0, True, "4"])
def test_steps_are_whole_and_positive(steps):
    with pytest.raises(InputError, match=r"^f: `steps` must be an integer >= 1"):
        check_steps(steps, caller="f")


def test_more_steps_than_any_machine_runs_are_refused():
    with pytest.raises(InputError, match=r"^f: `steps` must be at most 2\*\*40"):
        check_steps(2**41, caller="f")


@pytest.mark.parametrize("generator", [None, 0, torch.Generator()])
def test_randomness_needs_an_owner(generator):
    with pytest.raises(InputError, match=r"^f: `generator` must be a numpy\.random\.Generator"):
        check_generator(generator, caller="f")


def test_masked_values_are_refused_as_numbers_and_bfloat16_is_read():
    masked = np.ma.masked_greater(np.array([[1.0, 999.0]]), 100)
    with pytest.raises(InputError, match=r"^f: `logits` must have no masked values; got .* Fill"):
        check_logits(masked, caller="f")
    with pytest.raises(InputError, match=r"^f: `w` must have no masked values"):
        check_matrix(masked, caller="f", name="w")
    widened = check_logits(torch.tensor([0.5, 1.25], dtype=torch.bfloat16), caller="f")
    assert widened.tolist() == [0.5, 1.25]
    assert widened.dtype == np.float64


def test_what_float64_cannot_hold_is_infinite_and_refused():
    with pytest.raises(InputError, match="must be finite, or -inf where masked"):
        check_logits(np.array([np.longdouble("1e400"), 0]), caller="f")


@pytest.mark.parametrize("steps", [10**5000, 2**40 + 1], ids=["huge", "next"])
def test_more_steps_than_any_run_are_refused(steps):
    with pytest.raises(InputError, match=r"^f: `steps` must be at most 2\*\*40; got .*\. No run"):
        check_steps(steps, caller="f")


@pytest.mark.parametrize("steps", [-(10**5000), -1], ids=["huge", "next"])
def test_fewer_steps_than_one_are_refused(steps):
    with pytest.raises(InputError, match=r"^f: `steps` must be an integer >= 1; got"):
        check_steps(steps, caller="f")


def test_a_rate_just_above_one_is_shown_with_all_digits():
    with pytest.raises(InputError, match=r"to 1\.0000002\. Rescale"):
        check_rates([0.5, 1.0000002], caller="f")


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (np.zeros(3), r"must have shape \(2,\); got \(3,\)\. Pass `generator\.random\(\(2,\)\)`"),
        (np.ones(2), r"must be in \[0, 1\); got a value outside or NaN\. Pass `generator"),
    ],
)
def test_noise_of_the_wrong_kind_comes_with_advice(noise, message):
    with pytest.raises(InputError, match=f"^f: `noise` {message}"):
        check_noise(noise, (2,), needed=True, caller="f")
