"""Traces, curves and simulations of a rate-coded network made by hand."""

from dataclasses import replace

import numpy as np
from tests.planning_examples import PROVENANCE
from tests.report_examples import HOSTILE

from spikedim._core import Interval
from spikedim.bounds import Epsilon
from spikedim.circuits import RateCode
from spikedim.planning import ResponseAnswers
from spikedim.response import (
    CurveCheck,
    CurvePoint,
    CurveVariant,
    PopulationResponse,
    ResponseCurve,
    ResponseSimulation,
    ResponseTrace,
    SimulatedPoint,
)

K, OUTPUTS, SAMPLES, MEAN_SQUARE = 20.0, 10, 359, 100.0
GRID = (*range(1, 65), 80, 101, 128, 161, 203, 256, 322, 406, 512, 645, 812, 1024)
_TAU = np.geomspace(0.01, 10_000.0, 400)
_GROUPS = np.array([[-0.003], [-0.001], [0.001], [0.003]])
_SHARES = {
    "stem.lif0": 0.02,
    "stem.lif1": 0.08,
    "block.0.attn.q_lif": 0.05,
    "block.0.attn.k_lif": 0.03,
    "block.0.attn.v_lif": 0.31,
    "block.0.mlp.fc1_lif": 0.18,
    "block.0.mlp.fc2_lif": 0.33,
}


def example_trace(**changes):
    """Seven populations whose traces add up to K = 20."""
    rows = tuple(
        PopulationResponse(
            name=name,
            shape=(16, 64),
            neurons=1024,
            rate=0.1 + 0.02 * number,
            rate_variance=0.07,
            saturated=0.4,
            trace=K * share,
            trace_deviation=0.1 * K * share,
            share=share,
            squared_gain=14.0 * K * share,
            lipschitz=2.0 + number,
        )
        for number, (name, share) in enumerate(_SHARES.items())
    )
    trace = ResponseTrace(
        model="spikformer-2-64/digits:softmax",
        code=RateCode.BERNOULLI,
        exponent=1,
        value=K,
        low=16.0,
        high=25.0,
        populations=rows,
        outputs=OUTPUTS,
        n_samples=SAMPLES,
        probes=None,
        reference_mean_square=MEAN_SQUARE,
        reference_variance=90.0,
        lipschitz=2.0,
        stable_rank=3.1,
        response_dimension=12.5,
        sample_traces=np.full(SAMPLES, K),
        covariances=np.zeros((SAMPLES, 0, 0)),
        reference=np.zeros((SAMPLES, 0)),
        weights_fingerprint="sha256:fedcba9876543210",
        data_fingerprint="sha256:0123456789abcdef",
        notes=(),
        provenance=PROVENANCE,
    )
    return replace(trace, **changes)


def squared_error(steps):
    """K / (T + 3): the law with a constant a."""
    return K / (steps + 3.0)


def accuracy(steps):
    """From 0.41 at T = 1 to 0.97."""
    return 0.97 - 0.56 * np.exp(-(steps - 1) / 4)


def example_point(steps, *, labelled=True):
    """A point of the curve."""
    error, right = squared_error(steps), float(accuracy(steps))
    return CurvePoint(
        steps=steps,
        squared_error=error,
        low=error / 1.2,
        high=error * 1.2,
        accuracy=right if labelled else None,
        accuracy_low=right - 0.02 if labelled else None,
        accuracy_high=min(1.0, right + 0.02) if labelled else None,
    )


def example_curve(**changes):
    """A two-point curve of error K / (T + 3) with accuracy."""
    labelled = changes.get("accuracy_target", "labels") != ""
    curve = ResponseCurve(
        model="spikformer-2-64/digits:softmax",
        code=RateCode.BERNOULLI,
        variant=CurveVariant.TWO_POINT,
        points=tuple(example_point(t, labelled=labelled) for t in GRID),
        trace=K,
        exponent=1,
        calibration_steps=(1, 4),
        calibration_errors=(squared_error(1), squared_error(4)),
        coefficients=(3.0, 3.0),
        accuracy_target="labels",
        reference_accuracy=0.97,
        decision_coefficients=(0.0, 0.0),
        decision_steps=_TAU,
        decision_accuracies=accuracy(_TAU),
        outputs=OUTPUTS,
        n_samples=SAMPLES,
        reference_mean_square=MEAN_SQUARE,
        neurons=7168,
        rate=0.16,
        shift=np.zeros((2, OUTPUTS)),
        log_covariance=0.01 * np.eye(3),
        notes=(),
        warnings=(),
        provenance=PROVENANCE,
        calibration_accuracies=(float(accuracy(1)), float(accuracy(4))),
        calibration_deviations=(0.02, 0.02),
        checks=(CurveCheck(16, squared_error(16), 1.02 * squared_error(16), 0.05),),
        passes=12.0,
        group_references=np.full(4, 0.97),
        group_accuracies=np.stack([[accuracy(1), accuracy(4)]] * 4) + _GROUPS,
        group_decisions=np.stack([accuracy(_TAU)] * 4) + _GROUPS,
    )
    return replace(curve, **changes)


