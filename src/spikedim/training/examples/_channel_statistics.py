"""Mean and deviation of the channels of images, exact for 8-bit values."""

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from spikedim._core import AnyArray

__all__ = ["channel_statistics"]

_CHUNK_BYTES = 1 << 25


def channel_statistics(
    images: AnyArray, rows: AnyArray | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel of [S, channels, H, W], in units where 1 is white.

    Sums of 8-bit values are whole numbers; others are summed in float64, in two passes. A channel
    that never changes gets the deviation 1.
    """
    channels = images.shape[1]
    count = len(images) if rows is None else len(rows)
    each = count * int(np.prod(images.shape[2:]))
    if images.dtype == np.uint8:
        sums, squares = [0] * channels, [0] * channels
        for chunk in _chunks(images, rows):
            for channel in range(channels):
                tally = np.bincount(chunk[:, channel].reshape(-1), minlength=256).tolist()
                sums[channel] += sum(value * n for value, n in enumerate(tally))
                squares[channel] += sum(value**2 * n for value, n in enumerate(tally))
        means = [float(Fraction(s, 255 * each)) for s in sums]
        variances = [
            float(Fraction(q * each - s * s, (255 * each) ** 2))
            for s, q in zip(sums, squares, strict=True)
        ]
    else:
        total = sum(_channel_sums(chunk.astype(np.float64)) for chunk in _chunks(images, rows))
        mean = np.asarray(total) / each
        spread = sum(
            _channel_sums((chunk.astype(np.float64) - mean[:, None, None]) ** 2)
            for chunk in _chunks(images, rows)
        )
        means, variances = mean.tolist(), (np.asarray(spread) / each).tolist()
    return tuple(means), tuple(math.sqrt(v) if v > 0 else 1.0 for v in variances)


def _channel_sums(values: AnyArray) -> AnyArray:
    sums: AnyArray = values.sum(axis=(0, 2, 3))
    return sums


def _chunks(images: AnyArray, rows: AnyArray | None) -> Iterator[AnyArray]:
    """Yield the chosen images, a few megabytes at a time."""
    count = len(images) if rows is None else len(rows)
    step = max(1, _CHUNK_BYTES // max(1, int(np.prod(images.shape[1:])) * 8))
    for start in range(0, count, step):
        stop = min(start + step, count)
        yield images[start:stop] if rows is None else images[rows[start:stop]]
