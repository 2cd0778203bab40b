import numpy as np
import pytest
import torch

from spikedim._core import InputError
from spikedim.circuits import cup
from spikedim.circuits.competition._cup import _largest_square


def naive_cup(attn, steps, start=0.0):
    """Play one row by hand."""
    membrane, wins = [start] * len(attn), [0] * len(attn)
    for _ in range(steps):
        membrane = [v + a for v, a in zip(membrane, attn, strict=True)]
        winner = membrane.index(max(membrane))
        membrane[winner] -= 1
        wins[winner] += 1
    return wins


def test_matches_the_plain_loop_row_by_row():
    logits = np.random.default_rng(0).normal(scale=2, size=(2, 3, 5))
    result = cup(logits, steps=37)
    for row, attn in zip(result.value.reshape(-1, 5), result.target.reshape(-1, 5), strict=True):
        assert (row * 37).round().tolist() == naive_cup(attn.tolist(), 37)
    assert result.row_spikes.tolist() == [[37] * 3] * 2
    assert result.silent.shape == (2, 3)


@pytest.mark.parametrize("start", [0.5, -3.0])
def test_a_common_start_of_the_membranes_shifts_nothing(start):
    attn = cup(np.random.default_rng(1).normal(size=7), steps=1).target.tolist()
    assert naive_cup(attn, 200, start) == naive_cup(attn, 200)


def test_a_longer_run_continues_a_shorter_one():
    logits = np.random.default_rng(2).normal(size=6)
    before, after = (cup(logits, steps=t).value * t for t in (20, 21))
    assert sorted((after - before).round(9).tolist()) == [0.0] * 5 + [1.0]


def test_ties_go_to_the_lowest_index():
    assert cup([0.0, 0.0, 0.0, 0.0], steps=2).value.tolist() == [0.5, 0.5, 0.0, 0.0]


def test_masks_count_for_nothing():
    masked = cup(torch.tensor([0.0, -torch.inf, 1.0]), steps=50)
    plain = cup([0.0, 1.0], steps=50)
    assert masked.value[[0, 2]].tolist() == plain.value.tolist()
    assert masked.value[1] == 0
    assert masked.certificate.bound == plain.certificate.bound


def test_the_bound_is_the_largest_sum_of_squares():
    harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    assert _largest_square(np.array([4, 1])) == pytest.approx([4 - harmonic, 0])
    assert cup([0.0, 1.0, 2.0, 3.0], steps=10).certificate.bound == pytest.approx(
        np.sqrt(4 - harmonic) / 10
    )


def test_one_competitor_never_errs():
    certificate = cup([2.0], steps=3).certificate
    assert (certificate.error, certificate.bound, certificate.holds) == (0.0, 0.0, True)


def test_the_graph_pools_the_drives():
    result = cup(np.zeros((2, 3)), steps=1)
    assert (result.to_graph().neurons, result.to_graph().synapses) == (7, 9)
    assert (result.certificate.neurons, result.certificate.synapses) == (14, 18)


def test_unmeasured_errors_are_absent():
    assert cup([0.0, 1.0], steps=3, measure_error=False).certificate.holds is None


@pytest.mark.parametrize(
    ("logits", "steps", "message"),
    [
        ([np.inf], 1, "cup: `logits` must be finite"),
        ([], 1, "cup: `logits` must have shape"),
        ([1.0], 0, "cup: `steps` must be an integer >= 1; got 0"),
    ],
)
def test_bad_input_is_named(logits, steps, message):
    with pytest.raises(InputError, match=message):
        cup(logits, steps=steps)