def example_simulation(**changes):
    """What was measured: one per cent above the curve."""
    points = tuple(
        SimulatedPoint(
            steps=t,
            allocation={},
            squared_error=1.01 * squared_error(t),
            squared_error_deviation=0.05 * squared_error(t),
            bias_share=None,
            agreement=float(accuracy(t)),
            accuracy=float(accuracy(t)) - 0.004,
            accuracy_interval=Interval(
                float(accuracy(t)) - 0.03, min(1.0, float(accuracy(t)) + 0.02)
            ),
            spikes=1146.9 * t,
            passes=1,
        )
        for t in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    )
    count = len(points)
    simulation = ResponseSimulation(
        model="spikformer-2-64/digits:softmax",
        code=RateCode.BERNOULLI,
        points=points,
        n_samples=SAMPLES,
        outputs=OUTPUTS,
        reference_accuracy=0.97,
        reference_mean_square=MEAN_SQUARE,
        reference_variance=90.0,
        sample_errors=np.zeros((count, 0)),
        sample_right=np.zeros((count, 0)),
        sample_agreed=np.zeros((count, 0)),
        shift=np.zeros((count, OUTPUTS)),
        notes=(),
        provenance=PROVENANCE,
    )
    return replace(simulation, **changes)


def example_answers(**changes):
    """Answers with measured points beside the curve."""
    answers = ResponseAnswers(
        headline=(
            "spikformer-2-64/digits:softmax (digits, test, 359 samples): a relative error of 10 % "
            "of its outputs takes T = 17 (14-21), staying within 2 points of 97.0 % right T = 15 "
            "(12-19) [bernoulli code, law: response]."
        ),
        name="digits-twin",
        data="digits",
        split="test",
        trained=True,
        trace=example_trace(),
        curve=example_curve(),
        points=tuple(example_point(t) for t in (1, 2, 4, 8, 16, 32, 64, 128, 256)),
        epsilon=Epsilon.parse("0.1:relative"),
        steps_for_error=17,
        steps_for_error_low=14,
        steps_for_error_high=21,
        tolerance=0.02,
        steps_for_accuracy=15,
        steps_for_accuracy_low=12,
        steps_for_accuracy_high=19,
        simulation=example_simulation(),
        warnings=("Scope: rate-coded twins, circuits and noise-trained nets.",),
        provenance=replace(PROVENANCE, command="spikedim response runs/digits-twin", seed=0),
    )
    return replace(answers, **changes)


def bare_answers():
    """Random weights, wide outputs, one population, nothing measured, no accuracy."""
    trace = example_trace()
    one = replace(trace.populations[0], name="input", share=1.0, trace=K, lipschitz=None)
    return example_answers(
        name="spikformer-2-64/digits:softmax",
        trained=False,
        trace=replace(
            trace,
            populations=(one,),
            probes=32,
            lipschitz=None,
            stable_rank=None,
            response_dimension=None,
        ),
        curve=example_curve(accuracy_target="", reference_accuracy=None),
        points=(example_point(4, labelled=False),),
        steps_for_accuracy=None,
        steps_for_accuracy_low=None,
        steps_for_accuracy_high=None,
        simulation=None,
    )


def hostile_answers():
    """Names that a page must not run."""
    trace = example_trace(model=HOSTILE)
    rows = tuple(replace(row, name=f"{HOSTILE}.{row.name}") for row in trace.populations)
    return example_answers(
        headline=HOSTILE,
        name=HOSTILE,
        data=HOSTILE,
        trace=replace(trace, populations=rows),
        curve=example_curve(model=HOSTILE, warnings=(HOSTILE,)),
        warnings=(HOSTILE,),
    )


def large_answers():
    """Sixty populations of a deep network."""
    trace = example_trace()
    rows = tuple(
        replace(trace.populations[n % 7], name=f"block.{n // 7}.{trace.populations[n % 7].name}")
        for n in range(60)
    )
    rows = tuple(replace(row, share=1 / 60, trace=K / 60) for row in rows)
    return example_answers(trace=replace(trace, populations=rows))
