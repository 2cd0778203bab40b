"""What every estimator in `spikedim.dimension` must do, whatever its formula."""

import inspect
import math

import numpy as np
import pytest
import torch

from spikedim import dimension
from spikedim._core import InputError
from spikedim.dimension import DimensionEstimate, Spectrum, all_estimates, covariance_spectrum

ESTIMATORS = [
    function
    for name in dimension.__all__
    if callable(function := getattr(dimension, name))
    and inspect.signature(function).return_annotation is DimensionEstimate
    and name.islower()
]
# An estimator with a parameter enters here; without one it needs nothing.
PARAMETERS = {"ridge_dimension": {"mu": 0.5}, "water_filling_rank": {"distortion": 1.0}}
SPECTRAL = [f for f in ESTIMATORS if f.__name__ != "two_nn"]


@pytest.fixture(params=ESTIMATORS, ids=lambda f: f.__name__)
def name(request):
    return request.param.__name__


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    return rng.normal(size=(120, 8)) * np.arange(1.0, 9.0)


def call(name, x):
    return getattr(dimension, name)(x, **PARAMETERS.get(name, {}))


def test_all_kinds_were_found():
    assert {"pca95", "participation_ratio", "two_nn"} <= {f.__name__ for f in ESTIMATORS}
    assert len(ESTIMATORS) >= 8


def test_returns_a_finite_estimate_that_says_where_it_came_from(name, x):
    got = call(name, x)
    assert isinstance(got, DimensionEstimate)
    assert (got.estimator, got.n_samples, got.n_features) == (name, 120, 8)
    assert (got.layer, got.level) == ("features", 0.95)
    assert got.parameters.items() >= PARAMETERS.get(name, {}).items()
    assert math.isfinite(got.value)
    assert 0 <= got.low <= got.value <= got.high
    assert got.value <= 8
    assert "jackknife" in got.interval_method


def test_shows_its_dependence_on_the_number_of_samples(name, x):
    curve = call(name, x).curve
    sizes = [point.n_samples for point in curve]
    assert sizes == sorted(set(sizes))
    assert (sizes[-1], curve[-1].mean, curve[-1].replicates) == (120, call(name, x).value, 1)
    assert len(curve) >= 2


def test_survives_json(name, x):
    got = call(name, x)
    assert DimensionEstimate.from_json(got.to_json()) == got


def test_leaves_its_input_alone(name, x):
    tensor = torch.tensor(x, requires_grad=True)
    before = tensor.detach().clone()
    call(name, tensor)
    assert torch.equal(before, tensor)
    assert tensor.grad is None


def test_reads_arrays_that_may_not_be_written(name, x):
    frozen = x.copy()
    frozen.setflags(write=False)
    assert call(name, frozen).value == call(name, x).value


def test_answers_the_same_twice(name, x):
    assert call(name, x) == call(name, x)


def test_does_not_depend_on_the_order_of_samples(name, x):
    shuffled = x[np.random.default_rng(1).permutation(120)]
    assert call(name, shuffled).value == pytest.approx(call(name, x).value, rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32, np.uint8, np.int8])
def test_takes_every_real_type(name, dtype):
    x = np.random.default_rng(0).integers(0, 100, size=(60, 5)).astype(dtype)
    want = call(name, x.astype(np.float64)).value
    assert call(name, x).value == pytest.approx(want, rel=1e-6)


def test_takes_the_bfloat16_activations_of_a_trained_net(name):
    rng = np.random.default_rng(0)
    short = torch.from_numpy(rng.normal(size=(60, 5)) * [5, 3, 2, 1, 1]).to(torch.bfloat16)
    assert call(name, short).value == call(name, short.float()).value


def test_takes_eight_samples_or_says_how_many_it_needs(name):
    x = np.random.default_rng(0).normal(size=(8, 3))
    if name == "two_nn":
        with pytest.raises(InputError, match=r"^two_nn: `x` must have at least 20 distinct"):
            call(name, x)
    else:
        assert 0 < call(name, x).value <= 3


@pytest.mark.parametrize(
    ("bad", "need"),
    [
        (np.zeros(3), "have 2 axes"),
        (np.zeros((2, 3, 4)), "have 2 axes"),
        (np.ones((1, 4)), "have at least 2 rows"),
        (np.zeros((8, 0)), "no empty axis"),
        (np.full((30, 2), np.inf), "be finite"),
        (np.full((30, 2), np.nan), "be finite"),
        (np.full((30, 2), 3.0), "vary over samples; got 2 constant features"),
        (np.full((30, 2), 7, dtype=np.uint8), "vary over samples; got 2 constant features"),
        (np.array([["a", "b"]] * 30), "be an array of real numbers"),
        (np.full((30, 2), 1j), "be an array of real numbers"),
    ],
    ids=str,
)
def test_bad_input_raises_input_error_that_names_the_estimator(name, bad, need):
    with pytest.raises(InputError, match=rf"^{name}: `x` must .*{need}"):
        call(name, bad)


@pytest.mark.parametrize("estimator", SPECTRAL, ids=lambda f: f.__name__)
def test_gives_the_same_from_samples_and_from_their_spectrum(estimator, x):
    parameters = PARAMETERS.get(estimator.__name__, {})
    spectrum = covariance_spectrum(x, layer="pixels")
    got, want = estimator(spectrum, **parameters), estimator(x, **parameters)
    assert got.value == pytest.approx(want.value, rel=1e-12)
    assert (got.layer, want.layer) == ("pixels", "features")
    assert got.local is not None
    assert got.local.low <= got.local.median <= got.local.high
    assert got.certified_low == got.certified_high == got.value


@pytest.mark.parametrize("estimator", SPECTRAL, ids=lambda f: f.__name__)
def test_a_bare_spectrum_has_no_interval_and_says_so(estimator, x):
    parameters = PARAMETERS.get(estimator.__name__, {})
    got = estimator(covariance_spectrum(x, replicates=0), **parameters)
    assert got.low == got.value == got.high
    assert got.interval_method.startswith("none")
    assert (got.curve, got.extrapolated, got.still_rising) == ((), None, False)


@pytest.mark.parametrize("estimator", SPECTRAL, ids=lambda f: f.__name__)
def test_counts_constant_features_without_being_moved_by_them(estimator, x):
    parameters = PARAMETERS.get(estimator.__name__, {})
    padded = np.hstack([x, np.full((120, 3), 0.1)])
    got = estimator(padded, **parameters)
    assert got.constant_features == 3
    assert got.value == pytest.approx(estimator(x, **parameters).value, rel=1e-12)
    assert got.high <= 8


def test_all_estimates_holds_every_spectral_estimator_once(x):
    got = all_estimates(covariance_spectrum(x))
    assert sorted(e.estimator for e in got) == sorted(f.__name__ for f in SPECTRAL)


@pytest.mark.usefixtures("untyped")
def test_all_estimates_wants_a_spectrum(x):
    with pytest.raises(InputError, match=r"^all_estimates: `spectrum` must be a Spectrum; got nd"):
        all_estimates(x)


def test_two_nn_refuses_a_spectrum(x):
    with pytest.raises(InputError, match=r"^two_nn: `x` must be samples; got a Spectrum"):
        dimension.two_nn(covariance_spectrum(x))


def test_a_spectrum_is_exact_on_every_path_but_the_sketch(x):
    assert isinstance(covariance_spectrum(x), Spectrum)
    assert covariance_spectrum(x).exact
    assert covariance_spectrum(x[:5]).method == "exact Gram"
