"""Go on with a run that was stopped, knowing nothing but its folder."""

import os
from collections.abc import Callable

from spikedim._core import DEFAULT_MEMORY_BUDGET, AbstractProgress
from spikedim.training.fitting._fit import fit
from spikedim.training.fitting._moment import TrainingMoment
from spikedim.training.opened import recipe_of
from spikedim.training.runs import RunFolder, RunStatus, TrainingRun

__all__ = ["resume"]


def resume(
    path: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    devices: int = 1,
    tensorboard: bool = False,
    checkpoint_every: float = 60.0,
    watch: Callable[[TrainingMoment], None] | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
) -> TrainingRun:
    """Continue a run from its last checkpoint, with model, data, recipe and seed of its record.

    Parameters
    ----------
    path : path
        Run folder. Data of a relative path must lie where they lay, seen from the working folder.
    start_from : path, optional
        Where the run began with other weights than fresh ones: those again. Needed if it has no
        checkpoint yet, since the record knows their fingerprint only.
    device : str, default "cpu"
        As in `fit`.
    devices : int, default 1
        As in `fit`.
    tensorboard : bool, default False
        As in `fit`.
    checkpoint_every : float, default 60
        As in `fit`.
    watch : callable, optional
        As in `fit`.
    memory_budget : int or str
        As in `fit`.
    progress : AbstractProgress, optional
        As in `fit`.

    Returns
    -------
    TrainingRun
        The record in ``run.json``; of a finished run as it was.

    Raises
    ------
    InputError
        If `path` is no run, its data cannot be opened by name or have changed, or `start_from` is
        missing; and as `fit`.
    NumericsError
        As `fit`.
    MissingExtraError
        Without the extra ``train``.

    See Also
    --------
    fit : Trains, and resumes what is named again in full.

    Notes
    -----
    Ends with the same weights as `fit` without a stop. A run on `ExampleSplits` of your own cannot
    be opened by name: call `fit` with them and ``resume=True``.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     run = resume(folder)
    >>> run.status.value, run.update
    ('finished', 1)
    """
    folder = RunFolder.open(path)
    record = folder.read()
    if record.status is RunStatus.FINISHED:
        return record
    return fit(
        record.model,
        record.data,
        out=folder.path,
        recipe=recipe_of(record, folder),
        seed=record.seed,
        start_from=record.start_from if start_from is None else start_from,
        resume=True,
        device=device,
        devices=devices,
        tensorboard=tensorboard,
        checkpoint_every=checkpoint_every,
        watch=watch,
        memory_budget=memory_budget,
        progress=progress,
        command=record.provenance.command,
    )
