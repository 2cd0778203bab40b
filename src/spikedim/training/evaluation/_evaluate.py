"""What a trained run does at any number of steps."""

import copy
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from torch import Tensor

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_integer,
)
from spikedim.circuits import RateCode
from spikedim.models import AbstractSpikingTransformer, Coding, recalibrate_norms
from spikedim.training.evaluation._code_length import Allocated, CodeLength, code_steps_of, steps_of
from spikedim.training.evaluation._evaluation import Evaluation
from spikedim.training.evaluation._passes import plan_passes
from spikedim.training.evaluation._sweep import Gathered, Sweep
from spikedim.training.examples import Examples
from spikedim.training.opened import (
    TrainedRun,
    batches_of,
    device_named,
    examples_of_run,
    open_run,
    spread,
    with_initial_membrane,
)

__all__ = ["evaluate"]

_CALLER = "evaluate"
_STEPS = (1, 2, 4, 8)


def evaluate(
    run: TrainedRun | str | os.PathLike[str],
    *,
    steps: Sequence[int] | None = None,
    data: str | os.PathLike[str] | Examples | None = None,
    split: str = "test",
    samples: int | None = None,
    batch_size: int = 64,
    rate_samples: int = 512,
    draws: int = 1,
    code: RateCode | str = RateCode.BERNOULLI,
    allocation: Mapping[str, int] | None = None,
    initial_membrane: float | None = None,
    warm_up_steps: int | None = None,
    recalibrate: int = 0,
    seed: int = 0,
    device: str = "cpu",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> Evaluation:
    """Evaluate a run at every T: accuracy, loss, spikes and firing rates.

    Parameters
    ----------
    run : TrainedRun or path
        Opened, or the folder of one.
    steps : sequence of int or None
        Every T, at least 1, in any order; None for 1, 2, 4 and 8. A twin is evaluated with exact
        rates as well. An ordinary network has no time and is evaluated once, as at T = 1.
    data : str, path, Examples or None
        What `open_examples` opens, or examples; the data of the training without it. Images are
        normalised as in the training.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``; not used for examples.
    samples : int or None
        How many samples, evenly over the split; None for all.
    batch_size : int
        Samples that run together.
    rate_samples : int
        On how many of them spikes are counted, evenly over the samples; an ordinary network has
        none.
    draws : int
        Of a twin: independent codes at every T; a code that draws nothing takes one.
    code : RateCode or str
        Of a twin: how T spikes stand for a rate, ``"bernoulli"``, ``"sigma_delta"`` or
        ``"random_phase"``, as in `spikedim.models.code_rates`.
    allocation : mapping of str to int or None
        Of a twin: a T for every population by its name, which adds a point; None for none.
    initial_membrane : float or None
        Potential of every neuron before the first step, from -10 to below 1; None for that of the
        run.
    warm_up_steps : int or None
        Steps that are run first, whose states are kept and whose outputs are left out; None for
        those of the recipe.
    recalibrate : int
        Training samples on which the statistics of normalisations are estimated anew at every T,
        with the code of that T in a twin; 0 leaves them.
    seed : int
        Of the codes of a twin and the choice of samples to recalibrate on, at least 0. A draw at
        one T does not depend on which others are asked for.
    device : str
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    memory_budget : int or str
        Most bytes of data to hold.
    progress : AbstractProgress
        Told about every batch.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    Evaluation
        One point for each T, and for the allocation.

    Raises
    ------
    InputError
        If `run` is no run, the data has another shape or number of classes, or a number is out of
        range.
    NumericsError
        If the weights give logits that are not finite.

    See Also
    --------
    open_activations : What enters a layer.

    Notes
    -----
    A spiking network is run once, for the largest T: its first T steps are the run of T steps, and
    the answer at T is the mean of their outputs. With `recalibrate` every T has statistics and a
    pass of its own. A twin takes a pass with exact rates and one for every T, or allocation, and
    draw. An accelerated model stays so, but where spikes are counted.

    Memory is that of one batch at the largest T; a smaller `batch_size` takes less.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       J. American Statistical Association 22, 1927.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     found = evaluate(folder, steps=(1, 4), samples=64)
    >>> [(point.steps, point.draws) for point in found.points], found.reference
    ([(1, 1), (4, 1)], 'T = 4')
    """
    batch_size = check_integer(batch_size, name="batch_size", caller=_CALLER)
    rate_samples = check_integer(rate_samples, name="rate_samples", caller=_CALLER)
    draws = check_integer(draws, name="draws", caller=_CALLER)
    recalibrate = check_integer(recalibrate, name="recalibrate", caller=_CALLER, minimum=0)
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    if samples is not None:
        samples = check_integer(samples, name="samples", caller=_CALLER)
    where = device_named(device, caller=_CALLER)
    opened = run if isinstance(run, TrainedRun) else open_run(run)
    asked = _check_steps(steps, opened)
    law = _check_code(code, opened)
    unequal = _check_allocation(allocation, opened)
    warm_up = _warm_up(opened, warm_up_steps)
    read = partial(
        examples_of_run, opened, memory_budget=memory_budget, progress=progress, caller=_CALLER
    )
    examples = read(data, split=split)
    model = copy.deepcopy(opened.model).eval().to(where)
    model = with_initial_membrane(model, initial_membrane, caller=_CALLER)
    lengths: tuple[CodeLength, ...] = (*asked, *unequal)
    models: dict[CodeLength, AbstractSpikingTransformer] = dict.fromkeys(lengths, model)
    if recalibrate:
        training = read(None, split="train")
        chosen = np.random.default_rng(seed).permutation(len(training))[:recalibrate]
        recalibrate = len(chosen)
        # Every batch weighs the same, so that they must be of one size, or nearly.
        even = -(-recalibrate // -(-recalibrate // batch_size))
        for t in progress.track(lengths, "recalibrate", float(len(lengths))):
            batches = batches_of(training, chosen, even, model.head.weight)
            models[t] = _recalibrated(model, t, (x for x, _ in batches), warm_up, law)
    if model.coding is Coding.RATES:
        models[None] = model
    sweep = Sweep(
        plan_passes(models, draws=draws, warm_up=warm_up, code=law),
        examples,
        spread(len(examples), samples),
        rate_samples=rate_samples,
        batch_size=batch_size,
        seed=seed,
    )
    found = sweep.run(progress)
    return _evaluation(
        opened,
        examples,
        found,
        warm_up=warm_up,
        initial_membrane=initial_membrane,
        recalibrated=recalibrate,
        code=law if model.coding is Coding.RATES else None,
        provenance=Provenance.now(
            command=command, data_fingerprint=examples.fingerprint, seed=seed
        ),
    )


def _check_steps(steps: object, run: TrainedRun) -> tuple[int, ...]:
    """Return every T once, ascending."""
    timeless = run.model.coding is Coding.ACTIVATIONS
    if steps is None:
        return (1,) if timeless else _STEPS
    if isinstance(steps, str) or not isinstance(steps, Iterable):
        raise InputError(
            f"{_CALLER}: `steps` must be a sequence of numbers of steps; got {steps!r}. "
            "Write (1, 2, 4)."
        )
    found = [check_integer(t, name="steps", caller=_CALLER) for t in steps]
    if not found:
        raise InputError(
            f"{_CALLER}: `steps` must have at least one number of steps; got none. Write (1, 2, 4)."
        )
    if timeless and set(found) != {1}:
        raise InputError(
            f"{_CALLER}: `steps` must be absent or 1 for {run.record.model}, an ordinary network "
            f"without time; got {max(found)}."
        )
    return tuple(sorted(set(found)))


def _check_code(code: RateCode | str, run: TrainedRun) -> RateCode:
    """Return the code, which only a twin may choose."""
    law = RateCode(check_choice(code, RateCode, name="code", caller=_CALLER))
    if law is not RateCode.BERNOULLI and run.model.coding is not Coding.RATES:
        raise InputError(
            f"{_CALLER}: `code` must be absent for {run.record.model}, which is no rate-coded "
            f"twin; got {law}. Train its twin, {run.model.card.base}:softmax."
        )
    return law


def _check_allocation(
    allocation: Mapping[str, int] | None, run: TrainedRun
) -> tuple[Allocated, ...]:
    """Return the allocation, if there is one, with a T for every population of a twin."""
    if allocation is None:
        return ()
    if not isinstance(allocation, Mapping):
        raise InputError(
            f"{_CALLER}: `allocation` must map names of populations to their T; got "
            f"{allocation!r}. Write {{name: 4 for name in run.model.populations}}."
        )
    lengths = run.model.code_lengths(allocation, name="allocation", caller=_CALLER)
    return (Allocated(tuple(lengths.items())),)


def _warm_up(run: TrainedRun, asked: int | None) -> int:
    """Return how many steps go before those that count."""
    own = run.recipe.neurons.warm_up_steps
    if run.model.coding.spiking:
        if asked is None:
            return own
        return check_integer(asked, name="warm_up_steps", caller=_CALLER, minimum=0)
    if asked:
        raise InputError(
            f"{_CALLER}: `warm_up_steps` must be absent for {run.record.model}, "
            f"{run.model.coding.network} without states; got {asked}."
        )
    return 0


def _recalibrated(
    model: AbstractSpikingTransformer,
    length: CodeLength,
    batches: Iterable[Tensor],
    warm_up: int,
    code: RateCode,
) -> AbstractSpikingTransformer:
    """Return a copy with statistics of T steps."""
    changed = copy.deepcopy(model)
    if model.coding is Coding.RATES:
        recalibrate_norms(changed, batches, code_steps=code_steps_of(length), code=code)
    else:
        recalibrate_norms(changed, batches, steps=warm_up + (steps_of(length) or 0))
    return changed


def _evaluation(
    run: TrainedRun,
    examples: Examples,
    found: Gathered,
    *,
    warm_up: int,
    initial_membrane: float | None,
    recalibrated: int,
    code: RateCode | None,
    provenance: Provenance,
) -> Evaluation:
    """Put the result together."""
    record, populations = run.record, found.firing.summarise()
    last = found.points[-1].steps
    return Evaluation(
        headline=_headline(run, examples, found),
        model=record.model,
        coding=record.coding,
        trained_steps=record.steps,
        trained_code_steps=record.code_steps,
        weights_fingerprint=run.fingerprint,
        data=examples.spec,
        split=examples.split,
        kind=examples.kind,
        classes=examples.classes,
        samples=found.samples,
        targets=found.targets,
        data_fingerprint=examples.fingerprint,
        points=found.points,
        reference="exact rates" if last is None else f"T = {last}",
        reference_mean_square=found.mean_square,
        reference_variance=found.variance,
        populations=populations,
        neurons=float(sum(population.neurons for population in populations)),
        rate_samples=found.counted,
        warm_up_steps=warm_up,
        warm_up_spikes=found.firing.warm_up_spikes,
        initial_membrane=initial_membrane,
        recalibrated=recalibrated,
        notes=(*run.notes, *examples.notes, *_notes(run, examples)),
        provenance=provenance,
        code=code,
    )


def _headline(run: TrainedRun, examples: Examples, found: Gathered) -> str:
    """Return the answer in one sentence: at the T of the training, or at the largest."""
    by_steps = {point.steps: point for point in found.points if not point.allocation}
    wanted = run.record.code_steps if None in by_steps else run.record.steps
    point = by_steps.get(wanted, found.points[-1])
    at = " with exact rates" if point.steps is None else f" at T = {point.steps}"
    if run.record.coding is Coding.ACTIVATIONS:
        at = ""
    ends = point.accuracy_interval
    spikes = (
        ""
        if point.spikes_per_sample is None
        else f", {point.spikes_per_sample:,.0f} spikes a sample"
    )
    return (
        f"{run.record.model} on {examples.spec} ({examples.split}, {found.samples:,} samples): "
        f"{100 * point.accuracy:.1f} % [{100 * ends.low:.1f}, {100 * ends.high:.1f}] right{at}"
        f"{spikes}."
    )


def _notes(run: TrainedRun, examples: Examples) -> Iterator[str]:
    """Say what no field says."""
    if examples.fingerprint == run.record.data_fingerprint:
        yield "These are the samples the run was trained on."
