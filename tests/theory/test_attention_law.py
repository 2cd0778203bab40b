"""The first-order law of spiking attention: closed-form constants against measured errors."""

import itertools

import numpy as np
import pytest

from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.circuits import MultiHeadSpikingAttention, SpikingAttention

SIZES = [(8, 16, 8), (16, 32, 16), (32, 32, 16), (64, 64, 32)]


def drawn(n, d, width, seed=3):
    """Return tokens and weights of the design's measurements."""
    rng = np.random.default_rng(seed)
    weights = [1.5 * rng.normal(size=(d, width)) / np.sqrt(d) for _ in range(3)]
    return rng.random((n, d)), weights


def copied(x, copies):
    """Return independent copies of tokens, and the mask that keeps each to itself."""
    return np.tile(x, (copies, 1)), np.kron(np.eye(copies), np.ones((len(x), len(x)))) > 0


def rms(layer, x, steps, runs, generator, *, form="run", copies=1):
    """Return the RMS Frobenius error of runs x copies independent runs."""
    run, exact = getattr(layer, form), np.tile(layer.exact(x), (copies, 1))
    tokens, mask = copied(x, copies)
    errors = [
        run(tokens, steps=steps, generator=generator, mask=mask, measure_error=False).value - exact
        for _ in range(runs)
    ]
    return np.sqrt(np.mean([np.sum(error**2) for error in errors]) / copies)


def test_copies_that_do_not_see_each_other_have_the_sum_of_their_constants():
    x, weights = drawn(8, 16, 8)
    layer = SpikingAttention.compile(*weights, mode="race")
    tokens, mask = copied(x, 3)
    got, one = layer.error_constant(tokens, mask=mask), layer.error_constant(x)
    assert (got.sampling, got.value, got.score) == pytest.approx(
        (3 * one.sampling, 3 * one.value, 3 * one.score)
    )


def slope(steps, errors):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


# Design, test 14.
@pytest.mark.parametrize(("mode", "last", "runs"), [("race", 14, 30), ("gli_escape", 12, 8)])
def test_the_error_of_random_spikes_falls_with_the_root_of_steps(mode, last, runs):
    x, weights = drawn(16, 32, 16)
    layer = SpikingAttention.compile(*weights, mode=mode)
    steps = [2**k for k in range(5, last)]
    generator = np.random.default_rng(0)
    errors = [rms(layer, x, count, runs, generator) for count in steps]
    assert slope(steps, errors) == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize("mode", ["gli", "cup"])
def test_the_error_of_deterministic_spikes_falls_with_steps(mode):
    steps = [2**k for k in range(5, 14)]
    squares = np.zeros(len(steps))
    for seed in range(4):
        x, weights = drawn(16, 32, 16, seed)
        layer = SpikingAttention.compile(*weights, mode=mode, encoder="sigma_delta")
        squares += [rms(layer, x, count, 1, None) ** 2 for count in steps]
    assert slope(steps, np.sqrt(squares)) == pytest.approx(-1, abs=0.07)


# Design, test 15: each softmax circuit and each code has a constant of its own.
@pytest.mark.parametrize(
    ("mode", "code", "steps", "runs"),
    [
        ("race", "bernoulli", 4096, 40),
        ("gli_escape", "bernoulli", 1024, 10),
        ("gli", "bernoulli", 1024, 15),
        ("cup", "bernoulli", 1024, 15),
        ("race", "sigma_delta", 4096, 40),
        ("gli_escape", "random_phase", 1024, 10),
    ],
)
def test_measured_constants_are_those_of_the_closed_form(mode, code, steps, runs):
    x, weights = drawn(16, 32, 16)
    layer = SpikingAttention.compile(*weights, mode=mode, encoder=code)
    constant = layer.error_constant(x)
    got = rms(layer, x, steps, runs, np.random.default_rng(1), copies=4) * np.sqrt(steps)
    assert got / constant.c_f == pytest.approx(1, abs=0.08)


