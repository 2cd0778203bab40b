import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.bounds import BoundKind, Epsilon
from spikedim.circuits import CircuitResult, RateCode, SoftmaxMode, SpikingAttention

MODES = list(SoftmaxMode)
CODES = list(RateCode)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def weights(rng):
    """Return w_q, w_k [5, 3] and w_v [5, 4]."""
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 4))


@pytest.fixture
def x(rng):
    return rng.random((6, 5))


def test_range_and_biases_are_folded_exactly(rng, weights):
    w_q, w_k, w_v = weights
    low, high = -rng.random(5), 1 + rng.random(5)
    b_q, b_k, b_v = rng.normal(size=3), rng.normal(size=3), rng.normal(size=4)
    x = low + (high - low) * rng.random((6, 5))
    layer = SpikingAttention.compile(
        w_q, w_k, w_v, low=low, high=high, b_q=b_q, b_k=b_k, b_v=b_v, encoder="sigma_delta"
    )
    scores = (x @ w_q + b_q) @ (x @ w_k + b_k).T / np.sqrt(3)
    want = softmax(scores) @ (x @ w_v + b_v)
    np.testing.assert_allclose(layer.scores(x)[0], scores, atol=1e-12)
    np.testing.assert_allclose(layer.attention(x)[0], softmax(scores), atol=1e-12)
    np.testing.assert_allclose(layer.exact(x), want, atol=1e-12)
    np.testing.assert_allclose(layer.run(x, steps=4096).value, want, atol=0.02)


def test_rates_that_a_code_shows_exactly_leave_only_the_softmax_error(weights):
    corners = np.random.default_rng(3).integers(0, 2, size=(6, 5)).astype(float)
    layer = SpikingAttention.compile(*weights, mode="gli")
    result = layer.run(corners, steps=1000, generator=np.random.default_rng(0))
    assert layer.error_constant(corners).total == 0
    assert result.certificate.error < 3 * layer.error_constant(corners).frobenius(steps=1000)


