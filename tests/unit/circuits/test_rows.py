import numpy as np
import pytest
from scipy import special, stats

from spikedim.circuits import Dynamics, Population, Theorem, Wiring
from spikedim.circuits._rows import (
    entropy_bits,
    is_measured,
    rows_result,
    softmax_rows,
    unmeasured_reason,
)

WIRING = Wiring((Population("competitors", 3, Dynamics.INTEGRATE_AND_FIRE),), (), copies=2)
THEOREM = Theorem("x", "", "largest l1 error of a row")


def run(logits, counts, **fields):
    settings = {"bounds": lambda n, _: 3 / n.sum(axis=1), "rms_law": lambda _: 0.5, "order": 1}
    return rows_result(
        "demo",
        np.asarray(logits, dtype=float),
        np.asarray(counts),
        theorem=THEOREM,
        steps=4,
        wiring=WIRING,
        **(settings | fields),
    )


def test_softmax_and_entropy_are_scipy_s():
    logits = np.random.default_rng(0).normal(scale=6, size=(5, 7))
    logits[0, :3] = -np.inf
    rows = softmax_rows(logits)
    np.testing.assert_allclose(rows, special.softmax(logits, axis=1), rtol=1e-14)
    np.testing.assert_allclose(entropy_bits(rows), stats.entropy(rows, base=2, axis=1), atol=1e-13)
    assert rows[0, :3].tolist() == [0, 0, 0]


def test_a_certain_row_has_no_entropy_and_no_minus_sign():
    got = entropy_bits(np.array([[1.0, 0.0]]))
    assert got.tolist() == [0.0]
    assert not np.signbit(got).any()


def test_counts_become_a_value_spikes_and_a_certificate():
    result = run([[0, 0, -np.inf], [0, 0, 0]], [[2, 2, 0], [1, 1, 2]])
    assert result.value.tolist() == [[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]
    assert result.row_spikes.tolist() == [4, 4]
    assert result.row_entropy_bits.tolist() == pytest.approx([1, np.log2(3)])
    assert result.total_spikes == result.certificate.spikes == 8
    assert result.spikes[0].rate == 8 / (6 * 4)
    assert result.certificate.error == pytest.approx(2 * (0.5 - 1 / 3))
    assert result.certificate.bound == 0.75
    assert result.certificate.holds is True
    want = np.sqrt(((result.value - result.target) ** 2).sum(axis=1).mean())
    assert result.certificate.rms_error == pytest.approx(want)
    assert result.steps == 4


def test_leading_axes_come_back():
    result = run(np.zeros((2, 1, 3)), [[1, 1, 1], [0, 0, 0]])
    assert result.value.shape == result.target.shape == (2, 1, 3)
    assert result.silent.tolist() == [[False], [True]]
    assert result.value[1].tolist() == [[0, 0, 0]]
    assert result.certificate.holds is False
    assert result.certificate.reason == "1 silent rows have no value"


def test_large_runs_are_measured_on_request_only():
    assert is_measured(4096 * 256, None)
    assert not is_measured(4096 * 256 + 1, None)
    assert is_measured(4096 * 256 + 1, True)
    result = run(np.zeros((2, 3)), [[1, 1, 1]] * 2, measure_error=False)
    assert result.target is None
    assert result.row_entropy_bits is None
    assert result.certificate.error is None
    assert result.certificate.holds is None
    assert result.certificate.reason == "the error was not asked for"
    assert unmeasured_reason(4096 * 256, None) == ""
    assert unmeasured_reason(4096 * 256 + 1, True) == ""
    assert "1,048,576 entries is measured only on request" in unmeasured_reason(
        4096 * 256 + 1, None
    )


def test_a_circuit_may_count_per_step_and_say_why_it_has_no_theorem():
    result = run(
        [[0, 0, 0]] * 2,
        [[2, 2, 0]] * 2,
        divisors=np.array([4, 4]),
        bounds=None,
        reason="no theorem",
    )
    assert result.value.tolist() == [[0.5, 0.5, 0.0]] * 2
    assert result.certificate.bound is None
    assert result.certificate.reason == "no theorem"


def test_the_error_may_be_that_of_the_largest_entry():
    result = run([[0, 0, 0]] * 2, [[3, 0, 0]] * 2, order=np.inf)
    assert result.certificate.error == pytest.approx(2 / 3)


@pytest.mark.parametrize(("mode", "most"), [("gli", 2.0), ("gli_escape", 2**0.5)])
def test_no_bound_promises_less_than_that_rows_are_distributions(mode, most):
    from spikedim.circuits import softmax

    logits = np.random.default_rng(0).normal(size=(4, 64))
    generator = np.random.default_rng(1)
    source = {"generator": generator} if mode == "gli_escape" else {}
    assert softmax(logits, mode=mode, steps=16, **source).certificate.bound == most
    source = {"generator": generator} if mode == "gli_escape" else {}
    assert softmax(logits, mode=mode, steps=4096, **source).certificate.bound < most
