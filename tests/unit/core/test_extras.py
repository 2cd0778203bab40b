"""Optional packages."""

import json
import sys

import pytest

from spikedim._core import MissingExtraError, require


def test_returns_the_module():
    assert require("json", extra="charts", purpose="A chart") is json


def test_says_what_needs_it_and_how_to_install_it():
    with pytest.raises(
        MissingExtraError,
        match=r"^The cross-check needs the package 'nowhere_to_be_found', which is not installed "
        r"or does not import \(.*\)\. Install it with: pip install 'spikedim\[id\]'$",
    ):
        require("nowhere_to_be_found.part", extra="id", purpose="The cross-check")


def test_keeps_the_cause():
    with pytest.raises(MissingExtraError) as caught:
        require("nowhere_to_be_found", extra="id", purpose="It")
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_package_that_breaks_on_import_is_missing_too(tmp_path, monkeypatch):
    (tmp_path / "broken_extra.py").write_text("raise ImportError('wrong libc')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"does not import \(wrong libc\)"):
        require("broken_extra", extra="id", purpose="It")
    assert "broken_extra" not in sys.modules
