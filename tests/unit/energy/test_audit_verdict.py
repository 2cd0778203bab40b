import pytest
from tests.audit_examples import network, spiking_product, uniform_counts, uniform_twin

from spikedim.energy import Rules, Values
from spikedim.energy.audit._contest import Contest
from spikedim.energy.audit._side import Side
from spikedim.energy.audit._verdict import CLAIM, distances, judge
from spikedim.energy.pricing import Word

# Wide enough that the stem hardly counts: then the ratio is 4.6 / (0.9 T rate).
LAYERS = (("fc1", 4096, 1024),)


def contests(rate, *, words=(Word.FP32,), layers=LAYERS, sums=False):
    counts = uniform_counts(rate, layers=layers)
    if sums:
        extra = spiking_product("sums", 4096, 512, rate, values=Values.COUNTS)
        counts = network([*counts.operations, extra])
    twin = uniform_twin(layers=layers)
    return [
        Contest(Rules.M0, Side("snn", counts, word), other)
        for word in words
        for other in (Side("ann_fp32", twin, Word.FP32), Side("qann_3bit", twin, word, 3))
    ]


def test_claim_and_its_ends():
    got = judge(contests(0.1))
    assert (got.claim, got.low, got.high) == (CLAIM, 38.0, 57.0)


def test_a_claim_that_holds_for_the_usual_twin_says_what_ends_it():
    pairs = contests(0.03)
    got = judge(pairs)
    assert [words.rpartition(": ")[0] for words in got.holds] == [
        "M0 sop: spikes in fp32 against the network in fp32, stem once",
        "M0 sop: spikes in fp32 against the network in fp32, stem every step",
    ]
    assert len(got.fails) == 2
    assert got.best == pytest.approx(pairs[0].ratio())
    assert got.worst < 15 < 38 < got.best
    rate, steps, twin = got.falsified_by
    critical, _ = pairs[0].critical_rate(38.0)
    assert rate == (
        f"a firing rate above {critical:.2%} under M0 sop, spikes in fp32 against the network in "
        "fp32 (here 3.00%)"
    )
    assert steps == "T above 4 under M0 sop, spikes in fp32 against the network in fp32 (here 4)"
    assert twin.startswith(
        "against the network in fp32 with 3-bit activations instead of against the network in "
        "fp32 (1"
    )
    assert list(distances(pairs)) == []


def test_a_claim_that_fails_says_what_it_would_take():
    pairs = contests(0.1)
    got = judge(pairs)
    assert got.holds == got.falsified_by == ()
    (line,) = distances(pairs)
    assert line == (
        "Under M0 sop the fp32 network takes 12.7 times as much at a firing rate of 10.00% and "
        "T = 4; 38 times need a firing rate below 3.31% or at most T = 1."
    )


def test_a_claim_out_of_reach_is_said():
    (line,) = distances(contests(0.5, layers=(("fc1", 64, 4),)))
    assert line.endswith("; no firing rate and no T alone give 38 times.")


def test_narrow_words_on_one_side_alone_make_a_large_ratio():
    pairs = contests(0.1, words=(Word.FP32, Word.INT8))
    got = judge(pairs)
    (words,) = got.holds
    assert words.startswith(
        "M0 sop: spikes in int8 against the network in fp32, which compares arithmetic too: "
    )
    assert any(
        words.startswith("spikes in fp32 instead of spikes in int8 (12.7 times, not")
        for words in got.falsified_by
    )
    alike, _, mixed, _ = (pair.ratio() for pair in pairs)
    assert (got.best_alike, got.best) == pytest.approx((alike, mixed))
    assert got.worst_alike == got.worst


def test_events_are_no_arithmetic():
    model = Side("snn", uniform_counts(0.1), Word.FP32)
    narrow = Side("ann_int8", uniform_twin(), Word.INT8)
    assert Contest(Rules.M0, model, narrow).mixes
    assert not Contest(Rules.M3, model, narrow).mixes  # an event has the same price in any word


def test_choices_that_hardly_matter_are_not_named():
    found = judge(contests(0.1, sums=True)).fails
    spikes = "M0 sop: spikes in fp32 against the network in fp32"
    assert [words.rpartition(": ")[0] for words in found] == [
        f"{spikes}, sums of spikes as additions",
        f"{spikes}, sums of spikes as multiplications",
        f"{spikes} with 3-bit activations, sums of spikes as additions",
        f"{spikes} with 3-bit activations, sums of spikes as multiplications",
        f"{spikes}, layers that read sums of spikes as dense",
        f"{spikes} with 3-bit activations, layers that read sums of spikes as dense",
    ]
    found = judge(contests(0.1)).fails
    assert not any("stem" in words or "sums" in words for words in found)


def test_a_published_rule_set_meets_the_network_its_paper_prints():
    counts, twin = uniform_counts(0.1, layers=LAYERS), uniform_twin(layers=LAYERS)
    pairs = [
        Contest(Rules.SPIKFORMER_A, Side("snn", counts, word), Side(name, twin, word, bits))
        for name, word, bits in (
            ("ann_fp32", Word.FP32, None),
            ("ann_int8", Word.INT8, None),
            ("qann_3bit", Word.FP32, 3),
        )
    ]
    assert [pair.applies for pair in pairs] == [True, False, False]
    assert (
        judge(pairs[:1])
        .holds[0]
        .startswith("spikformer rev. A: spikes in fp32 against the network in fp32 under M0 sop")
    )


def test_readings_are_listed_from_the_largest_ratio_down():
    got = judge(contests(0.03, sums=True))
    values = [float(words.rpartition(": ")[2]) for words in (*got.holds, *got.fails)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(got.best, rel=0.01)
    assert values[-1] == pytest.approx(got.worst, rel=0.01)
