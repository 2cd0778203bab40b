"""Covariance spectrum of any number of samples in bounded memory: a mergeable sketch."""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    AnyArray,
    InputError,
    SampleStream,
    SilentProgress,
    check_array,
    check_choice,
    check_integer,
    check_number,
)
from spikedim.dimension._nystrom import nystrom
from spikedim.dimension._range_finder import refine
from spikedim.dimension._reservoir import Reservoir
from spikedim.dimension._scatter import Scatter
from spikedim.dimension._sketch_file import read_sketch, write_sketch
from spikedim.dimension._sketch_plan import SketchSettings, plan_sketch
from spikedim.dimension._sketch_spectrum import assemble_spectrum
from spikedim.dimension._sketch_stream import check_stream, chunks, read_batches
from spikedim.dimension._spectrum import Spectrum

__all__ = ["CovarianceSketch"]


@final
class CovarianceSketch:
    r"""Scatter matrix of samples [S, D], seen through k random vectors and added up on the way.

    With A the scatter matrix about the mean, the sketch holds :math:`A\Omega` for a fixed random
    :math:`\Omega` of shape [D, k], the action of A on 32 further random vectors, the exact trace,
    mean and range of each feature, and a uniform sample of rows. Build one with `empty` or
    `from_stream`; `update` and `merge` change it in place and return it.

    Parameters
    ----------
    settings : SketchSettings
        What shards must share; `empty` and `from_stream` make them.

    Attributes
    ----------
    settings : SketchSettings
        What shards must share to be merged: features, rank, seed, precision, units.
    reservoir : Reservoir
        Uniform sample of rows for intervals and d(n).
    fingerprint : str
        Content fingerprint of the samples, empty if unknown, of several shards, or after `update`.

    Notes
    -----
    O(S D k) time and O(D (k + reservoir)) memory, whatever S. Each batch enters as its centred
    rows and one row for the difference of means (the update of Chan, Golub and LeVeque), so a
    large common offset costs no digits.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 3)) @ np.ones((3, 50))
    >>> first = CovarianceSketch.empty(50, 8, seed=1).update(x[:80])
    >>> second = CovarianceSketch.empty(50, 8, seed=1).update(x[80:])
    >>> spectrum = first.merge(second).spectrum()
    >>> bool(np.isclose(spectrum.eigenvalues[0], spectrum.total_variance))
    True
    """

    def __init__(self, settings: SketchSettings) -> None:
        self.settings = settings
        self.reservoir = Reservoir(
            settings.n_features,
            settings.reservoir,
            seed=settings.seed,
            group_size=settings.group_size,
            dtype=np.dtype(settings.dtype).type,
        )
        self.fingerprint = ""
        self._scatter = Scatter(settings)

    @property
    def n_samples(self) -> int:
        """Rows seen so far."""
        return self._scatter.n_samples

    @property
    def trace(self) -> float:
        """Sum of squared distances to the mean, in raw units."""
        return self._scatter.trace

    @property
    def mean(self) -> AnyArray:
        """Mean of each feature [D], float64, in raw units."""
        return self._scatter.mean

    @property
    def minimum(self) -> AnyArray:
        """Smallest value of each feature [D], float64, in raw units."""
        return self._scatter.minimum

    @property
    def maximum(self) -> AnyArray:
        """Largest value of each feature [D], float64, in raw units."""
        return self._scatter.maximum

    @property
    def product(self) -> Tensor:
        """The scatter matrix times the random vectors, [D, k + 32]."""
        return self._scatter.product

    @classmethod
    def empty(
        cls,
        n_features: int,
        rank: int,
        *,
        seed: int = 0,
        dtype: str = "float64",
        reservoir: int = 512,
        layer: str = "features",
        scale: float = 1.0,
        offset: float = 0.0,
        group_size: int = 1,
    ) -> "CovarianceSketch":
        """Start a sketch that has seen nothing.

        Parameters
        ----------
        n_features : int
            D.
        rank : int
            Number k of random vectors, at least 1; more than D counts as D, and the sketch is
            then exact.
        seed : int
            Seed of the random vectors; shards must share it.
        dtype : str
            ``"float64"`` or ``"float32"`` (half the memory and time; eigenvalues below about
            1e-6 of the largest are lost).
        reservoir : int
            Rows kept for intervals and d(n), at least 2.
        layer : str
            View of the data.
        scale, offset : float
            A raw value v stands for v * scale + offset.
        group_size : int
            Consecutive rows that belong to one sample.

        Returns
        -------
        CovarianceSketch
            Without samples.

        Raises
        ------
        InputError
            If a parameter is out of its range.
        """
        caller = "CovarianceSketch.empty"
        n_features = check_integer(n_features, name="n_features", caller=caller)
        group_size = check_integer(group_size, name="group_size", caller=caller)
        unit = check_number(scale, name="scale", caller=caller)
        if unit == 0:
            raise InputError(f"{caller}: `scale` must not be 0; got {scale!r}. Use 1.")
        return cls(
            SketchSettings(
                n_features=n_features,
                rank=min(check_integer(rank, name="rank", caller=caller), n_features),
                seed=check_integer(seed, name="seed", caller=caller, minimum=0),
                dtype=check_choice(dtype, ("float32", "float64"), name="dtype", caller=caller),
                reservoir=check_integer(
                    reservoir, name="reservoir", caller=caller, minimum=2 * group_size
                ),
                layer=layer,
                scale=unit,
                offset=check_number(offset, name="offset", caller=caller),
                group_size=group_size,
            )
        )

    @classmethod
    def from_stream(
        cls,
        stream: SampleStream,
        *,
        rank: int | None = None,
        memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
        generator: np.random.Generator | None = None,
        progress: AbstractProgress | None = None,
    ) -> "CovarianceSketch":
        """Read `stream` once.

        Parameters
        ----------
        stream : SampleStream
            Samples [S, D].
        rank : int, optional
            Number k of random vectors; by default the largest that fits the budget, at most 1,024.
        memory_budget : int or str
            Bytes for the sketch, the second pass of `spectrum` and the working space, e.g.
            ``"2GB"``; the batch that `stream` yields comes on top.
        generator : numpy.random.Generator, optional
            Source of the seed; the default is seed 0.
        progress : AbstractProgress, optional
            Listener.

        Returns
        -------
        CovarianceSketch
            Of all samples.

        Raises
        ------
        InputError
            If the samples are not [S, D], not finite, not as many as announced, or the budget is
            too small.
        """
        caller = "CovarianceSketch.from_stream"
        stream = check_stream(stream, caller=caller)
        if rank is not None:
            rank = check_integer(rank, name="rank", caller=caller)
        seed = 0 if generator is None else int(generator.integers(2**32))
        sketch = cls(
            plan_sketch(stream, rank=rank, memory_budget=memory_budget, seed=seed, caller=caller)
        )
        for batch in read_batches(
            stream,
            sketch.settings,
            caller=caller,
            description="Sketching the covariance",
            progress=SilentProgress() if progress is None else progress,
        ):
            sketch._absorb(batch)
        if sketch.n_samples != stream.shape[0]:
            raise InputError(
                f"{caller}: `stream` must yield the {stream.shape[0]} samples it announces; got "
                f"{sketch.n_samples}. It is truncated or was read before; open it again."
            )
        sketch.fingerprint = stream.fingerprint
        return sketch

    def update(self, batch: AnyArray | Tensor) -> "CovarianceSketch":
        """Add samples [b, D] in place and return this sketch.

        Parameters
        ----------
        batch : ndarray or Tensor of shape [b, D]
            Raw values, any real type; not changed and not kept.

        Returns
        -------
        CovarianceSketch
            This object.

        Raises
        ------
        InputError
            If `batch` is not [b, D] or not finite; the sketch is then unchanged.
        NumericsError
            If squares of the values overflow.
        """
        caller = "CovarianceSketch.update"
        rows = check_array(batch, name="batch", caller=caller)
        if rows.shape[1] != self.settings.n_features:
            raise InputError(
                f"{caller}: `batch` must have {self.settings.n_features} features; "
                f"got shape {rows.shape}. Flatten every batch in the same way."
            )
        for chunk in chunks(rows, self.settings.batch_rows):
            self._absorb(chunk)
        self.fingerprint = ""
        return self

    def merge(self, other: "CovarianceSketch") -> "CovarianceSketch":
        """Add another shard in place and return this sketch; `other` is left alone.

        Parameters
        ----------
        other : CovarianceSketch
            Of other samples, built with the same settings.

        Returns
        -------
        CovarianceSketch
            This object, as if it had seen both streams, up to rounding.

        Raises
        ------
        InputError
            If the settings differ, or `other` is this very object.
        """
        given: object = other
        if not isinstance(given, CovarianceSketch):
            raise InputError(
                "CovarianceSketch.merge: `other` must be a CovarianceSketch; got "
                f"{type(given).__name__}. Sketch its samples first."
            )
        if other is self:
            raise InputError(
                "CovarianceSketch.merge: `other` must be another sketch; got the same object. "
                "Its samples would count twice."
            )
        ours, theirs = asdict(self.settings), asdict(other.settings)
        wrong = [name for name in ours if ours[name] != theirs[name]]
        if wrong:
            raise InputError(
                f"CovarianceSketch.merge: `other` must have {wrong[0]} {ours[wrong[0]]!r}; got "
                f"{theirs[wrong[0]]!r}. Build every shard with the same arguments."
            )
        if other.n_samples:
            self.fingerprint = (
                other.fingerprint
                if not self.n_samples or self.fingerprint == other.fingerprint
                else ""
            )
            self._scatter.merge(other._scatter)
            self.reservoir.merge(other.reservoir)
        return self

    def spectrum(
        self,
        *,
        stream: SampleStream | None = None,
        passes: int = 3,
        replicates: int = 16,
        generator: np.random.Generator | None = None,
        progress: AbstractProgress | None = None,
    ) -> Spectrum:
        """Return the k largest eigenvalues with bounds on what is missing.

        Parameters
        ----------
        stream : SampleStream, optional
            The same samples once more: the last pass replaces the Nystroem values by the
            Rayleigh-Ritz values of the subspace, which are closer and whose residual is certain.
        passes : int
            Passes over the samples in all, at most, if there is a `stream`: 2, or 3 to multiply
            the subspace by the covariance once more in between. That is left out where the first
            pass has captured 99.9 % of the variance.
        replicates : int
            Random subsets of each size for the interval; 0 for none.
        generator : numpy.random.Generator, optional
            Draws the subsets.
        progress : AbstractProgress, optional
            Listener.

        Returns
        -------
        Spectrum
            ``method`` is ``"sketch"``. No eigenvalue exceeds the exact one of its rank (up to
            rounding); trace, mean and range are exact; `squared_norm` is an unbiased estimate.

        Raises
        ------
        InputError
            If fewer than two samples were seen, all were equal, or `stream` yields others.
        NumericsError
            If squares overflow or underflow.

        Notes
        -----
        ``residual_norm`` and ``residual_frobenius`` each fail with probability at most 1e-6
        over the seed.
        """
        caller = "CovarianceSketch.spectrum"
        check_integer(replicates, name="replicates", caller=caller, minimum=0)
        if passes not in (2, 3):
            raise InputError(f"{caller}: `passes` must be 2 or 3; got {passes!r}.")
        scatter = self._scatter
        scatter.check(caller=caller)
        fit = nystrom(scatter.product, scatter.omega, scatter.tests)
        captured = fit.captured
        if stream is not None:
            captured = refine(
                self._reader(stream, SilentProgress() if progress is None else progress),
                fit,
                product=scatter.product,
                omega=scatter.omega,
                tests=scatter.tests,
                mean=scatter.mean,
                n_samples=scatter.n_samples,
                trace=scatter.trace,
                passes=passes,
            )
        return assemble_spectrum(
            self.settings,
            captured,
            n_samples=scatter.n_samples,
            trace=scatter.trace,
            mean=scatter.mean,
            extremes=(scatter.minimum, scatter.maximum),
            reservoir=self.reservoir,
            fingerprint=self.fingerprint,
            replicates=replicates,
            generator=np.random.default_rng(0) if generator is None else generator,
        )

    def to_npz(self, path: str | os.PathLike[str]) -> Path:
        """Write the whole state to one uncompressed npz file, without pickles, atomically.

        Parameters
        ----------
        path : str or path
            File to write, in an existing folder; replaced if it is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        meta = {
            "settings": asdict(self.settings),
            "n_samples": self.n_samples,
            "trace": self.trace,
            "fingerprint": self.fingerprint,
            "key": self.reservoir.key,
            "drawn": self.reservoir.drawn,
        }
        arrays = {
            "product": self.product.numpy(),
            "mean": self.mean,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "reservoir": self.reservoir.rows,
            "priorities": self.reservoir.priorities,
        }
        return write_sketch(path, meta, arrays)

    @classmethod
    def from_npz(cls, path: str | os.PathLike[str]) -> "CovarianceSketch":
        """Read a file written by `to_npz`, to go on or to merge.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        CovarianceSketch
            Equal to the one that was written.

        Raises
        ------
        InputError
            If it is missing, damaged, compressed, pickled, or anything else.
        """
        settings, meta, arrays = read_sketch(path)
        sketch = cls(settings)
        scatter = sketch._scatter
        scatter.n_samples, scatter.trace = meta["n_samples"], meta["trace"]
        scatter.mean, scatter.minimum, scatter.maximum = (
            arrays[name] for name in ("mean", "minimum", "maximum")
        )
        scatter.product = torch.from_numpy(arrays["product"])
        sketch.fingerprint = meta["fingerprint"]
        sketch.reservoir.key, sketch.reservoir.drawn = meta["key"], meta["drawn"]
        sketch.reservoir.keep(arrays["priorities"], arrays["reservoir"])
        return sketch

    def _absorb(self, rows: AnyArray) -> None:
        """Add rows that are few enough to copy."""
        self._scatter.absorb(rows)
        self.reservoir.add(rows)

    def _reader(
        self, stream: SampleStream, progress: AbstractProgress
    ) -> Callable[[str], Iterator[AnyArray]]:
        """Return a function that reads `stream` once more and reports under a description."""
        caller = "CovarianceSketch.spectrum"
        if not check_stream(stream, caller=caller).rereadable:
            raise InputError(
                f"{caller}: `stream` must be rereadable; got one that is not. "
                "Leave it out to use one pass."
            )
        return lambda description: read_batches(
            stream, self.settings, caller=caller, description=description, progress=progress
        )
