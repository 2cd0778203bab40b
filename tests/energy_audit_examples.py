"""Energy audits made by hand, for tests of what reads them."""

from dataclasses import replace

from tests.planning_examples import PROVENANCE
from tests.report_examples import HOSTILE

from spikedim._core import Interval
from spikedim.energy import BreakEven, Operation, OperationKind, Place, UnknownOperator, Values
from spikedim.energy.audit import AuditedEnergy, EnergyAudit, EnergyRatio, EnergyVerdict
from spikedim.energy.pricing import PricedLine, PriceOptions, Word

STEPS = 4
RULES = ("M0 sop", "M1 sop+memory", "M3 compute+movement")
MANY_RULES = (
    *RULES[:2], "M2 lemaire", RULES[2], "M4 chip", "spikformer rev. A", "spikformer rev. B",
    "spikingformer tool", "spikingresformer monitor",
)  # fmt: skip
TWINS = ("ann_fp32", "ann_int8", "qann_3bit")
CONSTANTS = {
    "M0 sop": ("fp32_mac", "fp32_add"),
    "M1 sop+memory": ("fp32_mac", "fp32_add", "step_memory"),
    "M3 compute+movement": ("yan_accumulate", "yan_event_move", "yan_hops_transformer"),
}
NOTES = {
    "M0 sop": ("memory, membranes and everything that is no product are left out",),
    "M1 sop+memory": ("the membrane is read and written in every step",),
    "M3 compute+movement": ("weights are not moved",),
}
# Picojoule of a multiply-accumulate, of an addition, of a weight read, of a membrane in a step.
PRICES = {
    "M0 sop": (4.6, 0.9, 0.0, 0.0),
    "M1 sop+memory": (4.6, 0.9, 99.8, 199.7),
    "M3 compute+movement": (2.0, 14.3, 0.0, 0.07),
}
SHARES = {
    "ann_fp32": 1.0, "ann_fp16": 0.33, "ann_int8": 0.05, "qann_3bit": 0.29,
    "ann_fp32_zero_skipping": 0.4,
}  # fmt: skip
WORDS = {"ann_int8": Word.INT8, "ann_fp16": Word.FP16}


def product(layer, kind, macs, rate, values, *, other=None, place=Place.INSIDE, passes=STEPS):
    """Return a product of `macs` multiply-accumulates a pass, of which a share `rate` acts."""
    synaptic = rate * macs * passes * 0.94  # zeros of the padding are not read
    attends = kind is OperationKind.ATTENTION
    return Operation(
        layer,
        kind,
        "matmul" if attends else "convolution",
        place=place,
        values=values,
        other_values=other,
        passes=passes,
        static=place is Place.STEM,
        macs=float(macs * passes),
        inner_macs=0.95 * macs * passes,
        synaptic_operations=synaptic,
        weighted_operations=synaptic * (1.3 if values is Values.COUNTS else 1.0),
        inputs=1024.0 * passes,
        active_inputs=1024.0 * passes * rate,
        outputs=1024.0 * passes,
        weights=0 if attends else macs // 64,
        weights_read=0.0 if attends else macs / 64 * passes * min(1.0, 4 * rate),
        steps=tuple(synaptic / passes for _ in range(passes)),
    )


def neurons(layer, number, rate):
    """Return `number` neurons that fire at `rate`."""
    return Operation(
        layer,
        OperationKind.NEURON,
        "lif",
        passes=STEPS,
        neurons=number,
        spikes=rate * number * STEPS,
        outputs=float(number * STEPS),
        additions=number * STEPS * (1 + rate),
        multiplications=float(number * STEPS),
        comparisons=float(number * STEPS),
        steps=(rate * number,) * STEPS,
    )


def other(layer, kind, number, *, values=Values.REAL, foldable=False):
    """Return an operation that is no product."""
    return Operation(
        layer,
        kind,
        str(kind),
        passes=STEPS,
        values=values,
        inputs=float(number * STEPS),
        outputs=float(number * STEPS),
        additions=float(number * STEPS),
        multiplications=float(number * STEPS) if kind is OperationKind.NORMALISATION else 0.0,
        foldable=foldable,
    )


def block(name):
    """Return the operations of one block."""
    linear, attention = OperationKind.LINEAR, OperationKind.ATTENTION
    counts, binary = Values.COUNTS, Values.BINARY
    return (
        product(f"{name}.attn.q", linear, 65_536, 0.12, counts),
        product(f"{name}.attn", attention, 16_384, 0.02, binary, other=binary),
        product(f"{name}.attn", attention, 16_384, 0.05, counts, other=binary),
        neurons(f"{name}.attn.out_lif", 1024, 0.08),
        other(f"{name}", OperationKind.RESIDUAL, 1024, values=counts),
        product(f"{name}.mlp.fc1", linear, 262_144, 0.18, counts),
    )


