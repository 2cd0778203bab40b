"""Whether recipe, examples and processes go together."""

from spikedim._core import InputError
from spikedim.training.examples import ExampleKind, ExampleSplits
from spikedim.training.recipes import Augmentation, Recipe

__all__ = ["check_fit", "check_shares"]


def check_fit(recipe: Recipe, splits: ExampleSplits) -> None:
    """Raise `InputError` where recipe and examples contradict each other."""
    count = len(splits.train)
    if recipe.batch_size > count:
        raise InputError(
            f"fit: `recipe.batch_size` must be at most the {count} training samples; got "
            f"{recipe.batch_size}. Use --set batch_size={max(count // 4, 2)}."
        )
    if splits.train.kind is ExampleKind.IMAGES:
        side = splits.train.inputs.shape[2]
        if recipe.augmentation.crop >= side:
            raise InputError(
                f"fit: `recipe.augmentation.crop` must be below {side}, the side of an image; got "
                f"{recipe.augmentation.crop}. Use --set augmentation.crop={side // 8}."
            )
        return
    augmented = [
        name
        for name, value in (
            ("augmentation", recipe.augmentation != Augmentation()),
            ("mixing", bool(recipe.mixing.mixup or recipe.mixing.cutmix)),
        )
        if value
    ]
    if augmented:
        raise InputError(
            f"fit: `recipe.{augmented[0]}` must be absent for {splits.train.kind.value}, since it "
            "changes images; got values. Choose a recipe for text."
        )


def check_shares(recipe: Recipe, processes: int) -> None:
    """Raise `InputError` unless all parts of a batch are equal and have a variance."""
    parts = processes * recipe.accumulate
    if recipe.batch_size % parts or recipe.batch_size < 2 * parts:
        raise InputError(
            f"fit: `recipe.batch_size` must be a multiple of the {parts} parts that {processes} "
            f"processes take it in, at least 2 samples each; got {recipe.batch_size}. Use --set "
            f"batch_size={max(recipe.batch_size // parts, 2) * parts}."
        )
