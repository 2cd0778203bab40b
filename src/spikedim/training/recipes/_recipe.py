"""How a model is trained: all but the model, the data and the seed, in one checked record."""

import math
import re
from enum import StrEnum
from typing import Annotated, Any, final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    model_validator,
)

__all__ = [
    "Augmentation",
    "LossKind",
    "Mixing",
    "Neurons",
    "Noise",
    "Objective",
    "Optimiser",
    "OptimiserKind",
    "Precision",
    "RandAugment",
    "Recipe",
    "Schedule",
]


def _quotient(value: Any) -> Any:
    """Return the number that ``"20/310"`` is: epochs over all epochs, exactly as published."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}/[1-9]\d{0,8}", value):
        above, below = value.split("/")
        return int(above) / int(below)
    return value


def _scalar(value: Any) -> Any:
    """Refuse what cannot be an override of a model."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("input should be a finite number")
    if not isinstance(value, bool | int | float | str):
        raise ValueError("input should be a number, a text, true or false")  # noqa: TRY004
    return value


Count = Annotated[StrictInt, Field(ge=1, le=10**9)]
Whole = Annotated[StrictInt, Field(ge=0, le=10**9)]
Share = Annotated[StrictFloat, Field(ge=0, le=1, allow_inf_nan=False), BeforeValidator(_quotient)]
Fraction = Annotated[
    StrictFloat, Field(ge=0, lt=1, allow_inf_nan=False), BeforeValidator(_quotient)
]
Positive = Annotated[StrictFloat, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[StrictFloat, Field(ge=0, allow_inf_nan=False)]
Scalar = Annotated[bool | int | float | str, BeforeValidator(_scalar)]


class OptimiserKind(StrEnum):
    """Which rule moves the weights."""

    ADAMW = "adamw"
    SGD = "sgd"


class LossKind(StrEnum):
    """What is minimised: cross-entropy of the mean over T, or the mean of that of every step."""

    CROSS_ENTROPY = "cross_entropy"
    TET = "tet"


class Precision(StrEnum):
    """Type of the activations; weights and their updates are float32 always."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Part(BaseModel):
    """A part of a recipe: no field it does not know, no change after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@final
class Optimiser(Part):
    """The rule that moves the weights.

    Parameters
    ----------
    kind : OptimiserKind
        AdamW, or stochastic gradient descent with momentum.
    learning_rate : float
        Highest learning rate of the schedule, above 0.
    weight_decay : float
        Decoupled decay (AdamW) or L2 penalty (SGD), at least 0.
    decay_all : bool
        Whether normalisations and biases decay as well; the official recipes spare them.
    beta1, beta2 : float
        Of AdamW, at least 0 and below 1; `beta1` is the momentum of SGD.
    epsilon : float
        Of AdamW.
    clip_norm : float or None
        Largest norm of the gradient of all parameters together; None for no limit.
    """

    kind: OptimiserKind = OptimiserKind.ADAMW
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.06
    decay_all: StrictBool = False
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: Positive = 1e-8
    clip_norm: Positive | None = None


@final
class Schedule(Part):
    """Learning rate over the training: linear warm-up, a half cosine, a constant end.

    A share may be written as a quotient: ``20/310`` are 20 of 310 epochs.

    Parameters
    ----------
    warm_up : float
        Share of all updates over which the rate rises from `first` to its highest value.
    first, last : float
        Learning rates of the first update of a warm-up and of the end of the cosine.
    cool_down : float
        Share of all updates that stay at `last`.
    """

    warm_up: Share = 0.05
    first: NotNegative = 1e-5
    last: NotNegative = 1e-5
    cool_down: Share = 0.0

    @model_validator(mode="after")
    def _leave_room(self) -> "Schedule":
        if self.warm_up + self.cool_down > 1:
            total = self.warm_up + self.cool_down
            raise ValueError(f"warm_up and cool_down must be at most 1 together; got {total:g}")
        return self


@final
class Objective(Part):
    """What is minimised.

    Parameters
    ----------
    kind : LossKind
        Of the mean over steps, or step by step (temporal efficient training).
    label_smoothing : float
        Share of the target that is spread over all classes.
    regular : float
        TET only: share of the squared distance of the outputs from `level`.
    level : float
        TET only: that level.
    """

    kind: LossKind = LossKind.CROSS_ENTROPY
    label_smoothing: Fraction = 0.1
    regular: Share = 0.05
    level: Annotated[StrictFloat, Field(allow_inf_nan=False)] = 1.0


@final
class RandAugment(Part):
    """Random operations on an image, of random strength.

    Parameters
    ----------
    operations : int
        How many a sample gets, one after the other.
    magnitude : float
        Mean strength from 0 to 10.
    deviation : float
        Standard deviation of the strength.
    probability : float
        That an operation is applied at all.
    """

    operations: Count = 1
    magnitude: Annotated[StrictFloat, Field(ge=0, le=10, allow_inf_nan=False)] = 9.0
    deviation: NotNegative = 0.4
    probability: Share = 0.5


@final
class Augmentation(Part):
    """Changes of single images, drawn anew each time an image is seen.

    Parameters
    ----------
    flip : bool
        Mirror left and right with probability one half.
    crop : int
        Move by up to so many pixels in both directions; what enters is black.
    randaugment : RandAugment or None
        Random operations.
    erase : float
        Probability that a rectangle is replaced by noise.
    """

    flip: StrictBool = False
    crop: Whole = 0
    randaugment: RandAugment | None = None
    erase: Share = 0.0


@final
class Mixing(Part):
    """Pairs of samples mixed, with their targets.

    Parameters
    ----------
    mixup, cutmix : float
        Parameter of the Beta distribution of the share; 0 for never. With both, each batch takes
        one of them with probability one half.
    probability : float
        That a batch is mixed at all.
    until : float
        Share of all updates after which nothing is mixed.
    """

    mixup: NotNegative = 0.0
    cutmix: NotNegative = 0.0
    probability: Share = 1.0
    until: Share = 1.0


@final
class Noise(Part):
    """Noise of a rate code in training, so that a rate-coded twin learns to bear it.

    Parameters
    ----------
    steps : int or None
        Every rate is replaced by the mean of so many Bernoulli spikes, its gradient passed
        straight through; None for exact rates.
    start : float
        Share of all updates before the noise begins.
    """

    steps: Count | None = None
    start: Share = 0.0


@final
class Neurons(Part):
    """Where neurons start.

    Parameters
    ----------
    initial_membrane : float
        Potential before the first step, in units of the input; below the threshold 1.
    warm_up_steps : int
        Steps on the same input before those that count, whose outputs are left out.
    """

    initial_membrane: Annotated[StrictFloat, Field(ge=-10, lt=1, allow_inf_nan=False)] = 0.0
    warm_up_steps: Whole = 0


@final
class Recipe(Part):
    """Everything that fixes a training but the model, the data and the seed.

    Parameters
    ----------
    name : str
        Of the file it came from.
    source : str
        Where its numbers are from: ``"ours"``, or repository, path and commit.
    note : str
        What a reader must know, for example how it departs from its source.
    epochs : int or None
        Passes over the data; None if `updates` is given.
    updates : int or None
        Changes of the weights; None if `epochs` is given.
    batch_size : int
        Samples of one update, over all processes and all parts of an accumulation.
    accumulate : int
        In how many parts a process takes its share of a batch.
    steps : int or None
        T in training; the model's own without it.
    precision : Precision
        Type of the activations.
    fast : bool
        Whether `spikedim.models.accelerate` is used.
    optimiser : Optimiser
        The rule that moves the weights.
    schedule : Schedule
        Learning rate over the training.
    objective : Objective
        What is minimised.
    augmentation : Augmentation
        Changes of single images.
    mixing : Mixing
        Pairs of samples mixed.
    noise : Noise
        Noise of a rate code.
    neurons : Neurons
        Where neurons start.
    model : dict
        Overrides of `spikedim.models.build`, for example ``drop_path``.
    validation : float
        Share of the training set that is kept aside, at most one half; 0 for none.

    Examples
    --------
    >>> Recipe(epochs=2).batch_size
    128
    """

    name: str = "own"
    source: str = "ours"
    note: str = ""
    epochs: Count | None = None
    updates: Count | None = None
    batch_size: Count = 128
    accumulate: Count = 1
    steps: Count | None = None
    precision: Precision = Precision.FLOAT32
    fast: StrictBool = False
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    objective: Objective = Objective()
    augmentation: Augmentation = Augmentation()
    mixing: Mixing = Mixing()
    noise: Noise = Noise()
    neurons: Neurons = Neurons()
    model: dict[str, Scalar] = Field(default_factory=dict)
    validation: Annotated[
        StrictFloat, Field(ge=0, le=0.5, allow_inf_nan=False), BeforeValidator(_quotient)
    ] = 0.1

    @model_validator(mode="after")
    def _one_length(self) -> "Recipe":
        if (self.epochs is None) == (self.updates is None):
            got = "neither" if self.epochs is None else "both"
            raise ValueError(f"exactly one of epochs and updates must be given; got {got}")
        if self.precision is Precision.BFLOAT16 and not self.fast:
            raise ValueError("precision bfloat16 needs fast: true; got fast: false")
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"accumulate must divide batch_size {self.batch_size}; got {self.accumulate}"
            )
        return self
