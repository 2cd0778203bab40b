"""Paths, streams, groups and refusals of `covariance_spectrum`."""

from dataclasses import replace

import numpy as np
import pytest

from spikedim._core import AbstractProgress, InputError
from spikedim.dimension import Spectrum, SubsetSpectrum, covariance_spectrum, pca95
from spikedim.dimension._measure import Path, _all_rows, choose_path
from spikedim.dimension._source import open_source


class Stream:
    """Rows as a stream, with everything a stream may claim."""

    def __init__(self, rows, **claims):
        self.rows = rows
        self.shape = claims.get("shape", rows.shape)
        self.scale = claims.get("scale", 1.0)
        self.offset = claims.get("offset", 0.0)
        self.group_size = claims.get("group_size", 1)
        self.rereadable = claims.get("rereadable", True)
        self.layer = "pixels"
        self.fingerprint = "sha256:0123456789abcdef"
        self.size = claims.get("size")
        if claims.get("typed", True):
            self.dtype = rows.dtype

    def batches(self, batch_size=None):
        size = min(self.size or len(self.rows), batch_size or len(self.rows))
        for start in range(0, len(self.rows), size):
            yield self.rows[start : start + size]


class Listener(AbstractProgress):
    def __init__(self):
        self.done = {}

    def start(self, description, total):
        self.done[description] = [0.0, total]
        self.last = description
        return len(self.done)

    def advance(self, task, amount=1):  # noqa: ARG002
        self.done[self.last][0] += amount

    def finish(self, task):
        pass


def bytes_of(s, d, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=(s, d)).astype(np.uint8)


def same(a, b, rtol):
    """Compare two spectra with everything inside, subsets included."""
    parts = [(a, b), *zip(a.subsets, b.subsets, strict=True)]
    parts += zip(a.neighbourhoods, b.neighbourhoods, strict=True)
    for one, two in parts:
        np.testing.assert_allclose(
            one.eigenvalues, two.eigenvalues, rtol=rtol, atol=1e-12 * one.total_variance
        )
        assert one.total_variance == pytest.approx(two.total_variance, rel=max(rtol, 1e-15))
        assert one.n_samples == two.n_samples


@pytest.mark.parametrize("size", [1, 7, 64, 200])
@pytest.mark.parametrize("shape", [(200, 10), (40, 60)])
def test_a_stream_of_bytes_in_any_batches_is_the_array(size, shape):
    x = bytes_of(*shape)
    got, want = covariance_spectrum(Stream(x, size=size)), covariance_spectrum(x)
    same(got, want, rtol=0)
    assert (got.layer, got.fingerprint) == ("pixels", "sha256:0123456789abcdef")


@pytest.mark.parametrize("size", [1, 7, 64, 200])
def test_a_stream_of_floats_in_any_batches_is_the_array_up_to_rounding(size):
    x = np.random.default_rng(0).normal(size=(200, 10))
    same(covariance_spectrum(Stream(x, size=size)), covariance_spectrum(x), rtol=1e-10)


@pytest.mark.parametrize("shape", [(60, 9), (9, 60)])
def test_scale_and_offset_give_data_units(shape):
    x = bytes_of(*shape)
    got = covariance_spectrum(Stream(x, scale=-1 / 255, offset=2.0))
    want = covariance_spectrum(2.0 - x / 255)
    same(got, want, rtol=1e-9)
    for name in ("mean", "mean_square", "minimum", "maximum", "norm_fourth_moment"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=1e-5)


@pytest.mark.parametrize("shape", [(60, 12), (12, 60)])
@pytest.mark.parametrize("kind", [">f8", np.longdouble, ">f4", ">i2", np.float16])
def test_the_type_of_the_numbers_does_not_change_them(kind, shape):
    x = np.random.default_rng(0).integers(-9, 9, size=shape)
    if np.dtype(kind).itemsize >= 8:
        x = x + 1e9  # single precision would lose all digits that vary
    want = covariance_spectrum(x.astype(np.float64))
    for given in (x.astype(kind), Stream(x.astype(kind), size=5)):
        same(covariance_spectrum(given), want, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "kept"),
    [
        (np.ones((4, 90), dtype=np.float32), 0),
        (np.ones((4, 90), dtype=np.int8), 0),
        (np.ones((4, 90), dtype=np.uint8), 1),
        (np.ones((4, 90), dtype=np.float16), 4),
        (np.ones((4, 90), dtype=">f8"), 8),
        (np.ones((4, 90), dtype=np.int16), 8),
        (np.ones((90, 4), dtype=np.float32).T, 4),
    ],
)
def test_rows_that_must_be_converted_count_against_the_budget(x, kept):
    source = open_source(x, layer="x", caller="t")
    need = 32 * 16 + 4 * 90 * kept
    assert choose_path(source, memory_budget=need) is Path.GRAM
    assert choose_path(source, memory_budget=need - 1) is Path.SKETCH


