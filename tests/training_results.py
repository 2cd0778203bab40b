"""Training runs, their logs and evaluations made by hand, for tests of what reads them."""

import math
from dataclasses import replace

from tests.planning_examples import PROVENANCE
from tests.report_examples import HOSTILE

from spikedim._core import Interval
from spikedim.models import Coding
from spikedim.training import (
    EvaluatedPopulation,
    EvaluatedSteps,
    Evaluation,
    ExampleKind,
    LogKind,
    LogLine,
    RunStatus,
    TrainingMoment,
    TrainingRun,
    open_recipe,
)

UPDATES, PER_EPOCH = 200, 20


def example_run(**changes):
    """Return a finished run on the digits, directly coded at T = 4."""
    run = TrainingRun(
        model="spikformer-2-64/digits",
        overrides={"drop_path": 0.1},
        coding=Coding.SPIKES,
        code_steps=None,
        steps=4,
        parameters=105_578,
        data="digits",
        data_fingerprint="sha256:0123456789abcdef",
        notes=("test: every fifth sample; 1,294 train, 143 validation.",),
        classes=10,
        train_samples=1294,
        validation_samples=143,
        recipe=open_recipe("cpu/digits").model_dump(mode="json"),
        seed=3,
        start_from=None,
        identity="sha256:fedcba9876543210",
        status=RunStatus.FINISHED,
        update=UPDATES,
        updates=UPDATES,
        train_loss=0.712,
        train_accuracy=0.944,
        validation_accuracy=0.972,
        seconds=131.4,
        processes=1,
        provenance=replace(PROVENANCE, command="spikedim train", seed=3),
        mean=(0.5,),
        deviation=(0.3,),
    )
    return replace(run, **changes)


def example_log():
    """Return the log of `example_run`: a loss that falls, an accuracy that rises."""
    lines = []
    for update in range(1, UPDATES + 1):
        gone = update / UPDATES
        wave = 0.03 * math.sin(1.7 * update)
        lines.append(
            LogLine(
                kind=LogKind.UPDATE,
                update=update,
                epoch=1 + (update - 1) // PER_EPOCH,
                loss=0.6 + 1.7 * math.exp(-4 * gone) + wave,
                accuracy=0.95 - 0.85 * math.exp(-5 * gone) + wave,
                learning_rate=1e-3 * (1 - gone),
                gradient_norm=1.0 + wave,
                samples_per_second=812.0,
                seconds=0.6 * update,
            )
        )
        if update % PER_EPOCH == 0:
            lines.append(
                LogLine(
                    kind=LogKind.VALIDATION,
                    update=update,
                    epoch=update // PER_EPOCH,
                    loss=0.5,
                    accuracy=round(0.97 - 0.6 * math.exp(-5 * gone), 4),
                    seconds=0.6 * update,
                )
            )
    return tuple(lines)


def example_moment(**changes):
    """Return what is seen after 120 of 200 updates."""
    moment = TrainingMoment(
        update=120,
        updates=200,
        epoch=6,
        epochs=10,
        loss=0.8123,
        accuracy=0.90625,
        samples_per_second=812.4,
        validation_accuracy=0.9512,
        seconds_left=48.2,
    )
    return moment._replace(**changes)


def example_point(steps, accuracy, **changes):
    """Return a point of 360 samples."""
    half = 1.96 * math.sqrt(accuracy * (1 - accuracy) / 360)
    point = EvaluatedSteps(
        steps=steps,
        accuracy=accuracy,
        accuracy_interval=Interval(
            max(0.0, accuracy - half), min(1.0, accuracy + half), 0.95, "Wilson"
        ),
        accuracy_deviation=None,
        loss=1.2 - accuracy,
        perplexity=None,
        agreement=min(1.0, accuracy + 0.02),
        squared_error=2.0 * (1 - accuracy),
        squared_error_deviation=0.02,
        spikes_per_sample=None if steps is None else 3456.7 * steps,
        spikes_deviation=None if steps is None else 120.0,
        draws=1,
    )
    return replace(point, **changes)


POPULATIONS = (
    "stem.conv0.lif", "stem.conv1.lif", "block.0.attn.input_lif", "block.0.attn.q_lif",
    "block.0.attn.k_lif", "block.0.attn.v_lif", "block.0.attn.out_lif", "block.0.mlp.fc1_lif",
    "block.0.mlp.fc2_lif", "block.1.attn.q_lif", "block.1.attn.k_lif", "block.1.attn.v_lif",
    "block.1.attn.out_lif", "block.1.mlp.fc1_lif", "block.1.mlp.fc2_lif",
)  # fmt: skip


