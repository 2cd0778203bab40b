"""Sweeps of circuits made by hand, and a stand-in circuit, for tests of what reads them."""

from dataclasses import replace

import numpy as np
from tests.planning_examples import PROVENANCE
from tests.report_examples import HOSTILE

from spikedim.bounds import Assumption
from spikedim.circuits import (
    Certificate,
    CircuitResult,
    CircuitSweep,
    Dynamics,
    Pattern,
    Population,
    Projection,
    RowPoint,
    Slope,
    SpikeCount,
    SweepPoint,
    Theorem,
    Wiring,
)

THEOREM = Theorem(
    "3a",
    "||attn_hat - attn||_1 <= (n - 1) / N",
    "largest l1 error of a row",
    (Assumption("the logits do not change during the run", True), Assumption("a guess")),
)
NO_THEOREM = Theorem("", "claimed: O(1/sqrt(T))", "largest l2 error of a row")
WIRING = Wiring(
    (Population("in", 2, Dynamics.BERNOULLI), Population("out", 1, Dynamics.ACCUMULATOR)),
    (Projection("in", "out", Pattern.ALL_TO_ALL, np.array(1.0)),),
)


def example_result(
    steps, *, error, bound=1.0, holds=True, theorem=THEOREM, silent=False, rows=True, reason=""
):
    """Return the result of a circuit of one row whose error is `error` in every norm."""
    value = np.array([[0.5 + error, 0.5]])
    return CircuitResult(
        circuit="stand-in",
        value=value,
        target=np.array([[0.5, 0.5]]),
        silent=np.array([silent]),
        spikes=(SpikeCount("out", 1, 2 * steps, 2.0),),
        row_spikes=np.array([steps]) if rows else None,
        row_entropy_bits=np.array([1.0]) if rows else None,
        certificate=Certificate(
            theorem=theorem,
            error=error,
            bound=bound,
            holds=holds,
            rms_error=error,
            rms_law=error,
            neurons=WIRING.neurons,
            synapses=WIRING.synapses,
            steps=steps,
            spikes=2 * steps,
            reason=reason,
        ),
        wiring=WIRING,
        provenance=PROVENANCE,
    )


def example_point(at, **changes):
    """Return a point whose error is 2 / T."""
    rows = tuple(RowPoint(0.5 * k, at + k % 3, 2.0 / at) for k in range(1, 9))
    point = SweepPoint(
        at=at,
        steps=at,
        runs=4,
        spikes=16.0 * at,
        rms_error=2.0 / at,
        rms_low=1.8 / at,
        rms_high=2.25 / at,
        rms_law=1.9 / at,
        relative_error=4.0 / at,
        error=6.0 / at,
        bound=20.0 / at,
        holds=True,
        failures=0,
        silent_rows=0,
        row_spikes=at + 1.0,
        row_entropy_bits=2.25,
        rows=rows,
        neurons=100,
        synapses=300,
    )
    return replace(point, **changes)


def example_sweep(**changes):
    """Return a sweep whose every certificate holds."""
    sweep = CircuitSweep(
        headline="gli (n = 8, 4 rows): the RMS row error (l2) falls as T^-1.00 (-1.01 to -0.99), "
        "expected -1; every certificate of theorem 3a holds; 0.031 (0.028 to 0.035), 6.2 % of "
        "the exact value, at T = 64 with 65 spikes per row (1,024 in all).",
        circuit="gli",
        subject="gli (n = 8, 4 rows)",
        settings={"mode": "gli", "n": "8"},
        axis="T",
        axis_name="time steps T",
        quantity="row error (l2)",
        theorem=THEOREM,
        points=tuple(example_point(at) for at in (16, 64, 256, 1024)),
        slope=Slope(-1.0, -1.01, -0.99, 0.95, 16, 4),
        expected_slope=-1.0,
        provenance=PROVENANCE,
        notes=("Rows are drawn anew in each run.",),
    )
    return replace(sweep, **changes)


def failing_sweep():
    """Return a sweep with one broken certificate, one silent point and one run each."""
    points = (
        example_point(16, holds=False, silent_rows=3, reason="3 silent rows have no value"),
        example_point(64, holds=False, failures=2, error=0.5, bound=0.3),
        example_point(256, runs=1, rms_low=None, rms_high=None),
    )
    return example_sweep(
        headline="It FAILS.", points=points, slope=Slope(-0.5, -0.6, -0.4, 0.95, 16, 3)
    )


def bare_sweep():
    """Return a sweep without a theorem, a slope, a law, rows or errors."""
    errors = "rms_error rms_low rms_high rms_law relative_error error bound holds"
    nothing = dict.fromkeys([*errors.split(), "row_spikes", "row_entropy_bits"])
    return example_sweep(
        headline="Nothing was measured.",
        theorem=NO_THEOREM,
        points=(example_point(16, **nothing, rows=(), reason="not measured"),),
        slope=None,
        slope_reason="an error was not measured",
        expected_slope=None,
        notes=(),
    )


def hostile_sweep():
    """Return a sweep whose every free text is hostile."""
    return example_sweep(
        headline=HOSTILE,
        circuit=HOSTILE,
        subject=HOSTILE,
        settings={HOSTILE: HOSTILE},
        axis_name=HOSTILE[:30],
        quantity=HOSTILE[:30],
        theorem=Theorem(HOSTILE[:30], HOSTILE, HOSTILE[:30], (Assumption(HOSTILE, False),)),
        points=tuple(example_point(at, reason=HOSTILE) for at in (16, 64, 256)),
        provenance=replace(PROVENANCE, command=HOSTILE),
        notes=(HOSTILE,),
    )
