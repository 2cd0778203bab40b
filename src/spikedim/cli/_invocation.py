"""The command as it was given, for the provenance of its result."""

import shlex
from contextvars import ContextVar

__all__ = ["ARGUMENTS", "command_line"]

ARGUMENTS: ContextVar[tuple[str, ...]] = ContextVar("ARGUMENTS", default=())


def command_line() -> str:
    """Return the command as it could be typed again."""
    return shlex.join(["spikedim", *ARGUMENTS.get()])
