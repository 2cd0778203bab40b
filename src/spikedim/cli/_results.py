"""Reading back what other commands wrote."""

from contextlib import suppress
from pathlib import Path

from spikedim._core import read_result
from spikedim.planning import Measurement, Plan

__all__ = ["read_either"]

_HEAD_BYTES = 256  # the schema is the first key


def read_either(path: Path) -> Plan | Measurement:
    """Read a plan or a measurement, whichever the file says it is."""
    head = b""
    with suppress(OSError), path.expanduser().open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if Measurement.schema.encode() in head:
        return read_result(path, Measurement)
    return read_result(path, Plan)
