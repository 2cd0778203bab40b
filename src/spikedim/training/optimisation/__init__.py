"""What moves the weights: augmentation, losses, schedule, optimiser."""

from spikedim.training.optimisation._build_optimiser import build_optimiser
from spikedim.training.optimisation._generator_for import Purpose, generator_for
from spikedim.training.optimisation._learning_rate import learning_rate
from spikedim.training.optimisation._losses import CorrectSum, LossSum, correct_sum, loss_sum

__all__ = [
    "CorrectSum",
    "LossSum",
    "Purpose",
    "build_optimiser",
    "correct_sum",
    "generator_for",
    "learning_rate",
    "loss_sum",
]
