"""The entry point: runs one command and turns every failure into one line and an exit code."""

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``spikedim``; the process's own arguments by default.

    Raises
    ------
    SystemExit
        With code 0, 1 (a computation failed), 2 (bad input or set-up) or 130 (interrupted).
    """
    from spikedim.cli._app import app
    from spikedim.cli._invocation import ARGUMENTS, INTERRUPTED_SAYS, NOTHING_WRITTEN

    given = list(sys.argv[1:] if arguments is None else arguments)
    ARGUMENTS.set(tuple(given))
    INTERRUPTED_SAYS.set(NOTHING_WRITTEN)
    for stream in (sys.stdout, sys.stderr):
        # A C locale must not turn an en dash into a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        # The parser returns the code of an early exit, and None after a command.
        code = app(given, prog_name="spikedim", standalone_mode=False) or OK
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if "--debug" in given:
            traceback.print_exc()
        code, message = _explain(error)
        _say(f"Error: {message}")
    if code == INTERRUPTED:
        _say(f"Interrupted: {INTERRUPTED_SAYS.get()}")
    sys.exit(code)


def _explain(error: Exception) -> tuple[int, str]:
    """Exit code and message of an error."""
    # Imported here because `spikedim --help` must not pay for numpy.
    from typer import TyperException

    from spikedim._core import InputError, MissingExtraError, SpikedimError

    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "spikedim"
        message = error.format_message()
        stop = "" if message.endswith((".", "?")) else "."
        return BAD_INPUT, f"{message}{stop} See: {command} --help"
    if isinstance(error, InputError | MissingExtraError):
        return BAD_INPUT, str(error)
    if isinstance(error, SpikedimError):
        return FAILED, str(error)
    if isinstance(error, MemoryError):
        return FAILED, "out of memory. Give a smaller --memory, a coarser --layer or fewer samples."
    if isinstance(error, OSError):
        return FAILED, f"the system refused: {error}. Check the disk, the path and its permissions."
    return FAILED, f"unexpected {type(error).__name__}: {error}. Add --debug for the traceback."


def _say(message: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(" ".join(message.split()) + "\n")
