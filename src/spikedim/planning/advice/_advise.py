"""Which change of a run saves how many steps, spikes and picojoule."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_fraction,
    check_integer,
)
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.energy import Rules
from spikedim.models import Coding
from spikedim.planning.advice._advice import Advice, AdvisedChange, RejectedChange
from spikedim.planning.advice._allocation_change import AllocationChange
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange
from spikedim.planning.advice._code_change import CodeChange
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context
from spikedim.planning.advice._energy_rates import COUNTED, energy_rates
from spikedim.planning.advice._half import Half, deal
from spikedim.planning.advice._initial_membrane_change import InitialMembraneChange
from spikedim.planning.advice._judge import judge, verify_change
from spikedim.planning.advice._noise_training_change import NoiseTrainingChange
from spikedim.planning.advice._norms_change import NormsChange
from spikedim.planning.advice._outcome import Outcome
from spikedim.planning.advice._projector_change import ProjectorChange
from spikedim.planning.advice._read_out_change import ReadOutChange
from spikedim.planning.advice._sampled import falls_within
from spikedim.planning.advice._spiking_candidate import SpikingCandidate, record
from spikedim.planning.advice._training_steps_change import TrainingStepsChange
from spikedim.planning.advice._warm_up_change import WarmUpChange
from spikedim.training import (
    Examples,
    TrainedRun,
    batches_of,
    device_named,
    examples_of_run,
    open_run,
    spread,
)

__all__ = ["advise"]

_CALLER = "advise"
_BATCH = 64
_FEWEST = 16
_GRID = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_LONG = 8  # times the T of the training: what a directly coded network settles to
_LEAST_LONG = 16
_SCOPE = {
    Coding.RATES: (
        "Holds for this rate-coded twin, its data and the T of the baseline; the response law was "
        "measured on rate-coded networks only."
    ),
    Coding.SPIKES: (
        "Holds for this directly coded network and its data: no law is asked, and "
        "predictions are runs on the calibration half."
    ),
}


def advise(
    run: TrainedRun | str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | Examples | None = None,
    split: str = "test",
    samples: int = 512,
    tolerance: float = 0.02,
    epsilon: Epsilon | None = None,
    verify: bool = False,
    fine_tune: int = 0,
    latency_cap: int | None = None,
    only: Sequence[str] | None = None,
    rules: Rules | str = Rules.M0,
    seed: int = 0,
    device: str = "cpu",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> Advice:
    """Rank what can be done to a run by what it saves, and measure it on samples held out.

    Parameters
    ----------
    run : TrainedRun or path
        A rate-coded twin or a spiking network with one answer for a sample.
    data : str, path, Examples or None
        What `open_examples` opens, or examples; the data of the training without it.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``; not used for examples.
    samples : int
        How many samples, evenly over the split, at least 16: every second one is for predictions,
        the others are held out.
    tolerance : float
        How far accuracy may fall, from 0 to 1: below that of exact rates (a twin) or that at the
        T of the training.
    epsilon : Epsilon or None
        An error of the outputs that is allowed in the place of `tolerance`.
    verify : bool
        Whether every change is measured on the held-out half too, with random codes of its own.
    fine_tune : int
        Updates of a noise-aware training that may be spent on a twin; 0 for none.
    latency_cap : int or None
        The most steps that a population may have where steps are unequal.
    only : sequence of str, optional
        Names of the changes to look at, as they stand in the result; all without it.
    rules : Rules
        Rule set of the energies.
    seed : int
        Of all draws, at least 0.
    device : str
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    memory_budget : int or str
        Bytes of data to hold, and of rates that decoders are fitted to.
    progress : AbstractProgress
        Told what is under way.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    Advice
        Changes, best first, with predictions and, if asked for, measurements beside them.

    Raises
    ------
    InputError
        If the run has no spikes or rates, answers at every token, or an argument is out of range.

    See Also
    --------
    spikedim.response.allocate : Unequal steps by themselves.
    spikedim.training.evaluate : Any setting by hand.

    Notes
    -----
    The baseline of a twin is the fewest equal steps T of random spikes that reach the goal on the
    calibration half; that of a directly coded network is the T of its training. A gain is the
    share of the squared error that a change takes away at the cost of the baseline; a saving is the
    share of spikes at the fewest steps that are as good as the baseline. Errors of a twin are
    distances from exact rates, those of a directly coded network from the mean of its outputs over
    the second half of a run of eight times its T, at least 16 steps.

    Predictions are coded passes over the calibration half; what the response law says without any
    pass stands beside them where it has a say. Energy is linear in spikes, at prices a spike of
    every population: operations of 8 samples are counted with each population silenced in turn.
    Rule sets that also price steps (M1, M2) and networks with decoders are counted at every
    setting.

    Costs some twenty coded passes over half of the samples for every change, half as many more
    with `verify`.

    References
    ----------
    .. [1] Theory index 14.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     found = advise(folder, samples=32, verify=True)
    >>> found.baseline.steps, found.verified, len(found.changes) + len(found.rejected)
    (4, True, 4)
    """
    samples = check_integer(samples, name="samples", caller=_CALLER, minimum=_FEWEST)
    tolerance = check_fraction(tolerance, name="tolerance", caller=_CALLER)
    fine_tune = check_integer(fine_tune, name="fine_tune", caller=_CALLER, minimum=0)
    if latency_cap is not None:
        latency_cap = check_integer(latency_cap, name="latency_cap", caller=_CALLER)
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    where = device_named(device, caller=_CALLER)
    opened = run if isinstance(run, TrainedRun) else open_run(run)
    folder = "RUN" if isinstance(run, TrainedRun) else str(Path(run))
    _check_answers(opened)
    chosen = _chosen(_changes(opened.model.coding), only)
    opened.model.to(where)
    read = partial(
        examples_of_run, opened, memory_budget=memory_budget, progress=progress, caller=_CALLER
    )
    examples = read(data, split=split)
    rows = spread(len(examples), samples)
    if len(rows) < _FEWEST:
        raise InputError(
            f"{_CALLER}: `data` must have at least {_FEWEST} samples; got {len(rows)} in "
            f"{examples.spec!r}. Choose a larger split."
        )
    coded = opened.model.coding is Coding.RATES
    places = deal(len(rows))
    parts = [_part(opened, examples, rows[place]) for place in places[: 2 if verify else 1]]
    parts += [((), ())] * (2 - len(parts))
    if coded:
        halves, baseline = _of_twin(opened, parts, seed)
    else:
        halves, baseline = _of_spikes(opened, parts, progress)
    calibration, held_out = halves
    steps, goal_error, goal, notes = _goal(
        opened, calibration, baseline, tolerance, epsilon, progress
    )
    context = Context(
        run=opened,
        folder=folder,
        calibration=calibration,
        held_out=held_out,
        baseline=baseline,
        steps=steps,
        tolerance=tolerance,
        goal_error=goal_error,
        energy=energy_rates(
            opened.model,
            calibration.inputs[0][:COUNTED],
            steps=steps,
            rules=Rules(rules),
            progress=progress,
        ),
        training=_training(opened, read, seed),
        fine_tune=fine_tune,
        latency_cap=latency_cap,
        seed=seed,
        memory_budget=memory_budget,
        progress=progress,
    )
    changes, rejected = _weigh(chosen, context, verified=verify)
    law = None
    if coded:
        law = float(context.trace.value / baseline.sample(calibration, steps).error)
    measured = context.outcome(baseline, held_out, steps) if verify else None
    predicted = context.outcome(baseline, calibration, steps)
    return Advice(
        headline=_headline(opened, changes, predicted, goal, Rules(rules)),
        model=opened.record.model,
        run=opened.name,
        coding=opened.model.coding,
        data=examples.spec,
        split=examples.split,
        calibration_samples=len(calibration),
        samples=len(held_out),
        goal=goal,
        tolerance=tolerance,
        epsilon=epsilon,
        reference="exact rates" if coded else _settled(opened.record.steps),
        reference_accuracy=calibration.reference_accuracy,
        reference_accuracy_measured=held_out.reference_accuracy if verify else None,
        reference_variance=calibration.reference_variance,
        baseline=predicted,
        baseline_measured=measured,
        law_steps=law,
        changes=changes,
        rejected=rejected,
        rules=Rules(rules).value,
        scope=_SCOPE[opened.model.coding],
        verified=verify,
        weights_fingerprint=opened.fingerprint,
        data_fingerprint=examples.fingerprint,
        notes=(*opened.notes, *notes, *_seen(examples)),
        provenance=Provenance.now(
            command=command, data_fingerprint=examples.fingerprint, seed=seed
        ),
    )


def _seen(examples: Examples) -> tuple[str, ...]:
    """Return the note that samples of the training are not held out from everything."""
    if examples.split != "train":
        return ()
    return (
        (
            "These samples are of the training: the weights, and what norms, projectors and "
            "noise-aware training are fitted to, have seen the held-out half as well."
        ),
    )


def _check_answers(run: TrainedRun) -> None:
    """Raise `InputError` unless a run spikes, or could, and gives one answer for a sample."""
    name = run.record.model
    if run.model.coding is Coding.ACTIVATIONS:
        raise InputError(
            f"{_CALLER}: `run` must have spikes or rates; got {name}, an ordinary network. Train "
            f"{run.model.card.base} or {run.model.card.base}:softmax."
        )
    if run.model.card.family == "spikformer-lm":
        raise InputError(
            f"{_CALLER}: `run` must give one answer for a sample; got {name}, which answers at "
            "every token. Use `spikedim evaluate`."
        )


def _part(
    run: TrainedRun, examples: Examples, rows: object
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return inputs and targets in batches."""
    pairs = list(batches_of(examples, np.asarray(rows), _BATCH, run.model.head.weight))
    device = run.model.head.weight.device
    return tuple(x for x, _ in pairs), tuple(y.to(device) for _, y in pairs)