def example_populations(names=POPULATIONS, *, steps=8):
    """Return populations whose rates rise over the first steps, as membranes fill."""
    found = []
    for place, name in enumerate(names):
        level = 0.04 + 0.02 * (place % 7)
        rates = tuple(round(level * (1 - 0.6 * math.exp(-t)), 5) for t in range(steps))
        found.append(
            EvaluatedPopulation(
                name=name,
                neurons=1024.0 * (1 + place % 3),
                rate=sum(rates) / steps,
                rates=rates,
                silent_share=0.01 * place,
            )
        )
    return tuple(found)


def example_evaluation(**changes):
    """Return a directly coded run evaluated at four T."""
    found = Evaluation(
        headline="spikformer-2-64/digits on digits (test, 360 samples): 96.9 % (94.6 to 98.3) at "
        "T = 4 with 14 k spikes per sample.",
        model="spikformer-2-64/digits",
        coding=Coding.SPIKES,
        trained_steps=4,
        trained_code_steps=None,
        weights_fingerprint="sha256:aaaabbbbccccdddd",
        data="digits",
        split="test",
        kind=ExampleKind.IMAGES,
        classes=10,
        samples=360,
        targets=360,
        data_fingerprint="sha256:0123456789abcdef",
        points=(
            example_point(1, 0.861),
            example_point(2, 0.947),
            example_point(4, 0.969),
            example_point(8, 0.972),
        ),
        reference="T = 8",
        reference_mean_square=31.0,
        reference_variance=30.0,
        populations=example_populations(),
        neurons=30_720.0,
        rate_samples=360,
        warm_up_steps=0,
        warm_up_spikes=None,
        initial_membrane=None,
        recalibrated=0,
        notes=("test: every fifth sample.",),
        provenance=replace(PROVENANCE, command="spikedim evaluate runs/first --steps 1..8"),
    )
    return replace(found, **changes)


def twin_evaluation(**changes):
    """Return a rate-coded twin evaluated at six T, four draws each, and with exact rates."""
    points = [
        example_point(t, 0.972 - 0.5 / t, draws=4, accuracy_deviation=0.01)
        for t in (1, 2, 4, 8, 16, 32)
    ]
    return example_evaluation(
        headline="spikformer-2-64/digits:softmax on digits: 95.6 % (93 to 97) at T = 32.",
        model="spikformer-2-64/digits:softmax",
        coding=Coding.RATES,
        trained_steps=1,
        trained_code_steps=8,
        points=(*points, example_point(None, 0.978)),
        reference="exact rates",
        populations=example_populations(steps=1),
        **changes,
    )


def long_evaluation():
    """Return a large model at many steps, with a language model's perplexity and a warm-up."""
    names = [f"block.{k}.{part}" for k in range(12) for part in
             ("attn.q_lif", "attn.k_lif", "attn.v_lif", "attn.out_lif", "mlp.fc1_lif",
              "mlp.fc2_lif")]  # fmt: skip
    populations = list(example_populations(names, steps=64))
    populations[3] = replace(populations[3], rate=0.0, rates=(0.0,) * 64, silent_share=1.0)
    points = tuple(
        example_point(t, 0.2 + 0.01 * k, perplexity=90.0 - k)
        for k, t in enumerate((1, 2, 4, 8, 16, 32, 64))
    )
    return example_evaluation(
        kind=ExampleKind.SEQUENCES,
        targets=11_520,
        points=points,
        reference="T = 64",
        populations=tuple(populations),
        warm_up_steps=2,
        warm_up_spikes=6900.0,
        initial_membrane=0.5,
        recalibrated=256,
    )


def bare_evaluation():
    """Return one T and nothing that was counted."""
    return example_evaluation(
        points=(example_point(4, 0.5, spikes_per_sample=None),), populations=(), notes=()
    )


def hostile_evaluation():
    """Return an evaluation whose every free text is hostile."""
    names = [HOSTILE, *POPULATIONS[1:]]
    return example_evaluation(
        headline=HOSTILE,
        model=HOSTILE,
        data=HOSTILE,
        split=HOSTILE,
        data_fingerprint=HOSTILE,
        weights_fingerprint=HOSTILE,
        reference=HOSTILE,
        populations=example_populations(names),
        notes=(HOSTILE,),
        provenance=replace(PROVENANCE, command=HOSTILE),
    )


def hostile_run():
    """Return a run whose every free text is hostile."""
    return example_run(
        model=HOSTILE,
        overrides={HOSTILE: HOSTILE},
        data=HOSTILE,
        notes=(HOSTILE,),
        recipe={"name": HOSTILE, "source": HOSTILE, "note": HOSTILE, HOSTILE: {HOSTILE: 1}},
        start_from=HOSTILE,
        identity=HOSTILE,
        provenance=replace(PROVENANCE, command=HOSTILE),
    )
