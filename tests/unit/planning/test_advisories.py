"""Every warning appears in the case it was made for, and not otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from tests.planning_examples import example_estimate, example_inputs, example_spectrum

from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.data import open_samples
from spikedim.laws import Assumed, all_laws, evaluate
from spikedim.models import Population, card
from spikedim.planning._advisories import plan_advisories
from spikedim.planning._context import Context


@pytest.fixture(scope="module")
def samples():
    return open_samples("digits", layer="patches:2")


@pytest.fixture(scope="module")
def digits_card():
    return card("spikformer-2-64/digits")


def context_of(samples, *, law="wiener", model=None, raw=None, **changes):
    """A plan's context on hand-made inputs; nothing in it is weak but the law's own catch."""
    spectrum = changes.pop(
        "spectrum", example_spectrum(np.r_[np.full(20, 0.02), np.full(12, 1e-6)])
    )
    base = {
        "epsilon": Epsilon(0.1, EpsilonKind.RMS),
        "rate": Assumed(0.2, 0.2, 0.2, "given"),
        "lipschitz": Assumed(1.0, 1.0, 1.0, "given"),
        "model_population": None,
        "network_population": None,
    }
    inputs = example_inputs(spectrum=spectrum, **(base | changes))
    results = tuple(evaluate(each, inputs) for each in all_laws())
    chosen = next(row for row in results if row.law == law)
    estimates = (inputs.dimension,)
    return Context(samples, raw or spectrum, estimates, inputs, chosen, results, model)


def texts(context):
    found = plan_advisories(context)
    assert all(advice.remedy.endswith(".") for advice in found)
    return " | ".join(advice.text for advice in found)


# What to look for, and the change that must bring it up.
CASES = {
    "constant answer meets it": {"epsilon": Epsilon(0.5, EpsilonKind.RMS)},
    "The reconstructed rule has failed": {"law": "reconstructed"},
    "PCA-95 floor": {
        "spectrum": example_spectrum(0.05 * np.arange(1, 33) ** -1.2),
        "epsilon": Epsilon(0.001, EpsilonKind.RMS),
    },
    "d still rises": {"dimension": example_estimate(value=10.0, still_rising=True)},
    "samples are few": {"dimension": example_estimate(value=101.0, low=100.0, high=102.0)},
    "is assumed; spikes and energy": {
        "law": "reconstructed",
        "rate": Assumed(0.2, 0.1, 0.3, "assumed"),
    },
    "is assumed (normalised units)": {"lipschitz": Assumed(1.0, 1.0, 1.0, "assumed")},
    "not in [0, 1]": {"raw": example_spectrum(minimum=-2.0, maximum=3.0)},
    "is a sketch": {"raw": example_spectrum(method="sketch")},
}


@pytest.mark.parametrize("needle", CASES)
def test_warning_appears_where_it_is_due(samples, needle):
    assert needle in texts(context_of(samples, **CASES[needle]))


@pytest.mark.parametrize("needle", CASES)
def test_warning_stays_away_where_it_is_not(samples, needle):
    assert needle not in texts(context_of(samples))


def test_healthy_plan_has_only_the_decoder_and_the_scope(samples):
    decoder, scope = plan_advisories(context_of(samples))
    assert "plain spike counts need" in decoder.text
    assert "Before training" in scope.text


def test_decoder_advice_gives_the_steps_without_it(samples):
    advice = plan_advisories(context_of(samples))[0]
    # v n d / (n d epsilon^2) = 0.16 / 0.01
    assert "T = 16 for the same error" in advice.text


def test_decoder_advice_is_silent_for_other_laws(samples):
    assert "plain spike counts" not in texts(context_of(samples, law="reconstructed"))


def test_vacuous_but_not_trivial_target_is_named(samples):
    loud = example_spectrum(np.full(32, 0.2))
    context = context_of(samples, spectrum=loud, epsilon=Epsilon(0.3, EpsilonKind.RMS))
    assert "0 bits" in texts(context)


def test_assumed_lipschitz_cancels_in_a_relative_error(samples):
    context = context_of(
        samples,
        lipschitz=Assumed(1.0, 1.0, 1.0, "assumed"),
        epsilon=Epsilon(0.2, EpsilonKind.RELATIVE),
    )
    assert "normalised units" not in texts(context)


def test_assumed_rate_matters_as_soon_as_there_is_a_model(samples, digits_card):
    assumed = Assumed(0.2, 0.1, 0.3, "assumed")
    assert "spikes and energy" not in texts(context_of(samples, rate=assumed))
    with_model = context_of(samples, rate=assumed, model=digits_card)
    assert "spikes and energy" in texts(with_model)


def test_layer_of_the_dimension_is_named_with_a_model(samples, digits_card):
    assert "input view" not in texts(context_of(samples))
    said = texts(context_of(samples, model=digits_card))
    assert "T and d_eff (pca95) are of the input view 'patches:2'" in said
    assert "energy suppose that all layers run for that T" in said


def test_tokens_that_disagree_are_named(samples, digits_card):
    agreeing, other = Population("data", 16, 2), Population("data", 8, 4)
    fits = context_of(samples, model=digits_card, data_population=agreeing)
    misfits = context_of(samples, model=digits_card, data_population=other)
    assert "has 16 tokens" not in texts(fits)
    assert "has 16 tokens, this view of the data has 8" in texts(misfits)


def test_sample_threshold_is_ten_per_dimension(samples):
    just = example_estimate(value=100.0, low=99.0, high=101.0)
    context = context_of(samples, dimension=just)
    assert context.raw.n_samples == 1000
    assert "samples are few" not in texts(context)
    assert "samples are few" in texts(replace(context, raw=replace(context.raw, n_samples=999)))