@pytest.mark.parametrize("shape", [(900, 20), (30, 400)])
def test_batches_shrink_with_the_budget(shape):
    asked = []

    class Watched(Stream):
        def batches(self, batch_size=None):
            asked.append(batch_size)
            return super().batches(batch_size)

    x = np.random.default_rng(0).normal(size=shape)
    small = covariance_spectrum(Watched(x), memory_budget=160_000)
    assert 0 < 8 * shape[1] * asked[-1] <= 20_000
    assert small.method != "sketch"
    same(replace(small, subsets=(), neighbourhoods=()), covariance_spectrum(x, replicates=0), 1e-9)


def test_samples_fewer_than_features_are_read_where_they_are():
    x = np.random.default_rng(0).normal(size=(6, 40)).astype(np.float32)
    source = open_source(x, layer="x", caller="t")
    assert np.shares_memory(_all_rows(source).numpy(), x)
    before = x.copy()
    covariance_spectrum(x)
    np.testing.assert_array_equal(x, before)


def test_gram_and_covariance_paths_agree():
    x = np.random.default_rng(0).normal(size=(50, 50))
    wide = np.hstack([x, np.zeros((50, 10))])
    gram, covariance = covariance_spectrum(wide), covariance_spectrum(x)
    assert (gram.method, covariance.method) == ("exact Gram", "exact covariance")
    np.testing.assert_allclose(gram.eigenvalues, covariance.eigenvalues, rtol=1e-9, atol=1e-12)
    assert gram.constant_features == 10


@pytest.mark.parametrize(
    ("shape", "budget", "path"),
    [
        ((100, 10), 1 << 20, Path.COVARIANCE),
        ((10, 100), 1 << 20, Path.GRAM),
        ((10, 100), 2000, Path.SKETCH),
        ((100, 1000), 1 << 19, Path.GRAM),
        ((1000, 1000), 1 << 20, Path.SKETCH),
    ],
)
def test_path_follows_shape_and_budget(shape, budget, path):
    source = open_source(np.ones(shape), layer="x", caller="test")
    assert choose_path(source, memory_budget=budget) is path


def test_a_stream_counts_its_rows_against_the_budget():
    x = np.ones((10, 10_000))
    array = open_source(x, layer="x", caller="test")
    stream = open_source(Stream(x), layer="x", caller="test")
    assert choose_path(array, memory_budget=1 << 19) is Path.GRAM
    assert choose_path(stream, memory_budget=1 << 19) is Path.SKETCH


def test_falls_back_on_a_sketch_that_knows_the_truth_is_above():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 400)) * np.arange(1, 401.0) ** -1.0
    got = covariance_spectrum(x, memory_budget=2 << 20)
    assert got.method == "sketch"
    exact = covariance_spectrum(x)
    assert got.total_variance == pytest.approx(exact.total_variance, rel=1e-9)
    found = pca95(got)
    assert found.certified_low <= pca95(exact).value
    assert found.certified_high is None or pca95(exact).value <= found.certified_high
    assert found.spectrum_method == "sketch"


def test_constant_features_are_counted_and_rounding_noise_is_constant():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4))
    x[:, 1] = 1e8
    x[:, 2] = 0.1 * (1 + 2e-16 * rng.integers(0, 2, size=40))
    got = covariance_spectrum(x)
    assert got.constant_features == 2
    np.testing.assert_allclose(
        got.eigenvalues[:2], np.linalg.eigvalsh(np.cov(x[:, [0, 3]].T))[::-1], rtol=1e-10
    )
    assert got.eigenvalues[2:].max() == 0


def test_eight_bit_constants_have_no_variance_at_all():
    x = bytes_of(500, 3)
    x[:, 1] = 251
    got = covariance_spectrum(x)
    assert got.constant_features == 1
    assert got.eigenvalues[-1] == pytest.approx(0, abs=1e-9)
    assert got.minimum >= 0


def test_two_samples_span_one_axis():
    got = covariance_spectrum(np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))
    np.testing.assert_allclose(got.eigenvalues, [12.5, 0.0], atol=1e-12)
    assert got.subsets == got.neighbourhoods == ()


def test_subsets_grow_by_two_up_to_half():
    got = covariance_spectrum(np.random.default_rng(0).normal(size=(200, 5)), replicates=8)
    sizes = [part.n_samples for part in got.subsets]
    assert sizes == [50, 50, *[100] * 8]
    assert all(part.population == 200 for part in got.subsets)
    assert len(got.neighbourhoods) == 32
    assert {part.n_samples for part in got.neighbourhoods} == {32}


def test_large_sets_are_represented_by_a_pool_and_two_random_halves(monkeypatch):
    monkeypatch.setattr("spikedim.dimension._covariance_spectrum._POOL_ROWS", 128)
    x = bytes_of(1001, 6)
    got = covariance_spectrum(x)
    halves = [part for part in got.subsets if part.population is None]
    assert [part.n_samples for part in halves] == [500, 500]
    assert max(p.n_samples for p in got.subsets if p.population == 128) == 64
    # The halves make the whole: within plus between variance.
    mean = np.mean([part.total_variance for part in halves])
    assert mean == pytest.approx(got.total_variance, rel=0.01)


