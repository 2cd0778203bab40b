"""Advice: changes of one run, ranked by what they save, predicted and measured."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Interval, Provenance, Result
from spikedim.bounds import Epsilon
from spikedim.models import Coding
from spikedim.planning.advice._outcome import Outcome

__all__ = ["Advice", "AdvisedChange", "RejectedChange"]


@final
@dataclass(frozen=True)
class AdvisedChange:
    """One change that pays: what it promises, and what came of it.

    Parameters
    ----------
    name : str
        The change, e.g. ``"unequal steps"``.
    what : str
        What is done to the network, in one sentence.
    how : str
        Command or line of Python that does it.
    quantity : str
        What the gains are shares of, e.g. ``"squared error at equal spikes"``.
    predicted, measured : Outcome
        At equal cost: on the calibration half, and on the held-out half with draws of its own;
        the latter is None without verification.
    predicted_gain, measured_gain : float
        Share of `quantity` that is saved, below 1; 0.4 is 40 % less.
    predicted_interval, measured_interval : Interval
        95 % paired bootstrap of the gains over samples.
    law_gain : float or None
        The gain that the response law gives to first order, without any simulation; None where it
        has no say.
    goal_predicted, goal_measured : Outcome or None
        At the fewest steps that reach the goal; None if they are not fewer, or not measured.
    predicted_saving, measured_saving : float or None
        Share of the spikes of the baseline that is saved there.
    reached : bool or None
        Whether the goal was reached there on the held-out half.
    agrees : bool or None
        Whether the measured gain has the predicted sign and is within 25 % of it.
    notes : tuple of str
        What a reader must know.
    """

    name: str
    what: str
    how: str
    quantity: str
    predicted: Outcome
    measured: Outcome | None
    predicted_gain: float
    measured_gain: float | None
    predicted_interval: Interval
    measured_interval: Interval | None
    law_gain: float | None
    goal_predicted: Outcome | None
    goal_measured: Outcome | None
    predicted_saving: float | None
    measured_saving: float | None
    reached: bool | None
    agrees: bool | None
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class RejectedChange:
    """One change that is not advised.

    Parameters
    ----------
    name : str
        The change.
    reason : str
        Why not, with what was found on the calibration half.
    gain : float or None
        Share of the squared error that it saves at equal cost, below 0 where it does harm; None
        if it was not tried.
    """

    name: str
    reason: str
    gain: float | None


@final
@dataclass(frozen=True)
class Advice(Result):
    """Ranked changes of a run, with what they are predicted to save and what they saved.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    model : str
        Name of the model.
    run : str
        Name of its folder.
    coding : Coding
        ``rates`` of a twin, ``spikes`` of a directly coded network.
    data, split : str
        What it was shown.
    calibration_samples, samples : int
        Samples of the two halves: those that predictions come from, and those held out.
    goal : str
        What has to be reached, in words.
    tolerance : float
        How far accuracy may fall, a share of 1.
    epsilon : Epsilon or None
        The error allowed in the outputs, which then takes the place of accuracy.
    reference : str
        What errors are measured against.
    reference_accuracy : float
        Its accuracy on the calibration half.
    reference_accuracy_measured : float or None
        The same on the held-out half.
    reference_variance : float
        Trace of the covariance of its outputs over the calibration half, in the unit of squared
        errors.
    baseline : Outcome
        The network unchanged at the fewest equal steps that reach the goal (twins), or at the T of
        its training, on the calibration half.
    baseline_measured : Outcome or None
        The same on the held-out half.
    law_steps : float or None
        T that the response law gives for the error of the baseline, K over it, to first order.
    changes : tuple of AdvisedChange
        Best first: by the energy that is saved where they are as good as the baseline, then by
        `predicted_gain`.
    rejected : tuple of RejectedChange
        What does not pay here, does not apply, or needs training.
    rules : str
        Rule set of the energies.
    scope : str
        What advice of this kind holds for.
    verified : bool
        Whether the held-out half was measured.
    weights_fingerprint, data_fingerprint : str
        Identity of the weights and of the split.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, time.
    """

    schema: ClassVar[str] = "spikedim.advice/1"

    headline: str
    model: str
    run: str
    coding: Coding
    data: str
    split: str
    calibration_samples: int
    samples: int
    goal: str
    tolerance: float
    epsilon: Epsilon | None
    reference: str
    reference_accuracy: float
    reference_accuracy_measured: float | None
    reference_variance: float
    baseline: Outcome
    baseline_measured: Outcome | None
    law_steps: float | None
    changes: tuple[AdvisedChange, ...]
    rejected: tuple[RejectedChange, ...]
    rules: str
    scope: str
    verified: bool
    weights_fingerprint: str
    data_fingerprint: str
    notes: tuple[str, ...]
    provenance: Provenance

    def change(self, name: str) -> AdvisedChange:
        """Return the change of a name.

        Raises
        ------
        KeyError
            If it is not advised.
        """
        for each in self.changes:
            if each.name == name:
                return each
        raise KeyError(name)
