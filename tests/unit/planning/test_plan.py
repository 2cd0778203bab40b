"""The main job on the embedded digits, recomputed by plain means."""

import math
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.training_examples import write_image_run

from spikedim._core import InputError, SilentProgress
from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.data import open_samples
from spikedim.dimension import covariance_spectrum
from spikedim.energy import CLOSED_FORM_RULES, Rules, spiking_energy
from spikedim.laws import Assumed
from spikedim.models import card
from spikedim.planning import Plan, _planner, plan


@pytest.fixture(scope="module", autouse=True)
def spectra():
    """Measure the same samples with the same generator once: most tests share one spectrum."""
    measured = {}

    def once(samples, *, generator, **others):
        key = (samples.fingerprint, samples.shape, repr(generator.bit_generator.state))
        if key not in measured:
            measured[key] = covariance_spectrum(samples, generator=generator, **others)
        return measured[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_planner, "covariance_spectrum", once)
        yield measured


@pytest.fixture(scope="module")
def answer(spectra):
    return plan(command="spikedim plan", energy_mj=0.5)


@pytest.fixture(scope="module")
def digits():
    return load_digits().data / 16.0


def law_of(answer, name):
    return next(row for row in answer.laws if row.law == name)


def naive_wiener_steps(x, target):
    """Bisection on T with the covariance of numpy, as the formula reads."""
    eigenvalues = np.linalg.eigvalsh(np.cov(x, rowvar=False)).clip(0)
    variance = (x * (1 - x)).mean()

    def error(steps):
        noise = variance / steps
        return (eigenvalues * noise / (eigenvalues + noise)).sum()

    low, high = 1e-6, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if error(middle) > target else (low, middle)
    return high


def test_wiener_steps_match_a_naive_bisection(answer, digits):
    epsilon_rms = 0.10 * math.sqrt((digits**2).mean())
    assert answer.epsilon_rms == pytest.approx(epsilon_rms)
    naive = naive_wiener_steps(digits, 64 * epsilon_rms**2)
    row = law_of(answer, "wiener")
    assert row.unrounded == pytest.approx(naive, rel=1e-9)
    assert answer.steps == math.ceil(naive)


def test_reconstructed_steps_match_the_formula(answer, digits):
    eigenvalues = np.linalg.eigvalsh(np.cov(digits, rowvar=False))[::-1]
    d_eff = int(np.argmax(np.cumsum(eigenvalues) >= 0.95 * eigenvalues.sum())) + 1
    neurons = 16 * 64  # 4 x 4 tokens, width 64
    epsilon_rms = 0.10 * math.sqrt((digits**2).mean())
    naive = 2.3 * d_eff / (epsilon_rms**2 * neurons * 0.2)
    row = law_of(answer, "reconstructed")
    assert row.unrounded == pytest.approx(naive, rel=1e-9)
    assert row.steps == math.ceil(naive)
    assert row.spikes == pytest.approx(neurons * 0.2 * row.steps)


def test_sop_energy_matches_a_sum_over_the_layers(answer):
    model = card("spikformer-2-64/digits")
    first = sum(4.6 * row.macs for row in model.layers if not row.spiking_input)
    spiking = sum(0.9 * row.macs for row in model.layers if row.spiking_input)
    naive = (first + 0.2 * answer.steps * spiking) * 1e-9
    row = next(e for e in answer.energy if e.subject == "snn" and e.rules == str(Rules.M0))
    assert row.value_mj == pytest.approx(naive, rel=0.05)
    assert row.low_mj < row.value_mj < row.high_mj


def test_spiking_energy_band_holds_the_whole_rate_range(answer):
    one_rate = plan(rate=0.2, command="x").energy
    for row in answer.energy:
        if row.subject != "snn":
            continue
        narrow = next(e for e in one_rate if (e.subject, e.rules) == (row.subject, row.rules))
        assert row.low_mj < narrow.low_mj
        assert row.high_mj > narrow.high_mj
        assert row.band.startswith("steps and firing rate")


