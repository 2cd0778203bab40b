"""Examples against naive readings: definitions of tasks, statistics, division, real sets."""

import hashlib

import numpy as np
import pytest

from spikedim.data import cached, open_samples
from spikedim.training import IGNORED, open_examples
from spikedim.training.examples._channel_statistics import channel_statistics
from spikedim.training.examples._divide import digests_of, take_share


def copied(tokens):
    said = [token for token in tokens if token != 1]
    return [IGNORED] * len(said) + said


def parities(tokens):
    return [
        2 + sum(token == 3 for token in tokens[: place + 1]) % 2 for place in range(len(tokens))
    ]


def recalled(tokens):
    pairs = len(tokens) // 3
    told = dict(zip(tokens[: 2 * pairs : 2], tokens[1 : 2 * pairs : 2], strict=True))
    assert len(told) == pairs
    assert sorted(tokens[2 * pairs :]) == sorted(told)
    return [IGNORED] * (2 * pairs) + [told[key] for key in tokens[2 * pairs :]]


@pytest.mark.parametrize(
    ("spec", "answers"),
    [("copy", copied), ("parity", parities), ("associative-recall", recalled)],
)
def test_answers_are_those_of_the_definition(spec, answers):
    train = open_examples(f"task:{spec}:train=300,test=10").train
    for tokens, targets in zip(train.inputs.tolist(), train.targets.tolist(), strict=True):
        assert targets == answers(tokens)


def test_answers_are_spread_over_the_symbols():
    for spec, symbols in (("copy", 8), ("parity", 2), ("associative-recall", 12)):
        targets = open_examples(f"task:{spec}").train.targets
        _, counts = np.unique(targets[targets != IGNORED], return_counts=True)
        assert len(counts) == symbols
        # Five deviations of a binomial count.
        total, share = counts.sum(), 1 / symbols
        assert abs(counts - total * share).max() < 5 * np.sqrt(total * share * (1 - share))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_statistics_are_those_of_all_values_at_once(dtype, monkeypatch):
    from spikedim.training.examples import _channel_statistics

    monkeypatch.setattr(_channel_statistics, "_CHUNK_BYTES", 4000)
    x = np.random.default_rng(0).integers(0, 256, (70, 3, 5, 5)).astype(dtype)
    x = x if dtype == np.uint8 else x / np.float32(255)
    rows = np.arange(0, 70, 3)
    mean, deviation = channel_statistics(x, rows)
    values = x[rows].astype(np.float64) / (255 if dtype == np.uint8 else 1)
    np.testing.assert_allclose(mean, values.mean((0, 2, 3)), rtol=1e-13)
    np.testing.assert_allclose(deviation, values.std((0, 2, 3)), rtol=1e-13)


def test_the_share_is_the_smallest_hashes_of_every_class():
    contents = [bytes([number]) for number in range(100)]
    labels = np.arange(100) % 3
    _, taken, moved = take_share(digests_of(contents), labels, 0.2, part="test")
    wanted = set()
    for label in range(3):
        members = [number for number in range(100) if number % 3 == label]
        ranked = sorted(
            members, key=lambda n: hashlib.blake2b(contents[n], digest_size=16).digest()
        )
        wanted |= set(ranked[: round(0.2 * len(members))])
    assert (set(taken.tolist()), moved) == (wanted, 0)


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_no_real_image_stands_in_two_parts(name):
    if not cached(name):
        pytest.skip(f"spikedim data fetch {name}")
    splits = open_examples(name)
    held = [{image.tobytes() for image in part.inputs} for part in splits]
    assert [len(part) for part in held] == [len(part) for part in splits]
    assert len(held[0] | held[1] | held[2]) == 70_000
    test = open_samples(name, split="test")
    assert np.array_equal(splits.test.inputs.reshape(10_000, -1), test.to_numpy())
    assert np.array_equal(splits.test.targets, test.labels)
