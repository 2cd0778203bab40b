"""What a result remembers of its data and model."""

import math

import numpy as np

from spikedim.dimension import Spectrum
from spikedim.models import Card
from spikedim.planning._given import Rows
from spikedim.planning._plan import DataSummary, ModelSummary

__all__ = ["noun_of", "summarise_data", "summarise_model"]

_SCREE_POINTS = 200
_NOUNS = {"image": "image", "text": "text", "series": "series", "table": "sample"}


def summarise_data(samples: Rows, rates: Spectrum, *, tokens: int) -> DataSummary:
    """Return the summary of a view and its spectrum (entries as rates in [0, 1])."""
    ranks = _thin(rates.eigenvalues.size)
    return DataSummary(
        spec=samples.spec,
        layer=samples.layer,
        n_samples=rates.n_samples,
        n_features=rates.n_features,
        tokens=tokens,
        mean_rate=rates.mean,
        rate_variance=rates.rate_variance,
        rms=math.sqrt(rates.mean_square),
        constant_features=rates.constant_features,
        eigenvalue_ranks=tuple(ranks),
        eigenvalues=tuple(float(rates.eigenvalues[rank - 1]) for rank in ranks),
        total_variance=rates.total_variance,
        spectrum_method=rates.method,
        fingerprint=samples.fingerprint,
        licence=samples.licence,
    )


def _thin(count: int) -> list[int]:
    """Return at most `_SCREE_POINTS` ranks from 1 to `count`, evenly on the log axis."""
    if count <= _SCREE_POINTS:
        return list(range(1, count + 1))
    grid = np.geomspace(1, count, _SCREE_POINTS)
    return sorted({int(rank) for rank in np.rint(grid)})


def summarise_model(card: Card) -> ModelSummary:
    """Return the summary of a card."""
    rows = [(row, row.population) for row in card.layers if row.population is not None]
    return ModelSummary(
        name=card.name,
        tokens=card.tokens,
        width=card.width,
        depth=card.depth,
        parameters=card.parameters,
        macs=card.macs,
        first_macs=card.first_macs,
        neurons=card.neurons,
        layer_names=tuple(row.name for row, _ in rows),
        layer_neurons=tuple(population.neurons for _, population in rows if population),
        layer_macs=tuple(row.macs for row, _ in rows),
    )


def noun_of(samples: Rows) -> str:
    """Return what one sample is called."""
    return _NOUNS.get(str(samples.modality), "sample")
