"""What an import did."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["ImportReport"]


@final
@dataclass(frozen=True)
class ImportReport(Result):
    """What became of every tensor of another package's state dict.

    Parameters
    ----------
    model : str
        Name of the model that was filled.
    source : str
        Whose names the state dict had.
    origin : str
        Where these names were read: repository, path, commit.
    loaded : int
        Tensors of the model that were filled, all of them.
    renamed : int
        Names of the source that are not ours.
    skipped : tuple of str
        Names of tensors that the source itself never uses.
    unwrapped : tuple of str
        Keys and prefixes that were taken off on the way to the tensors.
    notes : tuple of str
        What the user of these weights should know.
    """

    schema: ClassVar[str] = "spikedim.import_report/1"

    model: str
    source: str
    origin: str
    loaded: int
    renamed: int
    skipped: tuple[str, ...] = ()
    unwrapped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
