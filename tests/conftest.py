"""One thread, seeded everything, and no silent skips."""

import os
from pathlib import Path

import jaxtyping
import pytest
import torch
from hypothesis import settings

MAY_SKIP = {"slow", "peer", "gpu", "data"}

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
torch.set_num_threads(1)


def pytest_addoption(parser):
    parser.addoption(
        "--forbid-skips",
        action="store_true",
        help=f"fail if a test without one of the marks {sorted(MAY_SKIP)} is skipped",
    )
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files of tests/golden"
    )


def pytest_configure(config):
    config.stash_skipped = []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    marks = {mark.name for mark in item.iter_markers()}
    if report.skipped and not hasattr(report, "wasxfail") and not marks & MAY_SKIP:
        item.config.stash_skipped.append(item.nodeid)


def pytest_sessionfinish(session):
    skipped = session.config.stash_skipped
    if skipped and session.config.getoption("--forbid-skips"):
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        reporter.write_line("")
        for name in skipped:
            reporter.write_line(f"FORBIDDEN SKIP {name}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def untyped():
    """Let a wrong type reach our own door check instead of the test-time type hook."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def shared():
    """Return the folder of the design's oracle scripts, if this checkout has it beside it."""
    folder = Path(os.environ.get("SPIKEDIM_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the design folder {folder} is not here; set SPIKEDIM_SHARED to its path")
    return folder
