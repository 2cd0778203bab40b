"""Fitting: updates, the loop over them, and runs that go on exactly."""

from spikedim.training.fitting._fit import fit
from spikedim.training.fitting._moment import TrainingMoment
from spikedim.training.fitting._resume import resume

__all__ = [
    "TrainingMoment",
    "fit",
    "resume",
]
