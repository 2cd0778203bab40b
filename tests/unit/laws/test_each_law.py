"""What is special about each law."""

from dataclasses import replace

import numpy as np
import pytest
from tests.planning_examples import example_inputs, example_spectrum

from spikedim._core import AssumptionError, InputError, NumericsError
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.laws import (
    Reconstructed,
    ReconstructedNetwork,
    ReconstructedNoRate,
    Subspace,
    Wiener,
    curve,
    epsilon_at,
    evaluate,
    is_trivial,
    reconstructed_steps,
    subspace_constant,
    subspace_steps,
    vacuous_warnings,
    wiener_error,
    wiener_steps,
)
from spikedim.models import Population


def test_reconstructed_rule_by_hand():
    row = evaluate(Reconstructed(), example_inputs())
    assert row.unrounded == pytest.approx(2.3 * 10 / (0.02**2 * 1024 * 0.2))
    assert row.population == Population("encoding", 16, 64)


def test_reconstructed_rule_without_a_model_speaks_of_the_data():
    row = evaluate(Reconstructed(), example_inputs(model_population=None))
    assert row.population.name == "data"
    assert row.unrounded == pytest.approx(2.3 * 10 / (0.02**2 * 32 * 0.2))


def test_reading_without_rate_is_the_rate_times_the_first_reading():
    inputs = example_inputs()
    first, second = (
        law.unrounded_steps(inputs) for law in (Reconstructed(), ReconstructedNoRate())
    )
    assert second == pytest.approx(0.2 * first)


def test_network_reading_divides_by_all_neurons():
    inputs = example_inputs()
    first, third = (
        law.unrounded_steps(inputs) for law in (Reconstructed(), ReconstructedNetwork())
    )
    assert third == pytest.approx(first * 1024 / 20_000)


def test_network_reading_needs_a_model():
    row = evaluate(ReconstructedNetwork(), example_inputs(network_population=None))
    assert row.steps is None
    assert "needs a model" in row.reason


def test_reconstructed_rule_states_its_failure_its_constant_and_its_worst_case():
    failure, constant, worst, population = evaluate(Reconstructed(), example_inputs()).warnings
    assert "pilot" in failure
    assert "72 times" in constant
    assert "nd = 1,024" in worst
    assert "32 entries" in population
    assert "1,024 neurons" in population


def test_population_warning_is_silent_where_the_entries_agree():
    same = example_inputs(model_population=Population("encoding", 1, 32))
    assert len(evaluate(Reconstructed(), same).warnings) == 3


def test_rate_one_has_no_bernoulli_noise_to_compare_with():
    inputs = example_inputs()
    row = evaluate(Reconstructed(), inputs.with_rate(1.0))
    assert "far above" in row.warnings[1]


def test_subspace_counts_the_directions_and_the_variance_outside_them():
    spectrum = example_spectrum([0.6, 0.3, 0.06, 0.04])
    inputs = example_inputs(spectrum=spectrum, epsilon=Epsilon(0.2, EpsilonKind.RMS))
    # 3 directions; the target leaves 4 * 0.2^2 - 0.04 for their noise.
    assert evaluate(Subspace(), inputs).unrounded == pytest.approx(0.16 * 3 / (0.16 - 0.04))


def test_subspace_has_no_answer_below_its_floor():
    spectrum = example_spectrum([0.6, 0.3, 0.06, 0.04])
    floor = (0.04 / 4) ** 0.5
    below, above = (
        evaluate(
            Subspace(),
            example_inputs(spectrum=spectrum, epsilon=Epsilon(e * floor, EpsilonKind.RMS)),
        )
        for e in (0.99, 1.01)
    )
    assert below.steps is None
    assert below.reason.startswith("the variance outside the 3 kept directions")
    assert "no number of steps reaches it" in below.reason
    assert above.steps is not None


def test_subspace_curve_starts_above_its_floor():
    spectrum = example_spectrum([0.6, 0.3, 0.06, 0.04])
    inputs = example_inputs(spectrum=spectrum, epsilon=Epsilon(0.2, EpsilonKind.RMS))
    assert curve(Subspace(), inputs, [0.05, 0.099, 0.101, 0.2]).epsilons == (0.101, 0.2)
    with pytest.raises(AssumptionError, match="no number of steps"):
        curve(Subspace(), inputs, [0.05, 0.09])


def test_error_at_some_steps_lies_above_the_floor_of_the_subspace():
    spectrum = example_spectrum([0.6, 0.3, 0.06, 0.04])
    low = example_inputs(spectrum=spectrum, epsilon=Epsilon(0.01, EpsilonKind.RMS))
    found = epsilon_at(Subspace(), low, steps=4.0)
    assert 4 * found**2 == pytest.approx(0.04 + 0.16 * 3 / 4)


def test_error_at_some_steps_says_why_a_law_never_applies():
    sketch = replace(example_spectrum([0.3]), total_variance=1.0, method="sketch", n_features=9)
    with pytest.raises(AssumptionError, match="less than 95%"):
        epsilon_at(Subspace(), example_inputs(spectrum=sketch), steps=4.0)


def test_subspace_does_not_apply_to_a_sketch_that_holds_too_little():
    sketch = replace(example_spectrum([0.3]), total_variance=1.0, method="sketch", n_features=9)
    row = evaluate(Subspace(), example_inputs(spectrum=sketch))
    assert row.steps is None
    assert "less than 95%" in row.reason


