import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import (
    Readout,
    published_diagonal_wta,
    published_subtractive_rates,
    published_subtractive_wta,
)


def test_subtractive_matches_the_plain_loop():
    z = np.array([0.2, -0.4, 1.0])
    drive = np.exp(z - z.max())
    membrane, spikes, counts = np.zeros(3), np.zeros(3), np.zeros(3)
    for _ in range(200):
        inhibition = spikes.mean()
        membrane = membrane + drive - 2.0 * inhibition - spikes
        spikes = (membrane >= 1).astype(float)
        counts += spikes
    result = published_subtractive_wta(z, weight=2.0, steps=200)
    np.testing.assert_array_equal(result.value, counts / counts.sum())
    assert int(result.row_spikes) == counts.sum()


@pytest.mark.parametrize("run", [published_subtractive_wta, published_diagonal_wta])
def test_the_largest_drive_fires_at_once_so_no_row_is_silent(run):
    result = run([[0.0, -1.0], [-5.0, 3.0]], steps=1)
    assert result.value.tolist() == [[1, 0], [0, 1]]
    assert not result.silent.any()


def test_rates_without_inhibition_are_the_drives():
    z = np.array([[0.0, -1.0, -np.inf]])
    rates = published_subtractive_rates(z, weight=0.0)
    np.testing.assert_allclose(rates, np.exp(z), atol=1e-15)


def test_rates_solve_their_equation():
    z = np.random.default_rng(0).normal(size=(4, 6))
    rates = published_subtractive_rates(z, weight=3.0)
    drives = np.exp(z - z.max(axis=1, keepdims=True))
    want = np.clip(drives - 3 * rates.mean(axis=1, keepdims=True), 0, 1)
    np.testing.assert_allclose(rates, want, atol=1e-14)


def test_diagonal_matches_the_plain_loop():
    z = np.array([0.2, -0.4, 1.0])
    recurrent = -0.7 * np.eye(3)
    membrane, spikes, counts = np.zeros(3), np.zeros(3), np.zeros(3)
    for _ in range(200):
        membrane = membrane + np.exp(z - 1.0) + recurrent @ spikes - spikes
        spikes = (membrane >= 1).astype(float)
        counts += spikes
    rates = published_diagonal_wta(z, alpha=0.7, steps=200)
    shares = published_diagonal_wta(z, alpha=0.7, steps=200, readout=Readout.SHARES)
    np.testing.assert_allclose(rates.value, counts / 200, atol=1e-15)
    np.testing.assert_allclose(shares.value, counts / counts.sum(), atol=1e-15)
    assert rates.certificate.spikes == shares.certificate.spikes == counts.sum()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (published_subtractive_wta([[0.0, 1.0]], steps=9), "no theorem: rates tend to clip"),
        (published_diagonal_wta([[0.0, 1.0]], steps=9), "which is not normalised"),
        (
            published_diagonal_wta([[0.0, 1.0]], steps=9, readout="shares"),
            "by the division of the read-out",
        ),
    ],
)
def test_a_published_form_has_no_theorem_and_says_why(result, words):
    certificate = result.certificate
    assert certificate.theorem.name == ""
    assert certificate.theorem.statement.startswith("claimed: ")
    assert (certificate.bound, certificate.holds) == (None, None)
    assert certificate.error > 0
    assert words in certificate.reason
    assert str(certificate).startswith("no theorem: not checked")


def test_graphs_show_who_inhibits_whom():
    shared = published_subtractive_wta(np.zeros((2, 3)), weight=2.0, steps=1).to_graph()
    assert (shared.neurons, shared.synapses) == (7, 9)
    assert shared.weight[-3:].tolist() == [-2.0] * 3
    own = published_diagonal_wta(np.zeros((2, 3)), alpha=2.0, steps=1).to_graph()
    recurrent = own.delay_steps == 1
    assert own.source[recurrent].tolist() == own.target[recurrent].tolist()
    assert own.weight[recurrent].tolist() == [-2.0] * 3


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda: published_subtractive_wta([0.0], weight=-1, steps=1),
            "published_subtractive_wta: `weight` must be at least 0, inhibition; got -1",
        ),
        (
            lambda: published_subtractive_rates([0.0], weight=np.inf),
            "published_subtractive_rates: `weight` must be a finite number",
        ),
        (
            lambda: published_diagonal_wta([0.0], alpha=-1.0, steps=1),
            "published_diagonal_wta: `alpha` must be at least 0",
        ),
        (
            lambda: published_diagonal_wta([0.0], steps=1, readout="share"),
            "published_diagonal_wta: `readout` must be one of rates, shares; .*'shares'",
        ),
        (
            lambda: published_subtractive_wta([np.nan], steps=1),
            "published_subtractive_wta: `logits` must be finite",
        ),
    ],
)
def test_bad_input_is_named(run, message):
    with pytest.raises(InputError, match=message):
        run()
