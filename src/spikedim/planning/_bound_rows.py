"""The ladder of bounds for the populations a plan speaks of."""

from dataclasses import replace

from spikedim.bounds import Bound, ladder
from spikedim.laws import LawInputs, LawResult
from spikedim.models import Card

__all__ = ["bound_rows"]


def bound_rows(inputs: LawInputs, chosen: LawResult, card: Card | None) -> tuple[Bound, ...]:
    """Return the ladder of the data as a population, then that of the encoding population."""
    spectrum, data = inputs.spectrum, inputs.data_population
    epsilon_rms, lipschitz = inputs.epsilon_rms, inputs.lipschitz.value
    rows = _named(
        data.name,
        ladder(
            tokens=data.tokens,
            features=data.features,
            epsilon_rms=epsilon_rms,
            lipschitz=lipschitz,
            rate=min(1.0, spectrum.mean),
            rate_variance=spectrum.rate_variance,
            # A sketch knows the largest eigenvalues only; the Gaussian rows need all.
            eigenvalues=spectrum.eigenvalues if spectrum.exact else None,
            steps=chosen.steps,
        ),
    )
    if card is None or inputs.model_population is None:
        return rows
    encoding = inputs.model_population
    return rows + _named(
        f"{card.name} {encoding.name}",
        ladder(
            tokens=encoding.tokens,
            features=encoding.features,
            epsilon_rms=epsilon_rms,
            lipschitz=lipschitz,
            rate=inputs.rate.value,
            steps=chosen.steps,
            head_features=max(1, encoding.features // card.heads),
        ),
    )


def _named(layer: str, rows: tuple[Bound, ...]) -> tuple[Bound, ...]:
    """Say whose population each row speaks of."""
    return tuple(replace(row, layer=layer) for row in rows)
