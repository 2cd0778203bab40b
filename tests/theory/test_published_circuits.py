"""The published circuits, run as written: where their error stops (theory 3.0, test 12)."""

import functools

import numpy as np
import pytest

from spikedim.bounds import published_attention_time, published_wta_time
from spikedim.circuits import (
    SoftmaxMode,
    SpikingAttention,
    published_attention,
    published_diagonal_wta,
    published_subtractive_rates,
    published_subtractive_wta,
    softmax,
)

STEPS = [256, 1024, 4096, 16384]
TOY = np.array([[0.8, 0.2], [0.3, 0.7]])


def slope(errors, steps=STEPS):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


def logits(n=8, rows=16):
    return np.random.default_rng(5).normal(size=(rows, n))


@pytest.mark.parametrize("weight", [1.0, 4.0, 16.0])
def test_subtractive_rates_are_clipped_affine_drives_and_not_the_softmax(weight):
    steps = 20_000
    result = published_subtractive_wta(logits(), weight=weight, steps=steps)
    rates = result.value * result.row_spikes[:, None] / steps
    want = published_subtractive_rates(logits(), weight=weight)
    np.testing.assert_allclose(rates, want, atol=1e-3)
    assert np.abs(result.value - result.target).max(axis=1).min() > 0.05


@functools.cache
def softmax_certificates(n):
    """Return what our circuit certifies for the same logits; no weight enters."""
    return [softmax(logits(n), steps=steps).certificate for steps in STEPS]


@pytest.mark.parametrize("n", [4, 16, 64])
@pytest.mark.parametrize("weight", [0.5, 1.0, 4.0, 16.0])
def test_subtractive_error_does_not_fall_with_steps(n, weight):
    certificates = [
        published_subtractive_wta(logits(n), weight=weight, steps=steps).certificate
        for steps in STEPS
    ]
    errors = [certificate.rms_error for certificate in certificates]
    assert abs(slope(errors)) < 0.02
    assert errors[-1] > 0.05
    ours = softmax_certificates(n)
    assert ours[-1].rms_error < errors[-1] / 50
    assert all(certificate.holds for certificate in ours)


@pytest.mark.parametrize("weight", [1.0, 4.0, 16.0])
def test_the_published_number_of_steps_does_not_suffice(weight):
    steps = published_wta_time(tokens=8, row_error=0.1).value
    assert steps == 6400
    result = published_subtractive_wta(logits(), weight=weight, steps=int(steps))
    assert np.linalg.norm(result.value - result.target, axis=1).min() > 0.1
    assert softmax(logits(), steps=int(steps)).certificate.error < 0.1 / 50


def test_subtractive_inhibition_is_right_only_where_there_is_nothing_to_decide():
    equal = published_subtractive_wta(np.zeros(5), steps=1000).certificate
    assert equal.error == pytest.approx(0, abs=1e-12)
    unopposed = published_subtractive_wta(logits(), weight=0.0, steps=16384).certificate
    assert unopposed.rms_error < 1e-3


def test_with_diagonal_weights_no_neuron_hears_another():
    first = published_diagonal_wta([0.0, 1.0, 2.0], steps=500).value
    other = published_diagonal_wta([0.0, -3.0, 2.0], steps=500).value
    assert first[[0, 2]].tolist() == other[[0, 2]].tolist()
    alone = published_diagonal_wta([0.0, 2.0], steps=500).value
    assert first[[0, 2]].tolist() == alone.tolist()


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 4.0])
def test_diagonal_rates_are_drives_over_one_plus_alpha(alpha):
    steps = 1000
    rates = published_diagonal_wta(logits(), alpha=alpha, steps=steps).value
    drives = np.exp(logits() - logits().max(axis=1, keepdims=True))
    assert np.abs(steps * (rates - drives / (1 + alpha))).max() <= 1 + 1e-9
    assert np.abs(rates.sum(axis=1) - 1).max() > 0.3  # nothing is normalised