Parts = Sequence[tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]


def _of_twin(
    run: TrainedRun, parts: Parts, seed: int
) -> tuple[tuple[Half, Half], AbstractCandidate]:
    """Return halves with the outputs of exact rates, and the twin with random spikes."""
    with torch.no_grad():
        exact = [tuple(run.model(x) for x in inputs) for inputs, _ in parts]
    first, second = (
        Half(name, number, *part, references)
        for number, (name, part, references) in enumerate(
            zip(("calibration", "held out"), parts, exact, strict=True)
        )
    )
    return (first, second), CodedCandidate(lambda _: run.model, number=0, seed=seed)


def _of_spikes(
    run: TrainedRun, parts: Parts, progress: AbstractProgress
) -> tuple[tuple[Half, Half], AbstractCandidate]:
    """Return halves with the outputs that the network settles to, and the network."""
    warm_up = run.recipe.neurons.warm_up_steps
    length = warm_up + _long(run.record.steps)
    halves, recordings = [], {}
    names = ("calibration", "held out")
    for number, (name, (inputs, targets)) in enumerate(
        progress.track(list(zip(names, parts, strict=True)), "run for long", 2.0)
    ):
        settled: tuple[Tensor, ...] = ()
        if inputs:
            with torch.no_grad():
                recordings[name] = record(run.model, inputs, steps=length)
            late = recordings[name].outputs[length // 2 :].mean(dim=0)
            settled = torch.split(late, [len(x) for x in inputs])
        halves.append(Half(name, number, inputs, targets, settled))
    return (halves[0], halves[1]), SpikingCandidate(run.model, recordings, skip=warm_up)


def _long(steps: int) -> int:
    return max(_LONG * steps, _LEAST_LONG)


def _settled(steps: int) -> str:
    """Name the reference of a directly coded network."""
    return f"the mean output of the second half of {_long(steps)} steps"


def _goal(
    run: TrainedRun,
    half: Half,
    baseline: AbstractCandidate,
    tolerance: float,
    epsilon: Epsilon | None,
    progress: AbstractProgress,
) -> tuple[int, float | None, str, tuple[str, ...]]:
    """Return T of the baseline, what has to be reached, and that in words."""
    coded = run.model.coding is Coding.RATES
    error = None if epsilon is None else _squared(epsilon, half)
    points = f"{100 * tolerance:.3g} points"
    if not coded:
        steps = run.record.steps + run.recipe.neurons.warm_up_steps
        if epsilon is not None:
            return steps, error, f"outputs within {_words(epsilon)}", ()
        return steps, None, f"accuracy within {points} of that at T = {steps}", ()
    goal = (
        f"accuracy within {points} of exact rates"
        if epsilon is None
        else f"outputs within {_words(epsilon)}"
    )

    def good(steps: int) -> bool:
        found = baseline.sample(half, steps)
        if error is None:
            return falls_within(half.reference_right, found.right, tolerance)
        return found.error <= error

    task = progress.start("find the baseline", None)
    fewest = first_good(good)
    progress.finish(task)
    if fewest is None:
        note = f"The goal is not reached by T = {_GRID[-1]}, which is taken for the baseline."
        return _GRID[-1], error, goal, (note,)
    return fewest, error, goal, ()


def first_good(good: Callable[[int], bool]) -> int | None:
    """Return the fewest steps of the grid that are good enough, looking at every second first."""
    low, high = -1, 0
    while not good(_GRID[high]):
        if high == len(_GRID) - 1:
            return None
        low, high = high, min(high + 2, len(_GRID) - 1)
    return _GRID[high - 1] if high - low > 1 and good(_GRID[high - 1]) else _GRID[high]


def _squared(epsilon: Epsilon, half: Half) -> float:
    """Return an error as a squared Frobenius distance."""
    square = float(epsilon.value**2)
    if epsilon.kind is EpsilonKind.RMS:
        return square * float(half.reference.shape[1])
    if epsilon.kind is EpsilonKind.RELATIVE:
        return square * half.reference_mean_square
    return square


def _words(epsilon: Epsilon) -> str:
    return f"{epsilon.value:g} ({epsilon.kind.value})"


def _training(
    run: TrainedRun, read: Callable[..., Examples], seed: int
) -> Callable[[int], Iterator[Tensor]]:
    """Return what yields training inputs, the same ones each time."""

    def batches(count: int) -> Iterator[Tensor]:
        training = read(None, split="train")
        chosen = np.random.default_rng(seed).permutation(len(training))[:count]
        even = -(-len(chosen) // -(-len(chosen) // _BATCH))
        for x, _ in batches_of(training, chosen, even, run.model.head.weight):
            yield x

    return batches


def _changes(coding: Coding) -> tuple[AbstractChange, ...]:
    """Return what can be done to a network of a coding."""
    if coding is Coding.RATES:
        return (
            AllocationChange(),
            AllocationChange(by_energy=True),
            CodeChange(),
            ReadOutChange(),
            NormsChange(),
            ProjectorChange(),
            ProjectorChange(per_token=True),
            NoiseTrainingChange(),
        )
    return TrainingStepsChange(), WarmUpChange(1), WarmUpChange(2), InitialMembraneChange()


def _chosen(
    changes: Sequence[AbstractChange], only: Sequence[str] | None
) -> tuple[AbstractChange, ...]:
    """Return the changes that were asked for."""
    if only is None:
        return tuple(changes)
    known = [each.name for each in changes]
    odd = [name for name in only if name not in known]
    if odd or not only:
        raise InputError(
            f"{_CALLER}: `only` must name changes of {', '.join(known)}; got "
            f"{odd[0] if odd else 'none'!r}. Leave it out for all."
        )
    return tuple(each for each in changes if each.name in only)


def _weigh(
    changes: Sequence[AbstractChange], context: Context, *, verified: bool
) -> tuple[tuple[AdvisedChange, ...], tuple[RejectedChange, ...]]:
    """Return changes that pay, best first, and those that do not."""
    advised, rejected = [], []
    for change in context.progress.track(changes, "weigh changes", float(len(changes))):
        found, candidate = judge(change, context)
        if isinstance(found, RejectedChange) or candidate is None:
            rejected.append(found)
            continue
        advised.append(verify_change(change, found, candidate, context) if verified else found)
    whole = context.outcome(context.baseline, context.calibration, context.steps).energy_mj

    def saved(each: AdvisedChange) -> tuple[float, float]:
        goal = each.goal_predicted
        return (0.0 if goal is None else 1 - goal.energy_mj / whole), each.predicted_gain

    advised.sort(key=saved, reverse=True)
    return tuple(advised), tuple(each for each in rejected if isinstance(each, RejectedChange))


def _headline(
    run: TrainedRun, changes: Sequence[AdvisedChange], base: Outcome, goal: str, rules: Rules
) -> str:
    """Return the answer in one sentence."""
    start = f"{run.name}: {goal} takes T = {base.steps:,}"
    if run.model.coding is not Coding.RATES:
        start = f"{run.name}: {goal}"
    if not changes:
        return f"{start}; none of the changes that were tried saves anything."
    best = changes[0]
    least = best.goal_predicted
    if best.predicted_saving is None or least is None:
        share, measured = best.predicted_gain, best.measured_gain
        what = f"{100 * share:.0f} % of the {best.quantity}"
    else:
        share, measured = best.predicted_saving, best.measured_saving
        saved = 1 - least.energy_mj / base.energy_mj if base.energy_mj else 0.0
        what = (
            f"{100 * saved:.0f} % of the energy ({rules.name}) and {100 * share:.0f} % of the "
            f"spikes, with an answer after {least.latency:,} steps"
        )
    said = ""
    if measured is not None:
        unit = "" if least is None else " of the spikes"
        said = f"; measured on samples held out: {100 * measured:.0f} %{unit}"
    return f"{start}; the best change, {best.name}, saves {what}{said}."
