"""Examples that somebody made: whether their parts fit one another."""

import numpy as np

from spikedim._core import AnyArray, InputError
from spikedim.training.examples._examples import IGNORED, ExampleKind, Examples

__all__ = ["check_examples"]

_CHUNK = 1024


def check_examples(examples: Examples, *, caller: str) -> None:
    """Raise `InputError` unless examples are as `Examples` describes them.

    Parameters
    ----------
    examples : Examples
        Not of `open_examples`, which makes sound ones.
    caller : str
        Function to name; it calls them `data`.

    Raises
    ------
    InputError
        If there are none, an array has another shape or type than its kind, a target is no class,
        a value is not finite, or images have no mean and deviation for each channel.

    Notes
    -----
    Reads all inputs once.

    Examples
    --------
    >>> from spikedim.training import open_examples
    >>> check_examples(open_examples("digits").test, caller="fit")
    """
    if not isinstance(examples, Examples):
        raise InputError(
            f"{caller}: `data` must be made of Examples; got {type(examples).__name__}. Open them "
            "with `open_examples`."
        )
    images = examples.kind is ExampleKind.IMAGES
    _check_inputs(examples, images=images, caller=caller)
    _check_targets(examples, caller=caller)
    if images:
        _check_statistics(examples, caller=caller)


def _refuse(examples: Examples, need: str, got: str, advice: str, *, caller: str) -> InputError:
    """Return the error of one part."""
    part = f"the {examples.split} part of {examples.spec!r}"
    return InputError(f"{caller}: `data` must have {need}; got {got} in {part}. {advice}")


def _check_inputs(examples: Examples, *, images: bool, caller: str) -> None:
    """Look at shape, type and values of the inputs."""
    inputs, count = examples.inputs, len(examples)
    axes, types = (4, ("uint8", "float32")) if images else (2, ("int64",))
    square = not images or inputs.shape[2:3] == inputs.shape[3:4]
    if inputs.ndim != axes or str(inputs.dtype) not in types or not square:
        shape = "square images [S, channels, H, W]" if images else "token numbers [S, N]"
        raise _refuse(
            examples,
            f"{shape} of type {' or '.join(types)}",
            f"{inputs.dtype} {list(inputs.shape)}",
            "Convert them.",
            caller=caller,
        )
    rows = len(inputs) if examples.rows is None else len(examples.rows)
    if not count or rows != count:
        raise _refuse(
            examples,
            "one target for each input, at least one",
            f"{count} for {rows}",
            "Cut one of the arrays, or leave the part out.",
            caller=caller,
        )
    for start in range(0, count, _CHUNK):
        part = examples.take(np.arange(start, min(start + _CHUNK, count)))[0]
        if not bool(part.isfinite().all()) or (not images and int(part.min()) < 0):
            raise _refuse(
                examples,
                "finite values" if images else "token numbers of at least 0",
                "NaN or infinity" if images else str(int(part.min())),
                "Clean the data.",
                caller=caller,
            )


def _check_targets(examples: Examples, *, caller: str) -> None:
    """Look at shape, type and values of the targets."""
    targets: AnyArray = np.asarray(examples.targets)
    per_token = examples.kind is ExampleKind.SEQUENCES
    wanted = examples.inputs.shape[1:] if per_token else ()
    if targets.dtype.kind not in "iu" or targets.shape[1:] != wanted:
        raise _refuse(
            examples,
            f"whole numbers as targets, [S{', N' if per_token else ''}]",
            f"{targets.dtype} {list(targets.shape)}",
            "Number the classes from 0.",
            caller=caller,
        )
    asked = targets[targets != IGNORED]
    if not asked.size:
        raise _refuse(examples, "targets", "none", "Add some.", caller=caller)
    low, high = int(asked.min()), int(asked.max())
    if low < 0 or high >= examples.classes:
        raise _refuse(
            examples,
            f"targets from 0 to {examples.classes - 1}, the last of its classes",
            str(low if low < 0 else high),
            "Number the classes anew, or mend `classes`.",
            caller=caller,
        )


def _check_statistics(examples: Examples, *, caller: str) -> None:
    """Look at mean and deviation of the channels."""
    channels = examples.inputs.shape[1]
    mean, deviation = examples.mean, examples.deviation
    finite = bool(np.isfinite([*mean, *deviation]).all())
    if {len(mean), len(deviation)} != {channels} or not finite or min(deviation) <= 0:
        raise _refuse(
            examples,
            f"a finite mean and a deviation above 0 for each of its {channels} channels",
            f"{mean} and {deviation}",
            "Measure them on the training part.",
            caller=caller,
        )
