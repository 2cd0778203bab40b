"""Two-nearest-neighbour dimension: a nonlinear cross-check without a spectrum."""

from typing import Any

import numpy as np

from spikedim._core import DEFAULT_MEMORY_BUDGET, AnyArray, InputError, require
from spikedim.dimension._estimate import DimensionEstimate
from spikedim.dimension._estimation import Draws, judge
from spikedim.dimension._source import Source, open_source
from spikedim.dimension._spectrum import Spectrum
from spikedim.dimension._subsets import choose_pool, subset_sizes

__all__ = ["two_nn"]

_MOST_ROWS = 4096
_FEWEST_ROWS = 20


def two_nn(
    x: Any, *, replicates: int = 8, generator: np.random.Generator | None = None
) -> DimensionEstimate:
    r"""Dimension of a curved manifold from the ratio of the two nearest distances.

    For r1 and r2 the distances of a sample to its two nearest neighbours,
    :math:`\Pr(r_2 / r_1 > m) = m^{-d}`.

    Parameters
    ----------
    x : array, Tensor or SampleStream of shape [S, D]
        At least 20 samples, any unit (the answer is scale free). A `Spectrum` does not hold
        distances and is refused.
    replicates : int
        Random subsets for the interval; 0 for the bare value.
    generator : numpy.random.Generator or None
        Chooses rows; None is ``numpy.random.default_rng(0)``.

    Returns
    -------
    DimensionEstimate
        ``value`` > 0. Of more than 4,096 samples a random choice of about that many is used
        (fewer above 16,384 features, to keep within 2 GB), which a note says.

    Raises
    ------
    InputError
        If `x` is a `Spectrum`, has fewer than 20 samples, or fewer than 20 distinct ones.
    MissingExtraError
        If scikit-dimension is not installed (``pip install 'spikedim[id]'``).

    Notes
    -----
    O(S^2 D) time. Repeated rows are dropped, since their first distance is 0. Noise makes it
    grow with the density of samples, so a linear and a nonlinear dimension answer different
    questions.

    References
    ----------
    .. [1] E. Facco et al., "Estimating the intrinsic dimension of datasets by a minimal
       neighborhood information", Scientific Reports 7, 12140, 2017, equation (3).

    Examples
    --------
    >>> x = np.random.default_rng(0).uniform(size=(500, 2)) @ np.ones((2, 2))
    >>> round(two_nn(x, replicates=0).value)
    1
    """
    if isinstance(x, Spectrum):
        raise InputError(
            "two_nn: `x` must be samples; got a Spectrum, which holds no distances. "
            "Pass the samples it was computed from."
        )
    source = open_source(x, layer="features", caller="two_nn")
    chosen = np.random.default_rng(0) if generator is None else generator
    # Rows in float64, their sorted copy, and those of a subset.
    affordable = max(DEFAULT_MEMORY_BUDGET // (32 * source.n_features), 4 * _FEWEST_ROWS)
    most_rows = min(_MOST_ROWS, affordable)
    rows = choose_pool(source.n_groups, source.group_size, max_rows=most_rows, generator=chosen)
    groups = _pick(source, rows).reshape(-1, source.group_size, source.n_features)
    value = _dimension(groups)
    draws = _draws(groups, replicates, chosen)
    most = float(source.n_features)
    found = judge(value, draws, n_samples=len(rows), least=0.0, most=max(most, value), ceiling=most)
    used = f"Measured on {len(rows)} random rows of {source.n_samples}."
    return DimensionEstimate(
        value=value,
        low=found.low,
        high=found.high,
        estimator="two_nn",
        layer=source.layer,
        n_samples=source.n_samples,
        n_features=source.n_features,
        interval_method=found.method,
        curve=found.curve,
        still_rising=found.rising,
        extrapolated=found.limit,
        spectrum_method="none: nearest neighbours",
        notes=(*((used,) if len(rows) < source.n_samples else ()), *found.notes),
    )


def _pick(source: Source, rows: AnyArray) -> AnyArray:
    """Return the chosen rows as float64, refusing samples without any variance."""
    found, start = [], 0
    for batch in source.batches():
        first, last = np.searchsorted(rows, [start, start + len(batch)])
        found.append(batch[rows[first:last] - start].astype(np.float64))
        start += len(batch)
    kept: AnyArray = np.concatenate(found)
    distinct = len(np.unique(kept, axis=0))
    if distinct == 1:
        raise InputError(
            f"two_nn: `x` must vary over samples; got {source.n_features} constant features. "
            "Supply samples that differ."
        )
    if distinct < _FEWEST_ROWS:
        raise InputError(
            f"two_nn: `x` must have at least {_FEWEST_ROWS} distinct samples; got {distinct}. "
            "Supply more samples."
        )
    return kept


def _draws(groups: AnyArray, replicates: int, generator: np.random.Generator) -> list[Draws]:
    """Return the dimension of random subsets of two sizes."""
    n_groups, group_size = groups.shape[:2]
    draws = []
    for size in subset_sizes(n_groups)[-2:] if replicates else []:
        picks = [generator.permutation(n_groups)[:size] for _ in range(replicates)]
        parts = [groups[pick] for pick in picks]
        values = [_dimension(part) for part in parts if _distinct(part) >= _FEWEST_ROWS]
        if values:
            draws.append(Draws(size * group_size, values, n_groups * group_size))
    return draws


def _distinct(groups: AnyArray) -> int:
    return len(np.unique(groups.reshape(-1, groups.shape[-1]), axis=0))


def _dimension(groups: AnyArray) -> float:
    """Return scikit-dimension's fit to the distinct rows."""
    identity = require("skdim.id", extra="id", purpose="two_nn")
    rows = np.unique(groups.reshape(-1, groups.shape[-1]), axis=0)
    return float(identity.TwoNN().fit(rows).dimension_)
