"""Two results side by side."""

from dataclasses import replace

import pytest
from tests.planning_examples import (
    example_data,
    example_estimate,
    example_measurement,
    example_model,
    example_plan,
)

from spikedim._core import InputError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.models import Population
from spikedim.planning import Comparison, compare


def row(comparison, name):
    return next(each for each in comparison.rows if each.name == name)


def test_equal_plans_do_not_differ():
    found = compare(example_plan(), example_plan())
    assert found.headline == "No compared field differs."
    assert found.rows == ()
    assert found.refusals == ()
    assert {"steps", "spikes", "law", "epsilon", "data", "model"} <= set(found.same)


def test_steps_have_a_ratio_and_lead_the_headline():
    other = example_plan(
        steps=10, steps_low=8, steps_high=12, epsilon=Epsilon(0.07, EpsilonKind.RELATIVE)
    )
    found = compare(example_plan(), other)
    assert row(found, "steps").ratio == pytest.approx(2)
    assert (row(found, "steps").a, row(found, "steps").b) == ("5 (4\u20136)", "10 (8\u201312)")
    assert found.headline == "steps: 5 (4\u20136) in a, 10 (8\u201312) steps in b, 2.0\u00d7."
    assert row(found, "epsilon").ratio is None
    assert found.refusals == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"epsilon": Epsilon(0.1, EpsilonKind.RMS)}, "one error is relative, the other rms"),
        ({"data": example_data(fingerprint="sha256:other")}, "the data or their layers differ"),
        ({"data": example_data(layer="pixels")}, "the data or their layers differ"),
        ({"law": "subspace"}, "different laws (wiener and subspace)"),
    ],
)
def test_meaningless_ratio_is_refused_with_its_reason(change, reason):
    found = compare(example_plan(), example_plan(steps=10, steps_high=12, **change))
    assert row(found, "steps").ratio is None
    assert reason in row(found, "steps").reason
    assert any(reason in refusal for refusal in found.refusals)
    assert "no ratio of steps" in found.headline


def test_spikes_of_different_populations_are_not_divided():
    other = example_plan(spikes=10.0, spikes_low=9.0, spikes_high=11.0, spikes_of="the network")
    found = compare(example_plan(), other)
    assert row(found, "spikes").ratio is None
    assert any("No ratio of spikes" in refusal for refusal in found.refusals)


def test_energies_are_divided_within_a_rule_set_only():
    plan = example_plan()
    halved = tuple(
        replace(e, value_mj=e.value_mj / 2, rules=e.rules.replace("M1 sop", "M1b sop"))
        for e in plan.energy
    )
    found = compare(plan, replace(plan, energy=halved))
    assert row(found, "energy of snn, M0 sop").ratio == pytest.approx(0.5)
    assert not any("M1" in each.name for each in found.rows)
    (refusal,) = found.refusals
    assert refusal.startswith("No ratio of energies under M1 sop+memory, M1b sop+memory")


def test_plan_without_a_model_has_no_energy_to_divide():
    found = compare(example_plan(), example_plan(model=None, energy=()))
    assert found.refusals == ("No ratio of energies: only one plan names a model.",)
    assert row(found, "model").b == "none"


def test_other_model_may_be_compared():
    found = compare(example_plan(), example_plan(model=example_model(name="qkformer")))
    assert (row(found, "model").a, row(found, "model").b) == ("spikformer-2-64", "qkformer")


def test_dimensions_with_other_parameters_are_not_divided():
    other = example_plan(
        dimensions=(example_estimate(value=40.0, high=41.0, parameters={"fraction": 0.99}),)
    )
    found = compare(example_plan(), other)
    assert row(found, "pca95").ratio is None
    assert row(found, "pca95").reason == "the estimator has different parameters"


def test_measurements_of_the_same_layer_have_ratios():
    other = example_measurement(dimensions=(example_estimate(value=58.0, low=57.0, high=59.0),))
    found = compare(example_measurement(), other)
    assert found.kind == "measurement"
    assert row(found, "pca95").ratio == pytest.approx(2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": example_data(layer="patches:2", tokens=1)}, "different layers"),
        ({"data": example_data(layer="pixels", n_features=128)}, "64 and 128 features"),
        ({"rows_are": "tokens"}, "one measured samples, the other tokens"),
    ],
)
def test_dimensions_of_different_rows_are_not_divided(change, reason):
    other = example_measurement(dimensions=(example_estimate(value=58.0, high=59.0),), **change)
    found = compare(example_measurement(), other)
    assert row(found, "pca95").ratio is None
    assert reason in found.refusals[0]


def test_a_plan_is_no_measurement():
    with pytest.raises(InputError, match=r"^compare: `b` must be the same kind .* got a Plan and"):
        compare(example_plan(), example_measurement())


def test_json_round_trip():
    found = compare(example_plan(), example_plan(law="subspace", steps=9, steps_high=9))
    assert Comparison.from_json(found.to_json()) == found


def test_steps_of_one_law_for_different_populations_are_not_divided():
    plan = example_plan()
    wider = replace(
        plan.laws[1], steps=plan.laws[1].steps + 5, population=Population("data", 16, 4096)
    )
    found = compare(plan, replace(plan, laws=(plan.laws[0], wider, *plan.laws[2:])))
    differing = row(found, f"steps by {wider.law}")
    assert differing.ratio is None
    assert differing.reason == "steps for different populations"
