from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from spikedim._core import BoolArray, CountArray, FloatArray, InputError, NumericsError, Result


@dataclass(frozen=True, eq=False)
class Holder(Result):
    schema: ClassVar[str] = "spikedim.holder/1"

    rates: FloatArray
    counts: CountArray
    flags: BoolArray


HOLDER = Holder(np.array([[0.5, 1.0]]), np.array([3]), np.array([[True], [False]]))


def test_arrays_become_nested_lists():
    assert HOLDER.to_dict() == {
        "schema": "spikedim.holder/1",
        "rates": [[0.5, 1.0]],
        "counts": [3],
        "flags": [[True], [False]],
    }


def test_types_come_back():
    back = Holder.from_json(HOLDER.to_json())
    assert (back.rates.dtype, back.counts.dtype, back.flags.dtype) == (
        np.float64,
        np.int64,
        np.bool_,
    )


def test_whole_numbers_are_floats_where_floats_belong():
    back = Holder.from_dict({**HOLDER.to_dict(), "rates": [[1, 2]]})
    assert back.rates.dtype == np.float64


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rates", [[1.0], [1.0, 2.0]]),
        ("rates", ["a"]),
        ("rates", [True]),
        ("counts", [0.5]),
        ("flags", [0, 1]),
    ],
)
def test_other_lists_are_refused(field, value):
    with pytest.raises(InputError, match=rf"^Holder\.from_dict: `{field}` .*must be nested lists"):
        Holder.from_dict({**HOLDER.to_dict(), field: value})


def test_nan_does_not_leave():
    with pytest.raises(NumericsError, match="every number must be finite"):
        Holder(np.array([np.nan]), HOLDER.counts, HOLDER.flags).to_json()


def test_the_json_schema_says_what_the_lists_hold():
    assert Holder.json_schema()["properties"]["counts"]["description"] == "nested lists of integers"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_numbers_beyond_float64_are_no_infinity(number):
    written = Holder(np.array([0.5]), HOLDER.counts, HOLDER.flags).to_json()
    text = written.replace("0.5", number)
    assert number in text
    with pytest.raises(InputError, match=r"`rates` .*must hold finite numbers"):
        Holder.from_json(text)
