"""Door checks: what passes, what does not, and what the sentence says."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from spikedim._core import (
    InputError,
    check_array,
    check_choice,
    check_fraction,
    check_in,
    check_integer,
    check_number,
    check_numbers,
    check_positive,
)

NOT_NUMBERS = [True, "1", None, math.nan, math.inf, -math.inf, 1j, [1.0], Fraction(10**400)]


@pytest.mark.parametrize("value", [0, -3, 2.5, np.float32(0.5), np.int64(7)])
def test_number_returns_a_python_float(value):
    got = check_number(value, name="rate", caller="plan")
    assert type(got) is float
    assert got == value


@pytest.mark.parametrize("check", [check_number, check_positive, check_fraction])
@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_numbers_refuse_what_is_not_finite_and_real(check, bad):
    with pytest.raises(InputError, match=r"^plan: `rate` must be a finite number; got .*\.$"):
        check(bad, name="rate", caller="plan")


def test_advice_ends_the_sentence():
    with pytest.raises(InputError, match=r"got nan\. Give spikes per step\.$"):
        check_number(math.nan, name="rate", caller="plan", advice="Give spikes per step.")


@pytest.mark.parametrize("bad", [0, -0.0, -1e-300])
def test_positive_refuses_zero_and_below(bad):
    with pytest.raises(InputError, match=rf"^f: `x` must be above 0; got {bad!r}\. Raise it\.$"):
        check_positive(bad, name="x", caller="f", advice="Raise it.")


def test_positive_passes_the_smallest_number():
    assert check_positive(5e-324, name="x", caller="f") == 5e-324


@pytest.mark.parametrize("bad", [0, -0.1, 1.0000001])
def test_fraction_refuses_outside_zero_one(bad):
    with pytest.raises(InputError, match=r"^f: `x` must be in \(0, 1\]; got "):
        check_fraction(bad, name="x", caller="f")


@pytest.mark.parametrize("value", [1e-9, 0.5, 1])
def test_fraction_passes_zero_one(value):
    assert check_fraction(value, name="x", caller="f") == value


@pytest.mark.parametrize("value", [-1, 0, 2])
def test_in_passes_both_ends(value):
    assert check_in(value, -1.0, 2.0, name="x", caller="f") == value


@pytest.mark.parametrize("bad", [-1.01, 2.01])
def test_in_says_the_interval(bad):
    with pytest.raises(InputError, match=rf"^f: `x` must be in \[-1, 2\]; got {bad}\. Hm\.$"):
        check_in(bad, -1.0, 2.0, name="x", caller="f", advice="Hm.")


@pytest.mark.parametrize("value", [1, 5, np.int32(3)])
def test_integer_returns_a_python_int(value):
    got = check_integer(value, name="k", caller="f")
    assert type(got) is int
    assert got == value


@pytest.mark.parametrize("bad", [0, -1, 1.0, True, "3", None])
def test_integer_refuses_others(bad):
    with pytest.raises(InputError, match=r"^f: `k` must be an integer >= 1; got "):
        check_integer(bad, name="k", caller="f")


def test_integer_says_its_minimum():
    with pytest.raises(InputError, match=r"must be an integer >= 2; got 1\. Add samples\.$"):
        check_integer(1, name="k", caller="f", minimum=2, advice="Add samples.")


def test_choice_returns_the_choice():
    assert check_choice("b", ["a", "b"], name="law", caller="plan") == "b"


def test_choice_suggests_the_nearest():
    with pytest.raises(
        InputError,
        match=r"^plan: `law` must be one of subspace, wiener; got 'winer'\. "
        r"Did you mean 'wiener'\?$",
    ):
        check_choice("winer", ["subspace", "wiener"], name="law", caller="plan")


@pytest.mark.parametrize("bad", ["xyz", 3, None, [7]])
def test_choice_stays_silent_when_nothing_is_near(bad):
    with pytest.raises(InputError, match=r"one of subspace, wiener; got .*\.$"):
        check_choice(bad, ["subspace", "wiener"], name="law", caller="plan")


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.bool_])
def test_array_keeps_the_type(dtype):
    x = np.ones((3, 2), dtype)
    got = check_array(x, name="x", caller="f")
    assert got is x


def test_array_shares_the_memory_of_a_tensor_and_drops_its_gradient():
    x = torch.zeros(3, 2, requires_grad=True)
    got = check_array(x, name="x", caller="f")
    with torch.no_grad():
        x[0, 0] = 5
    assert got[0, 0] == 5


def test_array_reads_nested_lists():
    assert check_array([[1, 2], [3, 4]], name="x", caller="f").shape == (2, 2)


@pytest.mark.parametrize("bad", [[[1, 2], [3]], torch.zeros(2, 2, device="meta")])
def test_array_refuses_what_numpy_cannot_read(bad):
    with pytest.raises(
        InputError, match=rf"^f: `x` must be a numeric array; got {type(bad).__name__}.*\. Convert "
    ):
        check_array(bad, name="x", caller="f")


@pytest.mark.parametrize("bad", [["a", "b"], np.array([[1j]]), np.array([[None]])])
def test_array_refuses_what_is_not_real(bad):
    with pytest.raises(InputError, match=r"^f: `x` must be an array of real numbers; got "):
        check_array(bad, name="x", caller="f")


def test_array_says_the_shape_and_how_to_flatten():
    with pytest.raises(
        InputError, match=r"must have 2 axes; got shape \(2, 3, 4\)\. Flatten .*reshape\(-1, D\)"
    ):
        check_array(np.zeros((2, 3, 4)), name="x", caller="f")


def test_array_names_every_allowed_number_of_axes():
    with pytest.raises(InputError, match=r"must have 2 or 3 axes; got shape \(4,\)"):
        check_array(np.zeros(4), name="x", caller="f", ndim=(2, 3))


@pytest.mark.parametrize("shape", [(1, 3), (0, 3), (5, 0)])
def test_array_refuses_too_few_rows_and_empty_axes(shape):
    with pytest.raises(
        InputError,
        match=r"at least 2 rows and no empty axis; got shape \(\d, \d\)\. Supply more samples",
    ):
        check_array(np.zeros(shape), name="x", caller="f", min_rows=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_array_refuses_what_is_not_finite(bad):
    x = np.zeros((4, 3))
    x[2, 1] = bad
    with pytest.raises(InputError, match=r"^f: `x` must be finite; got NaN or infinity\. Remove"):
        check_array(x, name="x", caller="f")


def test_array_refuses_masked_values():
    x = np.ma.masked_greater(np.array([[1.0, 2.0], [3.0, 999.0]]), 100)
    with pytest.raises(InputError, match=r"^f: `x` must have no masked values; got .* Fill or rem"):
        check_array(x, name="x", caller="f")
    whole = np.ma.masked_greater(np.array([[1.0, 2.0]]), 100)
    assert type(check_array(whole, name="x", caller="f")) is np.ndarray


def test_array_says_how_to_convert_a_tensor_that_numpy_cannot_hold():
    with pytest.raises(InputError, match=r"got Tensor of torch.float32\. Convert .*x\.to_dense"):
        check_array(torch.ones(2, 2).to_sparse(), name="x", caller="f")


@pytest.mark.parametrize(
    ("dtype", "digits"), [(torch.bfloat16, 16), (torch.float8_e4m3fn, 8), (torch.float8_e5m2, 8)]
)
def test_array_widens_every_value_of_a_short_float_exactly(dtype, digits):
    size = 2**digits
    patterns = torch.arange(size).to(torch.uint8 if digits == 8 else torch.uint16)
    every = patterns.view(dtype)
    every = every[torch.isfinite(every.float())].reshape(-1, 2)
    got = check_array(every.requires_grad_(), name="x", caller="f")
    assert got.dtype == np.float32
    assert len(got) > 0.4 * size
    back = torch.from_numpy(got).to(dtype)
    assert torch.equal(back.view(patterns.dtype), every.detach().view(patterns.dtype))


def test_array_keeps_half_precision_tensors_as_they_are():
    x = torch.tensor([[1.0, 2.0], [0.1, 6e-8]], dtype=torch.float16)
    got = check_array(x, name="x", caller="f")
    assert got.dtype == np.float16
    assert np.array_equal(got, x.numpy())


def test_numbers_too_long_to_write_are_refused_in_words():
    with pytest.raises(
        InputError, match=r"must be an integer >= 1; got a number of thousands of dig"
    ):
        check_integer(-(10**5000), name="k", caller="f")
    with pytest.raises(
        InputError, match=r"must be a finite number; got a number of thousands of dig"
    ):
        check_number(10**5000, name="k", caller="f")
    with pytest.raises(InputError, match=r"must be one of a, b; got a number of thousands of dig"):
        check_choice(10**5000, ["a", "b"], name="k", caller="f")


def test_numbers_of_any_shape_may_be_infinite():
    got = check_numbers([[np.inf], [1.0]], name="x", caller="f")
    assert got.tolist() == [[np.inf], [1.0]]
    assert check_numbers(3, name="x", caller="f").shape == ()
