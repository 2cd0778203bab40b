"""What every room needs: errors, door checks, atomic files, provenance, progress, protocols."""

from spikedim._core._array_field import BoolArray, CountArray, FloatArray, shape_if_empty
from spikedim._core._bytes import DEFAULT_MEMORY_BUDGET, parse_bytes
from spikedim._core._checks import (
    check_array,
    check_choice,
    check_fraction,
    check_in,
    check_integer,
    check_number,
    check_numbers,
    check_positive,
)
from spikedim._core._compiled_loops import load_loops, load_numba, run_ranges
from spikedim._core._errors import (
    AssumptionError,
    InputError,
    MissingExtraError,
    NumericsError,
    SpikedimError,
    WeakResultWarning,
)
from spikedim._core._extras import require
from spikedim._core._files import check_writable, write_atomic
from spikedim._core._fingerprint import fingerprint_arrays, fingerprint_file
from spikedim._core._interval import Interval
from spikedim._core._progress import AbstractProgress, SilentProgress
from spikedim._core._protocols import AnyArray, SampleStream, SpectrumLike
from spikedim._core._provenance import Provenance
from spikedim._core._results import Result, read_result
from spikedim._core._wilson import wilson_interval

__all__ = [
    "DEFAULT_MEMORY_BUDGET",
    "AbstractProgress",
    "AnyArray",
    "AssumptionError",
    "BoolArray",
    "CountArray",
    "FloatArray",
    "InputError",
    "Interval",
    "MissingExtraError",
    "NumericsError",
    "Provenance",
    "Result",
    "SampleStream",
    "SilentProgress",
    "SpectrumLike",
    "SpikedimError",
    "WeakResultWarning",
    "check_array",
    "check_choice",
    "check_fraction",
    "check_in",
    "check_integer",
    "check_number",
    "check_numbers",
    "check_positive",
    "check_writable",
    "fingerprint_arrays",
    "fingerprint_file",
    "load_loops",
    "load_numba",
    "parse_bytes",
    "read_result",
    "require",
    "run_ranges",
    "shape_if_empty",
    "wilson_interval",
    "write_atomic",
]
