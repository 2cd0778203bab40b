"""What every law must do, whatever its formula."""

import math
from dataclasses import replace

import pytest
from tests.planning_examples import example_inputs, example_spectrum, example_subsets

from spikedim._core import InputError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.laws import (
    Assumed,
    all_laws,
    curve,
    epsilon_at,
    evaluate,
    waiting_laws,
)


@pytest.fixture(params=all_laws(), ids=lambda law: law.name)
def law(request):
    return request.param


def test_names_are_unique_and_every_law_says_what_it_rests_on(law):
    names = [each.name for each in (*all_laws(),)] + [row.law for row in waiting_laws()]
    assert len(set(names)) == len(names)
    assert law.reference
    assert law.catch
    assert law.assumptions


def test_answer_is_whole_and_inside_its_interval(law):
    row = evaluate(law, example_inputs(spectrum=example_subsets(example_spectrum())))
    assert row.reason == ""
    assert 1 <= row.low <= row.steps <= row.high
    assert row.steps == max(1, math.ceil(row.unrounded))
    assert row.spikes_low <= row.spikes <= row.spikes_high


def test_spikes_are_neurons_times_rate_times_steps(law):
    inputs = example_inputs()
    row = evaluate(law, inputs)
    want = row.population.neurons * law.firing_rate(inputs).value * row.steps
    assert row.spikes == pytest.approx(want)


def test_causes_bracket_the_answer_and_come_widest_first(law):
    row = evaluate(law, example_inputs(spectrum=example_subsets(example_spectrum())))
    for cause in row.causes:
        assert cause.low <= row.unrounded * (1 + 1e-12)
        assert cause.high >= row.unrounded * (1 - 1e-12)
    widths = [math.log(cause.high / cause.low) for cause in row.causes]
    assert widths == sorted(widths, reverse=True)


def test_smaller_error_costs_more_steps(law):
    inputs = example_inputs()
    steps = [law.unrounded_steps(inputs.with_epsilon(e)) for e in (0.02, 0.04, 0.08)]
    assert steps[0] > steps[1] > steps[2]


def test_epsilon_at_is_the_inverse(law):
    inputs = example_inputs()
    for steps in (1.0, 4.0, 1000.0):
        epsilon = epsilon_at(law, inputs, steps=steps)
        assert law.unrounded_steps(inputs.with_epsilon(epsilon)) == pytest.approx(steps, rel=1e-9)


def test_curve_goes_through_the_answer(law):
    inputs = example_inputs()
    row = evaluate(law, inputs)
    drawn = curve(law, inputs, [0.018, 0.02, 0.04])
    assert drawn.law == law.name
    assert drawn.steps[1] == pytest.approx(max(1.0, row.unrounded))
    assert all(
        1 <= low <= steps <= high
        for low, steps, high in zip(drawn.low, drawn.steps, drawn.high, strict=True)
    )


def test_kind_of_error_does_not_change_the_answer(law):
    inputs = example_inputs()
    entries = inputs.data_population.neurons
    same = [
        inputs,
        replace(inputs, epsilon=Epsilon(0.02 * entries**0.5, EpsilonKind.FRO)),
        replace(inputs, epsilon=Epsilon(0.02 / inputs.reference_rms, EpsilonKind.RELATIVE)),
    ]
    answers = [law.unrounded_steps(each) for each in same]
    assert answers == pytest.approx([answers[0]] * 3)


def test_lipschitz_range_widens_an_absolute_error_only(law):
    wide = example_inputs(
        lipschitz=Assumed(1.0, 0.5, 2.0, "given"), epsilon=Epsilon(0.05, EpsilonKind.RMS)
    )
    names = [cause.name for cause in evaluate(law, wide).causes]
    assert "Lipschitz constant L" in names
    relative = replace(wide, epsilon=Epsilon(0.05, EpsilonKind.RELATIVE))
    assert "Lipschitz constant L" not in [c.name for c in evaluate(law, relative).causes]


def test_extreme_targets_give_a_row_and_no_crash(law):
    for epsilon in (1e-150, 1e150):
        row = evaluate(law, example_inputs(epsilon=Epsilon(epsilon, EpsilonKind.RMS)))
        assert row.reason or (1 <= row.low <= row.steps <= row.high)
    assert evaluate(law, example_inputs(epsilon=Epsilon(1e-150, EpsilonKind.RMS))).reason


def test_row_survives_json(law):
    row = evaluate(law, example_inputs())
    assert type(row).from_json(row.to_json()) == row


def test_steps_of_zero_are_refused(law):
    with pytest.raises(InputError, match=r"^epsilon_at: `steps` must be above 0"):
        epsilon_at(law, example_inputs(), steps=0.0)


def test_laws_without_a_network_say_what_they_need():
    assert {row.law for row in waiting_laws()} == {"response", "accuracy", "empirical"}
    for row in waiting_laws():
        assert row.steps is None
        assert row.reason.startswith("needs")
