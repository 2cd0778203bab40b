"""What a conversion did."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["PickleConversion"]


@final
@dataclass(frozen=True)
class PickleConversion(Result):
    """A pickle whose tensors now stand in a safetensors file.

    Parameters
    ----------
    source : str
        The pickle.
    written : str
        The safetensors file.
    tensors : int
        How many tensors it has.
    unwrapped : tuple of str
        Keys and prefixes that were taken off on the way to the tensors, and what was left there.
    fingerprint : str
        Of names, types, shapes and values of all tensors.
    """

    schema: ClassVar[str] = "spikedim.pickle_conversion/1"

    source: str
    written: str
    tensors: int
    unwrapped: tuple[str, ...]
    fingerprint: str
