"""Samples: a data set seen through one layer, read batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from spikedim._core import DEFAULT_MEMORY_BUDGET, AnyArray, InputError, check_integer
from spikedim.data._arrays import BYTE_SCALE
from spikedim.data._reading import reading
from spikedim.data._source import Source
from spikedim.data._views import View

__all__ = ["Samples", "build_samples"]

# A batch, its raw items and one float64 copy together stay below an eighth of the budget.
_BUDGET_SHARE = 8
_MAX_BATCH_BYTES = 64 << 20
# On its way to the contact sheet a value is held as float64 beside its raw form.
_PREVIEW_BYTES = 16


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """A data set seen through one layer; satisfies the `SampleStream` protocol.

    Made by `open_samples`. A raw value v stands for the number ``v * scale + offset``, so that
    8-bit data stays 8-bit and sums of it stay exact.

    Parameters
    ----------
    spec : str
        What was opened, e.g. ``"cifar10"``.
    layer : str
        The view, e.g. ``"pixels"`` or ``"patches:4"``.
    modality : str
        ``"image"``, ``"text"``, ``"series"`` or ``"table"``.
    shape : tuple of int
        [S, D], or [S, n, d] for tokens.
    dtype : numpy.dtype
        Type of the raw values.
    scale, offset : float
        A raw value v stands for ``v * scale + offset``.
    fingerprint : str
        Identity of the content: ``sha256:`` and 16 hex digits, ``listing:`` for very large data,
        ``hf:`` for a Hugging Face data set.
    group_size : int
        How many consecutive rows belong to one item: n after `each_token`, else 1.
    tokens : int
        Tokens n of a token layer, in whichever form it is read; 1 for other layers.
    rereadable : bool
        Whether `batches` may be called again.
    split : str
        ``"train"``, ``"test"`` or ``"validation"``.
    labels : ndarray of shape [S] or None
        Class numbers or targets.
    class_names : tuple of str
        Name of each class number, empty if unknown.
    licence, citation : str
        Terms of use and whom to cite.
    notes : tuple of str
        What a reader of a result must know.
    memory_budget : int
        Bytes that reading may hold at one time.

    Examples
    --------
    >>> from spikedim.data import open_samples
    >>> samples = open_samples("digits", layer="patches:2")
    >>> samples.shape, samples.flat().shape, samples.each_token().shape
    ((1797, 16, 4), (1797, 64), (28752, 4))
    """

    spec: str
    layer: str
    modality: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    offset: float
    fingerprint: str
    group_size: int = 1
    tokens: int = 1
    rereadable: bool = True
    split: str = "train"
    labels: AnyArray | None = field(default=None, repr=False)
    class_names: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    notes: tuple[str, ...] = ()
    memory_budget: int = DEFAULT_MEMORY_BUDGET
    _source: Source = field(repr=False)
    _view: View = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all raw values."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item before the layer: [H, W, C] of an image, [T, channels] of a series."""
        return self._source.item_shape

    def batches(self, batch_size: int | None = None) -> Iterator[AnyArray]:
        """Yield arrays [b, D] or [b, n, d] of raw values, in a fixed order.

        Parameters
        ----------
        batch_size : int or None
            Most rows per batch. None chooses a size that keeps a batch, its raw items and a float64
            copy within an eighth of `memory_budget`. After `each_token` a batch holds
            whole items where `batch_size` allows it.

        Yields
        ------
        ndarray of shape [b, D] or [b, n, d]
            Raw values of type `dtype`.

        Raises
        ------
        InputError
            If `batch_size` is not a positive integer, a value is NaN or infinite, or the file
            turns out to be truncated or corrupt.
        """
        rows = self.default_batch_size if batch_size is None else batch_size
        check_integer(rows, name="batch_size", caller="Samples.batches")
        return self._batches(rows)

    def _batches(self, rows: int) -> Iterator[AnyArray]:
        """Read, view, check and (after `each_token`) split; rows counts rows of `shape`."""
        items = min(max(1, rows // self.group_size), self._source.count)
        start = 0
        with reading(self.spec):
            for chunk in self._source.read(items):
                if chunk.dtype.kind == "f":
                    self._check_finite(chunk, start)
                start += len(chunk)
                batch = self._view.transform(chunk).reshape(-1, *self.shape[1:])
                if len(batch) <= rows:
                    yield batch
                    continue
                for first in range(0, len(batch), rows):
                    yield batch[first : first + rows]
        if start != self._source.count:
            raise InputError(
                f"Samples.batches: `spec` must hold the {self._source.count} samples it announced; "
                f"got {start} from {self.spec!r}. The file changed or is truncated: open it again."
            )

    def _check_finite(self, chunk: AnyArray, start: int) -> None:
        """Raise `InputError` that names the first item with NaN or infinity."""
        finite = np.isfinite(chunk.reshape(len(chunk), -1)).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise InputError(
                f"open_samples: `spec` must hold finite numbers; got NaN or infinity in sample "
                f"{row} (counted from 0) of {self.spec!r}. Remove or impute those samples."
            )

    @property
    def default_batch_size(self) -> int:
        """Rows of a batch when none are asked for."""
        row = self._source.item_bytes + self.nbytes // self._source.count
        values = int(np.prod(self._view.shape, dtype=np.int64))
        share = min(self.memory_budget // _BUDGET_SHARE, _MAX_BATCH_BYTES)
        items = max(1, share // (row + 8 * values))
        return min(items, self._source.count) * self.group_size

    def to_numpy(self) -> AnyArray:
        """Return all raw values as one array.

        Returns
        -------
        ndarray of shape [S, D] or [S, n, d]
            Raw values of type `dtype`.

        Raises
        ------
        InputError
            If they need more than `memory_budget`, or as `batches`.
        """
        if self.nbytes > self.memory_budget:
            raise InputError(
                f"Samples.to_numpy: `memory_budget` must be at least {_size(self.nbytes)} to hold "
                f"{self.spec!r} as one array; got {_size(self.memory_budget)}. "
                "Read it with `batches()` or raise the budget."
            )
        out = np.empty(self.shape, self.dtype)
        start = 0
        for batch in self.batches():
            out[start : start + len(batch)] = batch
            start += len(batch)
        return out

    def flat(self) -> "Samples":
        """Return the same samples as rows [S, D] with D = n * d.

        Returns
        -------
        Samples
            These very samples if the layer has no tokens.
        """
        if len(self.shape) == 2:
            return self
        count, tokens, width = self.shape
        return replace(self, shape=(count, tokens * width), tokens=tokens)

    def each_token(self) -> "Samples":
        """Return every token as a row [S * n, d] with ``group_size`` n and labels repeated.

        Returns
        -------
        Samples
            Batches hold whole items where the batch size allows it.

        Raises
        ------
        InputError
            If the layer has no tokens.
        """
        if len(self.shape) == 2:
            raise InputError(
                f"Samples.each_token: `layer` must have tokens [S, n, d]; got {self.layer!r} with "
                f"shape {self.shape}. Open it with e.g. layer='patches:4'."
            )
        count, tokens, width = self.shape
        labels = None if self.labels is None else np.repeat(self.labels, tokens)
        return replace(self, shape=(count * tokens, width), group_size=tokens, labels=labels)

    def preview(self, count: int = 12) -> tuple[AnyArray, ...]:
        """Return a few images to look at, evenly spread over the data where it allows that.

        Values of other than 8-bit images are stretched from their common minimum and maximum.

        Parameters
        ----------
        count : int
            Most images to return; fewer if they would not fit `memory_budget`.

        Returns
        -------
        tuple of ndarray
            uint8 arrays [H, W] or [H, W, 3]; empty if these are not images.

        Raises
        ------
        InputError
            If `count` is not a positive integer or an image cannot be read.
        """
        check_integer(count, name="count", caller="Samples.preview")
        if self.modality != "image":
            return ()
        values = int(np.prod(self._source.item_shape, dtype=np.int64))
        affordable = self.memory_budget // (self._source.item_bytes + _PREVIEW_BYTES * values)
        count = min(count, self._source.count, max(1, affordable))
        with reading(self.spec):
            if self._source.take is not None:
                chosen = np.linspace(0, self._source.count - 1, count).round().astype(int)
                items = self._source.take([int(i) for i in chosen])
            else:
                items = next(self._source.read(count))
        return tuple(_drawable(item) for item in _to_bytes(items, self._source.scale))


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB"


def _to_bytes(items: AnyArray, scale: float) -> AnyArray:
    """Map raw values to 0..255."""
    if items.dtype == np.uint8 and scale == BYTE_SCALE:
        return items
    values = items.astype(np.float64)
    if items.dtype == np.uint8 and scale < 1:
        low, high = 0.0, 1 / scale
    else:
        low, high = float(values.min()), float(values.max())
    span = high - low if high > low else 1.0
    values -= low
    values *= 255 / span
    return np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8)


def _drawable(item: AnyArray) -> AnyArray:
    """Return [H, W] for one channel (or an odd number of them), else the first three."""
    return item[..., :3] if item.shape[-1] in (3, 4) else item[..., 0]


def build_samples(
    source: Source, view: View, *, spec: str, split: str, memory_budget: int
) -> Samples:
    """Join a source and a view."""
    return Samples(
        spec=spec,
        layer=view.layer,
        modality=source.modality,
        shape=(source.count, *view.shape),
        dtype=view.dtype,
        scale=view.scale,
        offset=source.offset,
        fingerprint=source.fingerprint,
        tokens=view.shape[0] if len(view.shape) == 2 else 1,
        split=split,
        labels=source.labels,
        class_names=source.class_names,
        licence=source.licence,
        citation=source.citation,
        notes=source.notes,
        memory_budget=memory_budget,
        _source=source,
        _view=view,
    )
