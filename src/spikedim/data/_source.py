"""Raw items behind `Samples`: what every opener returns, before a layer is chosen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from spikedim._core import AbstractProgress, AnyArray, InputError

__all__ = ["LABEL_BYTES", "Request", "Source", "check_labels", "refuse"]

# A label as text, with its number and a sorted copy on the way; measured 90 to 130.
LABEL_BYTES = 128

_MAX_SHOWN = 300


@final
@dataclass(frozen=True, kw_only=True)
class Request:
    """What the caller of `open_samples` asked for, handed to every opener.

    Parameters
    ----------
    spec : str
        The specification as typed.
    layer : str or None
        View asked for, None for the default of the modality.
    split : str
        ``"train"``, ``"test"`` or ``"validation"``.
    memory_budget : int
        Bytes that reading may hold at one time.
    progress : AbstractProgress
        Listener.
    """

    spec: str
    layer: str | None
    split: str
    memory_budget: int
    progress: AbstractProgress


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Items in a fixed order, read in chunks.

    Parameters
    ----------
    modality : str
        ``"image"`` (items [H, W, C]), ``"series"`` ([T, channels]), ``"table"`` or ``"text"``
        ([D]).
    item_shape : tuple of int
        Shape of one item.
    count : int
        Number of items, S.
    dtype : numpy.dtype
        Type of the raw values.
    read : callable
        ``read(rows)`` yields arrays [b, *item_shape] with b == rows except for the last.
    fingerprint : str
        Identity of the content.
    scale, offset : float
        A raw value v stands for ``v * scale + offset``.
    take : callable or None
        ``take(indices)`` returns those items, if the source allows random access.
    labels : ndarray of shape [S] or None
        Class numbers (or targets).
    class_names : tuple of str
        Name of each class number.
    licence, citation : str
        Terms of use and whom to cite.
    notes : tuple of str
        What a reader of the result must know.
    layer_name : str
        Resolved name of the layer, where the source itself settles it (text).
    """

    modality: str
    item_shape: tuple[int, ...]
    count: int
    dtype: np.dtype[Any]
    read: Callable[[int], Iterator[AnyArray]]
    fingerprint: str
    scale: float = 1.0
    offset: float = 0.0
    take: Callable[[Sequence[int]], AnyArray] | None = None
    labels: AnyArray | None = None
    class_names: tuple[str, ...] = ()
    licence: str = "unknown: the licence of your own data applies"
    citation: str = ""
    notes: tuple[str, ...] = ()
    layer_name: str = ""

    @property
    def item_bytes(self) -> int:
        """Bytes of one raw item."""
        return int(np.prod(self.item_shape, dtype=np.int64)) * self.dtype.itemsize


def refuse(need: str, got: object, advice: str, *, name: str = "spec") -> InputError:
    """Build the one form of error this room raises: one line, long values cut."""
    shown = repr(str(got)) if isinstance(got, Path) else str(got)
    if len(shown) > _MAX_SHOWN:
        shown = shown[: _MAX_SHOWN - 3] + "..."
    message = f"open_samples: `{name}` must {need}; got {shown}. {advice}".strip()
    return InputError("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))


def check_labels(
    count: int, memory_budget: int, bytes_each: int = LABEL_BYTES, *, letters: int = 0
) -> None:
    """Refuse labels that would not fit the budget: they are the one thing held for all samples.

    `letters` counts the characters of labels as text, each up to 4 bytes.
    """
    needed = count * bytes_each + 4 * letters
    if needed > memory_budget:
        raise refuse(
            f"be at least {needed:,} bytes to hold {count:,} labels",
            f"{memory_budget:,}",
            "Raise it, or take the labels out of the file.",
            name="memory_budget",
        )
