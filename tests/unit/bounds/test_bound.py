import pytest

from spikedim._core import AssumptionError, InputError
from spikedim.bounds import Assumption, Bound, BoundKind

ROW = Bound("rule", 3.0, "steps", BoundKind.LOWER, "2 x 3", (Assumption("a"),), "someone, 1900")


def test_require_cites_the_first_failed_assumption_by_number():
    assumptions = (Assumption("x is even"), Assumption("y is odd", False), Assumption("z", False))
    with pytest.raises(AssumptionError, match=r"^rule: assumption 2 fails: y is odd$"):
        Bound.require("rule", assumptions)


def test_require_lets_unknown_and_true_assumptions_pass():
    Bound.require("rule", (Assumption("unknown"), Assumption("known", True)))


def test_not_applicable_has_a_reason_in_the_place_of_a_value():
    row = Bound.not_applicable(
        "rule", unit="steps", kind=BoundKind.UPPER, population="2 x 3", reason="no data"
    )
    assert (row.value, row.reason, row.note, row.verdict) == (None, "no data", "", "")
    assert Bound.from_json(row.to_json()) == row


def test_reads_rows_written_before_notes_existed():
    data = ROW.to_dict()
    del data["note"]
    assert Bound.from_dict(data) == ROW


def test_refuses_another_schema():
    with pytest.raises(InputError, match=r"`data` must have schema 'spikedim.bound/1'"):
        Bound.from_dict({"schema": "spikedim.plan/1"})
