"""Counts every operation of a model while it runs on data."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikedim._core import (
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_integer,
    fingerprint_arrays,
)
from spikedim.circuits import RateCode
from spikedim.energy.counting._model_run import ModelRun
from spikedim.energy.counting._plain_path import plain_path
from spikedim.energy.counting._tally import Tally
from spikedim.energy.operations import OperationCounts, UnknownOperator
from spikedim.models import AbstractSpikingTransformer, Coding

__all__ = ["count_operations"]

_CALLER = "count_operations"
_SAME = 0.001  # of a table: what single samples may differ by rounding alone
_MOVED = 4  # times the change of the sum over samples


def count_operations(
    model: nn.Module,
    inputs: Tensor | Iterable[Tensor],
    *,
    steps: int | None = None,
    time_axis: int | None = None,
    code_steps: int | Mapping[str, int] | None = None,
    code: RateCode | str = RateCode.BERNOULLI,
    generator: torch.Generator | None = None,
    name: str | None = None,
    progress: AbstractProgress | None = None,
    command: str | None = None,
) -> OperationCounts:
    """Count the operations of one inference, layer by layer and step by step, while it runs.

    Every tensor operator is seen as it is executed, whoever wrote the model. Products are counted
    from where their inputs are not zero and classified by the values that were observed over all
    samples; an operator that no rule covers is listed in `unknown`.

    Parameters
    ----------
    model : torch.nn.Module
        A model of this package, of another one, or an ordinary network. Its mode and acceleration
        are as before afterwards; neurons that remember potentials between calls are reset.
    inputs : Tensor or iterable of Tensor
        A batch or several. Of our models images [B, C, H, W], sequences [T, B, C, H, W] or token
        numbers [B, N]; of others what they take as their only argument.
    steps : int, optional
        T of inputs that do not hold it. Our models have one of their own; others that loop over
        steps or repeat the input inside need it, else each call counts as one step. Of inputs
        that hold the steps it has to be their number.
    time_axis : {0, 1}, optional
        Which axis of the inputs of another model holds the steps; the other one of the first two
        holds the samples. None if there is no such axis.
    code_steps : int or mapping of str to int, optional
        Of a rate-coded twin: T of the spikes that stand for a rate, or a T for every population by
        its name.
    code : RateCode or str, default "bernoulli"
        How rates become these spikes, as in `spikedim.models.code_rates`.
    generator : torch.Generator, optional
        Draws the spikes of `code_steps`; ``"sigma_delta"`` needs none.
    name : str, optional
        Name of the model in the result; that of its card or class without one.
    progress : AbstractProgress, optional
        Told the samples that are done.
    command : str, optional
        What to write into the provenance.

    Returns
    -------
    OperationCounts
        Means over samples, sums over the steps of one inference.

    Raises
    ------
    InputError
        If the model is no module, there is no sample, samples have different shapes or steps, or
        an argument does not fit the model.

    See Also
    --------
    spikedim.energy.price : Energy of what was counted.
    spikedim.energy.expected_operations : The same of a card, before anything runs.

    Notes
    -----
    One to three times the time of an eager forward pass. Inputs of a convolution count as often as
    its window covers them, so that padding, stride, dilation and groups are exact; a product of
    two activations counts pairs of factors that are both not zero. Zero weights and biases are
    not looked for. In merged axes steps come first, or samples with ``time_axis=1``; for other
    models two samples are counted alone too, and if that differs every sample is.

    Weights read are whole kernels of channels with an active input. Neurons are recognised as
    modules that compare potentials and return spikes; their elementary operations are those of the
    equation, not of the code. A comparison outside such a module counts as neurons of its own, and
    the code around it as well: write neurons as modules.

    In a coded twin `passes` of neurons is the T of their code, and a product acts once, on the mean
    of all spikes that it reads: `weighted_operations` are one addition for each spike and each
    output that it reaches. With a T for every population `steps` of the result is the largest. What
    adds up populations of different T counts in units of the largest, if that is a multiple of the
    others, so that a spike of a shorter code weighs as many additions as it stands for; if it is
    none, the sum counts as real numbers.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> counts = count_operations(nn.Linear(4, 3), torch.tensor([[1.0, 0.0, 1.0, 0.0]]))
    >>> counts.operations[0].values.value, counts.synaptic_operations, counts.macs
    ('binary', 6.0, 12.0)
    """
    run = ModelRun(*_checked(model, steps, time_axis, code_steps, code, generator))
    watched = progress or SilentProgress()
    tally, fingerprints = Tally(), []
    unknown: Counter[tuple[str, str]] = Counter()
    task = watched.start("counting operations", None)
    with plain_path(model) as notes:
        first, alone = None, None
        for batch in _batches(inputs, run, steps):
            first = batch if first is None else first
            axis = run.sample_axis(batch)
            if alone is None and batch.shape[axis] > 1:
                alone = not _splits(run, batch)
            for part in _parts(batch, axis) if alone else (batch,):
                unknown.update(run.count(part, tally))
                watched.advance(task, float(part.shape[axis]))
            fingerprints.append(fingerprint_arrays(_array(batch)))
    watched.finish(task)
    if first is None:
        raise _no_input("no batch")
    operations, samples = tally.table()
    layout, sequence = run.layout(first)
    return OperationCounts(
        subject=name or _name_of(model),
        source="counted",
        steps=_longest(run.code_steps) or layout.steps,
        static_input=not sequence,
        operations=operations,
        unknown=_listed(unknown),
        n_samples=len(samples),
        samples=samples,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        weights_fingerprint=_fingerprint(model),
        data_fingerprint=fingerprint_arrays(salt="\n".join(fingerprints)),
        notes=(*notes, *_remarks(tally, alone=bool(alone))),
        provenance=Provenance.now(command=command),
    )


def _checked(
    model: nn.Module,
    steps: int | None,
    time_axis: int | None,
    code_steps: int | Mapping[str, int] | None,
    code: RateCode | str,
    generator: torch.Generator | None,
) -> tuple[
    nn.Module,
    int,
    int | None,
    int | Mapping[str, int] | None,
    RateCode,
    torch.Generator | None,
]:
    """Return what a `ModelRun` is made of, or raise `InputError`."""
    if not isinstance(model, nn.Module):
        raise InputError(
            f"{_CALLER}: `model` must be a torch.nn.Module; got {type(model).__name__}. Build one "
            "with spikedim.models.build, or open a run with spikedim.training.open_run."
        )
    if steps is not None:
        check_integer(steps, name="steps", caller=_CALLER, minimum=1)
    if time_axis not in (None, 0, 1):
        raise InputError(
            f"{_CALLER}: `time_axis` must be 0, 1 or None; got {time_axis!r}. Move the steps to "
            "one of the first two axes."
        )
    ours = isinstance(model, AbstractSpikingTransformer)
    if ours and time_axis is not None:
        raise InputError(
            f"{_CALLER}: `time_axis` must be absent for a model of this package, whose sequences "
            f"are [T, B, ...]; got {time_axis}."
        )
    law = RateCode(check_choice(code, RateCode, name="code", caller=_CALLER))
    if code_steps is not None:
        if not isinstance(code_steps, Mapping):
            check_integer(code_steps, name="code_steps", caller=_CALLER, minimum=1)
        if not (isinstance(model, AbstractSpikingTransformer) and model.coding is Coding.RATES):
            raise InputError(
                f"{_CALLER}: `code_steps` must be absent unless the model is a rate-coded twin; "
                f"got {code_steps!s:.80}. Use `steps`."
            )
        if isinstance(code_steps, Mapping):
            code_steps = _alike(model.code_lengths(code_steps, caller=_CALLER))
        if law is not RateCode.SIGMA_DELTA and not isinstance(generator, torch.Generator):
            raise InputError(
                f"{_CALLER}: `generator` must be a torch.Generator with `code_steps`; "
                f"got {generator!r}. Pass `torch.Generator().manual_seed(0)`."
            )
    if isinstance(model, AbstractSpikingTransformer) and steps is None:
        steps = model.steps
    return model, steps or 1, time_axis, code_steps, law, generator


def _alike(lengths: dict[str, int]) -> int | dict[str, int]:
    """Return the T of all populations, or that of each if they differ."""
    found = set(lengths.values())
    return found.pop() if len(found) == 1 else lengths


def _longest(code_steps: int | Mapping[str, int] | None) -> int | None:
    """Return the largest T of a code."""
    return max(code_steps.values()) if isinstance(code_steps, Mapping) else code_steps


def _no_input(got: str) -> InputError:
    return InputError(
        f"{_CALLER}: `inputs` must be a tensor with at least one sample, or several; got {got}. "
        "Pass what the model is called with."
    )


def _batches(
    inputs: Tensor | Iterable[Tensor], run: ModelRun, steps: int | None
) -> Iterator[Tensor]:
    """Yield the batches, checked."""
    shape: tuple[int, ...] | None = None
    if not isinstance(inputs, Tensor | Iterable):
        raise _no_input(type(inputs).__name__)
    for batch in (inputs,) if isinstance(inputs, Tensor) else inputs:
        if not isinstance(batch, Tensor):
            raise _no_input(type(batch).__name__)
        if batch.ndim < 1 + (run.time_axis is not None) or 0 in batch.shape:
            raise _no_input(f"shape {tuple(batch.shape)}")
        axis = run.sample_axis(batch)
        sample = (*batch.shape[:axis], *batch.shape[axis + 1 :])
        if shape is not None and sample != shape:
            raise InputError(
                f"{_CALLER}: `inputs` must have samples of one shape; got {shape} and {sample}. "
                "Count each shape by itself."
            )
        shape = sample
        layout, sequence = run.layout(batch)
        if sequence and steps not in (None, layout.steps):
            raise InputError(
                f"{_CALLER}: `steps` must be the {layout.steps} steps of the sequence, or absent; "
                f"got {steps}."
            )
        yield batch


def _splits(run: ModelRun, batch: Tensor) -> bool:
    """Say whether counts of the first samples of a batch are those of each alone."""
    axis = run.sample_axis(batch)
    if isinstance(run.model, AbstractSpikingTransformer) or batch.shape[axis] == 1:
        return True
    together, alone = Tally(), Tally()
    few = batch.narrow(axis, 0, 2)
    run.count(few, together)
    for part in _parts(few, axis):
        run.count(part, alone)
    a, b = together.table()[1], alone.table()[1]
    if a.shape != b.shape:
        return False
    # Rounding may move spikes; it changes sums as well, other than a share of another sample.
    moved = abs(a.sum(axis=0) - b.sum(axis=0)).sum()
    return bool(abs(a - b).sum() <= max(_SAME * b.sum(), _MOVED * moved))


def _remarks(tally: Tally, *, alone: bool) -> Iterator[str]:
    """Yield what a reader must know of how this was counted."""
    if alone:
        yield (
            "samples were counted one by one, since the counts of a batch do not split into "
            "those of its samples"
        )
    if tally.most_updates > 1:
        yield (
            f"neurons were updated up to {tally.most_updates} times in a call that counts as one "
            "step: if those are time steps, say so by `steps`"
        )


def _listed(unknown: Counter[tuple[str, str]]) -> tuple[UnknownOperator, ...]:
    """Return one entry for each operator."""
    layers: dict[str, dict[str, int]] = {}
    for (operator, layer), calls in unknown.items():
        layers.setdefault(operator, {})[layer] = calls
    return tuple(
        UnknownOperator(operator, tuple(found), sum(found.values()))
        for operator, found in layers.items()
    )


def _parts(batch: Tensor, axis: int) -> Iterator[Tensor]:
    """Yield each sample as a batch of one."""
    for index in range(batch.shape[axis]):
        yield batch.narrow(axis, index, 1)


def _name_of(model: nn.Module) -> str:
    return (
        model.card.name if isinstance(model, AbstractSpikingTransformer) else type(model).__name__
    )


def _fingerprint(model: nn.Module) -> str:
    tensors = {k: x for k, x in sorted(model.state_dict().items()) if isinstance(x, Tensor)}
    return fingerprint_arrays(*map(_array, tensors.values()), salt="\n".join(tensors))


def _array(x: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a tensor for a fingerprint; numpy has no bfloat16."""
    x = x.detach().cpu()
    return np.asarray((x.float() if x.dtype == torch.bfloat16 else x).numpy())
