"""What someone who watches a training sees after each update."""

from typing import NamedTuple, final

__all__ = ["TrainingMoment"]


@final
class TrainingMoment(NamedTuple):
    """How far a training is, and how well it goes.

    Parameters
    ----------
    update, updates : int
        Changes of the weights done, and wanted.
    epoch, epochs : int
        Passes over the data begun, and wanted.
    loss : float
        Mean over the last 20 updates of this part of the run.
    accuracy : float
        Share of right answers in them, in [0, 1], augmented as they were.
    samples_per_second : float
        Speed in them, validation and saving left out.
    validation_accuracy : float or None
        After the last whole epoch, in [0, 1]; None before.
    seconds_left : float
        At this speed.
    """

    update: int
    updates: int
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    samples_per_second: float
    validation_accuracy: float | None
    seconds_left: float