def test_groups_stay_whole_in_subsets_and_a_note_says_so():
    # Rows of one group are equal: a whole group adds no rank of its own.
    base = np.random.default_rng(0).normal(size=(40, 30))
    x = np.repeat(base, 5, axis=0)
    got = covariance_spectrum(Stream(x, group_size=5), replicates=4)
    largest = max(got.subsets, key=lambda part: part.n_samples)
    assert largest.n_samples == 100
    assert (largest.eigenvalues > 1e-9).sum() == 19
    assert "groups of 5" in got.notes[0]


def test_generator_decides_the_subsets_but_not_the_spectrum():
    x = np.random.default_rng(0).normal(size=(100, 5))
    one, two, again = (
        covariance_spectrum(x, generator=np.random.default_rng(seed)) for seed in (1, 2, 1)
    )
    np.testing.assert_array_equal(one.eigenvalues, two.eigenvalues)
    assert one.subsets[0].total_variance != two.subsets[0].total_variance
    assert one.subsets[0].total_variance == again.subsets[0].total_variance


def test_progress_is_told_of_every_sample():
    listener = Listener()
    covariance_spectrum(bytes_of(100, 5), progress=listener)
    assert listener.done == {"covariance": [100.0, 100.0]}


def test_a_stream_without_a_type_is_peeked_at():
    x = bytes_of(50, 4)
    same(covariance_spectrum(Stream(x, typed=False)), covariance_spectrum(x), rtol=0)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Stream(np.ones((4, 3, 2))), r"have 2 axes \[S, D\]; got shape \(4, 3, 2\).*flat\(\)"),
        (Stream(np.ones((1, 3))), "have at least 2 samples and 1 feature"),
        (Stream(np.ones((4, 3)), scale=0.0), "have a scale other than 0"),
        (Stream(np.ones((4, 3)), group_size=3), "have a scale other than 0 and whole groups"),
        (Stream(bytes_of(4, 3), shape=(5, 3)), "yield the 5 samples it announces; got 4"),
        (Stream(bytes_of(4, 9), shape=(3, 9), size=2), "yield the 3 samples it announces; got 4"),
        (Stream(bytes_of(4, 3), shape=(4, 2)), "yield batches of 2 features"),
        (Stream(np.full((4, 3), np.nan)), "be finite"),
        (Stream(np.ones((4, 3))), "vary over samples; got 3 constant features"),
        (Stream(bytes_of(4, 3), typed=False, rereadable=False), "tell its `dtype`"),
        (Stream(np.ones((0, 3)), shape=(4, 3), typed=False, size=1), "yield samples; got none"),
    ],
    ids=lambda v: v if isinstance(v, str) else "stream",
)
@pytest.mark.usefixtures("untyped")
def test_bad_streams_are_refused(stream, message):
    with pytest.raises(InputError, match=rf"^covariance_spectrum: `x` must {message}"):
        covariance_spectrum(stream)


@pytest.mark.parametrize("factor", [1e-80, 1e80])
def test_variance_outside_the_safe_range_is_refused(factor):
    x = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0]]) * factor
    with pytest.raises(InputError, match=r"total variance within 1e-140..1e140.*Rescale"):
        covariance_spectrum(x)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"replicates": -1}, "`replicates` must be an integer >= 0; got -1"),
        ({"replicates": 1.5}, "`replicates` must be an integer >= 0; got 1.5"),
        ({"memory_budget": "lots"}, "`memory_budget` must be a positive size; got 'lots'"),
    ],
)
def test_bad_parameters_are_refused(arguments, message):
    with pytest.raises(InputError, match=f"^covariance_spectrum: {message}"):
        covariance_spectrum(np.eye(4), **arguments)


def test_rates_map_subsets_with_the_whole():
    x = np.random.default_rng(0).normal(size=(60, 4))
    spectrum = covariance_spectrum(x)
    rates = spectrum.as_rates()
    direct = covariance_spectrum((x - x.min()) / (x.max() - x.min()))
    assert isinstance(rates, Spectrum)
    np.testing.assert_allclose(rates.eigenvalues, direct.eigenvalues, rtol=1e-9)
    assert rates.subsets[0].squared_norm == pytest.approx(direct.subsets[0].squared_norm)
    assert rates.subsets[0].population == 60
    assert rates.rate_variance == pytest.approx(direct.rate_variance)


def test_a_subset_keeps_optional_moments_optional():
    part = SubsetSpectrum(np.ones(2), 2.0, 3)
    whole = replace(covariance_spectrum(np.eye(3) * 9), subsets=(part,))
    assert whole.as_rates().subsets[0].squared_norm is None