def test_tensors_are_taken(weights, x):
    tensors = [torch.from_numpy(part) for part in weights]
    layer = SpikingAttention.compile(*tensors, encoder="sigma_delta")
    other = SpikingAttention.compile(*weights, encoder="sigma_delta")
    got = layer.run(torch.from_numpy(x), steps=16).value
    np.testing.assert_array_equal(got, other.run(x, steps=16).value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("form", ["run", "run_online"])
def test_a_result_tells_what_was_built_and_spent(mode, code, form, weights, x, rng):
    layer = SpikingAttention.compile(*weights, mode=mode, encoder=code)
    result = getattr(layer, form)(x, steps=40, generator=rng)
    certificate = result.certificate
    assert result.circuit == f"SpikingAttention.{form}"
    assert (result.value.shape, result.target.shape) == ((6, 4), (6, 4))
    assert result.row_spikes.shape == result.row_entropy_bits.shape == result.silent.shape == (6,)
    assert (result.row_entropy_bits <= np.log2(6) + 1e-12).all()
    assert not result.silent.any()
    by_name = {part.population: part for part in result.spikes}
    assert by_name["competitors"].spikes == result.row_spikes.sum()
    assert by_name["value code"].rate == pytest.approx(x.mean(), abs=0.1)
    assert certificate.spikes == result.total_spikes
    assert (certificate.neurons, certificate.synapses) == (
        result.wiring.neurons,
        result.wiring.synapses,
    )
    assert certificate.error == pytest.approx(np.linalg.norm(result.value - result.target))
    assert certificate.steps == 40
    assert (certificate.holds is None) is (form == "run_online")
    assert CircuitResult.from_json(result.to_json()).to_dict() == result.to_dict()


def test_a_deterministic_circuit_needs_no_generator_and_never_fails(weights, x):
    layer = SpikingAttention.compile(*weights, encoder="sigma_delta")
    theorem = layer.run(x, steps=8).certificate.theorem
    assert theorem.failure_probability == 0
    assert all(part.text.startswith("for the RMS law only") for part in theorem.assumptions)
    assert layer.run(x, steps=8).certificate.rms_law > 0
    assert layer.run_online(x, steps=8).certificate.rms_law is None
    np.testing.assert_array_equal(
        layer.run_online(x, steps=8).value, layer.run_online(x, steps=8).value
    )


def test_an_error_that_is_not_measured_is_absent(weights, x, rng):
    layer = SpikingAttention.compile(*weights)
    result = layer.run(x, steps=8, generator=rng, measure_error=False)
    certificate = result.certificate
    assert result.target is result.row_entropy_bits is None
    assert certificate.error is certificate.bound is certificate.holds is None
    assert certificate.reason == "the error was not asked for"


@pytest.mark.parametrize("form", ["run", "run_online"])
@pytest.mark.parametrize("mode", MODES)
def test_closed_columns_are_never_looked_at(form, mode, weights, x, rng):
    w_q, w_k, _ = weights
    layer = SpikingAttention.compile(w_q, w_k, np.eye(5), mode=mode, encoder="sigma_delta")
    causal = np.tril(np.ones((6, 6), dtype=bool))
    result = getattr(layer, form)(x, steps=64, generator=rng, mask=causal)
    np.testing.assert_allclose(result.value[0], result.target[0], atol=0.1)
    assert result.row_entropy_bits[0] == 0
    changed = x.copy()
    changed[5] = 1 - changed[5]
    again = getattr(layer, form)(changed, steps=64, generator=np.random.default_rng(0), mask=causal)
    first = getattr(layer, form)(x, steps=64, generator=np.random.default_rng(0), mask=causal)
    np.testing.assert_array_equal(again.value[:5], first.value[:5])
    assert result.certificate.holds is not False


def test_a_mask_of_numbers_is_added_to_the_scores(weights, x):
    layer = SpikingAttention.compile(*weights)
    slope = -0.3 * np.abs(np.arange(6)[:, None] - np.arange(6))
    np.testing.assert_allclose(layer.scores(x, mask=slope), layer.scores(x) + slope)
    half = torch.zeros(6, 6, dtype=torch.bfloat16)
    np.testing.assert_allclose(layer.scores(x, mask=half), layer.scores(x))
    torch_mask = torch.from_numpy(np.tril(np.ones((1, 6, 6), dtype=bool)))
    np.testing.assert_array_equal(
        layer.attention(x, mask=torch_mask), layer.attention(x, mask=torch_mask.numpy()[0])
    )


def test_one_token_looks_at_itself(weights, rng):
    layer = SpikingAttention.compile(*weights, mode="race", encoder="sigma_delta")
    result = layer.run(np.full((1, 5), 0.5), steps=2, generator=rng)
    np.testing.assert_allclose(result.value, result.target)
    assert layer.error_constant(np.full((1, 5), 0.5)).sampling == 0


def test_a_channel_without_range_is_a_constant(weights, rng):
    low, high = np.zeros(5), np.ones(5)
    low[2] = high[2] = 0.7
    layer = SpikingAttention.compile(*weights, low=low, high=high)
    x = rng.random((6, 5))
    x[:, 2] = 0.7
    plain = SpikingAttention.compile(*weights)
    np.testing.assert_allclose(layer.exact(x), plain.exact(x))
    assert layer.error_constant(x).total < plain.error_constant(x).total
    x[0, 2] = 0.6
    with pytest.raises(InputError, match=r"got 0.6 in channel 2, whose range is \[0.7, 0.7\]"):
        layer.exact(x)


def test_outputs_stay_in_a_range_that_is_reached(weights, rng):
    w_q, w_k, w_v = weights
    layer = SpikingAttention.compile(w_q, w_k, w_v, b_v=np.ones(4), mode="race")
    low, high = layer.output_range()
    for _ in range(20):
        x = rng.integers(0, 2, size=(3, 5)).astype(float)
        value = layer.run(x, steps=3, generator=rng).value
        assert (value >= low - 1e-12).all()
        assert (value <= high + 1e-12).all()
    highest = (w_v[:, :1] > 0).T.astype(float)
    assert layer.exact(highest)[0, 0] == pytest.approx(high[0])


@pytest.mark.parametrize(
    ("epsilon", "factor"), [("0.1:fro", 1.0), ("0.1:rms", np.sqrt(24)), ("0.1:relative", None)]
)
def test_steps_follow_the_kind_of_error(epsilon, factor, weights, x):
    layer = SpikingAttention.compile(*weights, mode="race")
    constant = layer.error_constant(x)
    size = np.linalg.norm(layer.exact(x)) if factor is None else factor
    got = layer.steps_for(x, epsilon=Epsilon.parse(epsilon))
    assert got.value == np.ceil(constant.total / (0.1 * size) ** 2)
    assert (got.kind, got.unit) == (BoundKind.ESTIMATE, "steps")


def test_certain_steps_suffice(weights, x):
    layer = SpikingAttention.compile(*weights, mode="cup", encoder="sigma_delta")
    epsilon = Epsilon.parse("0.5:fro")
    got, law = layer.certain_steps_for(x, epsilon=epsilon), layer.steps_for(x, epsilon=epsilon)
    assert got.kind is BoundKind.UPPER
    assert got.value > 3 * law.value
    for steps in (int(got.value), int(1.1 * got.value), int(3 * got.value)):
        assert layer.run(x, steps=steps).certificate.error <= 0.5
    assert layer.run(x, steps=int(law.value)).certificate.error == pytest.approx(0.5, rel=0.5)
    with pytest.raises(InputError, match=r"`epsilon` must be reachable in 2\*\*40 steps"):
        layer.certain_steps_for(x, epsilon=Epsilon.parse("1e-12:fro"))


@pytest.mark.parametrize(
    "setting",
    [
        {"mode": "race"},
        {"mode": "gli"},
        {"mode": "gli_random_phase"},
        {"encoder": "random_phase"},
        {"encoder": "bernoulli"},
    ],
)
def test_no_step_is_certain_without_a_worst_case(setting, weights, x):
    layer = SpikingAttention.compile(
        *weights, **({"mode": "cup", "encoder": "sigma_delta"} | setting)
    )
    with pytest.raises(InputError, match="`encoder` and `mode` must be sigma_delta and cup, "):
        layer.certain_steps_for(x, epsilon=Epsilon.parse("0.5:fro"))


def test_many_equal_scores_leave_no_certainty_for_gli_and_keep_that_of_cup():
    x = np.zeros((256, 1))
    x[:149] = 1
    weights, epsilon = ([[0.0]], [[0.6921548338426522]], [[1.0]]), Epsilon.parse("1.5:fro")
    layer = SpikingAttention.compile(*weights, b_q=[1.0], encoder="sigma_delta")
    with pytest.raises(InputError, match="no least number of spikes of a `gli` row is proved"):
        layer.certain_steps_for(x, epsilon=epsilon)
    layer = SpikingAttention.compile(*weights, b_q=[1.0], mode="cup", encoder="sigma_delta")
    steps = int(layer.certain_steps_for(x, epsilon=epsilon).value)
    assert layer.run(x, steps=steps).certificate.error <= 1.5


@pytest.mark.parametrize("code", ["random_phase", "sigma_delta"])
def test_steps_of_codes_without_noise_start_from_their_own_law(code, weights, x):
    layer = SpikingAttention.compile(*weights, encoder=code)
    constant = layer.error_constant(x)
    assert constant.total == 0
    got = layer.steps_for(x, epsilon=Epsilon.parse("0.01:fro"))
    assert 1 <= got.value / (np.sqrt(constant.rounding) / 0.01) <= 4
    seen = code == "sigma_delta"
    assert got.kind is (BoundKind.UPPER if seen else BoundKind.ESTIMATE)
    if seen:
        assert layer.run(x, steps=int(got.value)).certificate.error <= 0.01


def test_a_silent_row_reaches_no_error():
    closed = np.array([[True, False], [False, True]])
    layer = SpikingAttention.compile([[0.0]], [[0.0]], [[1.0]], encoder="sigma_delta")
    got = layer.steps_for([[0.0], [1.0]], epsilon=Epsilon.parse("0.5:fro"), mask=closed)
    result = layer.run([[0.0], [1.0]], steps=int(got.value), mask=closed)
    assert not result.silent.any()


def test_steps_that_are_too_many_to_rehearse_are_an_estimate(weights, x):
    layer = SpikingAttention.compile(*weights, encoder="sigma_delta")
    got = layer.steps_for(x, epsilon=Epsilon.parse("1e-9:fro"))
    assert got.kind is BoundKind.ESTIMATE
    assert got.value > 1e9


def test_memory_of_codes_does_not_grow_with_steps(weights, x, rng):
    layer = SpikingAttention.compile(*weights, mode="race")
    result = layer.run(x, steps=1 << 40, generator=rng)
    assert result.certificate.error < 1e-4


@pytest.mark.parametrize("form", ["run", "run_online", "exact"])
@pytest.mark.parametrize("size", [1e61, 1e160, 1e308])
def test_sizes_that_no_score_can_have_are_refused(size, form):
    eye = np.eye(2)
    for name, settings in (
        ("w_q", {"w_q": size * eye}),
        ("w_k", {"b_k": [size, 0.0]}),
        ("w_v", {"w_v": size * eye}),
        ("low", {"low": -size}),
    ):
        arguments = {"w_q": eye, "w_k": eye, "w_v": eye} | settings
        with pytest.raises(InputError, match=f"compile: `{name}` must stay below 1e\\+60 in size"):
            SpikingAttention.compile(**arguments)
    layer = SpikingAttention.compile(1e29 * eye, 1e29 * eye, 1e59 * eye, encoder="sigma_delta")
    x = np.array([[0.3, 0.7], [0.9, 0.1]])
    result = layer.exact(x) if form == "exact" else getattr(layer, form)(x, steps=9)
    assert np.isfinite(result if form == "exact" else [result.value, result.target]).all()
    if form == "run":
        assert result.certificate.holds


def test_values_that_share_all_digits_differ_by_rounding_only():
    layer = SpikingAttention.compile(
        np.eye(2), np.eye(2), np.eye(2), b_v=[1e9, 1e9], encoder="sigma_delta"
    )
    certificate = layer.run(np.ones((40, 2)), steps=77).certificate
    assert certificate.holds, str(certificate)


@pytest.mark.parametrize("method", ["steps_for", "certain_steps_for"])
@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("epsilon", "message"),
    [
        (Epsilon.parse("1e-170:fro"), r"`epsilon` must be reachable in 2\*\*40 steps; got "),
        (0.1, "`epsilon` must be an Epsilon; got 0.1. Write e.g. "),
        ("0.1:fro", "`epsilon` must be an Epsilon; got '0.1:fro'"),
        (Epsilon.parse("0.1:relative"), "`epsilon` must not be relative to an output of 0; got "),
    ],
)
def test_errors_that_cannot_be_asked_for_are_refused(method, epsilon, message):
    zero = isinstance(epsilon, Epsilon) and str(epsilon) == "0.1:relative"
    layer = SpikingAttention.compile(
        np.eye(2),
        np.eye(2),
        0 * np.eye(2) if zero else np.eye(2),
        mode="cup",
        encoder="sigma_delta",
    )
    with pytest.raises(InputError, match=f"^SpikingAttention.{method}: {message}"):
        getattr(layer, method)([[0.2, 0.5], [0.7, 0.4]], epsilon=epsilon)