def example_operations(blocks=("block.0",)):
    """Return a small spikformer: 12 operations with one block."""
    convolution = OperationKind.CONVOLUTION
    start = (
        product("stem.conv0", convolution, 36_864, 0.71, Values.REAL, place=Place.STEM),
        other("stem.norm0", OperationKind.NORMALISATION, 4096, foldable=True),
        neurons("stem.lif0", 4096, 0.21),
        product("stem.conv1", convolution, 294_912, 0.21, Values.BINARY),
        other("stem.pool", OperationKind.POOLING, 1024, values=Values.BINARY),
    )
    head = product("head", OperationKind.LINEAR, 640, 0.9, Values.REAL, place=Place.HEAD, passes=1)
    return (*start, *(operation for name in blocks for operation in block(name)), head)


def priced(operations, rules, *, twin=None):
    """Return a line for each operation, and the parts that they add up to."""
    multiply, add, read, membrane = PRICES[rules]
    lines, parts = [], {}
    for one in operations:
        passes = 1 if twin or one.static else one.passes
        dense = multiply * one.macs / one.passes * passes
        if one.kind is OperationKind.NEURON:
            part, spent = "membranes", 0.0 if twin else membrane * one.neurons * STEPS
            booked = "read and written in every step" if membrane else "left out"
        elif not one.macs:
            part, spent, booked = "free", 0.0, "free: folded" if one.foldable else "left out"
        elif twin:
            part, spent, booked = "products", SHARES[twin] * dense, "multiplications"
        elif one.accumulates:
            part, spent, booked = "synapses", add * one.weighted_operations, "additions"
        else:
            part, spent, booked = str(one.place), dense, "multiplications, once"
        if read and one.macs:
            fetched = read * one.weights_read / one.passes * passes * 1e-9
            parts["weight_reads"] = parts.get("weight_reads", 0.0) + fetched
        else:
            fetched = 0.0
        parts[part] = parts.get(part, 0.0) + spent * 1e-9
        lines.append(
            PricedLine(one.layer, one.kind, one.values, part, spent * 1e-9 + fetched, booked)
        )
    return tuple(lines), {name: value for name, value in parts.items() if name != "free"}


def audited(
    operations, rules, subject="snn", *, source="counted", factor=1.0, word=None, lines_of=("snn",)
):
    """Return the energy of the model or of a twin under one rule set."""
    twin = None if subject == "snn" else subject
    base = rules if rules in PRICES else "M0 sop"
    lines, parts = priced(operations, base, twin=twin)
    lines = tuple(replace(line, energy_mj=factor * line.energy_mj) for line in lines)
    parts = {name: factor * value for name, value in parts.items()}
    value = sum(parts.values())
    counted = source == "counted" and twin is None
    word = WORDS.get(subject, Word.FP32) if word is None else word
    itemised = source == "counted" and word is Word.FP32 and subject in lines_of
    return AuditedEnergy(
        subject=subject,
        rules=rules,
        options=PriceOptions(
            word=word,
            activation_bits=3 if subject == "qann_3bit" else None,
        ),
        source=source,
        value_mj=value,
        low_mj=0.8 * value,
        high_mj=1.5 * value,
        sample_interval_mj=Interval(0.97 * value, 1.03 * value) if counted else None,
        breakdown_mj=parts,
        lines=lines if itemised else (),
        constants=CONSTANTS.get(rules, ("fp32_add",)),
        notes=NOTES.get(rules, ("only what the paper counts",)),
    )


def ratio(energies, rules, twin):
    """Return how many times the twin costs the model, with its break-evens."""
    value = {one.subject: one.value_mj for one in energies if one.rules == rules}
    found = value[twin] / value["snn"]
    if found > 30:
        reason = "the spiking network costs less at every firing rate"
        even = BreakEven(twin, rules, None, None, None, reason)
    elif found < 0.05:
        reason = "the twin costs less even at firing rate 0"
        even = BreakEven(twin, rules, None, None, None, reason)
    else:
        rate = min(0.95, 0.16 * found)
        even = BreakEven(twin, rules, rate, 0.7 * rate, 1.2 * rate)
    steps = 1_000_000 if found > 30 else int(STEPS * found) or None
    word = WORDS.get(twin, Word.FP32)
    return EnergyRatio(twin, rules, found, 0.8 * found, 1.2 * found, even, steps, str(word))


def reading(one):
    """Return a reading of the claim as the verdict spells it."""
    return f"{one.rules}: {one.word} spikes against {one.twin}, stem once: {one.value:.3g}"


