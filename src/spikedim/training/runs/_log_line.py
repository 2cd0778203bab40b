"""What a training says about one update, or one validation."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, final

from spikedim._core import Result

__all__ = ["LogKind", "LogLine"]


class LogKind(StrEnum):
    """Of which samples a line speaks."""

    UPDATE = "update"
    VALIDATION = "validation"


@final
@dataclass(frozen=True)
class LogLine(Result):
    """One line of the log.

    Parameters
    ----------
    kind : LogKind
        Samples of an update, or the validation part.
    update : int
        Updates done.
    epoch : int
        Epochs begun.
    loss : float
        Mean over the samples.
    accuracy : float or None
        Share of right answers, in [0, 1].
    learning_rate : float or None
        Of the update; None for a validation.
    gradient_norm : float or None
        Of the gradient of all parameters together, before clipping.
    samples_per_second : float or None
        Over the last 20 updates of this part of the run, validation and saving left out.
    seconds : float
        Wall time of the run so far, all its parts together.

    Examples
    --------
    >>> LogLine(LogKind.UPDATE, update=1, epoch=1, loss=2.3).loss
    2.3
    """

    schema: ClassVar[str] = "spikedim.log_line/1"

    kind: LogKind
    update: int
    epoch: int
    loss: float
    accuracy: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    samples_per_second: float | None = None
    seconds: float = 0.0
