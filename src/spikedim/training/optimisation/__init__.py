"""What moves the weights: augmentation, losses, schedule, optimiser."""

from spikedim.training.optimisation._augmentation_draw import AugmentationDraw
from spikedim.training.optimisation._build_optimiser import build_optimiser
from spikedim.training.optimisation._draw_augmentation import draw_augmentation
from spikedim.training.optimisation._generator_for import Purpose, generator_for
from spikedim.training.optimisation._image_operation import ImageOperation, apply_operation
from spikedim.training.optimisation._learning_rate import learning_rate
from spikedim.training.optimisation._losses import CorrectSum, LossSum, correct_sum, loss_sum
from spikedim.training.optimisation._mix import mix

__all__ = [
    "AugmentationDraw",
    "CorrectSum",
    "ImageOperation",
    "LossSum",
    "Purpose",
    "apply_operation",
    "build_optimiser",
    "correct_sum",
    "draw_augmentation",
    "generator_for",
    "learning_rate",
    "loss_sum",
    "mix",
]
