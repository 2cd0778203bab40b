"""From samples to a `Spectrum`: choose a path, read once, keep what estimators need."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AbstractProgress, AnyArray, InputError
from spikedim.dimension._entries import Entries
from spikedim.dimension._float_moments import FloatMoments, float_gram
from spikedim.dimension._integer_moments import IntegerMoments, integer_gram
from spikedim.dimension._leading import leading_eigenvalues
from spikedim.dimension._source import Source
from spikedim.dimension._spectrum import Spectrum, SubsetSpectrum
from spikedim.dimension._subsets import Pool, centre_gram, choose_pool, descending

__all__ = ["Detail", "Path", "choose_path", "measure_spectrum"]

_SAFE_VARIANCE = (1e-140, 1e140)


class Path(StrEnum):
    """How second moments are formed."""

    COVARIANCE = "covariance"
    GRAM = "Gram"
    SKETCH = "sketch"


class Detail(StrEnum):
    """How much of the spectrum is wanted: less is faster."""

    ALL = "all"
    LEADING = "leading"
    MOMENTS = "moments"


@final
@dataclass(frozen=True)
class _Raw:
    """A covariance problem in raw units, on the smaller side."""

    matrix: Tensor
    constant: Tensor
    mean: Tensor
    entries: Entries
    fourth: float
    pool: Pool | None
    halves: list[Tensor] = field(default_factory=list)


def choose_path(source: Source, *, memory_budget: int) -> Path:
    """Return the exact path that fits the memory, or the sketch."""
    s, d = source.n_samples, source.n_features
    # A matrix, its copy inside the eigensolver, and room for strips and batches.
    covariance_bytes = 32 * d * d
    gram_bytes = 32 * s * s + (
        0 if _readable(source) else s * d * _kept_type(source.dtype).itemsize
    )
    if s < d and gram_bytes <= memory_budget:
        return Path.GRAM
    return Path.COVARIANCE if covariance_bytes <= memory_budget else Path.SKETCH


def measure_spectrum(
    source: Source,
    *,
    detail: Detail,
    fraction: float = 1.0,
    replicates: int,
    pool_rows: int,
    memory_budget: int,
    generator: np.random.Generator,
    progress: AbstractProgress,
) -> Spectrum:
    """Return the spectrum by an exact path; `detail` says which parts may be left out."""
    affordable = memory_budget // (8 * source.n_features * _kept_type(source.dtype).itemsize)
    rows = choose_pool(
        source.n_groups,
        source.group_size,
        max_rows=max(16, min(pool_rows, affordable, int((memory_budget / 64) ** 0.5))),
        generator=generator,
    )
    source = replace(source, batch_bytes=min(source.batch_bytes, memory_budget // 8))
    if choose_path(source, memory_budget=memory_budget) is Path.GRAM:
        raw = _gram(source, rows, progress)
    else:
        raw = _covariance(source, rows if replicates else None, detail, generator, progress)
    return _finish(source, raw, detail, fraction, replicates, generator)


def _rows(raw: AnyArray) -> Tensor:
    """Return a tensor of raw rows; uint8 becomes int8 about 128, other values stay."""
    if raw.dtype == np.uint8:
        return torch.from_numpy(np.bitwise_xor(raw, np.uint8(128)).view(np.int8))
    kept = raw.astype(_kept_type(raw.dtype), copy=False)
    return torch.from_numpy(np.require(kept, requirements=["C", "W", "A"]))


def _kept_type(raw: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type, in the byte order of this machine, that holds raw values for torch."""
    if raw.kind in "iu" and raw.itemsize == 1:
        return np.dtype(np.int8)
    return np.dtype(np.float32 if raw.kind == "f" and raw.itemsize <= 4 else np.float64)


def _readable(source: Source) -> bool:
    """Say whether torch can read the samples where they are."""
    array = source.array
    return array is not None and array.dtype == _kept_type(array.dtype) and array.flags.carray