def test_escape_spikes_err_less_than_a_race_by_the_square_of_the_rows():
    x, weights = drawn(8, 16, 8)
    layers = [
        SpikingAttention.compile(*weights, mode=mode, encoder="sigma_delta")
        for mode in ("race", "gli_escape")
    ]
    race, escape = (layer.error_constant(x).total for layer in layers)
    rows, values = layers[0].attention(x)[0], x @ weights[2]
    apart = ((values[None] - (rows @ values)[:, None]) ** 2).sum(axis=2)
    assert race - escape == pytest.approx((rows**2 * apart).sum())
    assert (race - escape) / race > 0.03  # more than the noise of what follows
    generator = np.random.default_rng(2)
    measured = rms(layers[1], x, 1024, 15, generator, copies=12) ** 2 * 1024
    assert measured == pytest.approx(escape, rel=0.04)


@pytest.mark.parametrize("mode", ["gli", "gli_random_phase", "cup"])
@pytest.mark.parametrize("steps", [256, 1024])  # before, the start burst spends more than T
@pytest.mark.parametrize("code", ["random_phase", "sigma_delta"])
def test_codes_without_noise_follow_the_law_of_rounding(mode, steps, code):
    ratios = []
    for seed in range(12):
        x, weights = drawn(16, 32, 16, seed)
        layer = SpikingAttention.compile(*weights, mode=mode, encoder=code)
        constant = layer.error_constant(x)
        assert constant.total == 0
        got = rms(layer, x, steps, 1, np.random.default_rng(seed))
        ratios.append(got / constant.frobenius(steps=steps))
    assert np.sqrt(np.mean(np.square(ratios))) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("code", ["sigma_delta", "bernoulli"])
@pytest.mark.parametrize("mode", ["gli", "cup"])
@pytest.mark.parametrize("tokens", [6, 64, 256])
def test_the_steps_that_are_asked_for_reach_the_error(tokens, mode, code):
    """Short runs of many tokens need up to ten times the steps of the law alone."""
    for seed, relative in itertools.product(range(2), (0.03, 0.1)):
        rng = np.random.default_rng(seed)
        x, weights = rng.random((tokens, 2)), rng.normal(size=(3, 2, 2))
        layer = SpikingAttention.compile(*weights, mode=mode, encoder=code)
        steps = layer.steps_for(x, epsilon=Epsilon(relative, EpsilonKind.RELATIVE)).value
        got = rms(layer, x, int(steps), 6 if code == "bernoulli" else 1, rng)
        assert (
            got / np.linalg.norm(layer.exact(x)) <= (1.3 if code == "bernoulli" else 1) * relative
        )


def test_equal_scores_are_owed_the_same():
    """In the law, spikes owed to neurons of one drive add before they are squared."""
    x = np.repeat([[0.2], [0.9]], 16, axis=0)
    layers = [
        SpikingAttention.compile([[1.0]], [[1.0]], [[1.0]], mode=mode, encoder="sigma_delta")
        for mode in ("gli", "cup")
    ]
    rows, values = layers[0].attention(x)[0], x[:, 0]
    away = values[None] - (rows @ values)[:, None]
    owed = (16**2 * (away[:, [0, 16]] ** 2).sum() - (away**2).sum()) / 12
    gli, cup = (layer.error_constant(x).rounding for layer in layers)
    assert gli - cup == pytest.approx(owed)
    causal = np.tril(np.ones((32, 32), dtype=bool))
    assert layers[0].error_constant(x, mask=causal).rounding < gli


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9])
@pytest.mark.parametrize("mode", ["gli", "cup", "race", "gli_escape"])
def test_what_all_values_share_changes_neither_law_nor_bound(mode, offset):
    x, weights = drawn(6, 4, 2)
    layer = SpikingAttention.compile(
        *weights, b_v=[offset, offset], mode=mode, encoder="sigma_delta"
    )
    plain = SpikingAttention.compile(*weights, mode=mode, encoder="sigma_delta")
    got, want = (
        one.run(x, steps=256, generator=np.random.default_rng(0)).certificate
        for one in (layer, plain)
    )
    assert got.holds
    close = {"rel": 1e-5, "abs": 2e-14 * offset}  # what float64 leaves of a difference
    assert (got.bound, got.rms_law) == pytest.approx((want.bound, want.rms_law), **close)
    assert layer.error_constant(x).total == pytest.approx(plain.error_constant(x).total, rel=1e-5)


