"""Which change of a run saves how many steps, spikes and picojoule."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_fraction,
    check_integer,
)
from spikedim.bounds import Epsilon
from spikedim.energy import Rules
from spikedim.models import Coding
from spikedim.planning.advice._advice import Advice, AdvisedChange, RejectedChange
from spikedim.planning.advice._change import AbstractChange
from spikedim.planning.advice._chosen_changes import chosen_changes
from spikedim.planning.advice._context import Context
from spikedim.planning.advice._energy_rates import COUNTED, energy_rates
from spikedim.planning.advice._goal import find_goal
from spikedim.planning.advice._half import deal
from spikedim.planning.advice._headline import advice_headline
from spikedim.planning.advice._judge import judge, verify_change
from spikedim.planning.advice._opened_halves import (
    batches_of_half,
    halves_of_spikes,
    halves_of_twin,
    settled_after,
    training_batches,
)
from spikedim.training import Examples, TrainedRun, device_named, examples_of_run, open_run, spread

__all__ = ["advise"]

_CALLER = "advise"
_FEWEST = 16
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
    chosen = chosen_changes(opened.model.coding, only, caller=_CALLER)
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
    parts = [
        batches_of_half(opened, examples, rows[place]) for place in places[: 2 if verify else 1]
    ]
    parts += [((), ())] * (2 - len(parts))
    if coded:
        halves, baseline = halves_of_twin(opened, parts, seed)
    else:
        halves, baseline = halves_of_spikes(opened, parts, progress)
    calibration, held_out = halves
    steps, goal_error, goal, notes = find_goal(
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
        training=training_batches(opened, read, seed),
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
        headline=advice_headline(opened, changes, predicted, goal, Rules(rules)),
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
        reference="exact rates" if coded else settled_after(opened.record.steps),
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
