"""Each branch and message of the covariance sketch."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch

from spikedim._core import InputError, NumericsError
from spikedim.dimension import CovarianceSketch, Spectrum
from spikedim.dimension._certificate import certified_rank
from spikedim.dimension._sketch_plan import plan_sketch


class Stream:
    """Samples held in memory, read as a stream."""

    layer, fingerprint, scale, offset, group_size = "pixels", "sha256:abc", 1.0, 0.0, 1

    def __init__(self, x, *, rereadable=True, **fields):
        self.x, self.shape, self.rereadable, self.reads = x, x.shape, rereadable, 0
        self.__dict__.update(fields)

    def batches(self, batch_size=None):
        if self.reads and not self.rereadable:
            raise RuntimeError("read twice")
        self.reads += 1
        for start in range(0, len(self.x), batch_size or 7):
            yield self.x[start : start + (batch_size or 7)]


def samples(n_samples=200, n_features=40, rank=6, *, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(n_samples, rank)) @ rng.normal(size=(rank, n_features))
    return signal + noise * rng.normal(size=(n_samples, n_features))


def exact(x):
    return np.clip(np.linalg.eigvalsh(np.cov(np.asarray(x, dtype=float).T))[::-1], 0, None)


def sketch_of(x, rank=12, **settings):
    return CovarianceSketch.empty(x.shape[1], rank, seed=3, **settings).update(x)


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-10), ("float32", 2e-5)])
def test_is_exact_when_the_rank_reaches_that_of_the_data(passes, dtype, rtol):
    x = samples()
    stream = {} if passes == 1 else {"stream": Stream(x), "passes": passes}
    got = sketch_of(x, dtype=dtype).spectrum(**stream)
    want = exact(x)
    np.testing.assert_allclose(got.eigenvalues[:6], want[:6], rtol=rtol)
    assert got.total_variance == pytest.approx(want.sum(), rel=1e-12)
    assert got.missing_variance <= rtol * want.sum()
    assert got.squared_norm == pytest.approx((want**2).sum(), rel=rtol)
    assert certified_rank(got, 0.95) == (np.searchsorted(want.cumsum(), 0.95 * want.sum()) + 1,) * 2


def test_rank_of_all_features_is_exact_for_any_data():
    x = np.random.default_rng(1).normal(size=(50, 9))
    got = sketch_of(x, rank=100).spectrum()
    np.testing.assert_allclose(got.eigenvalues, exact(x), rtol=1e-10)


def test_fewer_samples_than_rank():
    x = np.random.default_rng(1).normal(size=(5, 60))
    got = sketch_of(x, rank=20).spectrum(stream=Stream(x))
    np.testing.assert_allclose(got.eigenvalues, exact(x)[:4], rtol=1e-9)
    assert got.n_samples == 5


def test_more_passes_capture_more():
    x = samples(400, 120, 5, noise=1.0)
    sketch = sketch_of(x, rank=15)
    missing = [sketch.spectrum().missing_variance]
    missing += [
        sketch.spectrum(stream=Stream(x), passes=passes).missing_variance for passes in (2, 3)
    ]
    best = exact(x)[15:].sum()
    assert missing[0] > missing[1] > missing[2] > best


def test_entry_statistics_are_exact():
    x = samples()
    x[:, 3] = 2.5
    got = sketch_of(x, scale=0.5, offset=-1.0).spectrum()
    y = 0.5 * x - 1
    assert got.mean == pytest.approx(y.mean(), rel=1e-12)
    assert got.mean_square == pytest.approx((y**2).mean(), rel=1e-12)
    assert (got.minimum, got.maximum) == pytest.approx((y.min(), y.max()))
    assert got.constant_features == 1
    assert got.total_variance == pytest.approx(exact(y).sum(), rel=1e-12)
    np.testing.assert_allclose(got.eigenvalues[:6], exact(y)[:6], rtol=1e-10)


def test_negative_scale_swaps_the_range():
    x = samples()
    got = sketch_of(x, scale=-2.0).spectrum()
    assert (got.minimum, got.maximum) == pytest.approx((-2 * x.max(), -2 * x.min()))


def test_fourth_moment_is_exact_after_a_second_pass_and_close_before():
    x = samples(300)
    want = (((x - x.mean(axis=0)) ** 2).sum(axis=1) ** 2).mean()
    sketch = sketch_of(x, reservoir=300)
    assert sketch.spectrum(stream=Stream(x)).norm_fourth_moment == pytest.approx(want, rel=1e-9)
    assert sketch.spectrum().norm_fourth_moment == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32, bool])
def test_takes_any_real_type(kind):
    x = (np.random.default_rng(0).random((60, 10)) * 100).astype(kind)
    if kind is bool:
        x[::2, 3] = False
    got = sketch_of(x, rank=10).spectrum()
    np.testing.assert_allclose(got.total_variance, exact(x).sum(), rtol=1e-10)


def test_takes_tensors_and_leaves_them_alone():
    x = torch.from_numpy(samples()).requires_grad_()
    before = x.detach().clone()
    got = CovarianceSketch.empty(40, 12, seed=3).update(x).spectrum()
    assert torch.equal(x.detach(), before)
    assert got.eigenvalues[0] == pytest.approx(exact(before)[0], rel=1e-10)


def test_large_batches_are_worked_on_in_pieces(monkeypatch):
    x = samples()
    whole = sketch_of(x)
    monkeypatch.setattr("spikedim.dimension._sketch_plan.WORK_BYTES", 8 * 40 * 11)
    pieces = sketch_of(x)
    assert pieces.settings.batch_rows == 11
    torch.testing.assert_close(pieces.product, whole.product, rtol=1e-10, atol=1e-8)


def test_from_stream_takes_units_layer_and_fingerprint_from_the_stream():
    x = samples()
    stream = Stream(x, scale=2.0, offset=1.0, rereadable=False)
    sketch = CovarianceSketch.from_stream(stream, generator=np.random.default_rng(5))
    got = sketch.spectrum()
    assert (got.layer, got.fingerprint, got.method) == ("pixels", "sha256:abc", "sketch")
    assert got.total_variance == pytest.approx(4 * exact(x).sum(), rel=1e-12)
    assert stream.reads == 1
    assert sketch.settings.seed == int(np.random.default_rng(5).integers(2**32))


def test_more_samples_are_other_content():
    x = samples(20, 5)
    sketch = CovarianceSketch.from_stream(Stream(x))
    assert sketch.fingerprint == "sha256:abc"
    assert sketch.update(x).fingerprint == ""


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"scale": 0.0}, "`stream` must have a scale other than 0 and whole groups"),
        ({"scale": float("nan")}, "`stream.scale` must be a finite number"),
        ({"offset": float("inf")}, "`stream.offset` must be a finite number"),
        ({"group_size": 7}, "`stream` must have a scale other than 0 and whole groups"),
        ({"group_size": 0}, "`stream.group_size` must be an integer >= 1"),
    ],
)
def test_streams_with_impossible_claims_are_refused(claim, message):
    with pytest.raises(InputError, match=rf"^CovarianceSketch.from_stream: {message}"):
        CovarianceSketch.from_stream(Stream(samples(20, 5), **claim))


@pytest.mark.parametrize("announced", [19, 21])
def test_a_stream_must_keep_its_word(announced):
    stream = Stream(samples(20, 5))
    stream.shape = (announced, 5)
    with pytest.raises(InputError, match=rf"must yield the {announced} samples .* got 20\."):
        CovarianceSketch.from_stream(stream)


def test_a_stream_that_cannot_be_read_again_is_refused_for_a_second_pass():
    x = samples()
    sketch = sketch_of(x)
    with pytest.raises(InputError, match="`stream` must be rereadable"):
        sketch.spectrum(stream=Stream(x, rereadable=False))


@pytest.mark.parametrize("other", [samples()[:-1], samples() * 1.01])
def test_a_second_pass_over_other_samples_is_refused(other):
    with pytest.raises(InputError, match="must yield the samples that were sketched; got"):
        sketch_of(samples()).spectrum(stream=Stream(other))


def test_a_second_pass_with_other_features_is_refused():
    with pytest.raises(InputError, match="must have 40 features; got shape"):
        sketch_of(samples()).spectrum(stream=Stream(samples(n_features=41)))


def test_subsets_come_from_the_reservoir_and_fit_the_data():
    x = samples(500, 40, 6, noise=0.1)
    got = sketch_of(x, reservoir=128).spectrum(replicates=4)
    sizes = {part.n_samples for part in got.subsets}
    assert max(sizes) == 64
    assert {part.population for part in got.subsets} == {128}
    largest = [part.total_variance for part in got.subsets if part.n_samples == 64]
    assert np.mean(largest) == pytest.approx(got.total_variance, rel=0.25)
    assert len(got.neighbourhoods) > 0
    assert sketch_of(x).spectrum(replicates=0).subsets == ()


def test_reservoir_keeps_groups_whole():
    x = np.repeat(np.arange(60.0), 5)[:, None] + np.zeros((300, 4))
    sketch = CovarianceSketch.empty(4, 2, reservoir=43, group_size=5)
    for start in range(0, 300, 7):
        sketch.update(x[start : start + 7])
    kept = sketch.reservoir.ordered()[:, 0]
    assert kept.shape == (40,)
    assert set(np.unique(kept, return_counts=True)[1]) == {5}
    assert (kept.reshape(8, 5) == kept.reshape(8, 5)[:, :1]).all()


def test_reservoir_is_uniform():
    hits = np.zeros(50)
    for seed in range(400):
        sketch = CovarianceSketch.empty(1, 1, seed=seed, reservoir=10)
        sketch.update(np.arange(20.0)[:, None])
        other = CovarianceSketch.empty(1, 1, seed=seed, reservoir=10)
        other.update(np.arange(20.0, 50.0)[:, None])
        hits[sketch.merge(other).reservoir.rows.astype(int).ravel()] += 1
    # Binomial(400, 1/5): standard deviation 8.
    assert abs(hits - 80).max() < 4 * 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_features": 41}, "`other` must have n_features 40; got 41"),
        ({"rank": 5}, "`other` must have rank 12; got 5"),
        ({"seed": 4}, "`other` must have seed 3; got 4"),
        ({"dtype": "float32"}, "`other` must have dtype 'float64'; got 'float32'"),
        ({"scale": 2.0}, "`other` must have scale 1.0; got 2.0"),
        ({"layer": "pixels"}, "`other` must have layer 'features'; got 'pixels'"),
    ],
)
def test_shards_with_other_settings_are_refused(change, message):
    settings = {"n_features": 40, "rank": 12, "seed": 3} | change
    with pytest.raises(InputError, match=message):
        sketch_of(samples()).merge(CovarianceSketch.empty(**settings))


def test_a_sketch_cannot_be_merged_with_itself():
    sketch = sketch_of(samples())
    with pytest.raises(InputError, match="must be another sketch"):
        sketch.merge(sketch)


@pytest.mark.usefixtures("untyped")
def test_only_sketches_can_be_merged():
    with pytest.raises(InputError, match="`other` must be a CovarianceSketch; got ndarray"):
        sketch_of(samples()).merge(samples())


def test_empty_shards_change_nothing():
    x = samples()
    empty = CovarianceSketch.empty(40, 12, seed=3)
    left = CovarianceSketch.empty(40, 12, seed=3).merge(sketch_of(x)).merge(empty)
    assert left.n_samples == 200
    torch.testing.assert_close(left.product, sketch_of(x).product)


def test_fingerprint_survives_a_merge_only_if_equal():
    one, two = (CovarianceSketch.from_stream(Stream(samples())) for _ in range(2))
    assert one.merge(two).fingerprint == "sha256:abc"
    three = CovarianceSketch.from_stream(Stream(samples(), fingerprint="sha256:def"))
    assert one.merge(three).fingerprint == ""


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (np.zeros((3, 39)), "`batch` must have 40 features; got shape"),
        (np.zeros(40), "`batch` must have 2 axes"),
        (np.full((2, 40), np.nan), "`batch` must be finite; got NaN"),
        (np.full((2, 40), "a"), "`batch` must be an array of real numbers"),
        (np.zeros((0, 40)), "`batch` must have at least 1 row"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_bad_batches_are_refused_and_change_nothing(batch, message):
    sketch = sketch_of(samples())
    before = sketch.product.clone()
    with pytest.raises(InputError, match=message):
        sketch.update(batch)
    assert sketch.n_samples == 200
    assert torch.equal(sketch.product, before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_features": 0}, "`n_features` must be an integer >= 1; got 0"),
        ({"rank": 0}, "`rank` must be an integer >= 1; got 0"),
        ({"seed": -1}, "`seed` must be an integer >= 0; got -1"),
        ({"dtype": "float16"}, "`dtype` must be one of float32, float64; got 'float16'"),
        ({"reservoir": 1}, "`reservoir` must be an integer >= 2; got 1"),
        ({"scale": 0.0}, "`scale` must not be 0; got 0.0"),
        ({"group_size": 0}, "`group_size` must be an integer >= 1; got 0"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=f"CovarianceSketch.empty: {message}"):
        CovarianceSketch.empty(**({"n_features": 4, "rank": 2} | settings))


@pytest.mark.parametrize("count", [0, 1])
def test_a_spectrum_needs_two_samples(count):
    sketch = CovarianceSketch.empty(4, 2)
    if count:
        sketch.update(np.ones((1, 4)))
    with pytest.raises(InputError, match=f"at least 2 samples; got {count}"):
        sketch.spectrum()


def test_equal_samples_have_no_spectrum():
    with pytest.raises(InputError, match="the samples must vary; got 5 equal ones"):
        sketch_of(np.full((5, 4), 0.1)).spectrum()


@pytest.mark.parametrize(("dtype", "value"), [("float32", 1e17), ("float64", 1e200)])
def test_overflow_is_an_error_and_changes_nothing(dtype, value):
    sketch = CovarianceSketch.empty(4, 2, dtype=dtype)
    with pytest.raises(NumericsError, match="squares below"):
        sketch.update(value * np.eye(4))
    assert sketch.n_samples == 0


@pytest.mark.parametrize(("dtype", "value"), [("float32", 1e-17), ("float64", 1e-100)])
def test_underflow_is_an_error(dtype, value):
    sketch = CovarianceSketch.empty(4, 2, dtype=dtype).update(value * np.eye(4))
    with pytest.raises(NumericsError, match="squared deviations must lie within"):
        sketch.spectrum()


def test_passes_and_replicates_are_checked():
    sketch = sketch_of(samples())
    with pytest.raises(InputError, match="`passes` must be 2 or 3; got 1"):
        sketch.spectrum(stream=Stream(samples()), passes=1)
    with pytest.raises(InputError, match="`replicates` must be an integer >= 0; got -1"):
        sketch.spectrum(replicates=-1)


@pytest.mark.usefixtures("untyped")
def test_arrays_are_not_streams():
    with pytest.raises(InputError, match="`stream` must be a SampleStream; got ndarray"):
        CovarianceSketch.from_stream(samples())
    with pytest.raises(InputError, match="`stream` must be a SampleStream; got ndarray"):
        sketch_of(samples()).spectrum(stream=samples())


def test_tokens_must_be_flattened_first():
    with pytest.raises(InputError, match=r"2 axes \[S, D\]; got shape \(2, 3, 4\)"):
        CovarianceSketch.from_stream(Stream(np.zeros((2, 3, 4))))


def announced(*shape):
    """Return a stream that promises many samples and occupies four bytes."""
    return Stream(np.broadcast_to(np.float32(0), shape))


def test_the_plan_of_the_largest_images_stays_within_its_budget():
    stream = announced(20_000, 150_528)
    plan = plan_sketch(stream, rank=None, memory_budget="2GB", seed=0, caller="f")
    assert plan.dtype == "float32"
    assert 600 <= plan.rank <= 1024
    columns = 3 * 4 * plan.rank + plan.rank + 4 * 4 * 32 + 4 * plan.reservoir
    assert 150_528 * columns < 2 << 30


def test_a_budget_that_is_too_small_says_what_is_needed():
    with pytest.raises(InputError, match=r"`memory_budget` must hold a sketch of 150528 .* MB"):
        CovarianceSketch.from_stream(announced(20_000, 150_528), memory_budget="100MB")
    with pytest.raises(InputError, match="rank 1024"):
        CovarianceSketch.from_stream(announced(20_000, 150_528), rank=1024, memory_budget="1GB")


def test_rank_can_be_chosen():
    x = samples()
    assert CovarianceSketch.from_stream(Stream(x), rank=7).settings.rank == 7
    assert CovarianceSketch.from_stream(Stream(x), rank=700).settings.rank == 40


def test_npz_round_trip_resumes_where_it_stopped(tmp_path):
    x = samples(noise=0.1)
    half = CovarianceSketch.empty(40, 12, seed=3, reservoir=16, scale=0.5).update(x[:90])
    half.fingerprint = "sha256:abc"
    resumed = CovarianceSketch.from_npz(half.to_npz(tmp_path / "half.npz"))
    assert resumed.fingerprint == "sha256:abc"
    resumed.update(x[90:])
    want = half.update(x[90:])
    assert resumed.settings == want.settings
    assert (resumed.n_samples, resumed.trace) == (want.n_samples, want.trace)
    assert torch.equal(resumed.product, want.product)
    assert np.array_equal(resumed.reservoir.ordered(), want.reservoir.ordered())
    assert np.array_equal(resumed.spectrum().eigenvalues, want.spectrum().eigenvalues)
    assert [path.name for path in tmp_path.iterdir()] == ["half.npz"]


def test_an_empty_sketch_travels_too(tmp_path):
    sketch = CovarianceSketch.empty(5, 2)
    again = CovarianceSketch.from_npz(sketch.to_npz(tmp_path / "empty.npz"))
    assert again.n_samples == 0
    assert np.isinf(again.minimum).all()


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def damaged(path, how):
    """Return the file at `path` changed in one way."""
    arrays = dict(np.load(path))
    meta = json.loads(arrays["meta"].tobytes())
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
        return path
    if how == "no zip":
        path.write_bytes(pickle.dumps(Bomb()))
        return path
    if how == "pickled":
        arrays["mean"] = np.array([Bomb()], dtype=object)
    if how == "shape":
        arrays["product"] = arrays["product"][:, :-1]
    if how == "type":
        arrays["mean"] = arrays["mean"].astype(np.float32)
    if how == "not finite":
        arrays["product"][0, 0] = np.nan
    if how == "reservoir":
        arrays["priorities"] = arrays["priorities"][:-1]
    if how == "missing":
        del arrays["minimum"]
    if how == "format":
        meta["format"] = "other/1"
    if how == "settings":
        meta["settings"]["rank"] = 10**9
    if how == "setting type":
        meta["settings"]["rank"] = "12"
    if how == "count":
        meta["n_samples"] = -1
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    (np.savez_compressed if how == "compressed" else np.savez)(path, **arrays)
    return path


@pytest.mark.parametrize(
    "how",
    [
        "truncated",
        "no zip",
        "pickled",
        "shape",
        "type",
        "not finite",
        "reservoir",
        "missing",
        "format",
        "settings",
        "setting type",
        "count",
        "compressed",
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path, how):
    path = damaged(sketch_of(samples()).to_npz(tmp_path / "sketch.npz"), how)
    with pytest.raises(InputError, match=r"^CovarianceSketch.from_npz: `path` must be .*") as error:
        CovarianceSketch.from_npz(path)
    assert "\n" not in str(error.value)


def test_a_flipped_byte_is_noticed(tmp_path):
    path = sketch_of(samples()).to_npz(tmp_path / "sketch.npz")
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("product.npy").header_offset
    data = bytearray(path.read_bytes())
    data[start + 400] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="must be a file written by `to_npz`"):
        CovarianceSketch.from_npz(path)


def test_missing_files_and_unwritable_folders(tmp_path):
    with pytest.raises(InputError, match="must be a file written by `to_npz`"):
        CovarianceSketch.from_npz(tmp_path / "none.npz")
    with pytest.raises(InputError, match="must lie in an existing folder"):
        CovarianceSketch.empty(4, 2).to_npz(tmp_path / "none" / "sketch.npz")


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = sketch_of(samples()).to_npz(tmp_path / "sketch.npz")
    before = path.read_bytes()

    def fail(*_args, **_arrays):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(KeyboardInterrupt):
        sketch_of(samples()).to_npz(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_progress_is_reported_and_closed():
    from spikedim._core import AbstractProgress

    class Listener(AbstractProgress):
        def __init__(self):
            self.open, self.amount, self.names = 0, 0.0, []

        def start(self, description, total):
            self.names.append((description, total))
            self.open += 1
            return len(self.names)

        def advance(self, task, amount=1):  # noqa: ARG002
            self.amount += amount

        def finish(self, task):  # noqa: ARG002
            self.open -= 1

    x, listener = samples(noise=1.0), Listener()
    sketch = CovarianceSketch.from_stream(Stream(x), rank=8, progress=listener)
    sketch.spectrum(stream=Stream(x), progress=listener)
    assert [name for name, _ in listener.names] == [
        "Sketching the covariance",
        "Improving the subspace",
        "Certifying the spectrum",
    ]
    assert (listener.open, listener.amount) == (0, 600)


def test_certificate_of_an_exact_spectrum_is_its_rank():
    spectrum = Spectrum(np.array([3.0, 1.0]), 4.0, 10.0, 9, 2, "pixels")
    assert certified_rank(spectrum, 0.75) == (1, 1)
    assert certified_rank(spectrum, 0.76) == (2, 2)
    with pytest.raises(InputError, match=r"certified_rank: `fraction` must be in \(0, 1\]"):
        certified_rank(spectrum, 1.5)


def test_notes_say_how_the_spectrum_was_made():
    x = samples(noise=1.0)
    sketch = sketch_of(x)
    assert "one pass, Nystroem" in sketch.spectrum().notes[0]
    assert "3 passes, Rayleigh-Ritz" in sketch.spectrum(stream=Stream(x)).notes[0]
