"""Universal approximation: two constructions against their bounds, and what none can undercut."""

import itertools
import math

import numpy as np
import pytest
from tests.token_functions import DESIGN_LIPSCHITZ, design

from spikedim.bounds import published_universal_sizes, rate_code_sufficient_steps
from spikedim.circuits import (
    CodebookAttention,
    bernstein_windows,
    codebook_cells,
    codebook_size,
    equivariant_class_bits,
)

TOY = np.array([[0.8, 0.2], [0.3, 0.7]])


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def codebooks():
    return {
        m: CodebookAttention.compile(
            design, tokens=2, features=2, cells=m, lipschitz=DESIGN_LIPSCHITZ, batched=True
        )
        for m in (2, 4, 8)
    }


def windows(x, *, window, count=1, seed=0):
    return bernstein_windows(
        x,
        function=design,
        window=window,
        windows=count,
        lipschitz=DESIGN_LIPSCHITZ,
        batched=True,
        generator=rng(seed),
    )


def test_design_function_at_the_toy_input():
    np.testing.assert_allclose(design(TOY), [[0, 0.25], [0.5, 0.25]], atol=1e-12)


def test_design_function_has_slope_root_two_at_most():
    x, y = rng().random((2, 20_000, 2, 2))
    y[::2] = x[::2] + 1e-4 * (y[::2] - x[::2])
    rise = np.linalg.norm((design(x) - design(y)).reshape(-1, 4), axis=1)
    slopes = rise / np.linalg.norm((x - y).reshape(-1, 4), axis=1)
    assert 1.35 < slopes.max() <= DESIGN_LIPSCHITZ * (1 + 1e-9)


