"""Theory test 25: the reconstructed rule's check numbers, C = 2.3."""

import pytest

from spikedim.laws import reconstructed_epsilon, reconstructed_steps, subspace_constant

# name, n * d, d_eff, {rate: epsilon / L that gives exactly T = 4}
ROWS = [
    ("cifar10 4-384", 24_576, 47.0, {0.1: 0.1049, 0.2: 0.0742, 0.3: 0.0605}),
    ("cifar100 4-384", 24_576, 68.0, {0.1: 0.1261, 0.2: 0.0892, 0.3: 0.0728}),
    ("imagenet 8-512", 100_352, 89.0, {0.1: 0.0714, 0.2: 0.0505, 0.3: 0.0412}),
]
CASES = [(nd, d, rate, want) for _, nd, d, by_rate in ROWS for rate, want in by_rate.items()]


@pytest.mark.parametrize(("neurons", "dimension", "rate", "want"), CASES)
def test_epsilon_that_gives_four_steps(neurons, dimension, rate, want):
    found = reconstructed_epsilon(steps=4.0, dimension=dimension, neurons=neurons, rate=rate)
    assert found == pytest.approx(want, abs=1e-4)


@pytest.mark.parametrize(
    ("neurons", "dimension", "wants"),
    [
        (24_576, 47.0, (440, 220, 147)),
        (24_576, 68.0, (636, 318, 212)),
        (100_352, 89.0, (204, 102, 68)),
    ],
)
def test_steps_at_one_per_cent(neurons, dimension, wants):
    for rate, want in zip((0.1, 0.2, 0.3), wants, strict=True):
        steps = reconstructed_steps(
            dimension=dimension, neurons=neurons, rate=rate, epsilon_rms=0.01
        )
        assert round(steps) == want


@pytest.mark.parametrize(
    ("neurons", "dimension", "want"),
    [(24_576, 47.0, 2092), (24_576, 68.0, 1446), (100_352, 89.0, 4510)],
)
def test_worst_case_at_the_epsilon_of_four_steps(neurons, dimension, want):
    epsilon = reconstructed_epsilon(steps=4.0, dimension=dimension, neurons=neurons, rate=0.2)
    worst = reconstructed_steps(
        dimension=float(neurons), neurons=neurons, rate=0.2, epsilon_rms=epsilon
    )
    assert worst == pytest.approx(want, abs=1)


def test_range_of_epsilon_that_rounds_to_four():
    for neurons, dimension, low, high in [
        (24_576, 47.0, 0.0742, 0.0856),
        (24_576, 68.0, 0.0892, 0.1030),
        (100_352, 89.0, 0.0505, 0.0583),
    ]:
        ends = [
            reconstructed_epsilon(steps=t, dimension=dimension, neurons=neurons, rate=0.2)
            for t in (4.0, 3.0)
        ]
        assert ends == pytest.approx([low, high], abs=1e-4)


def test_published_constant_is_72_times_the_proven_one():
    assert subspace_constant(0.2) == pytest.approx(0.032)
    assert 2.3 / subspace_constant(0.2) == pytest.approx(71.9, abs=0.1)