def test_diagonal_rates_do_not_tend_to_the_softmax_but_shares_do():
    errors = {
        readout: [
            published_diagonal_wta(logits(), steps=steps, readout=readout).certificate.rms_error
            for steps in STEPS
        ]
        for readout in ("rates", "shares")
    }
    assert abs(slope(errors["rates"])) < 0.01
    assert errors["rates"][-1] > 0.2
    assert slope(errors["shares"]) == pytest.approx(-1, abs=0.1)  # the read-out divides


def test_diagonal_weights_normalise_only_if_they_know_the_normaliser():
    z = logits()[0]
    normaliser = np.exp(z - z.max()).sum()
    tuned = published_diagonal_wta(z, alpha=normaliser - 1, steps=16384).certificate
    assert tuned.error < 1e-3


def attention_errors(x, weights, steps, repeats, **settings):
    return [
        np.sqrt(
            np.mean(
                [
                    published_attention(
                        x, *weights, steps=t, generator=np.random.default_rng(seed), **settings
                    ).certificate.error
                    ** 2
                    for seed in range(repeats)
                ]
            )
        )
        for t in steps
    ]


@pytest.mark.parametrize(("leak", "floor"), [(0.5, 0.51), (0.9, 0.32), (1.0, 0.34)])
def test_published_attention_of_the_toy_stops_improving(leak, floor):
    steps = [256, 1024, 4096]
    errors = attention_errors(TOY, [np.eye(2)] * 3, steps, 3, leak=leak)
    assert abs(slope(errors, steps)) < 0.1
    assert errors[-1] == pytest.approx(floor, abs=0.03)
    # The account's own number of steps for a third of that error.
    enough = published_attention_time(tokens=2, head_features=2, epsilon_fro=0.1).value
    assert enough == 1600
    assert errors[-1] > 0.28
    assert our_attention_error(TOY, [np.eye(2)] * 3, steps[-1]) < errors[-1] / 10


def our_attention_error(x, weights, steps):
    circuit = SpikingAttention.compile(*weights)
    run = circuit.run(x, steps=steps, generator=np.random.default_rng(0))
    assert run.certificate.theorem.quantity == "Frobenius error of the output"
    return run.certificate.error


def random_layer(seed):
    rng = np.random.default_rng(seed)
    return rng.random((16, 32)), [1.5 * rng.normal(size=(32, 16)) / np.sqrt(32) for _ in range(3)]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_published_attention_of_random_layers_stops_improving(seed):
    x, weights = random_layer(seed)
    errors = attention_errors(x, weights, [128, 512, 2048], 2)
    assert abs(slope(errors, [128, 512, 2048])) < 0.1
    exact = published_attention(x, *weights, steps=1, generator=np.random.default_rng(0)).target
    assert errors[-1] > 0.5 * np.linalg.norm(exact)
    assert our_attention_error(x, weights, 2048) < errors[-1] / 10


@pytest.mark.parametrize("leak", [0.5, 0.9, 1.0])
def test_no_choice_of_what_the_account_leaves_open_saves_a_random_layer(leak):
    x, weights = random_layer(3)
    for weight in (0.0, 1.0, 16.0):
        result = published_attention(
            x, *weights, steps=512, leak=leak, weight=weight, generator=np.random.default_rng(0)
        )
        assert result.certificate.error > 0.5 * np.linalg.norm(result.target)


def test_leaky_neurons_with_signed_weights_are_often_silent():
    x, weights = random_layer(3)
    result = published_attention(x, *weights, steps=2048, generator=np.random.default_rng(0))
    silent = int(result.certificate.reason.split("; ")[1].split(" of ")[0])
    assert silent > 0.05 * 3 * 16 * 16


@pytest.mark.parametrize("mode", list(SoftmaxMode))
def test_our_circuits_need_no_separation_of_the_inputs(mode):
    for gap in (0.0, 1e-12, 1e-6):
        z = np.array([[0.0, gap, -gap, 2 * gap], [1.0, 1.0 + gap, 0.0, 0.0]])
        result = softmax(z, mode=mode, steps=4096, generator=np.random.default_rng(0))
        assert result.certificate.holds is True
        assert result.certificate.rms_error < 0.02
