"""One run counted once, priced under every rule set, beside its twins."""

import os
from collections.abc import Iterator, Sequence

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    Provenance,
    SilentProgress,
    check_integer,
)
from spikedim.energy.audit._audited_rows import audited_energies, contests, energy_ratio, refusals
from spikedim.energy.audit._counted import Counted, count_source, count_twin
from spikedim.energy.audit._energy_audit import AuditedEnergy, EnergyAudit, EnergyRatio
from spikedim.energy.audit._side import Side, model_sides, twin_sides
from spikedim.energy.audit._source import Source, open_source
from spikedim.energy.audit._verdict import distances, judge
from spikedim.energy.audit._words import unit_of
from spikedim.energy.expected import expected_operations
from spikedim.energy.pricing import Chip, Rules, Word, check_option
from spikedim.training import TrainedRun, device_named

__all__ = ["audit_energy"]

_CALLER = "audit_energy"
_SUMS = " and a residual sum carries the spikes of several layers, where one is expected"


def audit_energy(
    source: TrainedRun | str | os.PathLike[str],
    *,
    data: str | None = None,
    split: str = "test",
    samples: int = 256,
    steps: int | None = None,
    fused: bool = True,
    chip: Chip | str = Chip.LOIHI1,
    seed: int = 0,
    device: str = "cpu",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> EnergyAudit:
    """Count a model once on data, price it under every rule set, and hold twins against it.

    Parameters
    ----------
    source : TrainedRun, path or str
        A run: opened, or the folder of one. Or the name of a model, whose weights are then drawn
        from `seed` and whose normalisations are fitted to training samples, so that it fires;
        `trained` of the result is False. A network of your own goes through `count_operations`
        and `price`.
    data : str, optional
        What `open_examples` opens; the data of the training, or those that the model is named
        after, without it. The model must read its shape; numbers of classes may differ, since no
        target is read. Images are normalised as in the training.
    split : str
        ``"test"``, ``"validation"`` or ``"train"``.
    samples : int
        How many samples, evenly over the split; all if there are fewer.
    steps : int, optional
        T; that of the training or of the model without it. Of a rate-coded twin the length of its
        code, which must be given unless it was trained with one.
    fused : bool
        Whether normalisations and re-parametrised convolutions are folded into the products in
        front of them before counting, as they would be in hardware.
    chip : Chip
        Whose prices rule set M4 charges.
    seed : int
        Of drawn weights and of the code of a rate-coded twin, at least 0.
    device : str
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    memory_budget : int or str
        Most bytes of data to hold.
    progress : AbstractProgress
        Told about every phase.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    EnergyAudit
        What was counted, its energy and that of its twins under every rule set that applies, what
        was to be expected before training, ratios with bands and break-evens, and the verdict on
        the published ratio.

    Raises
    ------
    InputError
        If `source` is no run, no model or has no neurons, the data has another shape, a text model
        comes without its tokenizer, or a number is out of range.

    See Also
    --------
    spikedim.energy.count_operations : Counts any network.
    spikedim.energy.price : Prices counts under one rule set.

    Notes
    -----
    The twins are the ordinary network of the same shape, counted by the same counter on the same
    samples: dense in fp32, fp16 and int8; with activations of as many bits as hold a count of T
    spikes; and in fp32 on hardware that leaves out products with a zero activation. Papers compare
    spikes in fp32 with the dense fp32 network; rows of equal arithmetic are there too.

    Break-evens scale the counts: at another firing rate all neurons fire more or less often by one
    factor, products of spikes with weights follow it, and overlaps of two spiking activations its
    square, each layer up to the inputs it has, but sums of spikes without such a limit; at another
    T every step is the mean of those that were seen. What is expected before training takes one
    firing rate for every layer, the mean over neurons that was counted: the difference is what a
    single rate hides, and that a residual sum carries the spikes of several layers.

    One forward pass of the model and one of its twin, each at most three times as long as without
    counting, and a second for the prices.

    Examples
    --------
    >>> audit = audit_energy("spikformer-2-64/digits", samples=8)
    >>> audit.trained, audit.steps, audit.n_samples, audit.unknown
    (False, 4, 8, ())
    >>> sorted({energy.subject for energy in audit.energies})[:3]
    ['ann_fp16', 'ann_fp32', 'ann_fp32_zero_skipping']
    """
    samples = check_integer(samples, name="samples", caller=_CALLER)
    seed = check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    if steps is not None:
        steps = check_integer(steps, name="steps", caller=_CALLER)
    chip = check_option(chip, Chip, name="chip", caller=_CALLER)
    found = open_source(
        source,
        data=data,
        split=split,
        samples=samples,
        steps=steps,
        seed=seed,
        device=device_named(device, caller=_CALLER),
        memory_budget=memory_budget,
        progress=progress,
    )
    counted = count_source(found, fused=fused, seed=seed, progress=progress)
    twin, note = count_twin(found, counted.card, fused=fused, seed=seed, progress=progress)
    models, twins = model_sides(counted.counts), twin_sides(twin, found.steps)
    energies = audited_energies((*models, *twins), progress, chip=chip)
    expected = _expected(counted, progress, chip)
    pairs = contests(models, twins)
    ratios = tuple(
        energy_ratio(pair) for pair in progress.track(pairs, "compare twins", float(len(pairs)))
    )
    counts, examples = counted.counts, found.examples
    return EnergyAudit(
        headline=_headline(found, energies, ratios),
        model=found.name,
        trained=found.trained,
        steps=found.steps,
        data=examples.spec,
        split=examples.split,
        n_samples=counts.n_samples,
        firing_rate=counts.firing_rate,
        neurons=counts.neurons,
        spikes=counts.spikes,
        parameters=counted.parameters,
        fused_parameters=counted.fused_parameters,
        fused=fused,
        operations=counts.operations,
        unknown=counts.unknown,
        energies=energies,
        expected=expected,
        ratios=ratios,
        verdict=judge(pairs),
        notes=(
            *found.notes,
            *counts.notes,
            note,
            *_notes(counted, energies, expected, fused=fused),
            *refusals(models[0]),
            *distances(pairs),
        ),
        weights_fingerprint=counts.weights_fingerprint,
        data_fingerprint=counts.data_fingerprint,
        provenance=Provenance.now(
            command=command, data_fingerprint=examples.fingerprint, seed=seed
        ),
    )


def _expected(
    counted: Counted, progress: AbstractProgress, chip: Chip
) -> tuple[AuditedEnergy, ...]:
    """Return the energies that the card, T and the mean firing rate let expect."""
    counts = counted.counts
    if not counts.firing_rate:
        return ()
    operations = expected_operations(
        counted.card, steps=counts.steps, rate=min(counts.firing_rate, 1.0)
    )
    return audited_energies((Side("snn", operations, Word.FP32),), progress, chip=chip)


def _headline(
    source: Source, energies: Sequence[AuditedEnergy], ratios: Sequence[EnergyRatio]
) -> str:
    """Return the answer under the rule set of papers, in one sentence."""
    usual = str(Rules.M0)
    own = next(one for one in energies if one.subject == "snn" and one.rules == usual)
    unit, per_mj = _unit(energies)
    ends = own.sample_interval_mj
    band = ""
    if ends is not None:
        band = (
            f" ({100 * ends.level:g} % interval over samples {ends.low * per_mj:.3g} to "
            f"{ends.high * per_mj:.3g})"
        )
    drawn = "" if source.trained else " with random weights"
    times = {
        one.twin: f"{one.value:.3g} times ({one.low:.3g} to {one.high:.3g}"
        for one in ratios
        if one.rules == usual and one.word == Word.FP32
    }
    matched = next((twin for twin in times if twin.startswith("qann")), None)
    beside = []
    if "ann_fp32" in times:
        beside.append(f"{times['ann_fp32']} by other choices) as much in fp32")
    if matched is not None:
        bits = matched.removeprefix("qann_").removesuffix("bit")
        beside.append(f"{times[matched]}) with {bits}-bit activations")
    without = f"; the same network without spikes takes {', '.join(beside)}" if beside else ""
    return (
        f"{source.name}{drawn} on {source.examples.spec} ({source.examples.split}, "
        f"{len(source.rows):,} sample{'s'[: len(source.rows) != 1]}) at T = {source.steps} takes "
        f"{own.value_mj * per_mj:.3g} {unit} a sample under {usual}{band}{without}."
    )


def _unit(energies: Sequence[AuditedEnergy]) -> tuple[str, float]:
    """Return the unit of the model under all rule sets, that of the tables."""
    return unit_of(
        one.value_mj for one in energies if one.subject == "snn" and one.options.word is Word.FP32
    )


def _notes(
    counted: Counted,
    energies: Sequence[AuditedEnergy],
    expected: Sequence[AuditedEnergy],
    *,
    fused: bool,
) -> Iterator[str]:
    """Say what no field says."""
    before, after = counted.parameters, counted.fused_parameters
    if fused and before != after:
        yield (
            f"Normalisations and re-parametrised convolutions are folded: {after:,} parameters "
            f"instead of {before:,}."
        )
    elif before != after:
        yield (
            f"Normalisations are not folded; folding them would leave {after:,} of {before:,} "
            "parameters."
        )
    if counted.counts.unknown:
        names = ", ".join(sorted({one.operator for one in counted.counts.unknown}))
        yield f"Operators that no rule counts: {names}. All energies leave them out."
    usual = {
        one.source: one.value_mj
        for one in (*expected, *energies)
        if one.subject == "snn" and one.rules == Rules.M0 and one.options.word is Word.FP32
    }
    if len(usual) == 2:
        unit, per_mj = _unit(energies)
        change = usual["counted"] / usual["expected"] - 1
        sums = any(o.values.whole and o.accumulates for o in counted.counts.operations)
        yield (
            f"Expected before training, with {counted.counts.firing_rate:.2%} in every layer: "
            f"{usual['expected'] * per_mj:.3g} {unit} under {Rules.M0}; counted "
            f"{usual['counted'] * per_mj:.3g} {unit} ({change:+.0%}), since layers fire at rates "
            f"of their own{_SUMS if sums else ''}."
        )
    else:
        yield "No neuron fired, so that nothing is expected from a firing rate."
