import math
from dataclasses import replace

import numpy as np
import pytest

from spikedim import bounds
from spikedim._core import InputError
from spikedim.bounds import BoundKind, ladder

PLAIN = {"tokens": 64, "features": 384, "epsilon_rms": 0.07, "lipschitz": 1.0, "rate": 0.2}
FULL = PLAIN | {
    "eigenvalues": 1 / np.arange(1, 513) ** 1.5 * 100,
    "rate_variance": 0.1,
    "refractory_steps": 2,
    "steps": 8,
    "epsilon_rms": 0.005,
}


def keys(rows):
    return [(row.name, row.unit) for row in rows]


def only(rows, name, unit="steps"):
    (row,) = [r for r in rows if (r.name, r.unit) == (name, unit)]
    return row


def test_has_the_same_rows_whatever_is_known():
    assert keys(ladder(**PLAIN)) == keys(ladder(**FULL))
    assert len(ladder(**PLAIN)) == 41


def test_every_row_is_distinct_by_name_unit_and_population():
    for arguments in (PLAIN, FULL):
        rows = ladder(**arguments)
        assert len({(r.name, r.unit, r.population) for r in rows}) == len(rows)


def test_names_every_theorem_of_the_room_that_needs_no_other_input():
    named = {name for name, _ in keys(ladder(**FULL))}
    elsewhere = {"ladder", "reverse_water_filling", "refractory_capacity"}
    assert named == {n for n in bounds.__all__ if n.islower()} - elsewhere


def test_with_everything_known_every_row_has_a_value():
    rows = ladder(**FULL)
    assert [r.name for r in rows if r.value is None] == []
    assert all(math.isfinite(r.value) and r.reason == "" for r in rows)


def test_rows_that_do_not_apply_say_why():
    rows = ladder(**PLAIN)
    reasons = {r.name: r.reason for r in rows if r.value is None}
    assert reasons == {
        "gaussian_information_bits": "no covariance spectrum of this population is given",
        "spikes_for_bits": "no covariance spectrum of this population is given",
        "steps_for_bits": "no covariance spectrum of this population is given",
        "spikes_for_bits_refractory": "no covariance spectrum of this population is given",
        "steps_for_bits_refractory": "no covariance spectrum of this population is given",
        "minimum_spikes_any_rate": "no covariance spectrum of this population is given",
        "refractory_code_steps": "no refractory period is given",
        "refractory_code_spikes": "no refractory period is given",
        "published_universal_sizes": (
            "assumption 2 fails: epsilon_fro must be below 1, so that its logarithm has a sign"
        ),
    }
    first = {r.name: r for r in reversed(rows)}
    assert first["spikes_for_bits_refractory"].reason == "no refractory period is given"
    assert first["minimum_spikes_any_rate"].reason == "no number of steps is given"


def test_a_failed_assumption_becomes_a_reason_and_not_an_error():
    rows = ladder(**PLAIN | {"epsilon_rms": 2.0, "rate": 0.01, "rate_variance": 0.2, "steps": 1})
    distortion = only(rows, "published_rate_distortion", "bits")
    assert distortion.reason.startswith("assumption 2 fails: epsilon_rms must be below lipschitz")
    assert only(rows, "published_one_bit_per_spike", "spikes").reason == distortion.reason
    assert only(rows, "bernoulli_spikes", "spikes").reason.startswith("assumption 5 fails:")
    assert only(rows, "bernoulli_spikes", "spikes").kind is BoundKind.UPPER


def test_too_few_cells_for_the_bits_become_a_reason():
    rows = ladder(**PLAIN | {"epsilon_rms": 1e-9, "steps": 2})
    reasons = [r.reason for r in rows if r.name == "minimum_spikes_any_rate"]
    assert reasons[0].startswith("assumption 3 fails: the bits must fit")


def test_rows_equal_the_direct_calls():
    rows = [replace(row, entries=None) for row in ladder(**FULL)]  # a direct call cannot say
    target = {k: FULL[k] for k in ("tokens", "features", "epsilon_rms", "lipschitz")}
    assert bounds.rate_code_steps(**target) in rows
    assert bounds.bernoulli_steps(**target, rate_variance=0.1) in rows
    assert bounds.sigma_delta_spikes(**target, rate=0.2) in rows
    assert bounds.refractory_code_steps(**target, refractory_steps=2) in rows
    distortion = 64 * 384 * 0.005**2
    gaussian = bounds.gaussian_information_bits(
        eigenvalues=FULL["eigenvalues"], distortion=distortion
    )
    assert only(rows, "gaussian_information_bits", "bits").value == pytest.approx(gaussian.value)
    uniform = bounds.uniform_information_bits(**target)
    spikes = bounds.spikes_for_bits(bits=uniform.value, rate=0.2, population=uniform.population)
    assert spikes in rows


