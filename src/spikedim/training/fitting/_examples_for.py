"""The examples of a run, opened or somebody's own, checked."""

import numpy as np

from spikedim._core import AbstractProgress, InputError
from spikedim.models import card
from spikedim.training.examples import IGNORED, ExampleSplits, check_examples, open_examples
from spikedim.training.recipes import Recipe

__all__ = ["examples_for"]


def examples_for(
    model: str,
    data: str | ExampleSplits,
    recipe: Recipe,
    memory_budget: int | str,
    progress: AbstractProgress,
) -> ExampleSplits:
    """Open the examples, sentences at the length the model reads."""
    if isinstance(data, ExampleSplits):
        return _checked(data)
    found = card(model)
    longest = found.input_shape[0] if found.vocabulary else None
    return open_examples(
        data,
        validation=recipe.validation,
        tokens=longest,
        vocabulary=found.vocabulary or None,
        memory_budget=memory_budget,
        progress=progress,
    )


def _checked(splits: ExampleSplits) -> ExampleSplits:
    """Return examples that somebody made, if a model can learn from them."""
    train, validation, _ = splits
    for part in (train, validation):
        if part is not None:
            check_examples(part, caller="fit")
    asked = train.targets.reshape(len(train), -1) != IGNORED
    if not asked.any(axis=1).all():
        raise InputError(
            "fit: `data` must have a target in every training sample; got none in sample "
            f"{int(asked.any(axis=1).argmin())} (counted from 0). Leave it out."
        )
    kinds = np.unique(train.targets[train.targets != IGNORED])
    if len(kinds) < 2:
        raise InputError(
            f"fit: `data` must have at least two classes to learn; got class {kinds[0]} alone. "
            "Add samples of another class."
        )
    return splits
