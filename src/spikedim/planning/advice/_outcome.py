"""What a network does at one setting: steps, error, accuracy, spikes, energy."""

from dataclasses import dataclass
from typing import final

from spikedim._core import Interval

__all__ = ["Outcome"]


@final
@dataclass(frozen=True)
class Outcome:
    """Error, accuracy and cost of one setting, over the samples of one half.

    Parameters
    ----------
    steps : int
        T of every population; the mean of unequal ones weighted by spikes, rounded.
    latency : int
        Steps until an answer: the largest T, with steps whose outputs are left out.
    allocation : dict of str to int
        T of each population; empty if all have `steps`.
    squared_error : float
        Mean squared Frobenius distance of the outputs from the reference of the advice.
    squared_error_interval : Interval
        95 % bootstrap over samples, which are few where single ones err most.
    accuracy : float
        Share of right answers in [0, 1].
    accuracy_interval : Interval
        Wilson's interval of it over samples.
    agreement : float
        Share of answers that are those of the reference.
    spikes : float
        Spikes of all populations for one sample.
    energy_mj : float
        Millijoule of one inference under the rule set of the advice.
    """

    steps: int
    latency: int
    allocation: dict[str, int]
    squared_error: float
    squared_error_interval: Interval
    accuracy: float
    accuracy_interval: Interval
    agreement: float
    spikes: float
    energy_mj: float
