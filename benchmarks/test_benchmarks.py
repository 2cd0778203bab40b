"""Each hot path once, tiny: is the answer right?

``python -m pytest benchmarks --benchmark-enable`` times them as well.
"""

import numpy as np
import pytest
import torch

from benchmarks import bench_training
from spikedim.circuits import gli
from spikedim.data import open_samples
from spikedim.dimension import CovarianceSketch, covariance_spectrum, participation_ratio, pca95
from spikedim.planning import plan
from spikedim.training import ExampleKind, Examples


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (600, 48), dtype=np.uint8)


@pytest.fixture
def low_rank():
    rng = np.random.default_rng(0)
    return rng.standard_normal((500, 6)) @ rng.standard_normal((6, 300))


def naive_eigenvalues(x):
    return np.linalg.eigvalsh(np.cov(x.astype(np.float64), rowvar=False))[::-1]


def test_exact_spectrum_of_bytes(benchmark, pixels):
    spectrum = benchmark(covariance_spectrum, pixels, replicates=0)
    np.testing.assert_allclose(spectrum.eigenvalues, naive_eigenvalues(pixels), rtol=1e-9)


def test_exact_spectrum_of_floats(benchmark, low_rank):
    spectrum = benchmark(covariance_spectrum, low_rank, replicates=0)
    want = naive_eigenvalues(low_rank)
    np.testing.assert_allclose(spectrum.eigenvalues[:6], want[:6], rtol=1e-9)
    assert spectrum.total_variance == pytest.approx(want.sum())


@pytest.mark.parametrize("estimator", [pca95, participation_ratio], ids=lambda f: f.__name__)
def test_estimators_from_a_spectrum(benchmark, low_rank, estimator):
    spectrum = covariance_spectrum(low_rank)
    assert 1 <= benchmark(estimator, spectrum).value <= 6 + 1e-9


def test_sketch(benchmark, low_rank):
    def stream():
        sketch = CovarianceSketch.empty(n_features=300, rank=20)
        for start in range(0, 500, 100):
            sketch.update(low_rank[start : start + 100])
        return sketch.spectrum()

    spectrum = benchmark(stream)
    assert spectrum.total_variance == pytest.approx(naive_eigenvalues(low_rank).sum())


def test_reading_digits(benchmark):
    samples = benchmark(open_samples, "digits", layer="patches:2")
    assert samples.shape == (1797, 16, 4)


def test_plan_on_digits(benchmark):
    result = benchmark.pedantic(plan, args=("digits",), rounds=1)
    assert result.steps_low <= result.steps <= result.steps_high


@pytest.mark.parametrize("emission", ["integrate_and_fire", "escape"])
def test_softmax_by_inhibition(benchmark, emission):
    logits = np.random.default_rng(0).standard_normal((64, 64))
    generator = np.random.default_rng(1)
    result = benchmark(gli, logits, steps=600, emission=emission, generator=generator)
    assert result.certificate.holds


@pytest.fixture
def job():
    rng = np.random.default_rng(0)
    examples = Examples(
        spec="drawn",
        split="train",
        kind=ExampleKind.IMAGES,
        inputs=rng.integers(0, 256, (32, 3, 32, 32), dtype=np.uint8),
        targets=rng.integers(0, 10, 32),
        classes=10,
        mean=(0.5, 0.5, 0.5),
        deviation=(0.25, 0.25, 0.25),
        fingerprint="sha256:0",
    )
    return bench_training.Job(
        examples=examples, model="spikformer-2-64/cifar10", batch_size=4, updates=2
    )


def test_training(benchmark, job):
    args = (job, bench_training.FAST32, job.updates)
    assert benchmark.pedantic(bench_training.train_ours, args=args, rounds=1) > 0


def test_shares_of_training(job):
    found = bench_training.shares(job, bench_training.FAST32, job.updates)
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) > 0
    assert max(found, key=found.get) == "forward_and_backward"


def test_rows_of_training_without_the_peer(job):
    seconds = {bench_training.FAST32: [2.0, 1.0, 4.0], f"bare {bench_training.FAST32}": [1.0] * 3}
    (row,) = bench_training.rows_of(job, seconds, decides=True)
    assert row["samples_per_second"] == pytest.approx(8 / 1.5, abs=0.01)
    assert row["of_all_rounds"] == "2 to 8"
    assert row["speed_of_bare_step"] == "0.67 (0.38 to 0.75)"
    assert row["times_spikingjelly_float32"] is None
    assert isinstance(row["met"], bool)


def test_images_of_the_peer_are_mirrored_and_moved():
    image = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    padded = torch.nn.functional.pad(torch.cat([image, image.flip(-1)]), (1,) * 4)
    wanted = {
        tuple(x[0, y : y + 3, z : z + 3].flatten().tolist())
        for x in padded
        for y in range(3)
        for z in range(3)
    }
    draw = torch.Generator().manual_seed(0)
    found = bench_training.augment(image.expand(500, 1, 3, 3), draw, crop=1)
    assert {tuple(x.flatten().tolist()) for x in found} == wanted


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore")  # the peer's own
def test_training_beside_the_peer(job):
    seconds = bench_training.timings(job, 1)
    rows = bench_training.rows_of(job, seconds, decides=False)
    assert [row["name"] for row in rows] == [*bench_training.OURS, *bench_training.PEERS]
    keys = ("times_spikingjelly_float32", "times_spikingjelly_autocast")
    assert all(row[key] for key in keys for row in rows[:3])
