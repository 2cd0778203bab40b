"""What an evaluation of a run found, for every number of steps."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from spikedim._core import Interval, Provenance, Result
from spikedim.circuits import RateCode
from spikedim.models import Coding
from spikedim.training.examples import ExampleKind

__all__ = ["EvaluatedPopulation", "EvaluatedSteps", "Evaluation"]


@final
@dataclass(frozen=True)
class EvaluatedSteps:
    """How a network answers after T steps.

    Parameters
    ----------
    steps : int or None
        T, of an allocation the largest; None for the exact rates of a rate-coded twin.
    accuracy : float
        Share of right answers in [0, 1], mean over the draws.
    accuracy_interval : Interval
        Wilson's interval of it over samples; tokens of one sequence do not count as independent.
    accuracy_deviation : float or None
        Standard deviation of the accuracy over the draws; None for fewer than two.
    loss : float
        Mean cross-entropy in nats, without label smoothing.
    perplexity : float or None
        Its exponential; None unless there is a target at every token.
    agreement : float
        Share of answers, right or wrong, that are those of the reference, in [0, 1].
    squared_error : float
        Mean squared distance of the logits from those of the reference, summed over classes.
    squared_error_deviation : float
        Standard error of `squared_error` over samples.
    spikes_per_sample : float or None
        Spikes of all neurons in T steps for one sample; None for exact rates and of an ordinary
        network.
    spikes_deviation : float or None
        Standard deviation of that over samples.
    draws : int
        Independent codes that were averaged; 1 where nothing is drawn.
    allocation : dict of str to int
        T of every population, by name, where these differ; empty where they are all `steps`.
    """

    steps: int | None
    accuracy: float
    accuracy_interval: Interval
    accuracy_deviation: float | None
    loss: float
    perplexity: float | None
    agreement: float
    squared_error: float
    squared_error_deviation: float
    spikes_per_sample: float | None
    spikes_deviation: float | None
    draws: int
    allocation: dict[str, int] = field(default_factory=dict, hash=False)


@final
@dataclass(frozen=True)
class EvaluatedPopulation:
    """How much one population fires.

    Parameters
    ----------
    name : str
        Its path in the model, e.g. ``"block.0.attn.q_lif"``.
    neurons : float
        Neurons that one sample drives, padding left out: a mean over samples where they differ.
    rate : float
        Mean spikes per neuron and step over the largest T, in [0, 1].
    rates : tuple of float
        The same for every step; one number for a rate-coded twin, whose steps are alike.
    silent_share : float
        Share of the neurons that never fired for any of the samples, padding left out.
    """

    name: str
    neurons: float
    rate: float
    rates: tuple[float, ...]
    silent_share: float


@final
@dataclass(frozen=True)
class Evaluation(Result):
    """Accuracy, loss and spikes of a trained run for every number of steps.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    model : str
        Name of the model.
    coding : Coding
        ``spikes``, ``rates`` for a rate-coded twin, ``activations`` for an ordinary network: what
        laws ask for.
    trained_steps : int
        T in training; 1 for a twin or ordinary network.
    trained_code_steps : int or None
        T of the rate-code noise in training; None without.
    weights_fingerprint : str
        Identity of the weights.
    data, split : str
        What it was evaluated on.
    kind : ExampleKind
        What an input is.
    classes : int
        Classes, or vocabulary.
    samples : int
        How many inputs.
    targets : int
        How many answers were asked for: one for each sample, or one for each token that has a
        target.
    data_fingerprint : str
        Identity of the content of the split.
    points : tuple of EvaluatedSteps
        One for each T, ascending; then that of an allocation, if one was asked for; of a twin the
        exact rates come last.
    reference : str
        What `agreement` and `squared_error` compare with: ``"exact rates"`` or the largest T.
    reference_mean_square : float
        Mean squared length of the logits of the reference, in the unit of `squared_error`.
    reference_variance : float
        Trace of their covariance over answers, in the same unit.
    populations : tuple of EvaluatedPopulation
        In the order of the forward pass, at the largest T of all populations alike; none of an
        ordinary network.
    neurons : float
        Neurons of all populations, as theirs.
    rate_samples : int
        Samples that spikes were counted on.
    warm_up_steps : int
        Steps before those that count, whose outputs are left out.
    warm_up_spikes : float or None
        Spikes of one sample in them; None without.
    initial_membrane : float or None
        Potential before the first step, if it was changed; None for that of the run.
    recalibrated : int
        Training samples on which normalisations were estimated anew at every T; 0 for none.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, time.
    code : RateCode or None
        How rates of a twin became spikes; None where they did not.
    """

    schema: ClassVar[str] = "spikedim.evaluation/1"

    headline: str
    model: str
    coding: Coding
    trained_steps: int
    trained_code_steps: int | None
    weights_fingerprint: str
    data: str
    split: str
    kind: ExampleKind
    classes: int
    samples: int
    targets: int
    data_fingerprint: str
    points: tuple[EvaluatedSteps, ...]
    reference: str
    reference_mean_square: float
    reference_variance: float
    populations: tuple[EvaluatedPopulation, ...]
    neurons: float
    rate_samples: int
    warm_up_steps: int
    warm_up_spikes: float | None
    initial_membrane: float | None
    recalibrated: int
    notes: tuple[str, ...]
    provenance: Provenance
    code: RateCode | None = None

    @property
    def allocated(self) -> EvaluatedSteps | None:
        """The point of the allocation; None without one."""
        return next((point for point in self.points if point.allocation), None)

    def at(self, steps: int | None) -> EvaluatedSteps:
        """Return what was found after `steps` steps of all populations; None for exact rates.

        Raises
        ------
        KeyError
            If that number of steps was not evaluated.
        """
        for point in self.points:
            if point.steps == steps and not point.allocation:
                return point
        raise KeyError(steps)