def test_data_laws_count_spikes_at_the_measured_mean():
    for law in (Subspace(), Wiener()):
        row = evaluate(law, example_inputs())
        assert row.spikes == pytest.approx(32 * 0.3 * row.steps)


def test_wiener_needs_no_steps_where_the_mean_is_good_enough():
    eigenvalues = np.array([0.02, 0.01])
    assert wiener_steps(eigenvalues, rate_variance=0.2, distortion=0.03) == 0
    assert wiener_steps(eigenvalues, rate_variance=0.2, distortion=0.0299) > 0


def test_binary_data_need_one_step():
    binary = example_spectrum(rate_variance=0.0)
    row = evaluate(Wiener(), example_inputs(spectrum=binary))
    assert (row.steps, row.unrounded) == (1, 0.0)


def test_wiener_warns_where_samples_hide_directions():
    few = example_spectrum(n_samples=20)
    assert any(
        "19 directions" in w for w in evaluate(Wiener(), example_inputs(spectrum=few)).warnings
    )
    assert evaluate(Wiener(), example_inputs()).warnings == ()


def test_unseen_tail_is_priced_evenly_spread_and_at_its_best():
    full = np.r_[0.5, 0.2, np.full(10, 0.01)]
    cut = replace(
        example_spectrum(full),
        eigenvalues=full[:2],
        method="sketch",
        missing_variance=0.1,
        residual_norm=0.05,
    )
    row = evaluate(Wiener(), example_inputs(spectrum=cut))
    exact = evaluate(Wiener(), example_inputs(spectrum=example_spectrum(full)))
    assert row.unrounded == pytest.approx(exact.unrounded)
    (tail,) = [cause for cause in row.causes if cause.name == "unseen tail of the spectrum"]
    best = wiener_steps(
        np.array([0.5, 0.2, 0.05, 0.05]), rate_variance=0.16, distortion=12 * 0.02**2
    )
    assert tail.low == pytest.approx(best)


def test_trivial_target_is_flagged_exactly_from_the_total_variance_on():
    spectrum = example_spectrum()
    spread = (spectrum.total_variance / 32) ** 0.5
    at, below = (
        example_inputs(epsilon=Epsilon(f * spread, EpsilonKind.RMS)) for f in (1.0001, 0.9999)
    )
    assert is_trivial(at)
    assert "constant answer" in vacuous_warnings(at)[0]
    assert not is_trivial(below)
    assert vacuous_warnings(below) == ()


def test_target_above_a_quarter_is_vacuous_for_uniform_entries():
    loud = example_spectrum(np.full(32, 0.2))
    above, below = (
        example_inputs(spectrum=loud, epsilon=Epsilon(e, EpsilonKind.RMS)) for e in (0.2421, 0.2419)
    )
    assert "0 bits" in vacuous_warnings(above)[0]
    assert vacuous_warnings(below) == ()


def test_vacuous_target_is_measured_in_units_of_the_lipschitz_constant():
    loud = example_spectrum(np.full(32, 0.2))
    inputs = example_inputs(spectrum=loud, epsilon=Epsilon(0.3, EpsilonKind.RMS))
    assert vacuous_warnings(inputs) != ()
    assert vacuous_warnings(inputs.with_lipschitz(2.0)) == ()


def test_epsilon_at_leaves_no_error_within_floating_point_as_one_line():
    silent = example_inputs(spectrum=example_spectrum(rate_variance=0.0))
    with pytest.raises(NumericsError, match=r"^epsilon_at: no error .* under wiener"):
        epsilon_at(Wiener(), silent, steps=4.0)


def test_wiener_error_accepts_integer_eigenvalues():
    assert wiener_error(np.array([1, 1]), noise=1.0) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: subspace_constant(0.0), r"^subspace_constant: `rate` must be in \(0, 1\]"),
        (lambda: wiener_error(np.ones(2), noise=0.0), "^wiener_error: `noise` must be above 0"),
        (
            lambda: wiener_steps(np.ones(2), rate_variance=0.3, distortion=1.0),
            r"^wiener_steps: `rate_variance` must be in \[0, 0.25\]",
        ),
        (
            lambda: wiener_steps(np.array([np.nan]), rate_variance=0.2, distortion=1.0),
            "^wiener_steps: `eigenvalues` must be finite",
        ),
        (
            lambda: subspace_steps(rank=-1.0, rate_variance=0.2, distortion=1.0),
            r"^subspace_steps: `rank` must be in \[0, inf\]",
        ),
        (
            lambda: reconstructed_steps(dimension=0.0, neurons=4, rate=0.2, epsilon_rms=0.1),
            "^reconstructed_steps: `dimension` must be above 0",
        ),
        (
            lambda: reconstructed_steps(dimension=4.0, neurons=0, rate=0.2, epsilon_rms=0.1),
            "^reconstructed_steps: `neurons` must be an integer >= 1",
        ),
        (
            lambda: reconstructed_steps(dimension=4.0, neurons=4, rate=1.2, epsilon_rms=0.1),
            r"^reconstructed_steps: `rate` must be in \(0, 1\]",
        ),
    ],
)
def test_bad_numbers_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
