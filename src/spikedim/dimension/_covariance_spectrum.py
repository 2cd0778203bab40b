"""The spectrum of the covariance of samples, computed once for every estimator."""

from typing import Any

import numpy as np

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    SilentProgress,
    check_integer,
    parse_bytes,
)
from spikedim.dimension._measure import Detail, Path, choose_path, measure_spectrum
from spikedim.dimension._source import Source, open_source
from spikedim.dimension._spectrum import Spectrum

__all__ = ["covariance_spectrum", "spectrum_of_source"]

_POOL_ROWS = 4096


def covariance_spectrum(
    x: Any,
    *,
    layer: str = "features",
    replicates: int = 16,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    generator: np.random.Generator | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> Spectrum:
    r"""Eigenvalues of the covariance of samples, with random subsets for intervals.

    .. math:: C = \frac{1}{S - 1} \sum_s (x_s - \bar x)(x_s - \bar x)^\top

    The path is chosen by shape, type and memory: an exact integer covariance for 8-bit
    samples, a float64 covariance otherwise, the Gram matrix when there are fewer samples than
    features, and a streaming sketch when neither matrix fits the memory budget.

    Parameters
    ----------
    x : array, Tensor or SampleStream of shape [S, D]
        S >= 2 samples of D features, finite, any unit. A stream brings its own layer, scale,
        offset and group size; a stream with tokens [S, n, d] is refused: call ``.flat()`` or
        ``.each_token()`` first.
    layer : str
        Name of the view of the data when `x` is an array or a tensor.
    replicates : int
        Random subsets of the largest size (a quarter as many of each smaller size) and
        neighbourhoods; 0 gives the bare spectrum, which has no interval.
    memory_budget : int or str
        Bytes, or text such as ``"2GB"``, that the computation may add to `x` itself.
    generator : numpy.random.Generator or None
        Chooses the subsets; None is ``numpy.random.default_rng(0)``.
    progress : AbstractProgress
        Told how many samples were read.

    Returns
    -------
    Spectrum
        All min(S, D) eigenvalues on the exact paths, descending and >= 0, in squared data
        units.

    Raises
    ------
    InputError
        If `x` is not a finite real [S, D] collection with S >= 2, if all of its features are
        constant, or if its total variance lies outside 1e-140..1e140.

    Notes
    -----
    O(S D min(S, D)) time and O(min(S, D)^2) memory, float64 inside. Second moments of 8-bit
    samples are sums of integers and free of rounding; the eigenvalues of a stream do not depend
    on its batch size beyond float64 rounding, and not at all for 8-bit samples. A feature is
    constant if its range is 0, or at most 8 rounding units of its largest entry.

    Subsets are drawn without replacement from a uniform choice of at most about 4096 rows
    (whole groups when rows are tokens of one sample), kept in the same pass. On the covariance
    path two random halves of all samples are added when subsets are smaller than S / 2.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    >>> covariance_spectrum(x).eigenvalues.round(3).tolist()
    [2.667, 0.667]
    """
    source = open_source(x, layer=layer, caller="covariance_spectrum")
    return spectrum_of_source(
        source,
        replicates=replicates,
        memory_budget=memory_budget,
        generator=generator,
        progress=progress,
    )


def spectrum_of_source(
    source: Source,
    *,
    replicates: int,
    memory_budget: int | str,
    generator: np.random.Generator | None,
    progress: AbstractProgress,
) -> Spectrum:
    """Return the full spectrum of an open source by the path that fits."""
    check_integer(replicates, name="replicates", caller=source.caller, minimum=0)
    budget = parse_bytes(memory_budget, caller=source.caller)
    chosen = np.random.default_rng(0) if generator is None else generator
    if choose_path(source, memory_budget=budget) is Path.SKETCH:
        from spikedim.dimension._sketch import CovarianceSketch

        sketch = CovarianceSketch.from_stream(
            source, memory_budget=budget, generator=chosen, progress=progress
        )
        return sketch.spectrum(
            stream=source if source.rereadable else None,
            replicates=replicates,
            generator=chosen,
            progress=progress,
        )
    return measure_spectrum(
        source,
        detail=Detail.ALL,
        replicates=replicates,
        pool_rows=_POOL_ROWS,
        memory_budget=budget,
        generator=chosen,
        progress=progress,
    )
