import numpy as np
import pytest

from spikedim._core import NumericsError
from spikedim.circuits import Certificate, Theorem
from spikedim.circuits._certificate import all_hold, certify, worst_row

THEOREM = Theorem("3a", "||a - b||_1 <= (n - 1) / N", "largest l1 error of a row")
BUILT = {"neurons": 5, "synapses": 8, "steps": 4, "spikes": 6}


def test_the_row_nearest_to_its_own_bound_is_shown():
    assert worst_row([0.2, 0.3], [0.21, 9.0]) == (0.2, 0.21)
    assert worst_row([0.2, 0.3], 0.25) == (0.3, 0.25)


@pytest.mark.parametrize("bound", [2.0, 1e-3, 3e-9, 1e-11])
def test_bounds_of_any_size_are_checked(bound):
    assert certify(THEOREM, errors=[bound * (1 + 1e-12)], bounds=[bound], **BUILT).holds is True
    assert certify(THEOREM, errors=[bound * 1.2], bounds=[bound], **BUILT).holds is False
    worst = worst_row([1.2 * bound, 1.0], [bound, 1.1])
    assert worst == (1.2 * bound, bound)


def test_a_zero_bound_is_passed_by_any_error():
    assert worst_row([0.0, 1e-3], [1.0, 0.0]) == (1e-3, 0.0)


@pytest.mark.parametrize(("errors", "holds"), [([0.1, 0.2], True), ([0.1, 0.31], False)])
def test_every_row_must_keep_its_bound(errors, holds):
    assert certify(THEOREM, errors=errors, bounds=[0.3, 0.3], **BUILT).holds is holds


def test_an_unmeasured_error_is_not_copied_from_the_bound():
    certificate = certify(THEOREM, errors=None, bounds=[0.3], reason="too many", **BUILT)
    assert (certificate.error, certificate.bound, certificate.holds) == (None, 0.3, None)
    assert str(certificate).startswith("3a: not checked; largest l1 error of a row not measured")


def test_without_a_theorem_an_error_is_shown_and_nothing_is_claimed():
    none = Theorem("", "", "largest l1 error of a row")
    certificate = certify(none, errors=[0.4, 0.1], bounds=None, **BUILT)
    assert (certificate.error, certificate.bound, certificate.holds) == (0.4, None, None)
    assert str(certificate) == "no theorem: not checked; largest l1 error of a row 0.4, bound none"


def test_a_silent_row_breaks_the_promise_and_says_so():
    certificate = certify(THEOREM, errors=[0.1], bounds=[0.3], silent_rows=2, **BUILT)
    assert certificate.holds is False
    assert certificate.reason == "2 silent rows have no value"
    assert "FAILS" in str(certificate)


def test_all_rows_silent_leaves_no_number():
    certificate = certify(
        THEOREM, errors=np.zeros(0), bounds=np.zeros(0), silent_rows=3, reason="no drive", **BUILT
    )
    assert (certificate.error, certificate.bound, certificate.holds) == (None, None, False)
    assert certificate.reason == "3 silent rows have no value; no drive"
    assert Certificate.from_json(certificate.to_json()) == certificate


def test_a_row_that_may_not_err_hides_no_broken_row():
    assert worst_row(np.array([1e-13, 0.105]), np.array([0.0, 0.1])) == (0.105, 0.1)
    assert worst_row(np.array([1e-17, 0.09]), np.array([0.0, 0.1])) == (1e-17, 0.0)


@pytest.mark.parametrize("name", ["errors", "bounds", "rms_error", "rms_law"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_no_certificate(name, number):
    numbers = {"errors": [0.1], "bounds": [0.3], name: number}
    with pytest.raises(NumericsError, match=rf"^certify: `{name}` must be finite; got NaN"):
        certify(THEOREM, **numbers, **BUILT)


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([True, True], True),
        ([True, None], None),
        ([None, False], False),
        ([False, True, None], False),
        ([], None),
    ],
)
def test_one_failure_outweighs_what_is_unknown(verdicts, together):
    assert all_hold(iter(verdicts)) is together