@pytest.mark.parametrize("mode", ["gli", "race"])
def test_an_error_of_any_size_takes_one_step(mode, weights, x):
    layer = SpikingAttention.compile(*weights, mode=mode)
    assert layer.steps_for(x, epsilon=Epsilon.parse("1e200:fro")).value == 1
    with pytest.raises(InputError, match="`frobenius` must be reachable in"):
        layer.error_constant(x).steps(1e-170)


def test_only_rounding_is_clipped():
    layer = SpikingAttention.compile([[1.0]], [[1.0]], [[1.0]], low=1e9, high=1e9 + 1)
    with pytest.raises(InputError, match=r"got 1000000002\.5 in channel 0, whose range is "):
        layer.rates([[1e9 + 2.5]])
    assert layer.rates([[1e9 + 1 + 2e-7]]) == 1
    small = SpikingAttention.compile([[1.0]], [[1.0]], [[1.0]], low=0.1, high=0.3)
    assert small.rates([[0.1 + 0.2]]) == 1


BAD_WEIGHTS = [
    ({"w_k": np.ones((5, 2))}, r"`w_k` must have the shape of `w_q`, \(5, 3\); got \(5, 2\)"),
    ({"w_v": np.ones((4, 4))}, r"`w_v` must have 5 rows, one per input channel; got shape \(4, 4"),
    ({"w_q": np.full((5, 3), np.nan)}, "`w_q` must be finite"),
    ({"w_q": np.ones(5)}, "`w_q` must have 2 axes"),
    ({"b_q": np.ones(2)}, r"`b_q` must have shape \(3,\); got \(2,\)"),
    ({"b_v": np.ones(3)}, r"`b_v` must have shape \(4,\); got \(3,\)"),
    ({"low": np.ones(3)}, r"`low` must be a number or have shape \(5,\); got \(3,\)"),
    ({"low": 2.0}, "`low` must not be above `high`; got 2 and 1 in channel 0"),
    (
        {"mode": "wta"},
        "`mode` must be one of gli, gli_random_phase, gli_escape, race, cup; got 'wta'",
    ),
    ({"encoder": "bernouli"}, "`encoder` must be one of .* Did you mean 'bernoulli'"),
]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("change", "message"), BAD_WEIGHTS)
def test_what_cannot_be_compiled_is_refused(change, message, weights):
    arguments = dict(zip(("w_q", "w_k", "w_v"), weights, strict=True)) | change
    with pytest.raises(InputError, match=f"^SpikingAttention.compile: {message}"):
        SpikingAttention.compile(**arguments)