def test_every_twin_appears_under_every_rule_set(answer):
    rows = {(e.subject, e.rules) for e in answer.energy}
    matched = f"qann_{math.ceil(math.log2(answer.steps + 1))}bit"
    subjects = {"snn", "ann_fp32", "qann_8bit", matched}
    assert rows == {(subject, str(rules)) for subject in subjects for rules in CLOSED_FORM_RULES}


def test_network_spikes_scale_with_the_assumed_rate(answer):
    neurons = card("spikformer-2-64/digits").neurons
    assert answer.network_spikes == pytest.approx(neurons * 0.2 * answer.steps)
    assert answer.network_spikes_low <= neurons * 0.1 * answer.steps
    assert answer.network_spikes_high >= neurons * 0.3 * answer.steps


def test_interval_holds_the_answer_and_names_its_cause(answer):
    assert answer.steps_low <= answer.steps <= answer.steps_high
    assert answer.steps_because == "sampling of the spectrum alone"


def test_all_laws_are_listed_and_the_waiting_ones_say_why(answer):
    assert [row.law for row in answer.laws][:2] == ["wiener", "subspace"]
    waiting = {row.law: row.reason for row in answer.laws if row.steps is None}
    assert set(waiting) == {"subspace", "response", "accuracy", "empirical"}
    assert "no number of steps reaches it" in waiting.pop("subspace")
    assert all(reason.startswith("needs") for reason in waiting.values())


def test_curves_surround_the_target(answer):
    applicable = {row.law for row in answer.laws if row.steps is not None}
    assert {drawn.law for drawn in answer.curves} == {*applicable, "subspace"}
    for drawn in answer.curves:
        if drawn.law not in applicable:  # it starts above its floor
            assert min(drawn.epsilons) > 0.10
            continue
        assert drawn.epsilons[10] == pytest.approx(0.10)
        assert drawn.steps[10] == pytest.approx(max(1, law_of(answer, drawn.law).unrounded))
        assert min(drawn.low) >= 1


def test_bounds_speak_of_both_populations(answer):
    said = {row.layer for row in answer.bounds}
    assert said == {"data", f"{answer.model.name} stem.rpe_lif"}
    assert any(row.value is not None for row in answer.bounds)
    assert all(row.reason for row in answer.bounds if row.value is None)


def test_inverse_answers_hold(answer):
    inverse = answer.inverse
    back = plan(model=None, epsilon=f"{inverse.epsilon_at_steps!r}:relative", command="x")
    assert back.steps == inverse.steps == 4
    assert inverse.steps_within_energy > answer.steps
    assert 0 < inverse.rate_to_beat < 1
    assert 0.2 < inverse.rate_within_energy <= 1


def test_json_round_trip(answer):
    assert Plan.from_json(answer.to_json()) == answer


def test_summary_of_the_data(answer, digits):
    data = answer.data
    assert (data.spec, data.layer, data.n_samples, data.n_features, data.tokens) == (
        "digits",
        "patches:2",
        1797,
        64,
        16,
    )
    assert data.mean_rate == pytest.approx(digits.mean())
    assert data.rate_variance == pytest.approx((digits * (1 - digits)).mean())
    assert data.rms == pytest.approx(math.sqrt((digits**2).mean()))
    assert data.total_variance == pytest.approx(digits.var(axis=0, ddof=1).sum())
    assert data.licence


def test_provenance_names_command_data_seed_and_assumptions(answer):
    assert answer.provenance.command == "spikedim plan"
    assert answer.provenance.data_fingerprint == answer.data.fingerprint
    assert answer.provenance.seed == 0
    assert any("Firing rate 0.2" in text for text in answer.provenance.assumptions)


def test_same_seed_same_plan(spectra):
    first = plan(generator=np.random.default_rng(3), command="x", model=None)
    spectra.clear()
    second = plan(generator=np.random.default_rng(3), command="x", model=None)
    assert first.dimensions == second.dimensions
    assert first.laws == second.laws
    assert first.provenance.seed is None


