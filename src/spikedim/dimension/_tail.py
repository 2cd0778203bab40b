"""What a sketch does not see, bracketed: the flattest and the most concentrated tail."""

from collections.abc import Callable

import numpy as np

from spikedim._core import AnyArray
from spikedim.dimension._estimation import AnySpectrum, Formula
from spikedim.dimension._spectrum import Spectrum

__all__ = ["TAIL_NOTE", "over_tails", "tail_notes"]

TAIL_NOTE = "The sketch leaves {share:.2g} % of the variance unresolved: {low:.4g} to {high:.4g}."


def over_tails(formula: Callable[[AnyArray], float]) -> Formula:
    """Return a formula on spectra from a Schur-concave one on eigenvalues.

    On the exact path nothing is missing. From a sketch, the missing variance is put once into
    as few and once into as many axes as it can occupy; the formula takes the mean of the two.
    """

    def on_spectrum(spectrum: AnySpectrum) -> float:
        low, high = _ends(formula, spectrum)
        return (low + high) / 2

    return on_spectrum


def tail_notes(spectrum: Spectrum, formula: Callable[[AnyArray], float]) -> tuple[str, ...]:
    """Say between which values the unresolved variance leaves the estimate."""
    if spectrum.exact or spectrum.missing_variance <= 0:
        return ()
    low, high = _ends(formula, spectrum)
    share = 100 * spectrum.missing_variance / spectrum.total_variance
    return (TAIL_NOTE.format(share=share, low=low, high=high),)


def _ends(formula: Callable[[AnyArray], float], spectrum: AnySpectrum) -> tuple[float, float]:
    known = spectrum.eigenvalues
    if not isinstance(spectrum, Spectrum) or spectrum.exact or spectrum.missing_variance <= 0:
        value = formula(known)
        return value, value
    missing = spectrum.missing_variance
    room = min(spectrum.n_samples - 1, spectrum.n_features) - len(known)
    if room < 1:
        value = formula(known)
        return value, value
    cap = float(known[-1])
    if spectrum.residual_norm is not None:
        cap = min(cap, spectrum.residual_norm)
    even = np.concatenate([known, np.full(room, missing / room)])
    if cap * room <= missing:
        value = formula(even)
        return value, value
    full = int(missing // cap)
    few = np.concatenate([known, np.full(full, cap), [missing - full * cap]])
    return formula(few), formula(even)
