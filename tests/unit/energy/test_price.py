"""Prices of small tables of operations, every sum written out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from spikedim._core import AssumptionError, InputError, Provenance
from spikedim.energy import (
    Integers,
    Norms,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    PricedOperations,
    Rules,
    Stem,
    UnknownOperator,
    Values,
    Word,
    price,
)
from spikedim.energy.operations import SAMPLED

STEPS = 4

# A stem that ran in every step, spikes into a layer, attention of sums, a head of a mean.
STEM = Operation(
    layer="stem",
    kind=OperationKind.CONVOLUTION,
    operator="convolution",
    place=Place.STEM,
    passes=STEPS,
    static=True,
    macs=4000.0,
    synaptic_operations=3500.0,
    weighted_operations=3500.0,
    weights=27,
    weights_read=108.0,
)
NEURONS = Operation(
    layer="lif",
    kind=OperationKind.NEURON,
    operator="neuron",
    passes=STEPS,
    neurons=50,
    spikes=30.0,
    additions=230.0,
    multiplications=200.0,
    comparisons=200.0,
)
FIRST = Operation(
    layer="first",
    kind=OperationKind.LINEAR,
    operator="addmm",
    values=Values.BINARY,
    passes=STEPS,
    macs=8000.0,
    synaptic_operations=900.0,
    weighted_operations=900.0,
    weights=200,
    weights_read=340.0,
)
SUMS = Operation(
    layer="sums",
    kind=OperationKind.LINEAR,
    operator="addmm",
    values=Values.COUNTS,
    passes=STEPS,
    macs=6000.0,
    synaptic_operations=500.0,
    weighted_operations=1300.0,
    weights=150,
    weights_read=210.0,
)
ATTENTION = Operation(
    layer="attention",
    kind=OperationKind.ATTENTION,
    operator="bmm",
    values=Values.COUNTS,
    other_values=Values.BINARY,
    passes=STEPS,
    macs=2000.0,
    synaptic_operations=70.0,
    weighted_operations=180.0,
)
HEAD = Operation(
    layer="head",
    kind=OperationKind.LINEAR,
    operator="addmm",
    place=Place.HEAD,
    passes=STEPS,
    macs=400.0,
    synaptic_operations=380.0,
    weighted_operations=380.0,
    weights=100,
    weights_read=396.0,
)
NORM = Operation(
    layer="norm",
    kind=OperationKind.NORMALISATION,
    operator="native_batch_norm",
    passes=STEPS,
    additions=60.0,
    multiplications=60.0,
    foldable=True,
)


def table(*operations, samples=None, **changes):
    """Return counts of a run."""
    samples = np.zeros((0, len(operations), len(SAMPLED))) if samples is None else samples
    counts = OperationCounts(
        subject="toy",
        source="counted",
        steps=STEPS,
        static_input=True,
        operations=operations,
        unknown=(),
        n_samples=len(samples),
        samples=samples,
        parameters=1,
        weights_fingerprint="w",
        data_fingerprint="d",
        notes=(),
        provenance=Provenance.now(command="test"),
    )
    return replace(counts, **changes)


COUNTS = table(STEM, NEURONS, FIRST, SUMS, ATTENTION, HEAD, NORM)


def mj(picojoule):
    return pytest.approx(picojoule * 1e-9, rel=1e-12)


def test_m0_is_the_sum_written_out():
    got = price(COUNTS)
    assert got.breakdown_mj == {
        "stem": mj(4.6 * 1000),  # one of the four passes
        "synapses": mj(0.9 * (900 + 1300)),  # a sum of three spikes is three additions
        "attention": mj(0.9 * 70),  # a sum that meets a spike is added once
        "real_inputs": 0.0,
        "head": mj(4.6 * 100),  # linear: on the mean over steps
    }
    assert got.value_mj == mj(4600 + 1980 + 63 + 460)
    assert got.constants == ("fp32_mac", "fp32_add")


def test_m1_adds_reads_and_membranes():
    got = price(COUNTS, rules=Rules.M1)
    word = 3.12 * 32
    # A dense head asks for all its weights, those of silent inputs too.
    assert got.breakdown_mj["weight_reads"] == mj(word * (108 / 4 + 340 + 210 + 100))
    assert got.breakdown_mj["membranes"] == mj(word * 2 * 4 * 50)
    memory = word * (27 + 340 + 210 + 100 + 400)
    assert got.value_mj == mj(7103 + memory)
    # per byte, and with the stem in every step
    assert got.low_mj == mj(7103 + memory / 8)
    assert got.high_mj == mj(7103 + 3 * 4600 + memory + word * 3 * 27)


@pytest.mark.parametrize(
    ("operation", "options", "reads"),
    [
        (replace(FIRST, values=Values.REAL), {}, 800),
        (replace(FIRST, values=Values.REAL, macs=900.0), {}, 340),  # zeros are skipped
        (replace(FIRST, values=Values.REAL), {"activation_bits": 3}, 800),
        (SUMS, {"integers": "dense"}, 600),
        (SUMS, {"integers": "multiplications"}, 210),
    ],
    ids=["dense", "skipping", "bits", "dense sums", "sums"],
)
def test_m1_reads_all_weights_of_a_dense_product(operation, options, reads):
    got = price(table(operation), rules=Rules.M1, **options)
    assert got.breakdown_mj["weight_reads"] == mj(3.12 * 32 * reads)


def test_m3_moves_each_use():
    got = price(COUNTS, rules=Rules.M3)
    acc, event, bit = 0.05448, 3.0 * 4.75, 0.25 * 4.75
    uses = 900 + 1300 + 70
    assert got.breakdown_mj == {
        "stem": mj(8 * 1000 * (acc + bit)),
        "compute": mj(uses * acc),
        "movement": mj(uses * event),
        "neurons": mj(acc * (4 * 50 + 30)),
        "real_inputs": mj(8 * 100 * (acc + bit)),
    }
    dense = price(COUNTS, rules=Rules.M3, movement="dense").breakdown_mj["movement"]
    assert dense == mj((8000 + 6000 + 2000) * bit)


@pytest.mark.parametrize(
    ("integers", "pj"),
    [
        (Integers.ADDITIONS, 0.9 * 1300),
        (Integers.MULTIPLICATIONS, 4.6 * 500),
        (Integers.DENSE, 4.6 * 6000),
    ],
)
def test_sums_of_spikes_are_booked_three_ways(integers, pj):
    got = price(COUNTS, integers=integers)
    assert got.breakdown_mj["synapses"] == mj(0.9 * 900 + pj)
    assert got.breakdown_mj["attention"] == mj(0.9 * 70)


@pytest.mark.parametrize(
    ("integers", "compute"),
    [(Integers.ADDITIONS, 1300), (Integers.MULTIPLICATIONS, 8 * 500), (Integers.DENSE, 8 * 6000)],
)
def test_m3_books_sums_as_events_or_as_numbers_of_eight_bits(integers, compute):
    got = price(table(SUMS), rules=Rules.M3, integers=integers)
    assert got.breakdown_mj["compute"] == mj(0.05448 * compute)
    hop = 0.25 if integers is Integers.DENSE else 3.0
    assert got.breakdown_mj["movement"] == mj(4.75 * hop * compute)


def test_a_product_of_two_sums_needs_several_additions():
    both = replace(ATTENTION, other_values=Values.COUNTS)
    assert price(table(both)).value_mj == mj(0.9 * 180)
    real = replace(ATTENTION, values=Values.REAL)  # times spikes: added as it is
    assert price(table(real)).value_mj == mj(0.9 * 70)


@pytest.mark.parametrize("values", [Values.TERNARY, Values.SCALED_BINARY])
def test_signs_and_scales_cost_nothing(values):
    assert price(table(replace(FIRST, values=values))).value_mj == mj(0.9 * 900)


def test_the_stem_policy_does_not_depend_on_how_often_the_code_ran_it():
    kept = replace(STEM, passes=1, macs=1000.0, weights_read=27.0)
    for rules in (Rules.M0, Rules.M1, Rules.M3):
        for stem in Stem:
            ran, once = (
                price(table(stem_, HEAD), rules=rules, stem=stem) for stem_ in (STEM, kept)
            )
            assert ran.value_mj == pytest.approx(once.value_mj, rel=1e-12)
            assert (ran.low_mj, ran.high_mj) == pytest.approx((once.low_mj, once.high_mj))
    once, every = (price(COUNTS, stem=stem) for stem in Stem)
    assert every.breakdown_mj["stem"] == mj(4 * 4600)
    assert once.low_mj == once.value_mj
    assert once.high_mj == pytest.approx(every.value_mj, rel=1e-12)
    assert every.low_mj == pytest.approx(once.value_mj)
    assert once.notes[1] == f"the stem acts once; {every.value_mj:.3g} mJ if it acts every step"
    assert every.notes[1] == f"the stem acts every step; {once.value_mj:.3g} mJ if it acts once"
    assert once.band.startswith("stem once to every step; ")


def test_without_a_static_stem_there_is_no_policy():
    moving = table(replace(STEM, static=False), static_input=False)
    got = price(moving, stem="once")
    assert got.value_mj == got.low_mj == got.high_mj == mj(4.6 * 4000)
    assert got.notes[1] == "event input: the stem acts every step"
    assert "stem" not in got.band


def test_the_stem_books_pixels_as_multiplications_and_spikes_as_additions():
    for values in (Values.COUNTS, Values.SCALED_COUNTS):
        assert price(table(replace(STEM, values=values))).value_mj == mj(4600)
    assert price(table(replace(STEM, values=Values.BINARY))).value_mj == mj(0.9 * 3500 / 4)


def test_real_values_inside_are_dense_in_every_step():
    got = price(table(FIRST, NEURONS, replace(SUMS, values=Values.REAL)))
    assert got.breakdown_mj["real_inputs"] == mj(4.6 * 6000)
    ordinary = price(table(replace(SUMS, values=Values.REAL)))
    assert ordinary.breakdown_mj == {
        "stem": 0.0,
        "synapses": mj(4.6 * 6000),
        "attention": 0.0,
        "head": 0.0,
    }


def test_masks_are_their_overlap_and_sums_their_additions():
    mask = replace(ATTENTION, kind=OperationKind.MASKING, values=Values.BINARY)
    assert price(table(mask)).breakdown_mj["masking"] == mj(0.9 * 70)
    total = Operation(
        layer="sum",
        kind=OperationKind.SUMMATION,
        operator="sum",
        values=Values.COUNTS,
        synaptic_operations=40.0,
        weighted_operations=90.0,
        additions=160.0,
    )
    assert price(table(total)).breakdown_mj["summation"] == mj(0.9 * 40)
    real = replace(total, values=Values.REAL)
    assert price(table(real)).breakdown_mj["summation"] == mj(0.9 * 160)
    moved = 160 * 32 * (0.05448 + 0.25 * 4.75)
    assert price(table(real), rules=Rules.M3).value_mj == mj(moved)


@pytest.mark.parametrize(
    ("word", "add", "mac"), [("fp32", 0.9, 4.6), ("fp16", 0.4, 1.5), ("int8", 0.03, 0.23)]
)
def test_a_word_picks_the_prices_and_the_width(word, add, mac):
    got = price(COUNTS, word=word)
    assert got.value_mj == mj(mac * 1100 + add * (900 + 1300 + 70))
    assert got.constants == (f"{word}_mac", f"{word}_add")
    assert got.subject == ("toy" if word == "fp32" else f"toy ({word})")
    assert any("wider accumulators" in note for note in got.notes) is (word == "int8")
    width = {"fp32": 32, "fp16": 16, "int8": 8}[word]
    memory = price(COUNTS, rules=Rules.M1, word=word).breakdown_mj
    assert memory["membranes"] == mj(3.12 * width * 400)
    twin = table(replace(FIRST, values=Values.REAL))
    moved = price(twin, rules=Rules.M3, word=word).breakdown_mj
    assert moved["movement"] == mj(width * 8000 * 0.25 * 4.75)


TWIN = table(
    replace(STEM, passes=1, static=False, macs=1000.0),
    replace(FIRST, values=Values.REAL, passes=1, macs=2000.0),
    replace(HEAD, passes=1, macs=100.0, unquantised=True),
    steps=1,
)


def test_a_quantised_product_is_one_addition_for_each_set_bit():
    got = price(TWIN, activation_bits=3)
    assert got.value_mj == mj(4.6 * 1100 + 3 * 0.5 * 0.9 * 2000)
    assert (got.low_mj, got.high_mj) == (
        mj(4.6 * 1100 + 3 * 0.25 * 0.9 * 2000),
        mj(4.6 * 1100 + 3 * 0.9 * 2000),
    )
    assert "0.25 to 1" in got.band
    assert got.subject == "toy (3-bit activations)"
    wide = replace(TWIN.operations[1], unquantised=True)  # as under M2 and M3
    assert price(table(wide, steps=1), activation_bits=3).value_mj == mj(4.6 * 2000)
    assert price(TWIN, activation_bits=32).value_mj == mj(4.6 * 3100)
    assert price(TWIN).value_mj == mj(4.6 * 3100)
    assert "set bits" not in price(TWIN).band


def test_m3_cuts_what_passed_an_activation_function_to_few_bits():
    got = price(TWIN, rules=Rules.M3, activation_bits=3).breakdown_mj
    use = 0.05448 + 0.25 * 4.75
    assert got["compute"] + got["movement"] == mj(3 * 2000 * use)
    assert got["stem"] == mj(8 * 1000 * use)
    assert got["real_inputs"] == mj(8 * 100 * use)


def test_normalisations_are_free_left_out_or_counted():
    folded, counted = (price(table(NORM), norms=norms) for norms in Norms)
    assert folded.value_mj == 0
    assert folded.lines[0].booked_as == "free: folded"
    assert counted.value_mj == mj(60 * 0.9 + 60 * 3.7)
    loose = price(table(replace(NORM, foldable=False)))
    assert loose.value_mj == 0
    assert loose.lines[0].booked_as == "left out"
    assert loose.notes[-1] == (
        "elementwise work at the same prices would add: normalisation 2.76e-07 mJ"
    )
    moved = price(table(NORM), rules=Rules.M3, norms="counted").breakdown_mj
    assert moved["normalisation"] == mj(0.05448 * (60 + 32 * 60))


def test_the_note_says_what_elementwise_work_would_add():
    softmax = Operation(
        layer="softmax",
        kind=OperationKind.SOFTMAX,
        operator="softmax",
        additions=10.0,
        comparisons=5.0,
        specials=12.0,
    )
    got = price(table(FIRST, NEURONS, softmax))
    neurons = 0.9 * (230 + 200) + 3.7 * 200
    assert f"neuron {neurons * 1e-9:.3g} mJ, softmax {0.9 * 15e-9:.3g} mJ" in got.notes[1]
    assert got.notes[2] == "12 exponentials, roots and quotients have no price"
    assert [line.energy_mj for line in got.lines[1:]] == [0.0, 0.0]


def test_the_note_prices_sums_of_spikes_the_other_way():
    share = 1500 / (1000 + 2000 + 1500 + 500 + 100)  # of one pass
    note = price(COUNTS).notes[-1]
    assert note == (
        f"{share:.0%} of the operations read sums of spikes, booked as accumulates; booked as "
        f"multiplications they add {(4.6 * 500 - 0.9 * 1300) * 1e-9:.3g} mJ"
    )
    large = table(FIRST, replace(SUMS, weighted_operations=9000.0))
    assert f"they save {(0.9 * 9000 - 4.6 * 500) * 1e-9:.3g} mJ" in price(large).notes[-1]
    other = price(COUNTS, integers="multiplications").notes[-1]
    assert other.endswith(f"booked as accumulates they cost {0.9 * 1300e-9:.3g} mJ")


def test_every_operation_has_a_line_and_the_lines_add_up():
    for rules in (Rules.M0, Rules.M1, Rules.M3):
        got = price(COUNTS, rules=rules)
        assert [line.layer for line in got.lines] == [o.layer for o in COUNTS.operations]
        assert sum(line.energy_mj for line in got.lines) == pytest.approx(got.value_mj, rel=1e-12)
        assert {line.part for line in got.lines} <= {*got.breakdown_mj, ""}
    booked = [line.booked_as for line in price(COUNTS, rules=Rules.M1).lines]
    assert booked == [
        "multiplications, once; all weights read",
        "left out; membranes read and written",
        "additions; weights read",
        "additions, one for each spike; weights read",
        "additions",
        "multiplications, once; all weights read",
        "free: folded",
    ]


def sampled(*energies):
    """Return counts whose samples need so many synaptic operations in one layer."""
    samples = np.zeros((len(energies), 1, len(SAMPLED)))
    samples[:, 0, SAMPLED.index("synaptic_operations")] = energies
    mean = float(np.mean(energies))
    return table(replace(FIRST, synaptic_operations=mean), samples=samples)


def test_the_interval_is_students_t_over_samples():
    got = price(sampled(800.0, 900.0, 1000.0)).sample_interval_mj
    half = 4.302652729911275 * 100 / 3**0.5  # t of two degrees of freedom
    assert (got.low, got.high) == (mj(0.9 * (900 - half)), mj(0.9 * (900 + half)))
    assert got.level == 0.95
    assert price(sampled(800.0)).sample_interval_mj is None
    assert price(COUNTS).sample_interval_mj is None
    assert price(sampled(0.0, 900.0)).sample_interval_mj.low == 0.0


def test_what_was_not_counted_makes_a_lower_bound():
    unknown = (UnknownOperator("fft", ("mix", ""), 3), UnknownOperator("sort", ("top",), 1))
    notes = price(table(FIRST, unknown=unknown)).notes
    assert "a lower bound: not counted were fft (mix, the model), sort (top)" in notes
    assert not any("lower bound" in note for note in price(COUNTS).notes)


def test_identity_and_choices_are_kept():
    got = price(COUNTS, rules="M1 sop+memory", stem="every_step", word="fp16", chip="odin")
    assert (got.source, got.weights_fingerprint, got.data_fingerprint) == ("counted", "w", "d")
    assert (got.options.stem, got.options.word) == (Stem.EVERY_STEP, Word.FP16)
    assert got.rules == "M1 sop+memory"
    assert PricedOperations.from_json(got.to_json()) == got


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("name", "value", "need"),
    [
        ("rules", "M0", r"one of M0 sop, .*got 'M0'\."),
        ("stem", "twice", r"one of once, every_step; got 'twice'"),
        ("integers", 1, r"one of additions, .*got 1"),
        ("norms", "free", r"one of folded, counted; got 'free'"),
        ("word", "bf16", r"one of fp32, .*got 'bf16'"),
        ("movement", "bus", r"one of events, dense; got 'bus'"),
        ("chip", "loihi2", r"one of .*got 'loihi2'\. Did you mean 'loihi1'"),
        ("activation_bits", 0, r"an integer >= 1; got 0\. Give None"),
        ("activation_bits", 2.5, r"an integer >= 1; got 2\.5"),
        ("activation_bits", 3, r"None for a network of spiking neurons; got 3"),
    ],
)
def test_bad_choices_are_named(name, value, need):
    with pytest.raises(InputError, match=rf"^price: `{name}` must be {need}"):
        price(COUNTS, **{name: value})


@pytest.mark.usefixtures("untyped")
def test_counts_must_be_counts():
    with pytest.raises(InputError, match=r"^price: `counts` must be an OperationCounts; got dict"):
        price({})


def test_samples_must_fit_the_operations():
    wrong = table(FIRST, SUMS, samples=np.zeros((3, 1, 5)))
    with pytest.raises(InputError, match=r"samples of shape \[3, 2, 5\]; got \[3, 1, 5\]"):
        price(wrong)


def test_a_rule_set_that_does_not_apply_says_why():
    expected = replace(COUNTS, source="expected")
    with pytest.raises(AssumptionError, match=r"^price: `rules` must apply to toy; got M2 lemaire"):
        price(expected, rules=Rules.M2)
