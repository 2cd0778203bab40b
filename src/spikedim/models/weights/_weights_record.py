"""What a file of weights knows about itself."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result
from spikedim.models.families import BuildRequest

__all__ = ["WeightsRecord"]


@final
@dataclass(frozen=True)
class WeightsRecord(Result):
    """Metadata of a file that `save_weights` wrote.

    Parameters
    ----------
    request : BuildRequest
        What builds the model again.
    steps : int
        T of calls that do not say otherwise.
    version : str
        Version of the package that wrote the file.
    fingerprint : str
        Of names, types, shapes and values of all tensors.
    """

    schema: ClassVar[str] = "spikedim.weights/1"

    request: BuildRequest
    steps: int
    version: str
    fingerprint: str
