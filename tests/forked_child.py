"""A child process that starts at once and is killed."""

import os
import signal
from contextlib import contextmanager


@contextmanager
def forked(work):
    """Run `work(tell)` in a child; enter the block when it tells, kill it at the end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(lambda: os.write(writing, b"."))
        finally:
            os._exit(1)
    os.close(writing)
    try:
        assert os.read(reading, 1) == b".", "the child failed"
        yield child
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
