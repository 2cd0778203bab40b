"""Every dimension of one view."""

import numpy as np
import pytest
from tests.training_examples import write_image_run

from spikedim._core import InputError, MissingExtraError
from spikedim.data import open_samples
from spikedim.planning import Measurement, _measure, measure


@pytest.fixture(scope="module")
def pixels():
    return measure("digits", layer="pixels", command="spikedim measure digits")


@pytest.fixture(scope="module")
def tokens():
    return measure("digits", layer="patches:2", command="x")


def test_pixels_of_digits(pixels):
    by_name = {found.estimator: found for found in pixels.dimensions}
    assert by_name["pca95"].value == 29
    assert by_name["participation_ratio"].value == pytest.approx(13.2, abs=0.1)
    assert pixels.rows_are == "samples"
    assert (pixels.data.n_samples, pixels.data.n_features, pixels.data.tokens) == (1797, 64, 1)


def test_tokens_are_rows_and_it_says_so(tokens):
    assert tokens.rows_are == "tokens"
    assert (tokens.data.n_samples, tokens.data.n_features) == (16 * 1797, 4)
    assert tokens.notes[0] == "Each of the 16 tokens of every image is a row of its own."
    assert "28,752 tokens" in tokens.headline


def test_headline_shows_both_usual_dimensions_and_the_catch(pixels):
    text = pixels.headline
    assert text.startswith("digits (pixels): pca95 29")
    assert "participation ratio 13.2 (" in text
    assert "of 64 features, from 1,797 samples; " in text
    rising = [found.estimator for found in pixels.dimensions if found.still_rising]
    assert text.endswith(", ".join(rising) + "." if rising else "number of samples.")


def test_nonlinear_check_is_part_of_it_where_installed(pixels):
    names = [found.estimator for found in pixels.dimensions]
    assert "two_nn" in names or any("two_nn was left out" in note for note in pixels.notes)


def test_missing_package_leaves_a_note(monkeypatch):
    def absent(rows):
        raise MissingExtraError("two_nn needs the package 'skdim'.")

    monkeypatch.setattr(_measure, "two_nn", absent)
    found = measure("digits", layer="pixels", command="x")
    assert "two_nn was left out: two_nn needs the package 'skdim'." in found.notes
    assert "two_nn" not in [each.estimator for each in found.dimensions]


def test_few_samples_are_rising_and_few(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 30))
    np.save(tmp_path / "x.npy", x)
    found = measure(str(tmp_path / "x.npy"), command="x")
    texts = " | ".join(advice.text for advice in found.advisories)
    assert "still rises" in texts
    assert "40 samples are few for pca95" in texts
    assert "still rising" in found.headline


def test_many_samples_of_few_dimensions_have_no_warning(tmp_path):
    x = np.random.default_rng(0).normal(size=(4000, 3))
    np.save(tmp_path / "x.npy", x)
    assert measure(str(tmp_path / "x.npy"), command="x").advisories == ()


def test_json_round_trip(tokens):
    assert Measurement.from_json(tokens.to_json()) == tokens


def test_provenance_names_the_data(pixels):
    assert pixels.provenance.command == "spikedim measure digits"
    assert pixels.provenance.data_fingerprint == pixels.data.fingerprint
    assert pixels.provenance.seed == 0


def test_layer_of_opened_samples_cannot_be_changed():
    samples = open_samples("digits", layer="pixels")
    with pytest.raises(InputError, match=r"^measure: `layer` must be left out for opened samples"):
        measure(samples, layer="patches:2")


def test_a_layer_of_a_run_is_measured_token_by_token(tmp_path):
    folder = write_image_run(tmp_path / "first", data="digits")
    found = measure("digits", layer=f"block.0.attn@{folder}", command="x")
    assert found.data.layer == "block.0.attn@first, mean over 4 steps"
    assert (found.data.spec, found.data.tokens, found.rows_are) == ("digits", 16, "tokens")
    assert found.data.n_samples == 16 * 359
    assert found.notes[0] == "Each of the 16 tokens of every image is a row of its own."


def test_a_layer_that_the_run_does_not_have_lists_the_nearest(tmp_path):
    folder = write_image_run(tmp_path / "first", data="digits")
    with pytest.raises(InputError, match=r"`layer` must be a module of .*Nearest: block\.0\.attn"):
        measure("digits", layer=f"block.0.attm@{folder}")
