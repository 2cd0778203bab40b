"""Generated sequences: definitions, sizes, no sequence twice, and doors."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.models import build
from spikedim.training import IGNORED, ExampleKind, open_examples

SMALL = "train=200,test=50"


def rows(part):
    return {row.tobytes() for row in part.inputs}


@pytest.mark.parametrize(
    ("spec", "length", "classes"),
    [
        (f"task:copy:{SMALL}", 32, 10),
        (f"task:copy:length=5,symbols=20,{SMALL}", 10, 22),
        (f"task:parity:{SMALL}", 32, 4),
        (f"task:associative-recall:{SMALL}", 18, 26),
        (f"task:associative-recall:pairs=3,symbols=8,{SMALL}", 9, 18),
    ],
)
def test_parts_have_the_sizes_asked_for_and_share_no_sequence(spec, length, classes):
    splits = open_examples(spec, validation=0.25)
    assert [len(part) for part in splits] == [150, 50, 50]
    held = [rows(part) for part in splits]
    assert len(held[0] | held[1] | held[2]) == 250
    for part in splits:
        assert part.kind is ExampleKind.SEQUENCES
        assert part.inputs.shape == part.targets.shape == (len(part), length)
        assert part.inputs.dtype == part.targets.dtype == np.int64
        assert part.classes == classes
        assert part.inputs.min() >= 1
        assert part.inputs.max() < classes
        asked = part.targets != IGNORED
        assert (part.targets[asked] < classes).all()
        assert asked.any(axis=1).all()


def test_more_training_leaves_the_test_part_as_it_is():
    few = open_examples("task:copy:train=200,test=50")
    many = open_examples("task:copy:train=9000,test=50")
    assert not rows(many.train) & rows(few.test)
    assert few.test.classes == many.test.classes
    assert open_examples("task:copy:train=200,test=50").test.fingerprint == few.test.fingerprint


def test_short_sequences_are_all_different():
    splits = open_examples("task:parity:length=9,train=200,test=56", validation=0.0)
    assert splits.validation is None
    assert len(rows(splits.train) | rows(splits.test)) == 256


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("task:sort", r"`spec` must be one of copy, parity, associative-recall; got 'sort'"),
        ("task:", r"`spec` must be one of copy, parity, associative-recall; got ''"),
        ("task:copy:depth=3", r"by default length=16, symbols=8, .*; got 'depth=3'"),
        ("task:copy:length", r"sizes of the task as whole numbers.*; got 'length'"),
        ("task:copy:length=-1", r"got 'length=-1'"),
        ("task:copy:length=1e3", r"got 'length=1e3'"),
        ("task:copy:symbols=1", r"got 'symbols=1'"),
        ("task:copy:length=99999999999", r"got 'length=99999999999'"),
        ("task:copy:length=4,,", r"got ''"),
        (
            "task:associative-recall:pairs=9,symbols=8",
            r"must have at most as many pairs as symbols",
        ),
        (
            "task:parity:length=8,train=200,test=50",
            r"at least 500 different sequences to draw 250 from; got about 256",
        ),
    ],
)
def test_tasks_that_do_not_exist_are_refused(spec, message):
    with pytest.raises(InputError, match=message):
        open_examples(spec)


def test_validation_that_leaves_nothing_is_refused():
    with pytest.raises(
        InputError, match=r"`validation` must leave a sequence in both parts; got 0.1"
    ):
        open_examples("task:copy:train=3,test=2")


@pytest.mark.parametrize("spec", ["copy", "parity", "associative-recall"])
def test_a_model_of_sequences_reads_them(spec, generator):
    train = open_examples(f"task:{spec}:{SMALL}").train
    x, targets = train.take(np.arange(3))
    model = build("spikformer-lm-2-64/sequences", generator=generator)
    assert train.classes <= model.vocabulary
    assert model(x).shape == (*targets.shape, model.card.classes)
