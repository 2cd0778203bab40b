"""Content fingerprints."""

import os

import numpy as np
import pytest

from spikedim._core import fingerprint_arrays, fingerprint_file

X = np.arange(12, dtype=np.int16).reshape(3, 4)


def test_is_the_same_on_every_machine():
    # A constant on purpose: results of one machine must be recognised on another.
    assert fingerprint_arrays(X) == "sha256:c5167f18dda25dbe"


@pytest.mark.parametrize(
    "same",
    [X.copy(), np.asfortranarray(X), X.astype(">i2"), np.tile(X, 2)[:, :4], X[::-1][::-1]],
    ids=["copy", "column order", "big endian", "strided", "reversed twice"],
)
def test_depends_on_values_not_on_memory(same):
    assert fingerprint_arrays(same) == fingerprint_arrays(X)


@pytest.mark.parametrize(
    "other",
    [X + 1, X.reshape(4, 3), X.astype(np.int32), X.T, X[:2]],
    ids=["values", "shape", "type", "transpose", "fewer"],
)
def test_changes_with_values_shape_and_type(other):
    assert fingerprint_arrays(other) != fingerprint_arrays(X)


def test_order_and_salt_count():
    y = X + 1
    assert fingerprint_arrays(X, y) != fingerprint_arrays(y, X)
    assert fingerprint_arrays(X, salt="pixels") != fingerprint_arrays(X, salt="patches:2")


def test_files_by_content_not_by_name(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    assert fingerprint_file(tmp_path / "a") == fingerprint_file(tmp_path / "b")
    assert fingerprint_file(tmp_path / "a") != fingerprint_file(tmp_path / "c")


def test_files_count_in_order_with_their_salt(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    a, c = tmp_path / "a", tmp_path / "c"
    assert fingerprint_file(a, c) != fingerprint_file(c, a)
    assert fingerprint_file(a, salt=["x"]) != fingerprint_file(a)


def test_has_one_form(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    for text in (fingerprint_arrays(X), fingerprint_file(tmp_path / "empty")):
        kind, _, digits = text.partition(":")
        assert kind == "sha256"
        assert len(digits) == 16
        int(digits, 16)


def test_names_that_are_not_utf8_can_be_salt(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    odd, other = (os.fsdecode(name) for name in (b"\xff.png", b"\xfe.png"))
    found = {fingerprint_file(tmp_path / "a", salt=[name]) for name in (odd, other, "y.png")}
    assert len(found) == 3
