"""What is always true of parts: they divide, they share nothing, and every process count agrees."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.training.examples import batch_part, epoch_order
from spikedim.training.examples._divide import digests_of, first_of_each, take_share

SETTINGS = settings(max_examples=40, deadline=None)


@SETTINGS
@given(st.integers(1, 300), st.integers(0, 2**40), st.integers(0, 10**6))
def test_an_epoch_sees_every_sample_once(count, seed, epoch):
    assert sorted(epoch_order(count, seed=seed, epoch=epoch)) == list(range(count))


@SETTINGS
@given(st.integers(0, 2**32), st.integers(0, 50))
def test_two_epochs_differ(seed, epoch):
    first, second = (epoch_order(60, seed=seed, epoch=number) for number in (epoch, epoch + 1))
    assert not np.array_equal(first, second)


@SETTINGS
@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 5))
def test_parts_of_all_processes_are_the_batch(processes, each, seed):
    batch = epoch_order(processes * each, seed=seed, epoch=0)
    parts = [batch_part(batch, process=r, processes=processes) for r in range(processes)]
    assert {len(part) for part in parts} == {each}
    assert np.array_equal(np.concatenate(parts), batch)


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2)), min_size=60, max_size=120),
    st.floats(0.01, 0.5),
)
def test_a_share_divides_without_common_content(samples, share):
    # Contents 300 to 323 are there in every draw, so that each class has enough.
    samples = [*samples, *((300 + k, k % 3) for k in range(24))]
    digests = digests_of(str(content).encode() for content, _ in samples)
    labels = np.array([label for _, label in samples])
    left, taken, moved = take_share(digests, labels, share, part="test")
    assert sorted([*left, *taken]) == list(range(len(samples)))
    assert not {samples[i][0] for i in left} & {samples[i][0] for i in taken}
    assert set(labels[left]) == {0, 1, 2}
    for label in range(3):
        wanted = max(1, round(share * (labels == label).sum()))
        assert abs((labels[taken] == label).sum() - wanted) <= moved


@SETTINGS
@given(st.lists(st.binary(max_size=2), min_size=1, max_size=60))
def test_the_first_of_each_content_is_found(contents):
    found = first_of_each(digests_of(contents))
    assert [contents.index(content) for content in contents] == found.tolist()
