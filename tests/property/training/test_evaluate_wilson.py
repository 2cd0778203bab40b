"""What is always true of Wilson's interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from spikedim._core import wilson_interval


@given(st.integers(1, 300), st.integers(0, 300))
def test_is_that_of_scipy_for_one_answer_a_sample(count, right):
    right = min(right, count)
    answers = (np.arange(count) < right).astype(float)
    found = wilson_interval(answers, np.ones(count))
    want = binomtest(right, count).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((want.low, want.high), abs=1e-12)
    assert 0 <= found.low <= right / count <= found.high <= 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40))
def test_holds_the_share_and_is_never_narrower_than_that_of_independent_answers(pairs):
    asked = np.array([max(a, b) for a, b in pairs], float)
    right = np.array([min(a, b) for a, b in pairs], float)
    if not asked.sum():
        return
    found = wilson_interval(right, asked)
    flat = np.concatenate([np.arange(a) < r for r, a in zip(right, asked, strict=True)])
    apart = wilson_interval(flat.astype(float), np.ones(len(flat)))
    assert found.low <= right.sum() / asked.sum() <= found.high
    assert found.high - found.low >= apart.high - apart.low - 1e-12


def test_answers_that_come_together_count_once():
    right, asked = np.array([5.0, 0.0] * 20), np.full(40, 5.0)
    together = wilson_interval(right, asked)
    once = wilson_interval(right / 5, np.ones(40))
    assert together.high == pytest.approx(once.high, abs=0.005)
