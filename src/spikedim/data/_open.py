"""The one door to data: a specification in, `Samples` out."""

import difflib
import re
from pathlib import Path

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    parse_bytes,
)
from spikedim.data._digits import open_digits
from spikedim.data._npy import open_npy, open_npz
from spikedim.data._reading import reading
from spikedim.data._registry import names
from spikedim.data._samples import Samples, build_samples
from spikedim.data._source import Request, Source, refuse
from spikedim.data._views import build_view

__all__ = ["open_samples"]

SPLITS = ("train", "test", "validation")


def open_samples(
    spec: str,
    *,
    layer: str | None = None,
    split: str = "train",
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress | None = None,
) -> Samples:
    """Open a data set by name, path or hub name.

    Parameters
    ----------
    spec : str
        A path.

    Returns
    -------
    Samples
        The data.
    """
    budget = parse_bytes(memory_budget, caller="open_samples")
    check_choice(split, SPLITS, name="split", caller="open_samples")
    request = Request(
        spec=spec,
        layer=layer,
        split=split,
        memory_budget=budget,
        progress=SilentProgress() if progress is None else progress,
    )
    with reading(spec):
        source = _open(request)
    if source.count < 2:
        raise refuse(
            "hold at least 2 samples", f"{source.count} in {spec!r}", "Supply more samples."
        )
    view = build_view(source, layer)
    return build_samples(source, view, spec=spec, split=split, memory_budget=budget)


def _open(request: Request) -> Source:
    if request.spec == "digits":
        return open_digits(request)
    path = Path(request.spec)
    if path.suffix == ".npz":
        return open_npz(path, request, None)
    return open_npy(path, request)
