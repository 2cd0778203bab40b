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
    config.pluginmanager.register(ForbiddenSkips(config), "forbidden-skips")


class ForbiddenSkips:
    """Fails the run for a skip without a mark that allows it; sees the reports of all workers."""

    def __init__(self, config):
        self.config = config
        self.names = []

    def pytest_runtest_logreport(self, report):
        if (
            report.skipped
            and not hasattr(report, "wasxfail")
            and not MAY_SKIP & set(report.keywords)
        ):
            self.names.append(report.nodeid)

    def pytest_sessionfinish(self, session):
        if self.names and self.config.getoption("--forbid-skips"):
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line("")
                for name in self.names:
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
