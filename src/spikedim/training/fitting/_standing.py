"""Where a training stands between two updates, weights aside."""

from dataclasses import dataclass
from typing import Any, final

from spikedim.training.runs import Checkpoint

__all__ = ["Standing"]


@final
@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a checkpoint knows beside tensors.

    Parameters
    ----------
    update : int
        Changes of the weights done.
    epoch_sums : tuple of float
        Sums over the epoch that is under way: loss, right answers, targets.
    train_loss, train_accuracy : float or None
        Means of the last epoch, which the end of the run may cut; None before.
    validation_accuracy : float or None
        After that epoch; None before, or without a validation part.
    seconds : float
        Wall time of all parts of the run.
    """

    update: int = 0
    epoch_sums: tuple[float, float, float] = (0.0, 0.0, 0.0)
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    seconds: float = 0.0

    def numbers(self) -> dict[str, Any]:
        """Return all fields but `update`, as a checkpoint keeps them."""
        loss, correct, count = self.epoch_sums
        return {
            "epoch_loss": loss,
            "epoch_correct": correct,
            "epoch_count": count,
            "train_loss": self.train_loss,
            "train_accuracy": self.train_accuracy,
            "validation_accuracy": self.validation_accuracy,
            "seconds": self.seconds,
        }

    @classmethod
    def of(cls, checkpoint: Checkpoint | None) -> "Standing":
        """Return the standing of a checkpoint, or of a run that begins."""
        if checkpoint is None:
            return cls()
        numbers: dict[str, Any] = dict(checkpoint.numbers)
        sums = tuple(numbers.pop(f"epoch_{key}") for key in ("loss", "correct", "count"))
        return cls(update=checkpoint.update, epoch_sums=sums, **numbers)
