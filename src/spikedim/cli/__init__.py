"""The command line: asks, calls, prints; computes nothing."""

from spikedim.cli._main import main

__all__ = ["main"]
