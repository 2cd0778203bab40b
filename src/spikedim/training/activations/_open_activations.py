"""Token features inside a trained run, as samples that estimators read."""

import copy
import difflib
import hashlib
import os
from dataclasses import replace
from typing import NamedTuple, final

import numpy as np

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    SilentProgress,
    check_integer,
)
from spikedim.data import Samples
from spikedim.training.activations._activations import Activations
from spikedim.training.activations._recorder import Recorder
from spikedim.training.activations._run_inputs import RunInputs, open_inputs
from spikedim.training.examples import Examples
from spikedim.training.opened import TrainedRun, open_run

__all__ = ["Opened", "activations_of", "attention_inputs", "open_activations", "open_layers"]

_CALLER = "open_activations"


def attention_inputs(run: TrainedRun | str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the names of the attention blocks of a run.

    Parameters
    ----------
    run : TrainedRun or path
        Opened, or the folder of one.

    Returns
    -------
    tuple of str
        In the order of the network, as `open_activations` takes them.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     attention_inputs(folder)
    ('block.0.attn', 'block.1.attn')
    """
    opened = run if isinstance(run, TrainedRun) else open_run(run)
    names = (name for name, _ in opened.model.named_modules())
    return tuple(name for name in names if name.rpartition(".")[2] == "attn")


def open_activations(
    run: TrainedRun | str | os.PathLike[str],
    samples: str | os.PathLike[str] | Examples | Samples | None,
    layer: str,
    *,
    step: int | None = None,
    steps: int | None = None,
    split: str = "test",
    count: int | None = None,
    batch_size: int = 64,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> Activations:
    """Open the token features that enter a layer of a trained run.

    Parameters
    ----------
    run : TrainedRun or path
        Opened, or the folder of one.
    samples : str, path, Examples, Samples or None
        What the network reads: what `open_examples` opens, examples, opened pixels, or None for
        the data of the training. Images are normalised as in the training.
    layer : str
        Path of a module: a row of the model's card, e.g. ``"block.0.attn"``. `attention_inputs`
        lists attention blocks. What enters it first is taken, before anything of the layer acts.
    step : int or None
        One time step, from 1 to T; None for the mean over time.
    steps : int or None
        T; that of the training without it. Warm-up steps of the recipe go before it.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``; not used for examples and samples.
    count : int or None
        How many inputs, evenly over the split; None for all.
    batch_size : int
        Inputs that run together.
    memory_budget : int or str
        Most bytes of data to hold.
    progress : AbstractProgress
        Told about the opening of the data.

    Returns
    -------
    Activations
        [S * n, d] in groups of n tokens. Sentences leave their padding out, and so have rows of
        their own, without groups.

    Raises
    ------
    InputError
        If `run` is no run, the layer is unknown or does not read features, the data has another
        shape, or `step` is not one of T.

    See Also
    --------
    activation_dimensions : Effective dimensions of many layers and steps at once.

    Notes
    -----
    Reading runs the network as far as the layer, batch by batch; nothing is held. A rate-coded twin
    is read with exact rates.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path, one = f"{folder}/first", {"updates": "1"}
    ...     _ = fit("spikformer-2-64/digits", "digits", out=path, changes=one)
    ...     entered = open_activations(path, None, "block.1.attn", step=2, count=64)
    >>> entered.layer, entered.shape
    ('block.1.attn@first, step 2 of 4', (1024, 64))
    """
    found = open_layers(
        run,
        samples,
        (layer,),
        steps=steps,
        split=split,
        count=count,
        batch_size=batch_size,
        memory_budget=memory_budget,
        progress=progress,
        caller=_CALLER,
    )
    if step is not None:
        step = check_integer(step, name="step", caller=_CALLER)
        if step > found.recorder.steps:
            raise InputError(
                f"{_CALLER}: `step` must be one of the {found.recorder.steps} time steps; got "
                f"{step}. Give `steps` to run more."
            )
    return activations_of(found, layer, step)


@final
class Opened(NamedTuple):
    """A run with its inputs and some of its layers.

    Parameters
    ----------
    run : TrainedRun
        The run.
    inputs : RunInputs
        What it reads.
    recorder : Recorder
        Records all layers.
    widths : dict
        n and d of what enters every layer.
    """

    run: TrainedRun
    inputs: RunInputs
    recorder: Recorder
    widths: dict[str, tuple[int, int]]


def open_layers(
    run: TrainedRun | str | os.PathLike[str],
    samples: str | os.PathLike[str] | Examples | Samples | None,
    layers: tuple[str, ...],
    *,
    steps: int | None,
    split: str,
    count: int | None,
    batch_size: int,
    memory_budget: int | str,
    progress: AbstractProgress,
    caller: str,
) -> Opened:
    """Open a run and its data, and look at one input to learn shapes."""
    opened = run if isinstance(run, TrainedRun) else open_run(run)
    for layer in layers:
        _check_layer(opened, layer, caller=caller)
    if count is not None:
        count = check_integer(count, name="count", caller=caller)
    batch_size = check_integer(batch_size, name="batch_size", caller=caller)
    coding = opened.model.coding
    total = opened.record.steps
    if steps is not None:
        total = check_integer(steps, name="steps", caller=caller)
    if not coding.spiking and total != 1:
        raise InputError(
            f"{caller}: `steps` must be absent or 1 for {opened.record.model}, "
            f"{coding.network} without time; got {total}."
        )
    inputs = open_inputs(
        opened,
        samples,
        split=split,
        count=count,
        batch_size=batch_size,
        memory_budget=memory_budget,
        progress=progress,
        caller=caller,
    )
    if opened.model.training:
        opened = replace(opened, model=copy.deepcopy(opened.model).eval())
    warm_up = opened.recipe.neurons.warm_up_steps if coding.spiking else 0
    recorder = Recorder(opened.model, layers, total, warm_up, caller)
    first = recorder.record(next(inputs.read())[:1])
    widths = {name: (entered.shape[2], entered.shape[3]) for name, entered in first.items()}
    return Opened(opened, inputs, recorder, widths)


def activations_of(found: Opened, layer: str, step: int | None) -> Activations:
    """Return one layer at one step, or over time."""
    run, inputs, recorder = found.run, found.inputs, found.recorder
    tokens, width = found.widths[layer]
    whole = inputs.count * tokens
    rows = inputs.kept if tokens == inputs.length else whole
    time = _time(step, recorder.steps)
    place = f"{layer}@{run.name}"
    notes = [*run.notes, *inputs.notes]
    if rows != whole:
        notes.append(
            f"Padding is left out: {rows:,} of {whole:,} tokens are rows. Intervals take them as "
            "independent, though those of one sentence are not."
        )
    identity = f"{run.fingerprint} {inputs.fingerprint} {layer} {time} {recorder.warm_up}"
    return Activations(
        spec=inputs.spec,
        split=inputs.split,
        layer=f"{place}, {time}" if time else place,
        modality=inputs.modality,
        shape=(rows, width),
        dtype=np.dtype(str(run.model.head.weight.dtype).removeprefix("torch.")),
        fingerprint=f"sha256:{hashlib.sha256(identity.encode()).hexdigest()[:16]}",
        group_size=tokens if rows == whole else 1,
        tokens=tokens,
        count=inputs.count,
        step=step,
        notes=tuple(notes),
        licence=inputs.licence,
        _inputs=inputs,
        _recorder=replace(recorder, names=(layer,)),
    )


def _time(step: int | None, steps: int) -> str:
    """Say which steps are looked at."""
    if steps == 1:
        return ""
    return f"mean over {steps} steps" if step is None else f"step {step} of {steps}"


def _check_layer(run: TrainedRun, layer: str, *, caller: str) -> None:
    """Raise `InputError` unless a module has that name."""
    known = [name for name, _ in run.model.named_modules() if name]
    if layer in known:
        return
    close = difflib.get_close_matches(str(layer), known, n=3, cutoff=0.4)
    nearest = close or list(attention_inputs(run))
    raise InputError(
        f"{caller}: `layer` must be a module of {run.record.model}; got {layer!r}. "
        f"Nearest: {', '.join(nearest)}."
    )