HALF_CLOSED = np.ones((6, 6), dtype=bool)
HALF_CLOSED[3] = False
BAD_RUNS = [
    ({"x": np.full((6, 5), 1.5)}, r"`x` must be within \[low, high\]; got 1.5 in channel 0"),
    ({"x": np.ones((6, 4))}, r"`x` must have 5 channels; got shape \(6, 4\)"),
    ({"x": np.full((6, 5), np.inf)}, "`x` must be finite"),
    ({"x": np.ones(5)}, "`x` must have 2 axes"),
    ({"steps": 0}, "`steps` must be an integer >= 1; got 0"),
    ({"generator": None}, "`generator` must be a numpy.random.Generator; got NoneType"),
    ({"noise": np.ones(3)}, "`noise` must be an AttentionNoise; got ndarray"),
    ({"mask": np.ones((5, 6), bool)}, r"`mask` must be boolean or numbers of shape \(6, 6\) or"),
    ({"mask": [[1, 2], [3]]}, "`mask` must be a numeric array; got list"),
    ({"mask": HALF_CLOSED}, "`mask` must leave every row a column; got a row that is all closed"),
    ({"mask": np.full((6, 6), np.nan)}, "`mask` must be finite, or -inf where closed; got NaN"),
]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("form", ["run", "run_online"])
@pytest.mark.parametrize(("change", "message"), BAD_RUNS)
def test_what_cannot_be_run_is_refused(form, change, message, weights, x, rng):
    layer = SpikingAttention.compile(*weights)
    arguments = {"x": x, "steps": 4, "generator": rng} | change
    with pytest.raises(InputError, match=f"^SpikingAttention.{form}: {message}"):
        getattr(layer, form)(arguments.pop("x"), **arguments)
