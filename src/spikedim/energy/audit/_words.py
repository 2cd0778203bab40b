"""What the sides of an audit are called in a sentence, and its energies."""

from collections.abc import Iterable

from spikedim.energy.audit._side import Side
from spikedim.energy.pricing import Word

__all__ = ["spikes_words", "twin_words", "unit_of"]

_ZERO_SKIPPING = "_zero_skipping"
_UNITS = (("mJ", 1.0), ("µJ", 1e3), ("nJ", 1e6), ("pJ", 1e9))
_LEAST = 0.1


def spikes_words(word: Word) -> str:
    """Name the spiking network in one arithmetic."""
    return f"spikes in {word}"


def twin_words(twin: Side) -> str:
    """Name a twin with its arithmetic."""
    words = f"the network in {twin.word}"
    if twin.bits is not None:
        return f"{words} with {twin.bits}-bit activations"
    return f"{words} that skips zeros" if twin.subject.endswith(_ZERO_SKIPPING) else words


def unit_of(energies_mj: Iterable[float]) -> tuple[str, float]:
    """Return the largest unit that makes the middle energy 0.1 or more, and how many make a mJ."""
    known = sorted(value for value in energies_mj if value > 0)
    middle = known[(len(known) - 1) // 2] if known else 1.0
    return next((unit for unit in _UNITS if middle * unit[1] >= _LEAST), _UNITS[-1])
