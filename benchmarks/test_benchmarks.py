"""Each hot path once, tiny: is the answer right?

``python -m pytest benchmarks --benchmark-enable`` times them as well.
"""

import numpy as np
import pytest

from spikedim.circuits import gli
from spikedim.data import open_samples
from spikedim.dimension import CovarianceSketch, covariance_spectrum, participation_ratio, pca95
from spikedim.planning import plan


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