def test_frobenius_and_largest_errors_match_the_target():
    rows = ladder(**PLAIN)
    enough = math.ceil(1 / (4 * 0.07**2))
    assert only(rows, "rate_code_sufficient_steps").value == enough
    assert only(rows, "hoeffding_steps").value == math.ceil(
        math.log(2 * 24576 / 0.01) / (2 * 0.07**2)
    )


def test_largest_error_of_a_rate_is_at_most_one():
    assert only(ladder(**PLAIN | {"epsilon_rms": 5.0}), "sigma_delta_max_error_steps").value == 1


def test_unknown_rate_variance_is_the_largest_of_its_rate():
    assert only(ladder(**PLAIN), "bernoulli_steps").value == math.ceil(0.2 * 0.8 / 0.07**2)


def test_published_times_take_one_epsilon_and_one_head_unless_told():
    plain = ladder(**PLAIN)
    assert only(plain, "published_wta_time").value == math.ceil(64**2 / 0.07**2)
    told = ladder(**PLAIN, row_error=0.5, head_features=2)
    assert only(told, "published_wta_time").value == 64**2 * 4
    assert only(told, "published_attention_time").value == math.ceil(
        64**2 * 2**2 / (0.07**2 * 24576)
    )


def test_order_runs_from_information_to_worst_case_to_published():
    rows = ladder(**FULL)
    names = [r.name for r in rows]
    landmarks = ["uniform_information_bits", "binary_code_steps", "bernoulli_steps"]
    landmarks += ["rate_code_steps", "rate_code_sufficient_steps", "hoeffding_steps"]
    landmarks += ["published_rate_distortion", "published_universal_sizes"]
    places = [names.index(name) for name in landmarks]
    assert places == sorted(places)
    published = [r.kind is BoundKind.PUBLISHED for r in rows]
    assert published == sorted(published)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("tokens", 0),
        ("features", 1.5),
        ("epsilon_rms", 0.0),
        ("lipschitz", -1.0),
        ("rate", 0.0),
        ("rate", 1.5),
        ("rate_variance", 0.3),
        ("refractory_steps", -1),
        ("steps", 0),
        ("max_rate", 0.0),
        ("failure_probability", 1.0),
    ],
)
def test_bad_input_is_refused_at_the_door_under_the_ladders_name(name, bad):
    with pytest.raises(InputError, match=f"^ladder: `{name}` must .*; got "):
        ladder(**FULL | {name: bad})


@pytest.mark.usefixtures("untyped")
def test_bad_eigenvalues_are_refused_not_hidden_in_a_row():
    with pytest.raises(InputError, match="`eigenvalues` must be >= 0 with one above 0; got"):
        ladder(**FULL | {"eigenvalues": [1.0, -1.0]})


def test_a_spectrum_of_another_population_is_refused():
    with pytest.raises(InputError, match=r"`eigenvalues` must be at most tokens \* features = 2 "):
        ladder(**PLAIN | {"tokens": 1, "features": 2, "eigenvalues": [1.0, 0.5, 0.25]})


def test_one_token_has_no_attention_to_bound():
    rows = [row for row in ladder(**PLAIN | {"tokens": 1}) if "a population of one" in row.reason]
    assert {row.name for row in rows} == {
        "published_wta_time",
        "published_attention_time",
        "published_universal_sizes",
    }


def test_every_row_but_the_published_says_whose_entries_it_means():
    for row in ladder(**PLAIN):
        assert (row.entries is None) == (row.kind is bounds.BoundKind.PUBLISHED)


def test_entries_agree_with_the_population_and_the_assumptions():
    words = {"uniform": "uniform", "gaussian": "aussian", "worst": "worst"}
    for row in ladder(**PLAIN, eigenvalues=[0.1, 0.05]):
        if row.value is not None and row.entries in words:
            said = row.population + " ".join(each.text for each in row.assumptions)
            assert words[row.entries] in said


@pytest.mark.parametrize(
    ("kind", "entries", "holds"),
    [
        ("lower", "uniform", False),
        ("upper", "uniform", False),
        ("lower", "worst", False),
        ("upper", "worst", True),
        ("upper", "given", True),
        ("lower", "gaussian", False),
        ("upper", "smooth", True),
        ("published", None, False),
    ],
)
def test_impossible_for_others_may_be_possible_for_these(kind, entries, holds):
    row = bounds.Bound("x", 1.0, "steps", bounds.BoundKind(kind), "2 x 2", (), "")
    chosen = None if entries is None else bounds.Entries(entries)
    assert replace(row, entries=chosen).holds_for_data is holds
