"""Effective dimension of what enters the blocks of a trained run, step by step."""

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_integer,
    parse_bytes,
)
from spikedim.data import Samples
from spikedim.dimension import all_estimates, covariance_spectrum
from spikedim.training.activations._activations import Activations
from spikedim.training.activations._held_activations import HeldActivations, hold_activations
from spikedim.training.activations._layer_dimensions import ActivationDimensions, LayerDimension
from spikedim.training.activations._open_activations import (
    activations_of,
    attention_inputs,
    open_layers,
)
from spikedim.training.examples import Examples
from spikedim.training.opened import TrainedRun, open_run

__all__ = ["activation_dimensions"]

_CALLER = "activation_dimensions"
_ESTIMATORS = (
    "pca95",
    "participation_ratio",
    "participation_ratio_corrected",
    "effective_rank",
    "stable_rank",
    "ridge_dimension",
    "water_filling_rank",
)


def activation_dimensions(
    run: TrainedRun | str | os.PathLike[str],
    samples: str | os.PathLike[str] | Examples | Samples | None = None,
    *,
    layers: Sequence[str] | None = None,
    estimators: Sequence[str] = ("pca95", "participation_ratio"),
    steps: int | None = None,
    split: str = "test",
    count: int | None = None,
    batch_size: int = 64,
    replicates: int = 16,
    seed: int = 0,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ActivationDimensions:
    """Measure the dimension of what enters every attention block, at every step and pooled.

    Parameters
    ----------
    run : TrainedRun or path
        Opened, or the folder of one.
    samples : str, path, Examples, Samples or None
        As in `open_activations`.
    layers : sequence of str or None
        Which layers; None for `attention_inputs`.
    estimators : sequence of str
        Names of spectral estimators of `spikedim.dimension`.
    steps : int or None
        T; that of the training without it.
    split : str
        As in `open_activations`.
    count : int or None
        How many inputs, evenly over the split; None for all.
    batch_size : int
        Inputs that run together.
    replicates : int
        Random subsets behind the intervals, as in `covariance_spectrum`; 0 for none.
    seed : int
        Of the subsets, at least 0.
    memory_budget : int or str
        Most bytes of data and activations to hold: with less, the network runs more often.
    progress : AbstractProgress
        Told about every pass and spectrum.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    ActivationDimensions
        A row for each layer and step.

    Raises
    ------
    InputError
        As `open_activations`, and for an unknown estimator or a network without attention blocks.

    See Also
    --------
    open_activations : The rows themselves.

    Notes
    -----
    A layer that is silent at a step, as deep ones often are at the first, has no dimension: its row
    says so.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     found = activation_dimensions(folder, count=32, steps=2, replicates=0)
    >>> [(row.layer, row.step) for row in found.rows][:3]
    [('block.0.attn', 1), ('block.0.attn', 2), ('block.0.attn', None)]
    """
    chosen = tuple(
        check_choice(e, _ESTIMATORS, name="estimators", caller=_CALLER) for e in estimators
    )
    replicates = check_integer(replicates, name="replicates", caller=_CALLER, minimum=0)
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    budget = parse_bytes(memory_budget, caller=_CALLER)
    trained = run if isinstance(run, TrainedRun) else open_run(run)
    names = attention_inputs(trained) if layers is None else tuple(layers)
    if not names:
        raise InputError(
            f"{_CALLER}: `layers` must name modules of {trained.record.model}; got none. Leave it "
            "out for its attention blocks."
        )
    opened = open_layers(
        trained,
        samples,
        tuple(dict.fromkeys(names)),
        steps=steps,
        split=split,
        count=count,
        batch_size=batch_size,
        memory_budget=memory_budget,
        progress=progress,
        caller=_CALLER,
    )
    total = opened.recorder.steps
    times: list[int | None] = [*range(1, total + 1), None] if total > 1 else [None]
    wanted = [activations_of(opened, name, t) for name in opened.recorder.names for t in times]
    rows = []
    task = progress.start("dimensions of layers", float(len(wanted)))
    try:
        for held in hold_activations(opened, wanted, budget // 2):
            rows.append(_measure(held, chosen, replicates, seed, budget))
            progress.advance(task)
    finally:
        progress.finish(task)
    inputs = opened.inputs
    return ActivationDimensions(
        headline=_headline(trained, inputs.spec, rows),
        model=trained.record.model,
        weights_fingerprint=trained.fingerprint,
        data=inputs.spec,
        split=inputs.split,
        inputs=inputs.count,
        steps=total,
        rows=tuple(rows),
        notes=wanted[0].notes,
        provenance=Provenance.now(
            command=command,
            data_fingerprint=inputs.fingerprint.partition(" ")[0],
            seed=seed,
            assumptions=("Inputs are independent draws of one population.",),
        ),
    )


def _measure(
    held: Activations | HeldActivations,
    chosen: tuple[str, ...],
    replicates: int,
    seed: int,
    budget: int,
) -> LayerDimension:
    """Return the dimensions of one layer at one step."""
    origin = held.opened if isinstance(held, HeldActivations) else held
    row = LayerDimension(
        layer=origin.layer_name,
        step=origin.step,
        tokens=origin.tokens,
        features=origin.shape[1],
        samples=origin.shape[0],
        estimates=(),
    )
    try:
        spectrum = covariance_spectrum(
            held,
            replicates=replicates,
            memory_budget=budget,
            generator=np.random.default_rng(seed),
        )
    except InputError as error:
        if "constant" not in str(error):
            raise
        return replace(row, reason="what enters is constant, as in front of a silent layer")
    found = tuple(e for e in all_estimates(spectrum) if e.estimator in chosen)
    missing = [name for name in chosen if name not in {e.estimator for e in found}]
    reason = f"too few rows for {', '.join(missing)}" if missing else ""
    return replace(row, estimates=found, reason=reason)


def _headline(run: TrainedRun, spec: str, rows: Sequence[LayerDimension]) -> str:
    """Return the answer in one sentence: the dimensions of the means over time."""
    pooled = [row for row in rows if row.step is None]
    values = [f"{row.estimates[0].value:.1f}" if row.estimates else "silent" for row in pooled]
    name = next((row.estimates[0].estimator for row in pooled if row.estimates), "dimension")
    layers = ", ".join(row.layer for row in pooled)
    return (
        f"{run.record.model} on {spec}: {name} of what enters {layers}: {', '.join(values)} of "
        f"{pooled[0].features:,}."
    )