def test_few_steps_of_deterministic_winners_show_their_rounding():
    x, weights = drawn(16, 32, 16)
    layer = SpikingAttention.compile(*weights, mode="cup")
    constant, generator = layer.error_constant(x), np.random.default_rng(0)
    got = rms(layer, x, 16, 20, generator, copies=4)
    assert got == pytest.approx(constant.frobenius(steps=16), rel=0.1)
    assert got > 1.1 * constant.c_f / 4


# Design, test 35.
def test_squared_constants_grow_with_tokens_times_width_not_with_their_square():
    linear, square = [], []
    for n, d, width in SIZES:
        x, weights = drawn(n, d, width)
        total = SpikingAttention.compile(*weights, mode="race").error_constant(x).total
        linear.append(total / (n * width))
        square.append(total / (n * width) ** 2)
    assert min(linear) >= 0.1
    assert max(linear) <= 0.4
    assert all(np.diff(square) < 0)


# Design, test 16.
TOY = np.array([[0.8, 0.2], [0.3, 0.7]])


def test_the_toy_of_two_tokens():
    layer = SpikingAttention.compile(np.eye(2), np.eye(2), np.eye(2), mode="race")
    near = {"abs": 1e-4}
    assert layer.scores(TOY)[0].ravel() == pytest.approx([0.4808, 0.2687, 0.2687, 0.4101], **near)
    assert layer.attention(TOY)[0].ravel() == pytest.approx(
        [0.5528, 0.4472, 0.4647, 0.5353], **near
    )
    assert layer.exact(TOY).ravel() == pytest.approx([0.5764, 0.4236, 0.5324, 0.4676], **near)
    constant = layer.error_constant(TOY)
    assert constant.total == pytest.approx(0.6292, **near)
    assert (constant.sampling, constant.value, constant.score) == pytest.approx(
        (0.248, 0.371, 0.010), abs=5e-4
    )
    assert layer.steps_for(TOY, epsilon=Epsilon.parse("0.05:fro")).value == 252
    measured = rms(layer, TOY, 256, 50, np.random.default_rng(0), copies=64) * 16
    assert measured == pytest.approx(constant.c_f, rel=0.03)


def test_a_range_enters_with_its_square():
    x, (w_q, w_k, w_v) = drawn(6, 4, 4)
    plain = SpikingAttention.compile(w_q, w_k, w_v, mode="race").error_constant(x)
    wide = SpikingAttention.compile(
        w_q / 3, w_k / 3, w_v, low=-3.0, high=0.0, mode="race"
    ).error_constant(3 * x - 3)
    assert wide.value / plain.value == pytest.approx(9, rel=0.5)  # rows differ a little
    layer = SpikingAttention.compile(w_q, w_k, w_v, low=-1.0, high=2.0, mode="race")
    constant = layer.error_constant(3 * x - 1)
    got = rms(layer, 3 * x - 1, 4096, 40, np.random.default_rng(0), copies=8) * 64
    assert got == pytest.approx(constant.c_f, rel=0.05)


def test_heads_that_share_encoders_err_together():
    rng = np.random.default_rng(5)
    x = rng.random((6, 8))
    w_q, w_k, w_v, w_o = rng.normal(size=(4, 8, 8)) / 2
    layer = MultiHeadSpikingAttention.compile(w_q, w_k, w_v, w_o, heads=4, mode="race")
    constant = layer.error_constant(x)
    alone = 0.0
    for h in range(4):
        part = slice(2 * h, 2 * h + 2)
        alone += (
            MultiHeadSpikingAttention.compile(
                w_q[:, part], w_k[:, part], w_v[:, part], w_o[part], heads=1, mode="race"
            )
            .error_constant(x)
            .total
        )
    assert abs(alone / constant.total - 1) > 0.08  # the sum of heads would be wrong
    got = rms(layer, x, 4096, 50, np.random.default_rng(0), copies=8) * 64
    assert got == pytest.approx(constant.c_f, rel=0.05)


