"""The command as it was given, for the provenance of its result, and what it leaves if stopped."""

import shlex
from contextvars import ContextVar

__all__ = [
    "ARGUMENTS",
    "DEVICE",
    "DEVICES",
    "INTERRUPTED_SAYS",
    "NOTHING_WRITTEN",
    "command_line",
]

ARGUMENTS: ContextVar[tuple[str, ...]] = ContextVar("ARGUMENTS", default=())
DEVICES = ("cpu", "cuda", "mps", "auto")
DEVICE: ContextVar[str] = ContextVar("DEVICE", default=DEVICES[0])
"""What the shared option ``--device`` names."""
NOTHING_WRITTEN = "nothing was written."
INTERRUPTED_SAYS: ContextVar[str] = ContextVar("INTERRUPTED_SAYS", default=NOTHING_WRITTEN)
"""What to say after Ctrl-C; a command whose work is kept says where."""


def command_line() -> str:
    """Return the command as it could be typed again."""
    return shlex.join(["spikedim", *ARGUMENTS.get()])
