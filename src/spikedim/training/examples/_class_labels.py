"""Labels as class numbers, checked once for both parts of a data set."""

import numpy as np

from spikedim._core import AnyArray, InputError

__all__ = ["check_labels", "count_classes"]

_CALLER = "open_examples"


def check_labels(labels: AnyArray | None, *, spec: str, split: str) -> AnyArray:
    """Return labels as int64 numbers of at least 0, or say what they lack."""
    if labels is None:
        raise InputError(
            f"{_CALLER}: `spec` must have a label for every sample of its {split} part; got none "
            f"in {spec!r}. Put images in one sub-folder per class, or add an array of labels."
        )
    values = np.asarray(labels)
    if values.dtype.kind not in "iub" or values.ndim != 1:
        raise InputError(
            f"{_CALLER}: `spec` must have whole class numbers as labels, one for each sample; got "
            f"{values.dtype} of shape {values.shape} in {spec!r}. Save them as integers from 0 on."
        )
    if values.size and int(values.min()) < 0:
        raise InputError(
            f"{_CALLER}: `spec` must have labels of at least 0; got {int(values.min())} in the "
            f"{split} part of {spec!r}. Number the classes from 0, or leave out what has no label."
        )
    if values.size and int(values.max()) > np.iinfo(np.int32).max:
        raise InputError(
            f"{_CALLER}: `spec` must number its classes from 0 on; got {int(values.max())} in "
            f"{spec!r}."
        )
    return values.astype(np.int64)


def count_classes(train: AnyArray, test: AnyArray, names: tuple[str, ...], *, spec: str) -> int:
    """Return the number of classes of both parts, at least two of them in training."""
    classes = int(max(train.max(), test.max())) + 1
    if names and classes > len(names):
        raise InputError(
            f"{_CALLER}: `spec` must have labels below {len(names)}, the number of its class "
            f"names; got {classes - 1} in {spec!r}. Add the name or mend the label."
        )
    found = np.unique(train)
    if len(found) < 2:
        raise InputError(
            f"{_CALLER}: `spec` must have at least two classes to learn; got {len(found)}, class "
            f"{found[0]}, in {spec!r}. Add samples of another class."
        )
    unknown = np.setdiff1d(test, found)
    if len(unknown):
        raise InputError(
            f"{_CALLER}: `spec` must have every class of its test part in its training part as "
            f"well; got class {unknown[0]} in the test part of {spec!r} alone. Use one numbering "
            "for both."
        )
    if not names and classes > 2 * len(found) + 1:
        raise InputError(
            f"{_CALLER}: `spec` must number its classes from 0 on without large gaps; got numbers "
            f"up to {classes - 1} for {len(found)} classes in {spec!r}. Number them anew."
        )
    return len(names) or classes