def example_audit(*, rules=RULES, twins=TWINS, blocks=("block.0",), lines_of=("snn",), **changes):
    """Return a trained small spikformer: 12 operations, 3 rule sets, 4 subjects."""
    operations = example_operations(blocks)
    energies = tuple(
        audited(operations, name, subject, factor=1 + 0.1 * place, lines_of=lines_of)
        for place, name in enumerate(rules)
        for subject in ("snn", *twins)
    )
    ratios = tuple(ratio(energies, name, twin) for name in rules for twin in twins)
    expected = tuple(
        audited(operations, name, source="expected", factor=1.12 - 0.05 * place)
        for place, name in enumerate(rules)
    )
    ours = energies[0].value_mj
    audit = EnergyAudit(
        headline=f"spikformer-2-64/digits on digits (test, 256 samples) at T = {STEPS}: "
        f"{1000 * ours:.2g} µJ an inference (95 % interval over samples {970 * ours:.2g} to "
        f"{1030 * ours:.2g}) under M0 sop.",
        model="spikformer-2-64/digits",
        trained=True,
        steps=STEPS,
        data="digits",
        split="test",
        n_samples=256,
        firing_rate=0.163,
        neurons=5120,
        spikes=3338.0,
        parameters=105_578,
        fused_parameters=104_202,
        fused=True,
        operations=operations,
        unknown=(),
        energies=energies,
        expected=expected,
        ratios=ratios,
        verdict=EnergyVerdict(
            claim="38 to 57 times less energy than the same network without spikes (arXiv "
            "2604.15769)",
            low=38.0,
            high=57.0,
            holds=(),
            fails=tuple(reading(one) for one in sorted(ratios, key=lambda one: -one.value)),
            best=max(one.value for one in ratios),
            worst=min(one.value for one in ratios),
            falsified_by=(),
        ),
        notes=("The accelerated path was switched off for counting.",),
        weights_fingerprint="sha256:aaaabbbbccccdddd",
        data_fingerprint="sha256:0123456789abcdef",
        provenance=replace(PROVENANCE, command="spikedim energy runs/first", assumptions=()),
    )
    return replace(audit, **changes)


def large_audit(*, depth=4):
    """Return a deep model under every rule set, with every twin; the claim holds under one."""
    audit = example_audit(
        rules=MANY_RULES,
        twins=("ann_fp32", "ann_fp16", *TWINS[1:], "ann_fp32_zero_skipping"),
        blocks=tuple(f"block.{k}" for k in range(depth)),
        model="spikformer-8-512/imagenet",
        data="imagenet",
        n_samples=8,
    )
    halves = tuple(
        audited(audit.operations, name, factor=0.4, word=Word.FP16) for name in MANY_RULES
    )
    best = next(one for one in audit.ratios if (one.rules, one.twin) == (MANY_RULES[5], TWINS[0]))
    reached = replace(best, value=41.3, low=30.0, high=52.0, break_even_steps=1_000_000)
    verdict = replace(
        audit.verdict,
        holds=(reading(reached),),
        fails=tuple(one for one in audit.verdict.fails if one != reading(best)),
        best=41.3,
        falsified_by=(
            "a firing rate above 17.72% under spikformer rev. A (here 16.30%)",
            "T above 4 under spikformer rev. A (here 4)",
            "fp16 spikes instead of fp32 spikes (2.1 times, not 41.3)",
            "against ann_int8 instead of against ann_fp32 (0.31 times, not 41.3)",
        ),
    )
    return replace(
        audit,
        energies=(*audit.energies, *halves),
        ratios=tuple(reached if one is best else one for one in audit.ratios),
        verdict=verdict,
    )


def unknown_audit():
    """Return an untrained model, not fused, with operators that no rule counts."""
    return example_audit(
        trained=False,
        fused=False,
        unknown=(
            UnknownOperator("aten.cumsum", ("block.0.attn", "block.1.attn"), 8),
            UnknownOperator("aten.topk", ("",), 4),
        ),
        notes=("rule set M4 chip does not apply: it has no price for real inputs.",),
    )


def bare_audit():
    """Return a foreign model without card, twins, neurons and notes, under one rule set."""
    operations = tuple(one for one in example_operations() if one.macs)
    empty = EnergyVerdict("38 to 57 times less", 38.0, 57.0, (), (), 0.0, 0.0, ())
    energy = replace(audited(operations, "M0 sop"), sample_interval_mj=None)
    return example_audit(
        operations=operations, energies=(energy,), expected=(), ratios=(), verdict=empty, notes=(),
        neurons=0, spikes=0.0, firing_rate=0.0,
    )  # fmt: skip


def hostile_audit():
    """Return an audit whose every free text is hostile."""
    audit = example_audit()
    operations = (replace(audit.operations[0], layer=HOSTILE), *audit.operations[1:])
    energies = tuple(
        replace(
            one,
            rules=f"{one.rules} {HOSTILE}",
            breakdown_mj={f"{name} {HOSTILE}": value for name, value in one.breakdown_mj.items()},
            lines=tuple(replace(line, booked_as=HOSTILE, layer=HOSTILE) for line in one.lines),
            constants=(HOSTILE,),
            notes=(HOSTILE,),
        )
        for one in audit.energies
    )
    ratios = tuple(replace(one, rules=f"{one.rules} {HOSTILE}") for one in audit.ratios)
    return replace(
        audit,
        headline=HOSTILE,
        model=HOSTILE,
        data=HOSTILE,
        split=HOSTILE,
        operations=operations,
        unknown=(UnknownOperator(HOSTILE, (HOSTILE,), 1),),
        energies=energies,
        expected=(),
        ratios=ratios,
        verdict=replace(audit.verdict, claim=HOSTILE, holds=(HOSTILE,), falsified_by=(HOSTILE,)),
        notes=(HOSTILE,),
        weights_fingerprint=HOSTILE,
        data_fingerprint=HOSTILE,
        provenance=replace(PROVENANCE, command=HOSTILE),
    )