def _all_rows(source: Source) -> Tensor:
    """Return all rows, read into place; an array that torch can read is not copied."""
    if source.array is not None:
        return _rows(source.array)
    rows, start = torch.empty(0), 0
    for batch in source.batches():
        part = _rows(batch)
        if start == 0:
            rows = torch.empty(source.shape, dtype=part.dtype)
        start += len(part)
        # A stream with too many rows is refused by `batches` at its end.
        if start <= len(rows):
            rows[start - len(part) : start] = part
    return rows


def _covariance(
    source: Source,
    pool_rows: AnyArray | None,
    detail: Detail,
    generator: np.random.Generator,
    progress: AbstractProgress,
) -> _Raw:
    """Read once; random halves are accumulated apart where subsets do not reach S / 2."""
    kind = IntegerMoments if source.eight_bit else FloatMoments
    split = (
        detail is Detail.ALL
        and pool_rows is not None
        and len(pool_rows) < source.n_samples
        and source.n_groups >= 16
    )
    parts = [kind(source.n_features) for _ in range(2 if split else 1)]
    half = np.zeros(source.n_groups, dtype=bool)
    if split:
        half[generator.permutation(source.n_groups)[: source.n_groups // 2]] = True
    entries, pool, start = Entries(), [], 0
    watch = detail is Detail.ALL or not source.eight_bit
    task = progress.start("covariance", float(source.n_samples))
    for batch in source.batches():
        rows = _rows(batch)
        stop = start + len(rows)
        if watch:
            entries.update(rows, fourth=detail is Detail.ALL)
        if pool_rows is not None:
            first, last = np.searchsorted(pool_rows, [start, stop])
            pool.append(rows[torch.from_numpy(pool_rows[first:last] - start)])
        whole = rows if source.eight_bit else rows.double()
        if split:
            mask = torch.from_numpy(half[np.arange(start, stop) // source.group_size])
            parts[0].update(whole[mask])
            parts[1].update(whole[~mask])
        else:
            parts[0].update(whole)
        progress.advance(task, float(len(rows)))
        start = stop
    progress.finish(task)
    halves = [part.covariance() for part in parts] if split else []
    if split:
        # Dropped at once: four matrices are all that the memory budget counts.
        parts[0].merge(parts.pop())  # type: ignore[arg-type]
    matrix, mean = parts[0].covariance(), parts[0].mean()
    if watch:
        constant = entries.constant(epsilon=source.epsilon)
        matrix[constant] = 0
        matrix[:, constant] = 0
    else:
        constant = matrix.diagonal() == 0
    fourth = entries.norm_fourth_moment(mean, matrix) if detail is Detail.ALL else 0.0
    chosen = Pool(torch.cat(pool), group_size=source.group_size) if pool else None
    return _Raw(matrix, constant, mean, entries, fourth, chosen, halves)


def _gram(source: Source, pool_rows: AnyArray, progress: AbstractProgress) -> _Raw:
    """Hold all rows and multiply them with themselves: for fewer samples than features."""
    task = progress.start("Gram matrix", float(source.n_samples))
    rows = _all_rows(source)
    entries = Entries()
    entries.update(rows, fourth=False)
    products = integer_gram(rows) if source.eight_bit else float_gram(rows)
    progress.finish(task)
    centred = centre_gram(products)
    fourth = centred.diagonal().square().mean().item()
    mean = torch.empty(source.n_features, dtype=torch.float64)
    for block, out in zip(torch.split(rows, 1024, dim=1), torch.split(mean, 1024), strict=True):
        torch.mean(block.double(), dim=0, out=out)
    constant = entries.constant(epsilon=source.epsilon)
    if len(pool_rows) == source.n_samples:
        pool = Pool(rows, group_size=source.group_size, gram=products)
    else:
        index = torch.from_numpy(pool_rows)
        pool = Pool(
            rows[index], group_size=source.group_size, gram=products[index][:, index].clone()
        )
    return _Raw(centred / (len(rows) - 1), constant, mean, entries, fourth, pool)


def _finish(
    source: Source,
    raw: _Raw,
    detail: Detail,
    fraction: float,
    replicates: int,
    generator: np.random.Generator,
) -> Spectrum:
    """Turn a covariance problem in raw units into a `Spectrum` in data units."""
    if raw.constant.all():
        raise InputError(
            f"{source.caller}: `x` must vary over samples; got {source.n_features} constant "
            "features. Supply samples that differ."
        )
    scale = source.scale**2
    total = raw.matrix.trace().item() * scale
    if not _SAFE_VARIANCE[0] < total < _SAFE_VARIANCE[1]:
        raise InputError(
            f"{source.caller}: `x` must have a total variance within 1e-140..1e140; got "
            f"{total:.3g}. Rescale it."
        )
    gram = len(raw.matrix) == source.n_samples and source.n_samples < source.n_features
    eigenvalues: AnyArray = np.empty(0)
    if detail is Detail.ALL:
        eigenvalues = descending(raw.matrix) * scale
    elif detail is Detail.LEADING:
        eigenvalues = leading_eigenvalues(raw.matrix, fraction) * scale
    subsets: list[SubsetSpectrum] = []
    near: tuple[SubsetSpectrum, ...] = ()
    if raw.pool is not None and replicates:
        wanted = detail is not Detail.MOMENTS
        subsets += raw.pool.subsets(replicates, eigenvalues=wanted, generator=generator)
        near = raw.pool.neighbourhoods(generator=generator) if detail is Detail.ALL else ()
    for matrix in raw.halves:
        half = matrix.trace().item()
        if half > 0:
            squared = matrix.square().sum().item()
            subsets.append(
                SubsetSpectrum(
                    descending(matrix), half, source.n_samples // 2, squared_norm=squared
                )
            )
    low, high, mean, mean_square = _entry_statistics(source, raw, total)
    return Spectrum(
        eigenvalues=eigenvalues,
        total_variance=total,
        squared_norm=(raw.matrix.ravel() @ raw.matrix.ravel()).item() * scale**2,
        n_samples=source.n_samples,
        n_features=source.n_features,
        layer=source.layer,
        tokens=source.tokens,
        mean=mean,
        mean_square=mean_square,
        minimum=low,
        maximum=high,
        constant_features=int(raw.constant.sum()),
        method=_method(source, gram=gram),
        missing_variance=0.0 if detail is Detail.ALL else max(total - eigenvalues.sum(), 0.0),
        norm_fourth_moment=raw.fourth * scale**2 if detail is Detail.ALL else None,
        subsets=tuple(_scaled(part, scale) for part in subsets),
        neighbourhoods=tuple(_scaled(part, scale) for part in near),
        fingerprint=source.fingerprint if detail is Detail.ALL else "",
        notes=_notes(source),
    )


def _notes(source: Source) -> tuple[str, ...]:
    if source.group_size == 1:
        return ()
    note = f"Rows come in groups of {source.group_size} (tokens of one sample), "
    return (note + "which are not independent: subsets hold whole groups.",)


def _method(source: Source, *, gram: bool) -> str:
    if gram:
        return "exact Gram"
    return "exact integer covariance" if source.eight_bit else "exact covariance"


def _scaled(part: SubsetSpectrum, scale: float) -> SubsetSpectrum:
    """Return a subset spectrum in data units."""
    return SubsetSpectrum(
        part.eigenvalues * scale,
        part.total_variance * scale,
        part.n_samples,
        None if part.norm_fourth_moment is None else part.norm_fourth_moment * scale**2,
        None if part.squared_norm is None else part.squared_norm * scale**2,
        part.population,
    )


def _entry_statistics(source: Source, raw: _Raw, total: float) -> tuple[float, float, float, float]:
    """Return minimum, maximum, mean and mean square of all entries in data units."""
    # uint8 rows were moved by 128 to fit int8.
    moved = 128.0 if source.dtype == np.uint8 else 0.0
    means = (raw.mean + moved) * source.scale + source.offset
    s, d = source.n_samples, source.n_features
    mean_square = (total * (s - 1) / s + means.square().sum().item()) / d
    if not len(raw.entries.lowest):
        return 0.0, 0.0, means.mean().item(), mean_square
    ends = [
        (end.double().item() + moved) * source.scale + source.offset
        for end in (raw.entries.lowest.amin(), raw.entries.highest.amax())
    ]
    return min(ends), max(ends), means.mean().item(), mean_square
