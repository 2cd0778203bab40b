"""The energy of what was counted or expected, under one named rule set."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice, product
from operator import itemgetter

import numpy as np
from scipy.special import stdtrit

from spikedim._core import (
    AssumptionError,
    FloatArray,
    InputError,
    Interval,
    Provenance,
    check_integer,
)
from spikedim.energy.operations import SAMPLED, OperationCounts
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._ledger import Ledger, open_ledger, sampled_values
from spikedim.energy.pricing._options import (
    Chip,
    Integers,
    Memory,
    Norms,
    PriceOptions,
    Word,
)
from spikedim.energy.pricing._priced import PricedLine, PricedOperations
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.energy.pricing._rule_sets import rule_set
from spikedim.energy.pricing._rules import Movement, Rules, Stem, check_option

__all__ = ["price"]

_LEVEL = 0.95
_ROUNDING = 1e-12
_STEM_WORDS = {Stem.ONCE: "once", Stem.EVERY_STEP: "every step"}
_OTHER = {Stem.ONCE: Stem.EVERY_STEP, Stem.EVERY_STEP: Stem.ONCE}


def price(
    counts: OperationCounts,
    *,
    rules: Rules | str = Rules.M0,
    stem: Stem | str = Stem.ONCE,
    integers: Integers | str = Integers.ADDITIONS,
    norms: Norms | str = Norms.FOLDED,
    word: Word | str = Word.FP32,
    movement: Movement | str = Movement.EVENTS,
    activation_bits: int | None = None,
    chip: Chip | str = Chip.LOIHI1,
    memory: Memory | str = Memory.STEP,
) -> PricedOperations:
    r"""Energy of one inference under one rule set.

    Every operation is booked by what it was seen to read: products of spikes as additions, of
    real values as multiply-accumulates. With prices :math:`c_{of}` of the field :math:`f` of
    operation o, and what does not depend on the data in :math:`c_0`,

    .. math:: E = c_0 + \sum_{o,f} c_{of}\, n_{of}.

    Parameters
    ----------
    counts : OperationCounts
        Operations of a run (`count_operations`) or of a card (`expected_operations`); those of a
        twin give the energy of the twin.
    rules : Rules
        Rule set; energies under different ones cannot be compared.
    stem : Stem
        How often what sees a static image is charged: once (default) or in every step, whatever
        the code did.
    integers : Integers
        How products of sums of spikes are booked: as one addition for each spike (default), as
        one multiplication for each sum that is not zero, or as dense multiplications.
    norms : Norms
        Whether normalisations cost anything; by default they are folded into the products.
    word : Word
        Arithmetic of weights and sums.
    movement : Movement
        How the spikes of rule set M3 travel: as events (default) or as dense bit maps.
    activation_bits : int, optional
        Bits of the activations of a quantised twin, >= 1; by default those of `word`.
    chip : Chip
        Whose synaptic operation rule set M4 charges.
    memory : Memory
        Where weights and membranes of rule set M1 lie: on the chip at the one price of STEP
        (default), in a memory of 8 KB, 32 KB or 1 MB, or outside in DRAM.

    Returns
    -------
    PricedOperations
        Millijoule; `breakdown_mj` adds up to `value_mj`, and `notes` say what is left out.

    Raises
    ------
    InputError
        If `counts` is not an `OperationCounts` whose samples fit its operations, a choice is
        unknown, `activation_bits` is not an integer >= 1, or is given for a network of spikes.
    AssumptionError
        If the rule set does not apply to this network.

    Notes
    -----
    O(operations) for each corner of the band, and O(samples x operations). The interval is that
    of Student's t over samples; it holds the constants and choices fixed, which the band varies.

    References
    ----------
    .. [1] M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.
    .. [2] "STEP", NeurIPS 2025, arXiv 2505.11151.
    .. [3] Z. Yan et al., arXiv 2409.08290v4, 2026.

    Examples
    --------
    >>> from spikedim.energy import expected_operations
    >>> from spikedim.models import card
    >>> counts = expected_operations(card("spikformer-4-384"), steps=4, rate=0.1)
    >>> once, every = (price(counts, stem=stem).value_mj for stem in ("once", "every_step"))
    >>> round(once, 3), round(every, 3)
    (0.342, 0.36)
    """
    caller = "price"
    if not isinstance(counts, OperationCounts):
        raise InputError(
            f"{caller}: `counts` must be an OperationCounts; got {type(counts).__name__}. "
            "Count a model or expect those of a card."
        )
    rules = check_option(rules, Rules, name="rules", caller=caller)
    if activation_bits is not None:
        advice = "Give None for the arithmetic of `word`."
        check_integer(activation_bits, name="activation_bits", caller=caller, advice=advice)
    options = PriceOptions(
        stem=check_option(stem, Stem, name="stem", caller=caller),
        integers=check_option(integers, Integers, name="integers", caller=caller),
        norms=check_option(norms, Norms, name="norms", caller=caller),
        word=check_option(word, Word, name="word", caller=caller),
        movement=check_option(movement, Movement, name="movement", caller=caller),
        activation_bits=activation_bits,
        chip=check_option(chip, Chip, name="chip", caller=caller),
        memory=check_option(memory, Memory, name="memory", caller=caller),
    )
    _check_fit(counts, rules, options)
    return _price(counts, rules, options)


def _check_fit(counts: OperationCounts, rules: Rules, options: PriceOptions) -> None:
    """Raise unless samples, network and rule set go together."""
    shape = (counts.n_samples, len(counts.operations), len(SAMPLED))
    if counts.samples.size and counts.samples.shape != shape:
        raise InputError(
            f"price: `counts` must have samples of shape {list(shape)}; "
            f"got {list(counts.samples.shape)}. Count again."
        )
    if options.activation_bits is not None and counts.neurons:
        raise InputError(
            "price: `activation_bits` must be None for a network of spiking neurons; "
            f"got {options.activation_bits}. Price the operations of its twin."
        )
    words = rule_set(rules).words
    if options.word not in words:
        raise InputError(
            f"price: `word` must be {' or '.join(words)} under {rules}, which has no other prices; "
            f"got {options.word}. Leave it out."
        )
    reason = rule_set(rules).refusal(counts, options)
    if reason:
        raise AssumptionError(
            f"price: `rules` must apply to {counts.subject}; got {rules}: {reason}. "
            "Choose another rule set."
        )


def _price(counts: OperationCounts, rules: Rules, options: PriceOptions) -> PricedOperations:
    """Add up charges at the nominal constants and at every corner."""
    found, values = rule_set(rules), sampled_values(counts)
    charges = [(charge, _pj(charge, values)) for charge in found.charges(counts, options)]
    breakdown = dict.fromkeys(found.parts(counts, options), 0.0)
    for charge, energy in charges:
        if charge.part:
            breakdown[charge.part] = breakdown.get(charge.part, 0.0) + energy * 1e-9
    value = sum(breakdown.values())
    other = _with_other_stem(counts, options)
    total = open_ledger(found, counts, other).energy_mj(values) if other else value
    # A rule that does not charge the stem has no policy for it either.
    free = other if abs(total - value) > _ROUNDING * value else None
    corners = _corners(counts, found, (options, free) if free else (options,))
    cases = [value, *(ledger.energy_mj(values) for ledger in corners)]
    policies = ("stem once to every step",) if free else ()
    return PricedOperations(
        subject=_subject(counts, options),
        source=counts.source,
        rules=str(rules),
        options=options,
        value_mj=value,
        low_mj=min(cases),
        high_mj=max(cases),
        band="; ".join((*policies, found.band(options))),
        sample_interval_mj=_interval(open_ledger(found, counts, options), counts.samples),
        breakdown_mj=breakdown,
        lines=tuple(_lines(counts, charges)),
        constants=found.used(options),
        notes=tuple(_notes(counts, found, options, total if free else None)),
        weights_fingerprint=counts.weights_fingerprint,
        data_fingerprint=counts.data_fingerprint,
        provenance=Provenance.now(data_fingerprint=counts.data_fingerprint),
    )


def _pj(charge: Charge, values: FloatArray) -> float:
    """Return the picojoule of one charge."""
    if charge.operation is None or not charge.field:
        return charge.fixed_pj
    return charge.fixed_pj + charge.per_pj * float(
        values[charge.operation, SAMPLED.index(charge.field)]
    )


def _with_other_stem(counts: OperationCounts, options: PriceOptions) -> PriceOptions | None:
    """Return the other stem policy where something reads the same in every step."""
    if not any(operation.static for operation in counts.operations):
        return None
    return replace(options, stem=_OTHER[options.stem])


def _corners(
    counts: OperationCounts, rules: AbstractRuleSet, choices: tuple[PriceOptions, ...]
) -> Iterator[Ledger]:
    """Yield what is charged at every corner of constants and choices but the first."""
    corners = product(rules.variants(choices[0]), choices)
    for variant, options in islice(corners, 1, None):
        yield open_ledger(variant, counts, options)


def _interval(ledger: Ledger, samples: FloatArray) -> Interval | None:
    """Return the 95 % interval of the mean over samples; no energy is below zero."""
    n_samples = len(samples)
    if n_samples < 2:
        return None
    energies = ledger.energies_mj(samples)
    mean = float(energies.mean())
    quantile = float(stdtrit(n_samples - 1, (1 + _LEVEL) / 2))
    half = quantile * float(energies.std(ddof=1)) / float(np.sqrt(n_samples))
    return Interval(max(0.0, mean - half), mean + half, _LEVEL, "Student's t over samples")


def _lines(counts: OperationCounts, charges: list[tuple[Charge, float]]) -> Iterator[PricedLine]:
    """Yield one line for each operation."""
    own = sorted(
        ((c.operation, c, energy) for c, energy in charges if c.operation is not None),
        key=itemgetter(0),
    )
    booked = {index: list(group) for index, group in groupby(own, key=itemgetter(0))}
    for index, operation in enumerate(counts.operations):
        found = booked.get(index, [])
        yield PricedLine(
            layer=operation.layer,
            kind=operation.kind,
            values=operation.values,
            part=next((charge.part for _, charge, _ in found if charge.part), ""),
            energy_mj=sum(energy for _, _, energy in found) * 1e-9,
            booked_as="; ".join(dict.fromkeys(charge.booked_as for _, charge, _ in found)),
        )


def _subject(counts: OperationCounts, options: PriceOptions) -> str:
    """Name the model with its arithmetic, if that is not the default."""
    arithmetic = [] if options.word is Word.FP32 else [str(options.word)]
    if options.activation_bits is not None:
        arithmetic.append(f"{options.activation_bits}-bit activations")
    return f"{counts.subject} ({', '.join(arithmetic)})" if arithmetic else counts.subject


def _notes(
    counts: OperationCounts,
    rules: AbstractRuleSet,
    options: PriceOptions,
    other_mj: float | None,
) -> Iterator[str]:
    """Say what is left out, what was not counted, and what other choices would give."""
    yield rules.left_out
    if other_mj is not None:
        words, others = _STEM_WORDS[options.stem], _STEM_WORDS[_OTHER[options.stem]]
        yield f"the stem acts {words}; {other_mj:.3g} mJ if it acts {others}"
    elif not counts.static_input:
        yield "event input: the stem acts every step"
    if counts.unknown:
        listed = ", ".join(
            f"{found.operator} ({', '.join(layer or 'the model' for layer in found.layers)})"
            for found in counts.unknown
        )
        yield f"a lower bound: not counted were {listed}"
    yield from rules.notes(counts, options)
