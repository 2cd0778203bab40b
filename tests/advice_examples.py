"""Advice made by hand, for tests of what reads it."""

from dataclasses import replace

from tests.planning_examples import PROVENANCE
from tests.report_examples import HOSTILE

from spikedim._core import Interval
from spikedim.models import Coding
from spikedim.planning import Advice, AdvisedChange, Outcome, RejectedChange


def outcome(steps, *, error=0.5, accuracy=0.97, spikes=100_000.0, energy=0.08, latency=None):
    """Return an outcome with plausible intervals."""
    return Outcome(
        steps=steps,
        latency=latency or steps,
        allocation={} if latency is None else {"stem.lif0": latency, "stem.lif1": 1},
        squared_error=error,
        squared_error_interval=Interval(0.8 * error, 1.3 * error),
        accuracy=accuracy,
        accuracy_interval=Interval(accuracy - 0.04, min(accuracy + 0.02, 1.0)),
        agreement=0.98,
        spikes=spikes,
        energy_mj=energy,
    )


def change(name="sigma-delta code", gain=0.9, measured=0.85, **fields):
    """Return a change that saves two thirds of the spikes."""
    ends = (gain - 0.1, min(gain + 0.05, 1.0))
    made = AdvisedChange(
        name=name,
        what="Neurons fire evenly in the place of at random.",
        how='model(x, code_steps=4, code="sigma_delta")',
        quantity="squared error at equal spikes",
        predicted=outcome(12, error=0.05),
        measured=outcome(12, error=0.08),
        predicted_gain=gain,
        measured_gain=measured,
        predicted_interval=Interval(*ends),
        measured_interval=Interval(*ends),
        law_gain=None,
        goal_predicted=outcome(4, spikes=33_000.0, energy=0.026),
        goal_measured=outcome(4, spikes=33_100.0, energy=0.026),
        predicted_saving=0.67,
        measured_saving=0.669,
        reached=True,
        agrees=True,
        notes=("It needs neurons that keep what they did not fire.",),
    )
    return replace(made, **fields)


def example_advice(**fields):
    """Return advice for a twin: two changes that pay, one that does not agree, two rejected."""
    made = Advice(
        headline="digits-twin: the best change, sigma-delta code, saves 67 % of the spikes.",
        model="spikformer-2-64/digits:softmax",
        run="digits-twin",
        coding=Coding.RATES,
        data="digits",
        split="test",
        calibration_samples=180,
        samples=179,
        goal="accuracy within 2 points of exact rates",
        tolerance=0.02,
        epsilon=None,
        reference="exact rates",
        reference_accuracy=0.983,
        reference_accuracy_measured=0.978,
        reference_variance=20.0,
        baseline=outcome(12),
        baseline_measured=outcome(12, accuracy=0.96),
        law_steps=8.2,
        changes=(
            change(),
            change(
                "unequal steps",
                gain=0.6,
                measured=0.3,
                law_gain=0.7,
                predicted=outcome(12, error=0.2, latency=110),
                goal_predicted=outcome(6, latency=52, spikes=54_000.0, energy=0.04),
                agrees=False,
                reached=False,
            ),
        ),
        rejected=(
            RejectedChange(
                "read-out shift", "saves -1 % of the squared error: not worth it.", -0.01
            ),
            RejectedChange("noise-aware training", "needs training: `--fine-tune UPDATES`.", None),
        ),
        rules="M0 sop",
        scope="Holds for this rate-coded twin, its data and the T of the baseline.",
        verified=True,
        weights_fingerprint="sha256:0123",
        data_fingerprint="sha256:4567",
        notes=("The samples are few.",),
        provenance=PROVENANCE,
    )
    return replace(made, **fields)


def bare_advice():
    """Return advice that nothing is to be gained."""
    return example_advice(changes=(), verified=False, baseline_measured=None, law_steps=None)


def predicted_advice():
    """Return advice without measurements."""
    absent = {
        "measured": None,
        "measured_gain": None,
        "measured_interval": None,
        "goal_measured": None,
        "measured_saving": None,
        "reached": None,
        "agrees": None,
    }
    return example_advice(
        changes=(change(**absent), change("unequal steps", **absent, goal_predicted=None)),
        verified=False,
        baseline_measured=None,
        calibration_samples=20,
    )


def hostile_advice():
    """Return advice whose every free text is hostile."""
    made = change(name=HOSTILE, what=HOSTILE, how=HOSTILE, quantity=HOSTILE, notes=(HOSTILE,))
    return example_advice(
        headline=HOSTILE,
        model=HOSTILE,
        run=HOSTILE,
        data=HOSTILE,
        goal=HOSTILE,
        reference=HOSTILE,
        changes=(made,),
        rejected=(RejectedChange(HOSTILE, HOSTILE, None),),
        rules=HOSTILE,
        scope=HOSTILE,
        notes=(HOSTILE,),
    )
