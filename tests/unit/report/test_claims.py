from dataclasses import replace

import pytest
from tests.planning_examples import example_data, example_estimate, example_plan
from tests.report_examples import bare_plan

from spikedim.bounds import Bound, BoundKind, Entries
from spikedim.laws import Assumed
from spikedim.report import _claims as claims

DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


def test_steps_claim_gives_the_spread_of_the_laws():
    assert claims.steps_claim(example_plan()) == (
        f"T = 5 (4{DASH}6) by wiener; the laws differ 2.2{TIMES}, from 5 (wiener) to 11 "
        "(reconstructed)"
    )


def test_steps_claim_when_one_law_applies_or_all_agree():
    plan = example_plan()
    assert claims.steps_claim(replace(plan, laws=plan.laws[:1])).endswith(
        "by the only law that applies, wiener"
    )
    same = tuple(replace(law, steps=5) for law in plan.laws[:2])
    assert claims.steps_claim(replace(plan, laws=same)) == "All 2 laws that apply give T = 5"


@pytest.mark.parametrize(
    ("estimates", "want"),
    [
        ((example_estimate(),), f"29 (28.4{DASH}29.6) of 64 dimensions hold 95 % of the variance"),
        (
            (example_estimate(still_rising=True),),
            (
                f"29 (28.4{DASH}29.6) of 64 dimensions hold 95 % of the variance, and more samples "
                "would raise it"
            ),
        ),
        (
            (example_estimate(), example_estimate(estimator="two_nn", still_rising=True)),
            (
                f"29 (28.4{DASH}29.6) of 64 dimensions hold 95 % of the variance; "
                "two_nn still rising with n"
            ),
        ),
        (
            (example_estimate(estimator="effective_rank"),),
            f"effective rank 29 (28.4{DASH}29.6) of 64 dimensions",
        ),
        ((), "1,797 samples of 64 features"),
    ],
)
def test_data_claim_follows_the_estimates(estimates, want):
    assert claims.data_claim(example_data(), estimates) == want


def bound(name, value, kind=BoundKind.LOWER, layer="data", entries=Entries.GIVEN):
    return Bound(name, value, "steps", kind, "16 x 4", (), "", entries=entries, layer=layer)


UPPER = BoundKind.UPPER


@pytest.mark.parametrize(
    ("bounds", "want"),
    [
        ((), "No proved bound brackets T = 5"),
        (
            (bound("a_b_steps", 2.0), bound("c", 1.0)),
            "T = 5 lies above the lower bound a b (2)",
        ),
        (
            (bound("a", 2.0), bound("z", 900.0, UPPER), bound("y", 80.0, UPPER)),
            "T = 5 lies above the lower bound a (2) and below the upper bound y (80)",
        ),
        ((bound("a", 7.0), bound("z", 3.0, UPPER)), "No proved bound brackets T = 5"),
        ((bound("p", 7.0, BoundKind.PUBLISHED),), "No proved bound brackets T = 5"),
        # What is impossible for uniform entries may be possible for this data.
        ((bound("u", 3.0, entries=Entries.UNIFORM),), "No proved bound brackets T = 5"),
        ((bound("u", 9.0, UPPER, entries=Entries.UNIFORM),), "No proved bound brackets T = 5"),
        (
            (bound("w", 9.0, UPPER, entries=Entries.WORST),),
            "T = 5 lies below the upper bound w (9)",
        ),
        (
            (bound("g", 1.0, entries=Entries.GAUSSIAN),),
            "T = 5 lies above the lower bound g (1, Gaussian, this covariance)",
        ),
        ((bound("m", 2.0, layer="spikformer stem"),), "No proved bound brackets T = 5"),
    ],
)
def test_ladder_claim_names_the_nearest_proved_rungs(bounds, want):
    assert claims.ladder_claim(example_plan(bounds=bounds)) == want


def test_layers_claim_gives_the_share_of_the_largest():
    assert claims.layers_claim(example_plan()) == "3 of 5 layers do 75 % of the operations"
    assert claims.layers_claim(bare_plan()) == "Without a model there are no layers to compare"


def test_energy_claim_when_every_rule_set_agrees():
    assert claims.energy_claim(example_plan()) == (
        f"The spiking net loses to the 3-bit twin under every rule set (0.27{TIMES})"
    )


def test_energy_claim_when_the_rule_set_decides():
    plan = example_plan()
    energy = tuple(
        replace(entry, value_mj=entry.value_mj * 100)
        if entry.subject != "snn" and entry.rules.startswith("M3")
        else entry
        for entry in plan.energy
    )
    claim = claims.energy_claim(replace(plan, energy=energy))
    assert claim.startswith(
        "The rule set decides: the spiking net loses to the 3-bit twin under M0"
    )
    assert f"wins against the 3-bit twin under M3 compute+movement (27{TIMES})" in claim


def test_energy_claim_without_twins():
    assert claims.energy_claim(bare_plan()) == "No twin to compare the energy with"


def test_origin_claim_counts_what_was_assumed():
    given = Assumed(0.1, 0.1, 0.1, "given")
    assert claims.origin_claim(example_plan()) == "Firing rate and L are assumed, not measured"
    assert claims.origin_claim(example_plan(rate=given)) == "L is assumed, not measured"
    both = example_plan(rate=given, lipschitz=given)
    assert claims.origin_claim(both) == "Every input was given or measured"
