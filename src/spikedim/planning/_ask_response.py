"""From a rate-coded network and questions to answers."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_fraction,
    check_integer,
)
from spikedim.bounds import Epsilon
from spikedim.circuits import RateCode
from spikedim.laws import RATE_CODED_SCOPE, Accuracy, Response
from spikedim.planning._rate_coded_source import RateCodedSource, open_rate_coded
from spikedim.planning._response_answers import ResponseAnswers
from spikedim.planning._wording import epsilon_text, interval_text, samples_text
from spikedim.response import (
    ResponseCurve,
    ResponseSimulation,
    ResponseTrace,
    response_curve,
    response_trace,
    simulate_response,
)
from spikedim.training import TrainedRun

__all__ = ["ask_response"]

_CALLER = "ask_response"
_STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def ask_response(
    source: TrainedRun | str | os.PathLike[str],
    *,
    data: str | None = None,
    split: str = "test",
    samples: int = 512,
    steps: Sequence[int] = _STEPS,
    epsilon: str | Epsilon = "0.10:relative",
    tolerance: float = 0.02,
    code: RateCode | str = RateCode.BERNOULLI,
    measure: bool = False,
    seed: int = 0,
    device: str = "cpu",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ResponseAnswers:
    """Say how far spike noise moves the outputs of a rate-coded network, and from where it comes.

    Parameters
    ----------
    source : TrainedRun, path or str
        A run of a twin, opened or its folder; or the name of a twin, which gets random weights.
    data : str or None
        What `spikedim.training.open_examples` opens; None for the data of the training.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``.
    samples : int
        Most samples to look at, evenly over the split.
    steps : sequence of int
        T to say error and accuracy for, each at least 1.
    epsilon : str or Epsilon
        Error of the outputs to find T for.
    tolerance : float
        Accuracy that may be lost, in (0, 1], to find T for.
    code : RateCode or str
        Code of every population.
    measure : bool
        Simulate every T of `steps` as well.
    seed : int
        Of the simulated codes, and of random weights.
    device : str
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    memory_budget : int or str
        Most bytes to hold.
    progress : AbstractProgress
        Told about every batch.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    ResponseAnswers
        K with its parts, the curve, answers both ways, measured points on request.

    Raises
    ------
    InputError
        If the network is not rate-coded, or an argument is outside its range.

    Notes
    -----
    The derivative of every output by every population, two or more noisy passes to calibrate the
    curve, and with `measure` one pass for each T.

    Examples
    --------
    >>> found = ask_response("spikformer-2-64/digits:softmax", samples=16, steps=(1, 8))
    >>> [point.steps for point in found.points], found.trained
    ([1, 8], False)
    """
    target = epsilon if isinstance(epsilon, Epsilon) else Epsilon.parse(epsilon)
    allowed = check_fraction(tolerance, name="tolerance", caller=_CALLER)
    count = check_integer(samples, name="samples", caller=_CALLER)
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    check_choice(str(code), [each.value for each in RateCode], name="code", caller=_CALLER)
    asked = _asked(steps)
    opened = open_rate_coded(
        source, data, split=split, samples=count, seed=seed, device=device,
        memory_budget=memory_budget, progress=progress, caller=_CALLER,
    )  # fmt: skip
    model, x, targets = opened.model, opened.x, opened.targets
    generator = torch.Generator(device=x.device).manual_seed(seed)
    trace = response_trace(
        model, x, code=code, generator=generator, memory_budget=memory_budget, progress=progress,
        command=command,
    )  # fmt: skip
    curve = response_curve(
        model, x, targets, trace=trace, code=code, generator=generator,
        memory_budget=memory_budget, progress=progress, command=command,
    )  # fmt: skip
    simulation = None
    if measure:
        simulation = simulate_response(
            model, x, targets, steps=asked, code=code, generator=generator,
            memory_budget=memory_budget, progress=progress, command=command,
        )  # fmt: skip
    return _answers(
        opened, trace, curve, simulation, asked, target, allowed, seed=seed, command=command
    )


def _asked(steps: object) -> tuple[int, ...]:
    """Return every T once, ascending."""
    if isinstance(steps, str) or not isinstance(steps, Iterable):
        raise InputError(
            f"{_CALLER}: `steps` must be a sequence of numbers of steps; got {steps!r}. "
            "Write (1, 4, 16)."
        )
    found = sorted({check_integer(t, name="steps", caller=_CALLER) for t in steps})
    if not found:
        raise InputError(
            f"{_CALLER}: `steps` must have at least one number of steps; got none. Write (1, 4)."
        )
    return tuple(found)


def _answers(
    opened: RateCodedSource,
    trace: ResponseTrace,
    curve: ResponseCurve,
    simulation: ResponseSimulation | None,
    steps: tuple[int, ...],
    epsilon: Epsilon,
    tolerance: float,
    *,
    seed: int,
    command: str | None,
) -> ResponseAnswers:
    """Ask the curve and put the result together."""
    error = curve.steps_for_error(epsilon)
    accurate = curve.steps_for_accuracy(tolerance=tolerance) if curve.accuracy_target else None
    warnings = (
        *opened.notes,
        RATE_CODED_SCOPE,
        (
            f"Epsilon is the error of the {curve.outputs:,} outputs against exact rates, not of "
            "the data."
        ),
        *curve.warnings,
    )
    result = ResponseAnswers(
        headline="",
        name=opened.name,
        data=opened.data,
        split=opened.split,
        trained=opened.trained,
        trace=_without_samples(trace),
        curve=curve,
        points=tuple(curve.at(t) for t in steps),
        epsilon=epsilon,
        steps_for_error=int(error.steps),
        steps_for_error_low=int(error.low),
        steps_for_error_high=int(error.high),
        tolerance=tolerance,
        steps_for_accuracy=None if accurate is None else int(accurate.steps),
        steps_for_accuracy_low=None if accurate is None else int(accurate.low),
        steps_for_accuracy_high=None if accurate is None else int(accurate.high),
        simulation=None if simulation is None else _without_single(simulation),
        warnings=warnings,
        provenance=Provenance.now(
            command=command,
            data_fingerprint=opened.fingerprint,
            seed=seed,
            assumptions=(*Response.assumptions, *Accuracy.assumptions[:1]),
        ),
    )
    return replace(result, headline=_headline(result))


def _without_samples(trace: ResponseTrace) -> ResponseTrace:
    """Return a trace that is small enough to be written: without matrices of every sample."""
    count = trace.n_samples
    return replace(trace, covariances=np.zeros((count, 0, 0)), reference=np.zeros((count, 0)))


def _without_single(simulation: ResponseSimulation) -> ResponseSimulation:
    """Return a simulation without what it says of every sample."""
    empty = np.zeros((len(simulation.points), 0))
    return replace(simulation, sample_errors=empty, sample_right=empty, sample_agreed=empty)


def _headline(found: ResponseAnswers) -> str:
    """Return the answer in one sentence."""
    error = interval_text(
        float(found.steps_for_error),
        float(found.steps_for_error_low),
        float(found.steps_for_error_high),
        whole=True,
    )
    text = (
        f"{found.curve.model} ({found.data}, {found.split}, "
        f"{samples_text(found.curve.n_samples)}): "
        f"{epsilon_text(found.epsilon)} of its outputs takes T = {error}"
    )
    if found.steps_for_accuracy is not None:
        steps = interval_text(
            float(found.steps_for_accuracy),
            float(found.steps_for_accuracy_low or 1),
            float(found.steps_for_accuracy_high or 1),
            whole=True,
        )
        best = 100 * (found.curve.reference_accuracy or 0.0)
        what = "right" if found.curve.accuracy_target == "labels" else "agreement"
        text += (
            f", staying within {100 * found.tolerance:g} points of {best:.1f} % {what} T = {steps}"
        )
    return f"{text} [{found.curve.code.value} code, law: response]."
