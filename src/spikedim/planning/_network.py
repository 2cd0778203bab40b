"""A trained network measured for a plan: its curve, its rate, its samples."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from spikedim._core import AbstractProgress, InputError
from spikedim.circuits import RateCode
from spikedim.laws import Assumed, EmpiricalCurve, LawInputs, LawTarget, empirical_curve
from spikedim.models import Card, Coding
from spikedim.planning._plan import NetworkSummary
from spikedim.planning._wording import samples_text
from spikedim.response import ResponseCurve, response_curve
from spikedim.training import (
    ExampleKind,
    Examples,
    RunFolder,
    TrainedRun,
    batches_of,
    evaluate,
    examples_of_run,
    open_run,
    spread,
)

__all__ = ["Network", "as_run", "loaded", "measure_network", "summarise_network"]

_REFERENCE = 16  # of the last T that the line of a directly coded net goes through
_FEWEST = 4


@final
@dataclass(frozen=True, eq=False)
class Network:
    """A run and what was measured on it.

    Parameters
    ----------
    run : TrainedRun
        The run.
    curve : ResponseCurve or None
        Of a rate-coded run.
    empirical : EmpiricalCurve or None
        Of a directly coded run.
    data, split : str
        What it was measured on.
    samples : int
        On how many samples.
    """

    run: TrainedRun
    curve: ResponseCurve | None
    empirical: EmpiricalCurve | None
    data: str
    split: str
    samples: int

    @property
    def card(self) -> Card:
        """The card of the run's model."""
        return self.run.model.card

    @property
    def rate(self) -> Assumed:
        """The measured firing rate."""
        found = self.curve if self.curve is not None else self.empirical
        rate = 0.0 if found is None else found.rate
        return Assumed(rate, rate, rate, f"measured on {samples_text(self.samples)} of {self.data}")

    @property
    def default_law(self) -> str:
        """The law of an error target."""
        return "empirical" if self.curve is None else "response"


def as_run(model: object) -> TrainedRun | None:
    """Return the run that a model argument names, None if it names something else."""
    if isinstance(model, TrainedRun):
        return model
    if isinstance(model, os.PathLike):
        return open_run(model)
    if isinstance(model, str) and RunFolder(Path(model).expanduser()).record.is_file():
        return open_run(Path(model))
    return None


def measure_network(
    run: TrainedRun,
    data: str | None,
    *,
    split: str,
    samples: int,
    seed: int,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> Network:
    """Measure the response curve of a rate-coded run, the empirical one of a directly coded run."""
    coding = run.record.coding
    if coding is Coding.ACTIVATIONS:
        raise InputError(
            f"{caller}: `model` must have steps to plan; got {run.record.model}, an ordinary "
            "network, of which no law speaks. Plan a run of its spiking form, or of its twin."
        )
    examples = examples_of_run(
        run, data, split=split, memory_budget=memory_budget, progress=progress, caller=caller
    )
    if coding is Coding.SPIKES:
        found = evaluate(
            run, steps=_steps(run), data=examples, samples=samples, seed=seed, progress=progress
        )
        line = empirical_curve(found)
        return Network(run, None, line, found.data, found.split, found.samples)
    x, targets = loaded(run, examples, samples)
    curve = response_curve(
        run.model,
        x,
        targets,
        generator=torch.Generator().manual_seed(seed),
        memory_budget=memory_budget,
        progress=progress,
    )
    return Network(run, curve, None, examples.spec, examples.split, len(x))


def loaded(run: TrainedRun, examples: Examples, samples: int) -> tuple[Tensor, Tensor | None]:
    """Return up to so many inputs, evenly over the examples, and their classes if they have one."""
    order = spread(len(examples), samples)
    weight = run.model.head.weight
    x, targets = next(batches_of(examples, order, max(1, len(order)), weight))
    return x, None if examples.kind is ExampleKind.SEQUENCES else targets


def summarise_network(network: Network, inputs: LawInputs, target: LawTarget) -> NetworkSummary:
    """Return what a plan remembers of a measured run."""
    record, curve, line = network.run.record, network.curve, network.empirical
    checked: tuple[int, ...] = ()
    accuracy = None
    code = ""
    if curve is not None:
        checked, accuracy, code = curve.calibration_steps, curve.reference_accuracy, curve.code
    elif line is not None:
        checked, accuracy = line.accuracy_steps, max(line.accuracies)
    return NetworkSummary(
        name=network.run.name,
        model=record.model,
        coding=record.coding.value,
        code=RateCode(code).value if code else "",
        data=network.data,
        split=network.split,
        n_samples=network.samples,
        trace=None if curve is None else curve.trace,
        evaluated_steps=checked,
        reference_accuracy=accuracy,
        tolerance=inputs.tolerance if target is LawTarget.ACCURACY else None,
        weights_fingerprint=network.run.fingerprint,
    )


def _steps(run: TrainedRun) -> tuple[int, ...]:
    """Return T to evaluate a directly coded run at: powers of two around its training, and far."""
    last = 1 << (max(_FEWEST, run.record.steps) - 1).bit_length()
    return tuple(1 << power for power in range((_REFERENCE * last).bit_length()))
