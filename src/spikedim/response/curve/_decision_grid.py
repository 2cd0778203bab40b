"""Decisions of outputs under Gaussian noise of every strength."""

from typing import Any

import numpy as np

from spikedim._core import AnyArray

__all__ = ["decision_grid", "decision_steps"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CHUNK_BYTES = 1 << 25


def decision_steps() -> Array:
    """Return the tau at which accuracy is tabulated, two to an octave."""
    return np.asarray(2.0 ** np.arange(-12, 16.25, 0.5))


def decision_grid(
    reference: Array,
    covariances: Array,
    answers: AnyArray,
    *,
    draws: int,
    generator: np.random.Generator,
) -> Array:
    """Return P[argmax(Z + N(0, Sigma / tau)) = answer] for every sample and tau, [S, G].

    The same normal numbers serve every tau, so that differences along the curve are smooth.
    """
    samples, outputs = reference.shape
    widths = 1 / np.sqrt(decision_steps())
    found = np.empty((samples, len(widths)))
    size = max(1, _CHUNK_BYTES // (8 * draws * outputs))
    for start in range(0, samples, size):
        part = slice(start, start + size)
        values, vectors = np.linalg.eigh(covariances[part])
        roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        normal = generator.standard_normal((len(roots), draws, outputs))
        noise = normal @ roots.transpose(0, 2, 1)
        for column, width in enumerate(widths):
            given = (reference[part, None, :] + width * noise).argmax(axis=2)
            found[part, column] = (given == answers[part, None]).mean(axis=1)
    return found