def test_an_energy_budget_without_a_model_is_refused():
    with pytest.raises(InputError, match=r"`energy_mj` must come with a model; got 0\.5 and no"):
        plan("digits", model=None, energy_mj=0.5)


def test_a_budget_says_what_one_step_costs():
    inverse = plan("digits", energy_mj=1e-6).inverse
    one = spiking_energy(card("spikformer-2-64/digits"), steps=1, rate=0.2, rules=Rules.M3)
    assert inverse.steps_within_energy == 0
    assert inverse.energy_of_one_step_mj == pytest.approx(one.value_mj)


# The first line


def test_headline_has_error_data_model_steps_spikes_energy_law_and_catch(answer):
    text = answer.headline
    assert text.startswith(
        "For a relative error of 10 % on digits (patches:2), spikformer-2-64/digits needs T = 20 "
    )
    assert re.search(r"T = 20 \(\d+\u2013\d+\) steps for its rate-coded input, ", text)
    assert re.search(
        r"[\d,.]+( M)? \([\d,.]+\u2013[\d,.]+( M)?\) spikes in the whole network", text
    )
    assert re.search(r"[\d.]+ \([\d.]+\u2013[\d.]+\) mJ per image \(M3 rules\)", text)
    assert "[law: wiener, a theorem for a decoder that knows the data's covariance]" in text
    assert "8-bit twin of the same shape it loses (0." in text
    assert re.search(r"below a firing rate of [\d.]+ % it would win\.$", text)


def test_headline_without_a_model_counts_the_data_population():
    answer = plan(model=None, command="x")
    assert "a rate code needs T = 20" in answer.headline
    assert "spikes of the data population per image" in answer.headline
    assert "mJ" not in answer.headline
    assert "twin" not in answer.headline
    assert answer.energy == ()
    assert answer.network_spikes is None
    assert "no model" in answer.energy_reason


def test_headline_of_a_trivial_target_says_so():
    answer = plan(model=None, epsilon="0.9:relative", command="x")
    assert "T = 1 step" in answer.headline
    assert answer.headline.endswith("The target is trivial: a constant answer meets it.")


def test_headline_that_wins_says_until_which_rate():
    answer = plan(rate=0.01, epsilon="0.4:relative", command="x")
    assert re.search(r"it (probably )?wins \(", answer.headline)
    assert re.search(r"below a firing rate of [\d.]+ % it wins\.$", answer.headline)


# What may be chosen


def test_forced_law_carries_the_answer():
    answer = plan(law="reconstructed", command="x")
    row = law_of(answer, "reconstructed")
    assert (answer.law, answer.steps, answer.spikes) == ("reconstructed", row.steps, row.spikes)
    assert answer.spikes_of == "the population 'stem.rpe_lif' of the model of 16 x 64 neurons"
    assert answer.steps_because.startswith("mostly firing rate, then constant C")


def test_other_estimator_feeds_the_reconstructed_rule():
    usual, other = (
        law_of(plan(estimator=name, command="x"), "reconstructed")
        for name in ("pca95", "participation_ratio")
    )
    assert other.unrounded < usual.unrounded


def test_given_rate_and_lipschitz_are_not_called_assumed():
    answer = plan(rate=0.05, lipschitz=2.0, epsilon="0.1:rms", command="x")
    assert (answer.rate.source, answer.lipschitz.source) == ("given", "given")
    assert not any("assumed" in advice.text for advice in answer.advisories)
    four_times = law_of(plan(epsilon="0.05:rms", command="x"), "wiener").unrounded
    assert law_of(answer, "wiener").unrounded == pytest.approx(four_times)


def test_ranges_may_be_given():
    answer = plan(rate=Assumed(0.1, 0.05, 0.15, "measured: validation set"), command="x")
    assert answer.rate.low == 0.05
    assert not any("The firing rate" in advice.text for advice in answer.advisories)


def test_opened_samples_and_a_card_are_taken_as_they_are(answer):
    samples = open_samples("digits", layer="patches:2")
    again = plan(samples, model=card("spikformer-2-64/digits"), energy_mj=0.5, command="x")
    assert again.headline == answer.headline


