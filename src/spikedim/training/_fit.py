"""Train a model on real data, in a folder that can be resumed."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_integer,
    check_number,
    fingerprint_file,
    require,
)
from spikedim.models import (
    AbstractSpikingTransformer,
    Coding,
    card,
    load_weights,
)
from spikedim.training._model_for import RunModel, coding_of, model_for
from spikedim.training._moment import TrainingMoment
from spikedim.training._session import Session
from spikedim.training.examples import (
    IGNORED,
    ExampleKind,
    ExampleSplits,
    check_examples,
    open_examples,
)
from spikedim.training.recipes import (
    Augmentation,
    Precision,
    Recipe,
    default_recipe_name,
    open_recipe,
)
from spikedim.training.runs import (
    RunFolder,
    RunStatus,
    TrainingRun,
    lock_run,
    read_checkpoint,
)

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
        A name as `spikedim.models.build` takes it; ``:softmax`` for the rate-coded twin. Its input
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
        T in training; overrides that of the recipe. Not of a rate-coded twin, whose T is 1.
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
    plan = _recipe(model, data, recipe, changes, steps)
    splits = _examples(model, data, plan, memory_budget, progress or SilentProgress())
    built = model_for(model, splits.train, plan, seed=seed)
    _check_fit(plan, splits)
    origin = _start_from(built.model, start_from, out)
    record = _record(model, built, splits, plan, seed, origin, command)

    fabric = _fabric(device, devices)
    _check_shares(plan, fabric.world_size)
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


def _recipe(
    model: str,
    data: str | ExampleSplits,
    recipe: Recipe | str | os.PathLike[str] | None,
    changes: Mapping[str, str] | None,
    steps: int | None,
) -> Recipe:
    """Return the recipe with all changes."""
    if isinstance(recipe, Recipe):
        if changes:
            raise InputError(
                "fit: `changes` must be absent beside a Recipe object; got "
                f"{', '.join(changes)}. Change the object, or name a recipe."
            )
        found = recipe
    else:
        spec = data if isinstance(data, str) else data.train.spec
        found = open_recipe(recipe or default_recipe_name(model, spec), changes=changes)
    if steps is not None:
        steps = check_integer(steps, name="steps", caller=_CALLER, minimum=1)
        found = found.model_copy(update={"steps": steps})
    coding = coding_of(model)
    if coding is Coding.RATES and (found.steps or 1) != 1:
        if steps is not None:
            raise InputError(
                f"fit: `steps` must be absent or 1 for {model}, a rate-coded twin without time; "
                f"got {steps}. For noise of that many steps use --set noise.steps={steps}."
            )
        found = found.model_copy(update={"steps": None})
    if coding is Coding.SPIKES and found.noise.steps is not None:
        raise InputError(
            f"fit: `recipe.noise.steps` must be absent for {model}, whose populations spike; got "
            f"{found.noise.steps}. Train its twin {model}:softmax."
        )
    return found


def _examples(
    model: str,
    data: str | ExampleSplits,
    recipe: Recipe,
    memory_budget: int | str,
    progress: AbstractProgress,
) -> ExampleSplits:
    """Open the examples, sentences at the length the model reads."""
    if isinstance(data, ExampleSplits):
        return _checked(data)
    found = card(model)
    longest = found.input_shape[0] if found.vocabulary else None
    return open_examples(
        data,
        validation=recipe.validation,
        tokens=longest,
        vocabulary=found.vocabulary or None,
        memory_budget=memory_budget,
        progress=progress,
    )


def _checked(splits: ExampleSplits) -> ExampleSplits:
    """Return examples that somebody made, if a model can learn from them."""
    train, validation, _ = splits
    for part in (train, validation):
        if part is not None:
            check_examples(part, caller=_CALLER)
    asked = train.targets.reshape(len(train), -1) != IGNORED
    if not asked.any(axis=1).all():
        raise InputError(
            "fit: `data` must have a target in every training sample; got none in sample "
            f"{int(asked.any(axis=1).argmin())} (counted from 0). Leave it out."
        )
    kinds = np.unique(train.targets[train.targets != IGNORED])
    if len(kinds) < 2:
        raise InputError(
            f"fit: `data` must have at least two classes to learn; got class {kinds[0]} alone. "
            "Add samples of another class."
        )
    return splits


def _check_fit(recipe: Recipe, splits: ExampleSplits) -> None:
    """Raise `InputError` where recipe and examples contradict each other."""
    count = len(splits.train)
    if recipe.batch_size > count:
        raise InputError(
            f"fit: `recipe.batch_size` must be at most the {count} training samples; got "
            f"{recipe.batch_size}. Use --set batch_size={max(count // 4, 2)}."
        )
    if splits.train.kind is ExampleKind.IMAGES:
        side = splits.train.inputs.shape[2]
        if recipe.augmentation.crop >= side:
            raise InputError(
                f"fit: `recipe.augmentation.crop` must be below {side}, the side of an image; got "
                f"{recipe.augmentation.crop}. Use --set augmentation.crop={side // 8}."
            )
        return
    augmented = [
        name
        for name, value in (
            ("augmentation", recipe.augmentation != Augmentation()),
            ("mixing", bool(recipe.mixing.mixup or recipe.mixing.cutmix)),
        )
        if value
    ]
    if augmented:
        raise InputError(
            f"fit: `recipe.{augmented[0]}` must be absent for {splits.train.kind.value}, since it "
            "changes images; got values. Choose a recipe for text."
        )


def _check_shares(recipe: Recipe, processes: int) -> None:
    """Raise `InputError` unless all parts of a batch are equal and have a variance."""
    parts = processes * recipe.accumulate
    if recipe.batch_size % parts or recipe.batch_size < 2 * parts:
        raise InputError(
            f"fit: `recipe.batch_size` must be a multiple of the {parts} parts that {processes} "
            f"processes take it in, at least 2 samples each; got {recipe.batch_size}. Use --set "
            f"batch_size={max(recipe.batch_size // parts, 2) * parts}."
        )


def _check_progress(folder: RunFolder, *, resume: bool) -> None:
    """Raise `InputError` if a run that was begun would be begun again."""
    if not resume and (folder.log.exists() or folder.checkpoint.exists()):
        raise InputError(
            f"fit: `out` must be a new folder, or `resume` asked for; got {str(folder.path)!r}, "
            "where this run was begun. Add --resume to go on, or choose another folder."
        )


def _start_from(
    model: AbstractSpikingTransformer,
    source: str | os.PathLike[str] | None,
    out: str | os.PathLike[str],
) -> str | None:
    """Load the weights to start from; return their fingerprint."""
    if source is None:
        return None
    if isinstance(source, str) and source.startswith("sha256:"):
        folder = RunFolder(Path(out).expanduser())
        if folder.checkpoint.exists() or folder.previous_checkpoint.exists():
            return source  # what is resumed is in the checkpoint
        raise InputError(
            f"fit: `start_from` must be a run or a weights file where no checkpoint is; got "
            f"{source!r} for {str(out)!r}. Name the weights that it began with again (--from)."
        )
    path = Path(source).expanduser()
    if path.is_dir():
        path = RunFolder(path).weights
        if not path.is_file():
            raise InputError(
                f"fit: `start_from` must be a finished run or a weights file; got {str(source)!r}, "
                "which has no weights.safetensors. Finish that run with --resume, or save the "
                "weights of its last checkpoint: save_weights(open_run(...).model, FILE)."
            )
    load_weights(model, path)
    return fingerprint_file(path)


def _record(
    model: str,
    built: RunModel,
    splits: ExampleSplits,
    recipe: Recipe,
    seed: int,
    origin: str | None,
    command: str,
) -> TrainingRun:
    """Return the record of a run that has not begun."""
    train = splits.train
    per_epoch = len(train) // recipe.batch_size
    updates = recipe.updates or (recipe.epochs or 1) * per_epoch
    settings = recipe.model_dump(mode="json", exclude={"name", "source", "note"})
    fixed = {
        "model": model,
        "overrides": built.overrides,
        "data": train.fingerprint,
        "recipe": settings,
        "seed": seed,
        "start_from": origin,
    }
    text = json.dumps(fixed, sort_keys=True)
    return TrainingRun(
        model=model,
        overrides=built.overrides,
        coding=built.model.coding,
        code_steps=recipe.noise.steps,
        steps=built.model.steps,
        parameters=sum(p.numel() for p in built.model.parameters() if p.requires_grad),
        data=train.spec,
        data_fingerprint=train.fingerprint,
        notes=(*train.notes, *built.notes, *_notes(built.model, recipe)),
        classes=train.classes,
        mean=train.mean,
        deviation=train.deviation,
        train_samples=len(train),
        validation_samples=0 if splits.validation is None else len(splits.validation),
        recipe=recipe.model_dump(mode="json"),
        seed=seed,
        start_from=origin,
        identity=f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
        status=RunStatus.RUNNING,
        update=0,
        updates=updates,
        train_loss=None,
        train_accuracy=None,
        validation_accuracy=None,
        seconds=0.0,
        processes=1,
        provenance=Provenance.now(command=command, seed=seed, data_fingerprint=train.fingerprint),
    )


def _notes(model: AbstractSpikingTransformer, recipe: Recipe) -> tuple[str, ...]:
    """Say what of the recipe does not act on the model."""
    if model.coding is Coding.RATES and recipe.precision is Precision.BFLOAT16:
        return ("Trained in float32: the kernels of bfloat16 are those of spiking neurons.",)
    return ()


def _processes(devices: int) -> tuple[int, int]:
    """Return the processes on this machine, and the machines."""
    environment = os.environ
    if "LOCAL_WORLD_SIZE" not in environment and torch.distributed.is_initialized():
        # An earlier training of this script started them, and all of them are here again.
        return torch.distributed.get_world_size(), 1
    here = int(environment.get("LOCAL_WORLD_SIZE", devices))
    return here, max(int(environment.get("WORLD_SIZE", here)) // here, 1)


def _fabric(device: str, devices: int) -> Any:
    """Return Fabric, launched: one process, or several that find one another."""
    library = require("lightning_fabric", extra="train", purpose="training")
    here, nodes = _processes(devices)
    several = here * nodes > 1
    try:
        fabric = library.Fabric(
            accelerator=device,
            devices=here,
            num_nodes=nodes,
            strategy="ddp" if several else "auto",
        )
    except (
        ImportError,  # of a device whose library is not there
        ValueError,
        RuntimeError,
        library.utilities.exceptions.MisconfigurationException,
    ) as e:
        raise InputError(
            f"fit: `device` must be one this machine has; got {device!r} ({e!s:.200}). Use 'cpu'."
        ) from e
    fabric.launch()
    return fabric
