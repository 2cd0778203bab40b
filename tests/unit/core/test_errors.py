"""The error classes, as a caller catches them."""

import pytest

from spikedim import _core
from spikedim._core import (
    AssumptionError,
    InputError,
    MissingExtraError,
    NumericsError,
    SpikedimError,
    WeakResultWarning,
)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InputError, ValueError),
        (AssumptionError, ValueError),
        (NumericsError, ArithmeticError),
        (MissingExtraError, ImportError),
    ],
)
def test_each_error_is_ours_and_python_s(kind, builtin):
    assert issubclass(kind, SpikedimError)
    assert issubclass(kind, builtin)


def test_one_root_catches_every_error_of_core():
    errors = [
        item
        for name in _core.__all__
        if isinstance(item := getattr(_core, name), type) and issubclass(item, Exception)
        if not issubclass(item, Warning)
    ]
    assert len(errors) >= 5
    assert all(issubclass(error, SpikedimError) for error in errors)


def test_a_failed_assumption_is_not_bad_input():
    assert not issubclass(AssumptionError, InputError)


def test_the_warning_is_a_user_warning():
    assert issubclass(WeakResultWarning, UserWarning)
