"""What enters a layer of a trained run, as samples."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
from torch import Tensor

from spikedim._core import AnyArray, check_integer
from spikedim.training.activations._recorder import Recorder
from spikedim.training.activations._run_inputs import RunInputs

__all__ = ["Activations", "rows_of"]


def rows_of(entered: Tensor, x: Tensor, *, step: int | None, flat: bool) -> AnyArray:
    """Return the rows of a batch: tokens that are no padding [b, d], or whole inputs [B, n * d].

    `entered` is [T or 1, B, n, d], `step` counts from 1; None is the mean over T.
    """
    values = entered.mean(dim=0) if step is None else entered[min(step, len(entered)) - 1]
    if flat:
        return values.flatten(1).cpu().numpy()
    padded = not x.is_floating_point() and values.shape[1] == x.shape[1]
    kept: AnyArray = (values[x != 0] if padded else values.flatten(0, 1)).cpu().numpy()
    return kept


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Activations:
    """Features of the tokens that enter a layer, read by running the network.

    Made by `open_activations`; satisfies the `SampleStream` protocol, so that every estimator of
    `spikedim.dimension` takes it. Nothing is kept: every reading runs the network again.

    Parameters
    ----------
    spec, split : str
        The data, e.g. ``"cifar10"`` and ``"test"``.
    layer : str
        Layer, run and time, e.g. ``"block.0.attn@digits, mean over 4 steps"``.
    modality : str
        ``"image"`` or ``"text"``, of the data.
    shape : tuple of int
        [S * n, d], every token a row, or [S, n * d] after `flat`. Padding is no row.
    dtype : numpy.dtype
        That of the weights.
    fingerprint : str
        Identity of weights, data, layer and time.
    group_size : int
        Consecutive rows of one input: n; 1 after `flat`, and where padding is left out.
    tokens : int
        n.
    count : int
        S.
    step : int or None
        Time step from 1; None for the mean over time.
    notes : tuple of str
        What a reader of a result must know.
    licence : str
        Terms of use of the data, if known.
    scale, offset : float
        1 and 0: values are what they are.
    rereadable : bool
        True.

    Examples
    --------
    >>> import tempfile
    >>> from spikedim.training import fit, open_activations
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit("spikformer-2-64/digits", "digits", out=folder, changes={"updates": "1"})
    ...     found = open_activations(folder, None, "block.0.attn")
    >>> found.shape, found.group_size, found.flat().shape
    ((5744, 64), 16, (359, 1024))
    """

    spec: str
    split: str
    layer: str
    modality: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fingerprint: str
    group_size: int
    tokens: int
    count: int
    step: int | None
    notes: tuple[str, ...] = ()
    licence: str = ""
    scale: float = 1.0
    offset: float = 0.0
    rereadable: bool = True
    _inputs: RunInputs = field(repr=False)
    _recorder: Recorder = field(repr=False)
    _flat: bool = field(default=False, repr=False)

    @property
    def layer_name(self) -> str:
        """Path of the layer in the model."""
        return self._recorder.names[0]

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def batches(self, batch_size: int | None = None) -> Iterator[AnyArray]:
        """Yield arrays [b, D] of at most `batch_size` rows, in the order of the data.

        Parameters
        ----------
        batch_size : int or None
            Most rows; None for those of one run of the network.

        Yields
        ------
        ndarray of shape [b, D]
            Values of type `dtype`.

        Raises
        ------
        InputError
            If `batch_size` is not a positive integer.
        """
        if batch_size is not None:
            batch_size = check_integer(batch_size, name="batch_size", caller="Activations.batches")
        return self._read(batch_size)

    def _read(self, most: int | None) -> Iterator[AnyArray]:
        """Run the network batch by batch."""
        (name,) = self._recorder.names
        for x in self._inputs.read():
            entered = self._recorder.record(x)[name]
            rows = rows_of(entered, x, step=self.step, flat=self._flat)
            size = len(rows) if most is None else most
            for start in range(0, len(rows), size):
                yield rows[start : start + size]

    def flat(self) -> "Activations":
        """Return the same as rows [S, n * d], one for each input.

        Returns
        -------
        Activations
            With padding, which is silent, where there is some.
        """
        if self._flat:
            return self
        width = self.tokens * self.shape[1]
        padded = self.shape[0] != self.count * self.tokens
        notes = self.notes[:-1] if padded else self.notes  # the last says that padding is left out
        return replace(self, shape=(self.count, width), group_size=1, notes=notes, _flat=True)
