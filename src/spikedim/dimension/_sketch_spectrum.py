"""From the content of a sketch to the `Spectrum` that estimators read."""

import numpy as np
import torch

from spikedim._core import AnyArray
from spikedim.dimension._nystrom import Captured, blocks
from spikedim.dimension._reservoir import Reservoir
from spikedim.dimension._sketch_plan import SketchSettings
from spikedim.dimension._spectrum import Spectrum
from spikedim.dimension._subsets import Pool

__all__ = ["assemble_spectrum"]


def assemble_spectrum(
    settings: SketchSettings,
    captured: Captured,
    *,
    n_samples: int,
    trace: float,
    mean: AnyArray,
    extremes: tuple[AnyArray, AnyArray],
    reservoir: Reservoir,
    fingerprint: str,
    replicates: int,
    generator: np.random.Generator,
) -> Spectrum:
    """Turn scatter in raw units into covariance in data units, and draw subsets."""
    rows = reservoir.ordered()
    unit = settings.scale**2
    per_sample = unit / (n_samples - 1)
    values = captured.eigenvalues[: min(n_samples - 1, settings.n_features)] * per_sample
    total = trace * per_sample
    fourth = captured.fourth_moment
    if fourth is None:
        fourth = _fourth_moment(rows, mean)
    centre = mean * settings.scale + settings.offset
    ends = [
        float(f) * settings.scale + settings.offset for f in (extremes[0].min(), extremes[1].max())
    ]
    missing = max(total - float(values.sum()), 0.0)
    rows *= settings.scale
    pool = Pool(torch.from_numpy(rows), group_size=settings.group_size)
    if replicates:
        pool.inner_products()
    return Spectrum(
        eigenvalues=values,
        total_variance=total,
        squared_norm=min(captured.squared_norm * per_sample**2, total**2),
        n_samples=n_samples,
        n_features=settings.n_features,
        layer=settings.layer,
        tokens=settings.tokens,
        mean=float(centre.mean()),
        mean_square=trace * unit / n_samples / settings.n_features
        + float(np.square(centre).mean()),
        minimum=min(ends),
        maximum=max(ends),
        constant_features=int(np.count_nonzero(extremes[0] == extremes[1])),
        method="sketch",
        missing_variance=missing,
        residual_norm=min(captured.residual_norm * per_sample, missing),
        residual_frobenius=min(captured.residual_frobenius * per_sample, missing),
        residual_coupling=None if captured.coupling is None else captured.coupling * per_sample,
        norm_fourth_moment=fourth * unit**2,
        subsets=pool.subsets(replicates, eigenvalues=True, generator=generator),
        neighbourhoods=pool.neighbourhoods(generator=generator) if replicates else (),
        fingerprint=fingerprint,
        notes=_notes(settings, captured, share=missing / total, kept=len(rows)),
    )


def _fourth_moment(rows: AnyArray, mean: AnyArray) -> float:
    """Estimate the mean fourth power of the distance to the mean from the kept rows."""
    squares = np.zeros(len(rows))
    for block in blocks(len(mean)):
        squares += np.square(rows[:, block] - mean[block]).sum(axis=1)
    return float(np.square(squares).mean())


def _notes(
    settings: SketchSettings, captured: Captured, *, share: float, kept: int
) -> tuple[str, ...]:
    one_pass = captured.passes == 1
    method = "one pass, Nystroem" if one_pass else f"{captured.passes} passes, Rayleigh-Ritz"
    rank = (
        f"Sketch of rank {settings.rank} ({method}): eigenvalues are lower bounds and leave out "
        f"{share:.2%} of the variance; each bound on the rest fails with probability below 1e-6."
    )
    sample = f"Intervals and d(n) come from {kept} rows drawn uniformly from the stream."
    if one_pass:
        return rank, sample, "The fourth moment of the norm is estimated from the same rows."
    return rank, sample
