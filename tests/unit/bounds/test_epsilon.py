import pytest

from spikedim._core import InputError
from spikedim.bounds import Epsilon, EpsilonKind


@pytest.mark.parametrize("kind", list(EpsilonKind))
def test_parses_what_it_prints(kind):
    epsilon = Epsilon(0.07, kind)
    assert str(epsilon) == f"0.07:{kind.value}"
    assert Epsilon.parse(str(epsilon)) == epsilon


@pytest.mark.parametrize(
    ("text", "rms"), [("0.5:rms", 0.5), ("0.5:fro", 0.05), ("0.5:relative", 1.0)]
)
def test_converts_to_a_per_entry_rms(text, rms):
    assert Epsilon.parse(text).as_rms(entries=100, reference_rms=2.0) == rms


@pytest.mark.parametrize("text", ["0.1", "0.1:percent", "0.1:", ""])
def test_refuses_an_error_that_does_not_say_its_kind(text):
    with pytest.raises(InputError, match=r"`epsilon` must say which error it means; got '"):
        Epsilon.parse(text)


def test_refuses_a_kind_without_a_number():
    with pytest.raises(InputError, match=r"`epsilon` must be a number and a kind; got 'x:rms'"):
        Epsilon.parse("x:rms")


@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf"])
def test_refuses_errors_that_are_not_above_zero(number):
    with pytest.raises(InputError, match=r"^Epsilon: `epsilon` must be"):
        Epsilon.parse(f"{number}:rms")


def test_relative_needs_a_reference_above_zero():
    with pytest.raises(InputError, match=r"`reference_rms` must be above 0; got 0.0"):
        Epsilon.parse("0.1:relative").as_rms(entries=1, reference_rms=0.0)