@pytest.mark.parametrize(("cells", "size"), [(2, 16), (4, 256), (8, 4096)])
def test_memory_of_the_design(codebooks, cells, size):
    assert codebooks[cells].memory_size == size
    assert codebook_size(tokens=2, features=2, cells=cells) == size
    # Every key is met: one own cell with one multiset of the others, no more and no fewer.
    keys = np.c_[codebooks[cells].histograms, np.arange(size) // (size // cells**2)]
    assert len(np.unique(keys, axis=0)) == size


@pytest.mark.parametrize(("tokens", "features", "cells"), [(1, 2, 3), (3, 1, 3), (3, 2, 2)])
def test_memory_counts_own_cells_with_multisets_of_others(tokens, features, cells):
    kinds = range(cells**features)
    others = {tuple(sorted(p)) for p in itertools.product(kinds, repeat=tokens - 1)}
    got = codebook_size(tokens=tokens, features=features, cells=cells)
    assert got == len(kinds) * len(others)


@pytest.mark.parametrize(
    ("cells", "measured", "bound"), [(2, 0.534, 0.707), (4, 0.247, 0.354), (8, 0.127, 0.177)]
)
def test_codebook_error_is_within_the_bound_everywhere(codebooks, cells, measured, bound):
    samples = rng().random((20_000, 2, 2))
    corners = np.array(list(itertools.product([0, 0.25, 0.4999, 0.5, 1], repeat=4)))
    got = codebooks[cells].run(np.concatenate([samples, corners.reshape(-1, 2, 2)])).certificate
    assert got.holds is True
    assert got.bound == pytest.approx(bound, abs=5e-4)
    assert measured * 0.85 < got.error <= got.bound


@pytest.mark.parametrize("steps", [1, 3, 16, 1024])
def test_codebook_with_spiking_input_is_within_its_bound(codebooks, steps):
    got = codebooks[4].run(rng().random((5000, 2, 2)), steps=steps).certificate
    assert got.holds is True
    assert got.error > got.bound / 4


@pytest.mark.parametrize("cells", [2, 4, 8])
def test_codebook_is_equivariant(codebooks, cells):
    x = rng().random((2000, 2, 2))
    x[::2] = np.round(x[::2] * cells) / cells  # on the borders of cells
    for steps in (None, 7):
        plain = codebooks[cells].run(x, steps=steps).value
        moved = codebooks[cells].run(x[:, ::-1], steps=steps).value
        assert np.abs(moved[:, ::-1] - plain).max() < 1e-12


def test_cells_for_a_wanted_error_are_enough():
    cells = codebook_cells(tokens=2, features=2, lipschitz=DESIGN_LIPSCHITZ, epsilon_fro=0.2)
    net = CodebookAttention.compile(
        design, tokens=2, features=2, cells=cells, lipschitz=DESIGN_LIPSCHITZ, batched=True
    )
    assert net.run(rng().random((5000, 2, 2))).certificate.error <= 0.2


@pytest.mark.parametrize("temperature", [0.02, 0.1, 0.5])
def test_leak_of_soft_look_up_is_within_its_bound(codebooks, temperature):
    net = codebooks[4]
    x = rng().random((500, 2, 2))
    leak = np.linalg.norm(
        (net.attend(x, temperature=temperature) - net.run(x).value).reshape(500, 4), axis=1
    )
    assert leak.max() <= net.leak_bound(temperature=temperature)
    assert leak.max() > net.leak_bound(temperature=temperature) / 1e4


def test_wrong_keys_are_at_squared_distance_two_over_n_squared(codebooks):
    net = codebooks[2]
    keys = np.c_[np.repeat(np.eye(4), 4, axis=0), net.histograms]
    apart = ((keys[:, None] - keys) ** 2).sum(axis=2)
    assert apart[~np.eye(16, dtype=bool)].min() == pytest.approx(2 / 2**2)


def test_soft_quantiser_does_not_improve_with_more_cells(codebooks):
    x = rng().random((600, 2, 2))

    def worst(m, **heat):
        gap = codebooks[m].attend(x, temperature=1 / 40, **heat) - design(x)
        return np.linalg.norm(gap.reshape(len(x), 4), axis=1).max()

    soft = {m: worst(m, quantiser_temperature=1 / (4 * m * m)) for m in (4, 8)}
    assert soft[8] > 0.25 > codebooks[8].error_bound()
    assert soft[8] > soft[4] / 1.5  # a bound would have halved it
    assert worst(8) < codebooks[8].error_bound()  # the same look-up with a hard quantiser


def test_windows_at_the_toy_input_of_the_design():
    got = windows(np.broadcast_to(TOY, (3000, 2, 2)), window=1024).certificate
    assert got.rms_error == pytest.approx(0.023, rel=0.15)
    assert got.rms_error <= got.rms_law <= 0.054
    assert got.holds is True


@pytest.mark.parametrize(
    ("window", "count"), [(1, 64), (4, 16), (16, 4), (64, 1), (16, 64), (256, 4)]
)
def test_window_error_is_within_its_bounds_everywhere(window, count):
    x = np.concatenate([rng().random((300, 2, 2)), np.full((1, 2, 2), 0.5)])
    got = windows(x, window=window, count=count).certificate
    assert got.holds is True
    # By Jensen's inequality more windows never raise the bound of one window ...
    each = windows(np.broadcast_to(x[-1], (2000, 2, 2)), window=window, count=count).certificate
    assert each.rms_error <= each.rms_law == pytest.approx(DESIGN_LIPSCHITZ / math.sqrt(window))
    # ... and averaging does not remove the bias.
    assert each.rms_error > 0.1 / math.sqrt(window)


def test_bias_of_windows_falls_with_the_root_of_their_length():
    x = np.concatenate([rng().random((30, 2, 2)), np.full((1, 2, 2), 0.5)])
    lengths = np.array([4, 16, 64, 256])
    worst = [windows(x, window=int(m), count=4000).certificate.error for m in lengths]
    slope = np.polyfit(np.log(lengths), np.log(worst), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)
    assert (worst <= DESIGN_LIPSCHITZ / np.sqrt(lengths)).all()


def test_error_of_one_window_falls_with_the_root_of_steps():
    x = np.broadcast_to(TOY, (1000, 2, 2))
    steps = np.array([64, 256, 1024, 4096, 16384])
    errors = [windows(x, window=int(t)).certificate.rms_error for t in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-0.5, abs=0.05)
    assert errors[-1] == pytest.approx(0.0060, rel=0.15)


def test_sufficient_steps_are_sufficient():
    epsilon = 0.1
    steps = int(
        rate_code_sufficient_steps(
            tokens=2, features=2, epsilon_fro=epsilon, lipschitz=DESIGN_LIPSCHITZ
        ).value
    )
    for x in (TOY, np.full((2, 2), 0.5), rng().random((2, 2))):
        got = windows(np.broadcast_to(x, (2000, 2, 2)), window=steps).certificate
        assert got.rms_error <= epsilon


def test_windows_are_equivariant_in_distribution():
    x = np.broadcast_to(TOY, (20_000, 2, 2))
    plain = windows(x, window=16, seed=1).value
    moved = windows(x[:, ::-1], window=16, seed=2).value[:, ::-1]
    error = 4 * math.sqrt(2) * plain.std(axis=0) / math.sqrt(len(x))
    assert (np.abs(plain.mean(axis=0) - moved.mean(axis=0)) < error).all()


# What no family of networks can undercut.


def bumps(points, orbits, signs, lipschitz, apart):
    """Return the scalar that all tokens answer: a signed bump on the orbit of each grid set."""
    tokens = points.shape[-1]
    slope = lipschitz / math.sqrt(tokens)
    total = np.zeros(points.shape[:-1])
    for orbit, sign in zip(orbits, signs, strict=True):
        places = np.array(list(itertools.permutations(orbit)))
        near = np.linalg.norm(points[..., None, :] - places, axis=-1).min(axis=-1)
        total += sign * np.maximum(0, slope * (apart / 2 - near))
    return total


def test_sign_patterns_of_bumps_are_that_many_functions_no_network_can_merge():
    tokens, lipschitz, epsilon = 2, 1.0, 0.19
    grid = math.ceil(lipschitz / (2 * epsilon))
    apart = 1 / (grid - 1)
    axis = np.linspace(0, 1, grid)
    orbits = list(itertools.combinations_with_replacement(axis, tokens))
    bits = equivariant_class_bits(
        tokens=tokens, features=1, lipschitz=lipschitz, epsilon_fro=epsilon
    )
    assert bits == len(orbits)
    assert apart * lipschitz > 2 * epsilon
    generator = rng()
    for _ in range(20):
        signs = generator.choice([-1, 1], len(orbits))
        x, y = generator.random((2, 4000, tokens))
        y[::2] = np.clip(x[::2] + 0.02 * (y[::2] - 0.5), 0, 1)
        f, g = (bumps(z, orbits, signs, lipschitz, apart) for z in (x, y))
        rise = math.sqrt(tokens) * np.abs(f - g)
        assert (rise <= lipschitz * np.linalg.norm(x - y, axis=1) + 1e-12).all()
        np.testing.assert_allclose(bumps(x[:, ::-1], orbits, signs, lipschitz, apart), f)
        other = signs.copy()
        flipped = generator.integers(len(orbits))
        other[flipped] *= -1
        at = np.array([orbits[flipped]])
        gap = math.sqrt(tokens) * abs(
            bumps(at, orbits, signs, lipschitz, apart) - bumps(at, orbits, other, lipschitz, apart)
        )
        assert (
            gap[0] > 2 * epsilon
        )  # one network within epsilon of both would have to be in between


def test_codebook_memory_is_of_the_order_that_is_needed():
    ratios = []
    for epsilon in (0.2, 0.1, 0.05, 0.01):
        size = {"tokens": 2, "features": 2, "lipschitz": 1.0, "epsilon_fro": epsilon}
        cells = codebook_cells(**size)
        ratios.append(
            codebook_size(tokens=2, features=2, cells=cells) / equivariant_class_bits(**size)
        )
    # Both grow as epsilon^(-n d): the ratio tends to n sqrt(n d)^(n d).
    assert ratios[-1] == pytest.approx(2 * 2**4, rel=0.05)


@pytest.mark.parametrize(("tokens", "features"), [(2, 2), (2, 4), (4, 4)])
def test_published_sizes_cannot_hold_with_bounded_precision_and_polynomial_width(tokens, features):
    # Every weight of the published network in 64 bits, d_k = d, feed-forward width (n d)^2.
    def bits(epsilon):
        sizes = published_universal_sizes(
            tokens=tokens, features=features, head_features=features, epsilon_fro=epsilon
        )
        per_head = 4 * features**2
        hidden = 2 * features * (tokens * features) ** 2
        return 64 * sizes.layers.value * (sizes.heads.value * per_head + hidden)

    def needed(epsilon):
        return equivariant_class_bits(
            tokens=tokens, features=features, lipschitz=1.0, epsilon_fro=epsilon
        )

    assert bits(1e-5) < needed(1e-5)
    growth = math.log(needed(1e-6) / needed(1e-5)) / math.log(10)
    assert growth == pytest.approx(tokens * features, rel=0.01)
    assert math.log(bits(1e-6) / bits(1e-5)) / math.log(10) < 2.2


def test_counting_does_not_refute_the_published_sizes_for_two_entries():
    # With n d = 2 the class needs order epsilon^-2 bits and the published network has them.
    sizes = published_universal_sizes(tokens=2, features=1, head_features=1, epsilon_fro=1e-4)
    needed = equivariant_class_bits(tokens=2, features=1, lipschitz=1.0, epsilon_fro=1e-4)
    assert sizes.heads.value > needed