def test_single_tokens_are_a_population_of_one_token():
    tokens = open_samples("digits", layer="patches:2").each_token()
    answer = plan(tokens, model=None, command="x")
    assert (answer.data.n_samples, answer.data.n_features) == (28_752, 4)
    assert answer.spikes_of.endswith("1 x 4 neurons")


def test_data_outside_the_unit_interval_are_mapped_and_said_so(tmp_path):
    x = np.random.default_rng(0).normal(size=(300, 6)) * 3
    np.save(tmp_path / "x.npy", x)
    answer = plan(str(tmp_path / "x.npy"), model=None, epsilon="0.05:rms", command="x")
    rates = (x - x.min()) / (x.max() - x.min())
    assert answer.data.mean_rate == pytest.approx(rates.mean())
    assert law_of(answer, "wiener").unrounded == pytest.approx(
        naive_wiener_steps(rates, 6 * 0.05**2), rel=1e-8
    )
    assert any("not in [0, 1]" in advice.text for advice in answer.advisories)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epsilon": "0.1"}, r"`epsilon` must say which error it means; got '0.1'"),
        ({"epsilon": "0:rms"}, r"`epsilon` must be above 0"),
        ({"rate": 0.0}, r"^plan: `rate` must be in \(0, 1\]; got 0.0"),
        ({"rate": 1.5}, r"^plan: `rate` must be in \(0, 1\]; got 1.5"),
        ({"rate": Assumed(0.5, 0.1, 2.0, "given")}, r"^plan: `rate` must be in \(0, 1\]; got 2.0"),
        ({"lipschitz": -1.0}, r"^plan: `lipschitz` must be above 0"),
        ({"steps": 0}, r"^plan: `steps` must be an integer >= 1"),
        ({"energy_mj": 0.0}, r"^plan: `energy_mj` must be above 0"),
        ({"law": "weiner"}, r"^plan: `law` must be one of .* Did you mean 'wiener'\?"),
        ({"law": "response"}, r"^plan: `law` must be one that applies before training; got 'resp"),
        ({"law": "reconstructed_network", "model": None}, r"does not: .*needs a model"),
        ({"estimator": "pca59"}, r"^plan: `estimator` must be one of .* Did you mean 'pca95'\?"),
        ({"model": "spikfromer-2-64"}, r"must be .*; got 'spikfromer-2-64'"),
        ({"data": "digit"}, r"`spec` must .*got 'digit'"),
    ],
)
def test_bad_input_is_one_line_that_names_the_parameter(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        plan(**arguments)
    assert "\n" not in str(caught.value)


def test_layer_of_opened_samples_cannot_be_changed():
    samples = open_samples("digits", layer="pixels")
    with pytest.raises(InputError, match=r"^plan: `layer` must be left out for opened samples"):
        plan(samples, layer="patches:2")


def test_target_beyond_floating_point_is_one_line():
    with pytest.raises(InputError, match=r"needs more than 1e15 steps"):
        plan(epsilon=Epsilon(1e-30, EpsilonKind.RMS), progress=SilentProgress())


def test_a_layer_of_a_run_is_planned_as_one_population(tmp_path):
    folder = write_image_run(tmp_path / "first", data="digits")
    found = plan("digits", layer=f"block.0.attn@{folder}", model=None)
    assert found.data.layer == "block.0.attn@first, mean over 4 steps"
    assert (found.data.n_samples, found.data.n_features, found.data.tokens) == (359, 512, 16)


def test_a_layer_of_a_run_is_not_called_the_input(tmp_path):
    folder = write_image_run(tmp_path / "first", data="digits")
    found = plan("digits", layer=f"block.0.attn@{folder}", model="spikformer-2-64/digits")
    assert "steps for that layer's rate-coded input" in found.headline
    (advice,) = [each for each in found.advisories if "all layers run for that T" in each.text]
    assert "are of what enters 'block.0.attn@first, mean over 4 steps'" in advice.text
    assert "input view" not in advice.text
    assert "After training" not in advice.remedy
