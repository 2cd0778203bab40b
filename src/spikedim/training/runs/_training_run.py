"""What a run folder says about itself: model, recipe, data, and how far it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.models import Coding

__all__ = ["RunStatus", "TrainingRun"]


class RunStatus(StrEnum):
    """Where a run stands; ``DIVERGED`` kept its last good checkpoint."""

    RUNNING = "running"
    FINISHED = "finished"
    DIVERGED = "diverged"


@final
@dataclass(frozen=True)
class TrainingRun(Result):
    """One training, finished or not.

    Parameters
    ----------
    model : str
        Name of the model as `spikedim.models.build` takes it.
    overrides : dict
        Overrides of `build`: of the recipe, and shape taken from the data.
    coding : Coding
        ``spikes``: the network was trained with real spikes on its input current (directly
        coded); ``rates``: it is a rate-coded twin; ``activations``: it is an ordinary network, of
        which no law speaks. Laws ask for it.
    code_steps : int or None
        T of the rate-code noise it was trained with; None without.
    steps : int
        T in training; 1 for a twin or ordinary network.
    parameters : int
        Trained parameters.
    data : str
        Specification of the data.
    data_fingerprint : str
        Identity of the training examples.
    notes : tuple of str
        What a reader must know, e.g. how the data was split.
    classes : int
        Classes, or vocabulary.
    train_samples, validation_samples : int
        Sizes of the two parts.
    recipe : dict
        The recipe, changes included.
    seed : int
        Seed of weights, order, augmentation and noise.
    start_from : str or None
        Fingerprint of the weights it started from; None for fresh ones.
    identity : str
        Fingerprint of all of the above that fixes the result; a checkpoint carries it too.
    status : RunStatus
        Where it stands.
    update, updates : int
        Changes of the weights done, and wanted.
    train_loss : float or None
        Mean of the last epoch; None before its end.
    train_accuracy : float or None
        Share of right answers on augmented samples in the last epoch, in [0, 1].
    validation_accuracy : float or None
        After the last epoch, in [0, 1]; None without a validation part.
    seconds : float
        Wall time of all parts of the run, validation included.
    processes : int
        Processes that shared the work.
    provenance : Provenance
        Version, command, time.
    mean, deviation : tuple of float
        By which images were normalised, per channel; empty for tokens.
    """

    schema: ClassVar[str] = "spikedim.training_run/1"

    model: str
    overrides: dict[str, Any]
    coding: Coding
    code_steps: int | None
    steps: int
    parameters: int
    data: str
    data_fingerprint: str
    notes: tuple[str, ...]
    classes: int
    train_samples: int
    validation_samples: int
    recipe: dict[str, Any]
    seed: int
    start_from: str | None
    identity: str
    status: RunStatus
    update: int
    updates: int
    train_loss: float | None
    train_accuracy: float | None
    validation_accuracy: float | None
    seconds: float
    processes: int
    provenance: Provenance
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
