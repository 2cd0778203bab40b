"""Train a model on real data, in a folder that can be resumed."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    SilentProgress,
    check_integer,
    check_number,
    require,
)
from spikedim.training.examples import ExampleSplits
from spikedim.training.fitting._check_fit import check_fit, check_shares
from spikedim.training.fitting._examples_for import examples_for
from spikedim.training.fitting._launched_fabric import launched_fabric
from spikedim.training.fitting._load_start import load_start
from spikedim.training.fitting._model_for import model_for
from spikedim.training.fitting._moment import TrainingMoment
from spikedim.training.fitting._new_record import new_record
from spikedim.training.fitting._recipe_for import recipe_for
from spikedim.training.fitting._session import Session
from spikedim.training.recipes import Recipe
from spikedim.training.runs import RunFolder, RunStatus, TrainingRun, lock_run, read_checkpoint

__all__ = ["fit"]

_CALLER = "fit"


def fit(
    model: str,
    data: str | ExampleSplits,
    *,
    out: str | os.PathLike[str],
    recipe: Recipe | str | os.PathLike[str] | None = None,
    changes: Mapping[str, str] | None = None,
    steps: int | None = None,
    seed: int = 0,
    start_from: str | os.PathLike[str] | None = None,
    resume: bool = False,
    device: str = "cpu",
    devices: int = 1,
    tensorboard: bool = False,
    checkpoint_every: float = 60.0,
    watch: Callable[[TrainingMoment], None] | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
    command: str = "",
) -> TrainingRun:
    """Train a model on examples; write weights, log and checkpoints to a run folder.

    Parameters
    ----------
    model : str
        A name as `spikedim.models.build` takes it; ``:softmax`` for the rate-coded twin,
        ``:ann`` for the ordinary network. Its input
        shape and classes become those of the data.
    data : str or ExampleSplits
        What `open_examples` opens, or examples of your own.
    out : path
        Run folder: new, or that of the same run to `resume`.
    recipe : Recipe, str or path, optional
        A recipe, a name of `recipe_names` or a YAML file; what `default_recipe_name` says without.
    changes : mapping of str to str, optional
        Values of the recipe to change, by dotted path, as in YAML.
    steps : int, optional
        T in training; overrides that of the recipe. Not of a twin or ordinary
        network, whose T is 1.
    seed : int, default 0
        Of weights, order, augmentation and noise, at least 0. It decides all that is random.
    start_from : path, optional
        Run folder or weights file to start from instead of fresh weights; its model must have the
        same parameters. Their fingerprint in the record is enough where a checkpoint is resumed.
    resume : bool, default False
        Continue the run in `out` from its last checkpoint, if it has one.
    device : str, default "cpu"
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    devices : int, default 1
        Processes that share every batch, one for each device; under torchrun its own number. More
        than 1 runs the whole script that often; later trainings in it keep the number.
    tensorboard : bool, default False
        Write TensorBoard files beside the log (extra ``tensorboard``).
    checkpoint_every : float, default 60
        Seconds between checkpoints; there is one after every epoch too. 0 for every update.
    watch : callable, optional
        Gets a `TrainingMoment` after every update of the first process.
    memory_budget : int or str
        Most bytes of examples to hold; more are mapped from a file.
    progress : AbstractProgress, optional
        Told about the opening of the data.
    command : str
        What made the run, for its record.

    Returns
    -------
    TrainingRun
        The record in ``run.json``.

    Raises
    ------
    InputError
        If model, data and recipe do not fit one another, `out` is taken by other content, another
        run or another process, or the disk is full.
    NumericsError
        If the loss or its gradient is not finite: the run stops before that update, its last good
        checkpoint stays, and the record says ``diverged``.
    MissingExtraError
        Without the extra ``train``.

    See Also
    --------
    evaluate : What the trained weights do at any T.

    Notes
    -----
    Everything random is a function of seed, update and purpose, so a run that was killed and
    resumed ends with the same weights, bit by bit, on one device in float32 with the same number
    of threads and versions of libraries. Several processes take equal parts of each batch, with
    the statistics of normalisations shared, so their number changes results only by rounding; but
    each part draws dropped branches and the noise of a code for itself, and mixes its samples in
    pairs. With ``accumulate`` the statistics are those of each part, as far as processes share it.
    A twin is validated with exact rates, also where it learns under noise.
    A remainder of an epoch that fills no batch is left out; the next epoch leaves out another.

    Costs about three forward passes a batch; a checkpoint holds weights and optimiser, some three
    times the weights.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = fit(
    ...         "spikformer-2-64/digits", "digits", out=f"{folder}/run", changes={"updates": "2"}
    ...     )
    >>> run.status.value, run.update, run.coding.value
    ('finished', 2, 'spikes')
    """
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    if seed >= 1 << 64:
        raise InputError("fit: `seed` must be below 2**64; got a larger one. Take a smaller one.")
    devices = check_integer(devices, name="devices", caller=_CALLER, minimum=1)
    interval = check_number(checkpoint_every, name="checkpoint_every", caller=_CALLER)
    if interval < 0:
        raise InputError(
            f"fit: `checkpoint_every` must be at least 0 seconds; got {interval:g}. Give 0 for a "
            "checkpoint after every update."
        )
    if tensorboard:
        require("tensorboard", extra="tensorboard", purpose="TensorBoard files")
    plan = recipe_for(model, data, recipe, changes, steps)
    splits = examples_for(model, data, plan, memory_budget, progress or SilentProgress())
    built = model_for(model, splits.train, plan, seed=seed)
    check_fit(plan, splits)
    origin = load_start(built.model, start_from, out)
    record = new_record(model, built, splits, plan, seed, origin, command)

    fabric = launched_fabric(device, devices)
    check_shares(plan, fabric.world_size)
    with ExitStack() as stack:
        first = fabric.global_rank == 0
        problem = _enter(out, record, splits, stack, resume=resume) if first else None
        problem = fabric.broadcast(problem)
        if problem is not None:
            raise problem
        folder = RunFolder.open(out)
        before = folder.read()
        if before.status is RunStatus.FINISHED:
            return before
        checkpoint = read_checkpoint(folder, identity=record.identity) if resume else None
        if checkpoint is not None and checkpoint.note:
            record = replace(record, notes=(*record.notes, checkpoint.note))
        return Session(
            fabric=fabric,
            folder=folder,
            record=replace(record, processes=fabric.world_size),
            recipe=plan,
            splits=splits,
            model=built.model,
            watch=watch if first else None,
            checkpoint_every=interval,
            tensorboard=tensorboard,
        ).run(checkpoint)


def _enter(
    out: str | os.PathLike[str],
    record: TrainingRun,
    splits: ExampleSplits,
    stack: ExitStack,
    *,
    resume: bool,
) -> InputError | None:
    """Make and lock the folder; return what is wrong, which all processes must know."""
    try:
        folder = RunFolder.create(out, record)
        stack.enter_context(lock_run(folder))
        _check_progress(folder, resume=resume)
        if splits.train.vocabulary is not None:
            folder.write(folder.tokenizer, splits.train.vocabulary.to_json())
    except InputError as error:
        return error
    return None


def _check_progress(folder: RunFolder, *, resume: bool) -> None:
    """Raise `InputError` if a run that was begun would be begun again."""
    if not resume and (folder.log.exists() or folder.checkpoint.exists()):
        raise InputError(
            f"fit: `out` must be a new folder, or `resume` asked for; got {str(folder.path)!r}, "
            "where this run was begun. Add --resume to go on, or choose another folder."
        )
