"""Where a number comes from."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from spikedim import __version__
from spikedim._core import Provenance
from spikedim._core import _provenance as module


def test_describes_this_process():
    got = Provenance.now(command="spikedim plan", data_fingerprint="sha256:ab", seed=3)
    assert got.command == "spikedim plan"
    assert got.spikedim_version == __version__
    assert set(got.versions) == {"numpy", "torch", "scipy"}
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in got.platform
    assert (got.data_fingerprint, got.seed, got.assumptions) == ("sha256:ab", 3, ())


def test_time_is_utc():
    created = datetime.fromisoformat(Provenance.now(command="").created)
    assert created.utcoffset() == timedelta(0)
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["/usr/bin/spikedim", "plan", "--quiet"], "spikedim plan --quiet"),
        (["study.py"], "study.py"),
        ([], ""),
    ],
)
def test_the_command_defaults_to_how_the_process_was_started(monkeypatch, argv, command):
    monkeypatch.setattr(sys, "argv", argv)
    assert Provenance.now().command == command


def test_a_package_that_is_absent_is_said_to_be(monkeypatch):
    monkeypatch.setattr(module, "_PACKAGES", ("no-such-package",))
    assert Provenance.now(command="").versions == {"no-such-package": "not installed"}


def test_assuming_adds_without_changing_the_first():
    first = Provenance.now(command="", assumptions=("rate code",))
    second = first.assuming("L = 1", "rate 0.2")
    assert second.assumptions == ("rate code", "L = 1", "rate 0.2")
    assert first.assumptions == ("rate code",)
