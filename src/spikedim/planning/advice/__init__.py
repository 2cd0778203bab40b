"""Advice: what can be done to a run, predicted on some samples and measured on others."""

from spikedim.planning.advice._advice import Advice, AdvisedChange, RejectedChange
from spikedim.planning.advice._advise import advise
from spikedim.planning.advice._outcome import Outcome

__all__ = ["Advice", "AdvisedChange", "Outcome", "RejectedChange", "advise"]