def test_a_mask_and_biases_have_their_constant_too():
    x, weights = drawn(8, 6, 5)
    rng = np.random.default_rng(1)
    b_q, b_k, b_v = rng.normal(size=(3, 5))
    layer = SpikingAttention.compile(*weights, b_q=b_q, b_k=b_k, b_v=b_v, mode="race")
    causal = np.tril(np.ones((8, 8), dtype=bool))
    exact = layer.exact(x, mask=causal)
    errors = [
        layer.run(x, steps=2048, generator=rng, mask=causal, measure_error=False).value - exact
        for _ in range(200)
    ]
    got = np.sqrt(np.mean([np.sum(error**2) for error in errors]) * 2048)
    assert got == pytest.approx(layer.error_constant(x, mask=causal).c_f, rel=0.06)


# Running means: encoder parts count 2 - H_T / T times, the sampling part once.
@pytest.mark.parametrize(
    ("mode", "steps", "runs"), [("race", 256, 8), ("gli", 512, 6), ("cup", 256, 8)]
)
def test_running_means_double_what_encoders_add(mode, steps, runs):
    x, weights = drawn(8, 16, 8)
    layer = SpikingAttention.compile(*weights, mode=mode)
    staged, online = layer.error_constant(x), layer.online_error_constant(x, steps=steps)
    factor = 2 - (1 / np.arange(1, steps + 1)).sum() / steps
    assert online.value == pytest.approx(factor * staged.value)
    assert online.score == pytest.approx(factor * staged.score)
    assert online.sampling == staged.sampling
    got = rms(layer, x, steps, runs, np.random.default_rng(0), form="run_online", copies=12)
    assert got / online.frobenius(steps=steps) == pytest.approx(1, abs=0.1)
    assert got < 1.7 * staged.frobenius(steps=steps)


def test_running_means_of_deterministic_codes_cost_a_logarithm():
    errors = {"run": [], "run_online": []}
    steps = [64, 256, 1024]
    for form, found in errors.items():
        for count in steps:
            squares = []
            for seed in range(3):
                x, weights = drawn(8, 8, 4, seed)
                layer = SpikingAttention.compile(*weights, mode="cup", encoder="sigma_delta")
                squares.append(rms(layer, x, count, 1, None, form=form) ** 2)
            found.append(np.sqrt(np.mean(squares)))
    ratio = np.array(errors["run_online"]) / errors["run"]
    assert (ratio < np.log(steps)).all()
    assert slope(steps, errors["run_online"]) == pytest.approx(-0.9, abs=0.15)


# A shared encoder biases the diagonal of the scores: why queries and keys have their own.
def test_one_encoder_for_queries_and_keys_would_bias_the_diagonal():
    rng = np.random.default_rng(3)
    n, d, width, steps = 6, 8, 4, 16
    w_q, w_k = rng.normal(size=(2, d, width))
    x = rng.random((n, d))
    counts = rng.binomial(steps, x, size=(20_000, n, d)) / steps
    product = w_q @ w_k.T / np.sqrt(width)
    shared = np.einsum("rna,ab,rnb->rn", counts, product, counts, optimize=True)
    exact = np.einsum("na,ab,nb->n", x, product, x)
    bias = shared.mean(axis=0) - exact
    theory = (np.diag(product) * x * (1 - x)).sum(axis=1) / steps
    spread = shared.std(axis=0) / np.sqrt(20_000)
    assert (abs(bias - theory) < 5 * spread).all()
    assert (abs(theory) > 5 * spread).any()
