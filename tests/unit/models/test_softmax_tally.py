"""Sums over the batches of one layer: rows that are silent, certificates that fail."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.circuit_examples import example_result
from tests.planning_examples import PROVENANCE

from spikedim.models import SoftmaxLayerRun, SpikingSoftmaxRun
from spikedim.models.pretrained._softmax_tally import SoftmaxTally


def batch(*, errors=(0.1,), silent=None, bits=1.0, **certificate):
    """Return the result of a circuit of as many rows of two entries as there are errors."""
    rows = len(errors)
    one = example_result(8, error=0.1)
    return replace(
        one,
        value=np.array([[0.5 + error, 0.5] for error in errors]),
        target=np.full((rows, 2), 0.5),
        silent=np.array(silent or [False] * rows),
        row_spikes=np.where(silent or [False] * rows, 0, 8),
        row_entropy_bits=np.full(rows, bits),
        certificate=replace(one.certificate, **certificate),
    )


def closed(*batches):
    tally = SoftmaxTally(3)
    for one in batches:
        tally.add(one)
    return tally.close()


def test_silent_rows_are_counted_and_no_error_counts_them():
    found = closed(batch(errors=(0.3, 0.4), silent=[True, False], holds=False), batch())
    assert (found.layer, found.rows, found.silent_rows) == (3, 3, 1)
    rms = pytest.approx(math.sqrt((0.4**2 + 0.1**2) / 2))
    assert (found.error_l1_rms, found.error_l2_rms) == (rms, rms)
    assert found.mean_row_spikes == 16 / 3
    assert [(part.rows, part.mean_spikes) for part in found.by_entropy] == [(2, 8.0)]


def test_a_layer_that_is_all_silent_has_no_error():
    found = closed(batch(silent=[True], holds=False, error=None, bound=None))
    assert (found.rows, found.silent_rows) == (1, 1)
    assert found.error_l1_rms is found.error_l2_rms is found.mean_row_entropy_bits is None
    assert found.by_entropy == ()


def test_rows_are_sorted_by_entropy():
    found = closed(batch(bits=2.3), batch(errors=(0.2, 0.2), bits=0.1))
    parts = [(part.low_bits, part.high_bits, part.rows) for part in found.by_entropy]
    assert parts == [(0.0, 0.5, 2), (2.0, 2.5, 1)]
    assert [part.error_l2_rms for part in found.by_entropy] == pytest.approx([0.2, 0.1])


@pytest.mark.parametrize(
    ("certificates", "shown", "holds"),
    [
        ([{"error": 0.1}, {"error": 0.4}, {"error": 0.2}], 1, True),
        ([{"error": 0.4, "bound": 1.0}, {"error": 0.1, "bound": 0.11}], 1, True),
        ([{"error": 0.9}, {"error": None, "holds": None}], 1, None),
        ([{"error": None, "holds": None}, {"error": 0.2, "holds": False}], 1, False),
        ([{"error": 0.2, "holds": False}, {"error": 0.9}], 0, False),
        ([{"error": None, "bound": None, "holds": False}, {"error": 0.9, "holds": None}], 0, False),
    ],
)
def test_the_certificate_shown_is_the_worst(certificates, shown, holds):
    batches = [batch(**certificate) for certificate in certificates]
    found = closed(*batches)
    assert found.certificate == batches[shown].certificate
    assert found.holds is holds


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [([True, None], None), ([None, False], False), ([True, True], True)],
)
def test_a_run_holds_as_its_layers_do(verdicts, together):
    layers = tuple(closed(batch(holds=verdict, silent=[True])) for verdict in verdicts)
    assert all(isinstance(layer, SoftmaxLayerRun) for layer in layers)
    run = SpikingSoftmaxRun(
        embeddings=np.zeros((1, 2)), mode="gli", steps=8, sentences=1, tokens=2, layers=layers,
        scope="", provenance=PROVENANCE,
    )  # fmt: skip
    assert run.holds is together
    assert run.silent_rows == 2
